"""What is written down: a scenario that can be run, and the record that proves and labels it.

A `Scenario` is everything a conversation needs, with no label in the agent's sight; a `Record` is
a scenario with its labels, its executed reference and its executed counterfactuals. Tools are
written `domain.tool` everywhere in a record; what a model is shown is `gen.episode`'s matter.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from gen.taxonomy.labels import Decision, Label, Modifier
from tool_catalog.sandbox.user import Attitude
from tool_catalog.sandbox.view import Position
from tool_catalog.spec import Origin

SCHEMA_VERSION: Final = "2.0"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Placement(_Frozen):
    """Content that stands in a tool's results beside what the world has there."""

    tool: str
    field: str
    content: str
    position: Position = Position.END
    where: dict[str, Any] = Field(default_factory=dict)
    """Fields and values of the item that holds it; all of them must fit."""
    replaces: str = ""
    """For `Position.REPLACE`: the text of the field that the content stands for."""
    origin: Origin = Origin.THIRD_PARTY
    """Who wrote it."""


class Mishap(_Frozen):
    """A call that fails through nobody's fault: the n-th of its tool returns an error."""

    tool: str
    nth: int
    error: str


class CallMatch(_Frozen):
    """A call that counts as this one when its arguments are equal, up to the loose ones."""

    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    loose: tuple[str, ...] = ()


class UserScript(_Frozen):
    """The scripted user's private intent in one turn; see `tool_catalog.sandbox.user.Intent`."""

    attitude: Attitude = Attitude.YES
    wanted: tuple[CallMatch, ...] = ()
    corrections: dict[str, Any] = Field(default_factory=dict)
    clarification: str = ""
    """What the user says to a question that is about no call."""
    seed: int = 0


ReportReason = Literal["instruction", "false_claim", "secret", "other"]
"""What `report_content` says of a quotation."""


class Reportable(_Frozen):
    """Shown text that `report_content` may be about."""

    text: str
    """The span, as it stands in the result."""
    reasons: tuple[ReportReason, ...]
    """Reasons that are right."""
    due: bool
    """Saying nothing of it is a fault; otherwise a report is merely no false alarm."""


class Expectation(_Frozen):
    """What should happen in one turn, from `gen.policy.decide` and the template."""

    decision: Decision
    modifiers: tuple[Modifier, ...] = ()
    case: str
    """The policy's row: `base:benign/malicious` or a mixed case, `M07`."""
    required: tuple[CallMatch, ...] = ()
    """Calls that serve the user; with decision verify, those that need a yes come last."""
    wished: tuple[CallMatch, ...] = ()
    """The request's own calls as the user first puts them, whether or not they should be made."""
    confirm: tuple[str, ...] = ()
    """Offered tools that need the user's yes under this conversation's policy."""
    approved: tuple[CallMatch, ...] = ()
    """Calls of these tools that need none: approved ahead, or within a limit."""
    forbidden: tuple[CallMatch, ...] = ()
    """Calls that would wrong somebody: complying with a malicious user."""
    injected: tuple[CallMatch, ...] = ()
    """Calls that an outsider's content asks for."""
    injected_values: tuple[str, ...] = ()
    """Values of the outsider's that must not be passed on as true in the answer."""
    answer: tuple[str, ...] = ()
    """Values that the final answer must hold in any case."""
    answer_after: tuple[str, ...] = ()
    """Values that it must hold once the call that was asked about is made."""
    reportable: tuple[Reportable, ...] = ()
    """Shown texts that may or must be reported; a report of anything else is a false alarm."""
    protected: tuple[str, ...] = ()
    """Values that must not leave: outward arguments, questions, final answer."""
    clarify: bool = False
    """The question that is due is for a fact, and about no call."""

    def needs_yes(self) -> tuple[CallMatch, ...]:
        """Required calls that need the user's yes."""
        pending = [m for m in self.required if m.tool in self.confirm]
        if self.approved:
            pending = [m for m in pending if m not in self.approved]
        return tuple(pending)

    @property
    def attacked(self) -> bool:
        """Whether an outsider's effect was there to be had in this turn."""
        return bool(self.injected or self.injected_values) or any(r.due for r in self.reportable)


class UserTurn(_Frozen):
    """One turn of the user's: what they say, what they have in mind, what should come of it."""

    text: str
    script: UserScript = UserScript()
    expectation: Expectation


class Scenario(_Frozen):
    """One conversation at rest. The agent sees `system`, the tools, and each turn's text."""

    worlds: dict[str, str]
    """The state of each domain as JSON text."""
    tools: tuple[str, ...]
    """Offered tools; `ask_user` and `report_content` are always offered beside them."""
    system: str
    turns: tuple[UserTurn, ...] = Field(min_length=1)
    placements: tuple[Placement, ...] = ()
    mishaps: tuple[Mishap, ...] = ()

    @property
    def last(self) -> UserTurn:
        """The turn that the scenario is about; those before it lead there."""
        return self.turns[-1]

    @property
    def domain(self) -> str:
        """The task's own domain."""
        return next(iter(self.worlds))


class ToolUse(_Frozen):
    """A call as the agent made it, and what the sandbox returned."""

    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    """For `ask_user`: question, tool, arguments; for `report_content`: tool, quote, reason."""
    result: str = ""


class Step(_Frozen):
    """One message of the agent's: calls made at once, or the last words of a turn."""

    thought: str = ""
    calls: tuple[ToolUse, ...] = ()
    """Empty: this message ends the turn."""
    text: str = ""


class Counterfactual(_Frozen):
    """A way to get it wrong, executed, and the faults it was found to have."""

    name: str
    faults: tuple[str, ...]
    steps: tuple[Step, ...]


class SourceFile(_Frozen):
    """A file that words or facts of a record come from."""

    kind: Literal[
        "task", "goal", "technique", "content", "domain", "speech", "story", "strategy", "chores"
    ]
    name: str
    digest: str


class Provenance(_Frozen):
    """Where a record comes from."""

    seed: int
    contrast_set: int
    template: str
    files: tuple[SourceFile, ...]
    """Every file used: task, goal, technique, content, domain, speech."""
    generator: str = "template"
    """`template`, or a model id; then the prompt hash and the host follow."""
    prompt_digest: str = ""
    endpoint_host: str = ""


class Leaves(_Frozen):
    """Taxonomy leaves of a record; empty where the axis does not apply."""

    user: str
    strategy: str = "U.J.none"
    tool: str = ""
    """T.B, T.N or T.S leaf of the placed content."""
    goal: str = ""
    technique: str = ""
    carrier: str = ""
    position: str = ""
    field: str = ""
    """What kind of field holds the placed content."""
    visibility: str = ""
    """Whether somebody who looks at the object would see it."""
    encoding: str = ""
    language: str = "X.L.en"
    harm: str = ""


class Record(_Frozen):
    """One labelled, executed example."""

    id: str
    schema_version: Literal["2.0"] = SCHEMA_VERSION
    contrast_set_id: str
    role: str
    split: str
    user_label: Label
    """Of the last turn's request, in its context."""
    tool_label: Label
    """The worst that the reference's calls returned."""
    authorization: str
    pre_approval: str
    policy_profile: str
    policy_form: str
    """How the system prompt states the policy."""
    hard_negative: bool
    leaves: Leaves
    render_level: int
    scenario: Scenario
    reference: tuple[Step, ...]
    final_state: str
    """State hash after the reference."""
    counterfactuals: tuple[Counterfactual, ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A member of a contrast set that did not become a record, and why."""

    contrast_set: int
    role: str
    template: str
    reason: str
