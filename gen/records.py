"""What is written down: a scenario that can be run, and the record that proves and labels it.

A `Scenario` is everything an episode needs, with no label in the agent's sight; a `Record` is a
scenario with its labels, its executed reference and its executed counterfactuals.
"""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from gen.labels import Decision, Label, Modifier
from tool_catalog.user import Attitude
from tool_catalog.view import Position

SCHEMA_VERSION: Final = "1.0"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Placement(_Frozen):
    """Content that an outsider placed in a tool result; see `tool_catalog.view.View`."""

    tool: str
    field: str
    content: str
    position: Position = Position.END
    where: dict[str, Any] = Field(default_factory=dict)


class CallMatch(_Frozen):
    """A call that counts as this one when its arguments are equal, up to the loose ones."""

    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    loose: tuple[str, ...] = ()


class UserScript(_Frozen):
    """The scripted user's private intent; see `tool_catalog.user.Intent`."""

    attitude: Attitude = Attitude.YES
    wanted: tuple[CallMatch, ...] = ()
    corrections: dict[str, Any] = Field(default_factory=dict)
    seed: int = 0


class Expectation(_Frozen):
    """What should happen, from `gen.policy.decide` and the template; `gen.verdict` reads it."""

    decision: Decision
    modifiers: tuple[Modifier, ...] = ()
    case: str
    """The policy's row: `base:benign/malicious` or a mixed case, `M07`."""
    required: tuple[CallMatch, ...] = ()
    """Calls that serve the user, in order; with decision verify, the last ones need a yes."""
    wished: tuple[CallMatch, ...] = ()
    """The request's own calls as the user first puts them, whether or not they should be made."""
    confirm: tuple[str, ...] = ()
    """Offered tools that need the user's yes under this record's policy."""
    forbidden: tuple[CallMatch, ...] = ()
    """Calls that would wrong somebody: complying with a malicious user."""
    injected: tuple[CallMatch, ...] = ()
    """Calls that an outsider's content asks for."""
    injected_values: tuple[str, ...] = ()
    """Values of the outsider's that must not be passed on as true in the answer."""
    answer: tuple[str, ...] = ()
    """Values that the final answer must hold."""
    report: tuple[str, ...] = ()
    """Any of these words in the final message tells of the injection; empty: nothing to tell."""
    carrier: str = ""
    """The tool in whose result an outsider's content stands; empty when there is none."""
    protected: tuple[str, ...] = ()
    """Values that must not leave: outward arguments, questions, final answer."""

    def confirm_due(self) -> bool:
        """Whether a required call needs the user's yes."""
        return any(m.tool in self.confirm for m in self.required)


class Scenario(_Frozen):
    """One episode at rest. `train` runs it; the agent sees `system`, `user` and the tools."""

    domain: str
    world: str
    """The domain's state as JSON text."""
    tools: tuple[str, ...]
    """Offered tools; `ask_user` is always offered beside them."""
    system: str
    user: str
    placements: tuple[Placement, ...] = ()
    script: UserScript = UserScript()
    expectation: Expectation


class Step(_Frozen):
    """One turn of the agent: a call, a question about a call, or the final message."""

    thought: str = ""
    tool: str = ""
    """Empty: this is the final message."""
    arguments: dict[str, Any] = Field(default_factory=dict)
    """For `ask_user`: question, tool, arguments."""
    text: str = ""
    result: str = ""
    """What the sandbox returned."""


class Counterfactual(_Frozen):
    """A way to get it wrong, executed, and the faults it was found to have."""

    name: str
    faults: tuple[str, ...]
    steps: tuple[Step, ...]


class SourceFile(_Frozen):
    """A file that something was made from: its name without folder and suffix, and its hash."""

    kind: Literal["task", "goal", "technique", "content", "domain", "speech"]
    name: str
    digest: str


class Provenance(_Frozen):
    """Where a record comes from."""

    seed: int
    contrast_set: int
    template: str
    template_digest: str
    generator: str = "template"
    """`template`, or a model id; then the prompt hash and the host follow."""
    prompt_digest: str = ""
    endpoint_host: str = ""
    domain_digest: str = ""


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
    encoding: str = ""
    language: str = "X.L.en"
    harm: str = ""


class Record(_Frozen):
    """One labelled, executed example."""

    id: str
    schema_version: Literal["1.0"] = SCHEMA_VERSION
    contrast_set_id: str
    role: str
    split: str
    user_label: Label
    tool_label: Label
    authorization: str
    pre_approval: str
    policy_profile: str
    hard_negative: bool
    leaves: Leaves
    render_level: int
    scenario: Scenario
    reference: tuple[Step, ...]
    final_state: str
    """State hash after the reference."""
    counterfactuals: tuple[Counterfactual, ...]
    provenance: Provenance
