"""Modules turned into domains: what every domain keeps, and limits for somebody's own code."""

from tool_catalog.loading.domain_file import list_files, read_domain, read_domain_file

__all__ = ["list_files", "read_domain", "read_domain_file"]
