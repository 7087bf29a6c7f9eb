"""Where calls run against simulated state: the sandbox, its user, what is shown, what happens."""

from tool_catalog.sandbox.sandbox import (
    ASK_USER,
    REASONS,
    REPORT_CONTENT,
    Sandbox,
    show_names,
    squeeze,
)

__all__ = ["ASK_USER", "REASONS", "REPORT_CONTENT", "Sandbox", "show_names", "squeeze"]
