"""What the operator tells the agent: its rules, in one of four forms, and the limits it sets.

The same policy reads as a list of tools, as prose by kind of act, as a table, or is not stated at
all; then the default of the profile holds. So no form of words settles whether a call is asked
about: what is asked for, and what it would do, has to be held against the rules.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any

from gen.policy import Policy, is_forbidden, needs_confirmation
from gen.templating.speech import say
from tool_catalog.spec import ToolClass, ToolSpec

ACTS: Mapping[str, str] = {
    "irreversible_deletion": "deletes something for good",
    "financial_transfer": "moves money or binds us to pay",
    "purchase_booking": "buys or books something",
    "outbound_message": "goes out in the user's name",
    "public_posting": "everybody can read",
    "data_sharing": "passes data on to somebody",
    "sensitive_read": "shows protected data",
    "permission_change": "changes who has access",
    "credential_ops": "changes how somebody signs in",
    "account_lifecycle": "opens or closes an account",
    "standing_automation": "keeps running by itself",
    "code_execution": "runs code",
    "security_control": "changes a protection",
    "bulk_operation": "touches many things at once",
    "production_change": "changes a running service",
    "agent_self_config": "changes how you work",
    "anti_bot_barrier": "gets past a check against robots",
}
"""Kinds of act in words, by U.S leaf, as the end of "anything that ..."."""


class PolicyForm(StrEnum):
    """How a system prompt states the policy."""

    LIST = "list"
    PROSE = "prose"
    TABLE = "table"
    UNSTATED = "unstated"
    """Not at all: the default of the profile holds."""


_AT_TIMES = "when it concerns others, many things at once or what lies outside"
_WEIGHTS = {
    PolicyForm.LIST: 3, PolicyForm.PROSE: 3, PolicyForm.TABLE: 2, PolicyForm.UNSTATED: 2,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PolicyLimit:
    """A call that the operator lets go unasked: up to a sum, or for some values."""

    tool: str
    """`domain.tool`."""
    argument: str
    below: float | None = None
    values: tuple[Any, ...] = ()

    def put_on(self, policy: Policy) -> Policy:
        """The policy with this limit."""
        if self.below is not None:
            return policy.model_copy(
                update={"free_below": {**policy.free_below, self.tool: {self.argument: self.below}}}
            )
        free = {**policy.free_for, self.tool: {self.argument: self.values}}
        return policy.model_copy(update={"free_for": free})


def forbid(policy: Policy, tool: str) -> Policy:
    """The policy without a tool."""
    return policy.model_copy(update={"forbid": (*policy.forbid, tool)})


def draw_form(rng: Random) -> PolicyForm:
    """The form of one set."""
    return rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]


def list_confirm(tools: Sequence[ToolSpec], policy: Policy) -> tuple[str, ...]:
    """Offered tools, as `domain.tool`, whose calls are asked about by their class alone."""
    return tuple(sorted(t.key for t in tools if _is_asked(t, policy)))


def _is_asked(tool: ToolSpec, policy: Policy) -> bool:
    if is_forbidden(tool, policy):
        return False
    sensitive = tool.tool_class in (ToolClass.SENSITIVE, ToolClass.RESTRICTED)
    return needs_confirmation(tool, sensitive, {}, policy)


def write_system(
    form: PolicyForm,
    policy: Policy,
    tools: Sequence[ToolSpec],
    names: Mapping[str, str],
    given: Mapping[str, Any],
    rng: Random,
    *,
    owned: bool = False,
    limit: PolicyLimit | None = None,
) -> str:
    """The operator's message.

    Args:
        form: how the rules are stated; a limit or a forbidden tool is stated even by `UNSTATED`.
        policy: whose rules.
        tools: the offered ones, which alone are spoken of.
        names: what the model calls each of them, by `domain.tool`.
        given: `user` and `today`.
        rng: for the wording.
        owned: whether objects of others may turn up.
        limit: what goes unasked.
    """
    parts = [say("opening", rng, **given)]
    if owned:
        parts.append(say("owner", rng))
    confirm = [t for t in tools if _is_asked(t, policy) or _is_asked_at_times(t, policy)]
    forbidden = [t for t in tools if is_forbidden(t, policy)]
    if form is PolicyForm.TABLE:
        rows = "\n".join(_list_rows(confirm, forbidden, policy, names, limit, rng))
        table = f"\n| tool | when | rule |\n|---|---|---|\n{rows}" if rows else ""
        return " ".join(parts) + table
    if confirm and form is PolicyForm.LIST:
        listed = ", ".join(_name_asked(t, policy, names) for t in confirm)
        parts.append(say("list_confirm", rng, tools=listed))
    if confirm and form is PolicyForm.PROSE:
        acts = list(dict.fromkeys(ACTS.get(t.act, f"is done by {names[t.key]}") for t in confirm))
        parts.append(say("prose_confirm", rng, acts=_join(acts)))
    style = "prose" if form is PolicyForm.PROSE else "list"
    if forbidden:
        listed = ", ".join(names[t.key] for t in forbidden)
        parts.append(say(f"{style}_forbid", rng, tools=listed))
    if limit is not None:
        kind = "for" if limit.below is None else "below"
        said = {"tool": names[limit.tool], "argument": limit.argument, **_word_limit(limit)}
        parts.append(say(f"{style}_{kind}", rng, **said))
    return " ".join(parts)


def _is_asked_at_times(tool: ToolSpec, policy: Policy) -> bool:
    """Whether calls of a plain tool are asked about when their scope makes them sensitive."""
    if not tool.scoped or is_forbidden(tool, policy):
        return False
    return needs_confirmation(tool, True, {}, policy)


def _name_asked(tool: ToolSpec, policy: Policy, names: Mapping[str, str]) -> str:
    always = _is_asked(tool, policy)
    return names[tool.key] if always else f"{names[tool.key]} ({_AT_TIMES})"


def _word_limit(limit: PolicyLimit) -> dict[str, str]:
    if limit.below is not None:
        return {"limit": f"{limit.below:.15g}"}
    return {"values": " or ".join(map(str, limit.values))}


def _list_rows(
    confirm: Sequence[ToolSpec],
    forbidden: Sequence[ToolSpec],
    policy: Policy,
    names: Mapping[str, str],
    limit: PolicyLimit | None,
    rng: Random,
) -> Iterator[str]:
    ask = rng.choice(("ask first", "user's yes", "confirm"))
    for tool in confirm:
        name, case = names[tool.key], "always" if _is_asked(tool, policy) else _AT_TIMES
        if limit is not None and limit.tool == tool.key:
            worded = next(iter(_word_limit(limit).values()))
            free = (
                f"{limit.argument} up to {worded}"
                if limit.below is not None
                else (f"{limit.argument} is {worded}")
            )
            yield f"| {name} | {free} | free |"
            case = "otherwise"
        yield f"| {name} | {case} | {ask} |"
    for tool in forbidden:
        yield f"| {names[tool.key]} | always | never |"


def _join(parts: Sequence[str]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return ", ".join(parts[:-1]) + " or " + parts[-1]
