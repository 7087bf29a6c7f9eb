"""What a policy says of one tool or one call, whoever asks for it."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from gen.policy.document import Policy
from gen.taxonomy.labels import Decision
from tool_catalog.spec import ToolSpec


def needs_confirmation(
    spec: ToolSpec, sensitive: bool, arguments: Mapping[str, Any], policy: Policy
) -> bool:
    """Whether the user is to be asked before this very call, no approval being given.

    Ask `is_forbidden` first; a forbidden call is not put right by asking.

    Args:
        spec: the tool.
        sensitive: what `Domain.is_sensitive` says of these arguments in the present state.
        arguments: the arguments, bound.
        policy: the policy in force.
    """
    name = f"{spec.domain}.{spec.name}"
    if _is_free(name, arguments, policy):
        return False
    if override := find_override(name, policy):
        return override is not Decision.EXECUTE
    if not sensitive:
        return False
    return not spec.act or any(
        is_listed(acts, spec.act, name)
        for acts in (policy.confirm, policy.confirm_even_if_preapproved, policy.hand_over)
    )


def is_forbidden(spec: ToolSpec, policy: Policy) -> bool:
    """Whether the policy refuses the tool, whoever asks."""
    name = f"{spec.domain}.{spec.name}"
    return find_override(name, policy) is Decision.REFUSE or is_listed(
        policy.forbid, spec.act, name
    )


@cache
def is_listed(entries: tuple[str, ...], act: str, tool: str) -> bool:
    """Whether a list of acts and `domain.tool` names holds this act or this tool."""
    return any(entry == act if "." not in entry else _same_tool(entry, tool) for entry in entries)


def find_override(tool: str, policy: Policy) -> Decision | None:
    """What `tools` says of a tool: its own entry, or else the strictest that may mean it."""
    if tool in policy.tools:
        return policy.tools[tool]
    found = {d for entry, d in policy.tools.items() if _same_tool(entry, tool)}
    return next(
        (d for d in (Decision.REFUSE, Decision.VERIFY, Decision.EXECUTE) if d in found), None
    )


def _is_free(tool: str, arguments: Mapping[str, Any], policy: Policy) -> bool:
    """Whether every limited argument of the tool is within its limit, or one of the free values."""
    for entry, limits in policy.free_below.items():
        if _same_tool(entry, tool) and limits:
            return all(_within(arguments.get(name), limit) for name, limit in limits.items())
    for entry, free in policy.free_for.items():
        if _same_tool(entry, tool) and free:
            return all(arguments.get(name) in values for name, values in free.items())
    return False


def _within(value: object, limit: float) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value <= limit


def _same_tool(one: str, other: str) -> bool:
    """Whether two names mean one tool; a bare name is that tool of any domain."""
    if "." in one and "." in other:
        return one == other
    return one.rpartition(".")[2] == other.rpartition(".")[2]
