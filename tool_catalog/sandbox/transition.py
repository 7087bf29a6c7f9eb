"""What a call makes of a state, kept: the same tool does the same to the same state.

States that sandboxes stand on are never changed: a write works on a copy, which is then the state
of whoever made the call. So many trajectories over one world, most of which make the same calls,
run a tool once and share what came of it.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from tool_catalog.copying import copy_state
from tool_catalog.domain import Domain
from tool_catalog.errors import ToolError
from tool_catalog.spec import ToolSpec


class Transition(NamedTuple):
    """One call on one state."""

    before: Any
    """Kept so that the identity by which the transition is found stays this state's own."""
    after: Any
    """The same object after a read."""
    result: Any
    """What the tool returned; nobody may change it."""
    error: str
    """Why the call could not be done, in words for the model; empty when it was."""


Transitions = dict[tuple[int, str, str], Transition]
"""By the identity of the state, the tool, and its bound arguments as text."""


def make_transition(
    domain: Domain, spec: ToolSpec, state: Any, bound: Mapping[str, Any], known: Transitions
) -> Transition:
    """What a call makes of a state, from what is known or by running the tool."""
    key = (id(state), spec.key, repr(bound))
    found = known.get(key)
    if found is None:
        after = copy_state(state) if spec.changes_state else state
        try:
            found = Transition(state, after, domain.run(spec.name, after, bound), "")
        except ToolError as error:
            found = Transition(state, after, None, str(error))
        known[key] = found
    return found
