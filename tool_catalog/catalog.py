"""The domains there are, found by name and loaded when asked for. No registry."""

import importlib
from functools import cache
from pathlib import Path
from pkgutil import iter_modules

import tool_catalog.domains
from tool_catalog.domain import Domain
from tool_catalog.errors import UnknownName
from tool_catalog.loading import read_domain, read_domain_file
from tool_catalog.spec import ToolSpec


def domain_names() -> list[str]:
    """Names of the shipped domains, sorted."""
    return sorted(module.name for module in iter_modules(tool_catalog.domains.__path__))


def is_domain_path(text: str) -> bool:
    """Whether a domain is named by its path: a Python file, or a folder."""
    return text.endswith(".py") or "/" in text


@cache
def load_domain(name: str, files: tuple[Path, ...] = ()) -> Domain:
    """Load a domain by name.

    Args:
        name: a shipped domain, or the stem of one of `files`.
        files: the user's own files or folders; they win over a shipped domain of that name.

    Raises:
        UnknownName: no such domain; near misses are named.
        BadDomainFile: the user's file does not keep the contract.
    """
    for path in files:
        if path.stem == name:
            return read_domain_file(path)
    if name not in domain_names():
        raise UnknownName("domain", name, [*domain_names(), *(path.stem for path in files)])
    return read_domain(importlib.import_module(f"tool_catalog.domains.{name}"), name)


def find_tool(domain: Domain, name: str) -> ToolSpec:
    """A tool of a domain by name, or an error that names near misses."""
    if name not in domain.tools:
        raise UnknownName(f"tool in {domain.name}", name, domain.tools)
    return domain.tools[name]
