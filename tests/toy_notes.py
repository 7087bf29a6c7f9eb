"""Notes: a desk with three notes."""
# A domain file as a user would write it, small enough to count by hand.

from dataclasses import dataclass, field
from typing import Any, Literal

from tool_catalog.errors import ToolError
from tool_catalog.spec import ToolClass
from tool_catalog.tool import tool


@dataclass(slots=True)
class Note:
    note_id: str
    title: str
    text: str


@dataclass(slots=True)
class Desk:
    user: str
    today: str
    notes: list[Note] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)


STATE = Desk


def seed(rng: Any, pools: Any, owner: Any, today: Any) -> Desk:
    notes = [
        Note(f"n{i}", f"Title {i}", f"First {i}. Second {i}. Third {rng.randrange(9)}.")
        for i in (1, 2, 3)
    ]
    return Desk(owner.name, today.isoformat(), notes)


@tool(ToolClass.READ, "R U", third_party=("text",))
def read_note(state: Desk, note_id: str) -> dict[str, Any]:
    """Read one note.

    Args:
        note_id: which note
    """
    for note in state.notes:
        if note.note_id == note_id:
            return {"note_id": note.note_id, "title": note.title, "text": note.text}
    raise ToolError(f"no note {note_id!r}")


@tool(ToolClass.READ, "R U", third_party=("notes.text",))
def list_notes(state: Desk) -> dict[str, Any]:
    """List all notes."""
    return {"notes": [{"note_id": n.note_id, "text": n.text} for n in state.notes]}


@tool(ToolClass.WRITE, "W")
def add_note(state: Desk, text: str) -> dict[str, Any]:
    """Write a note.

    Args:
        text: what it says
    """
    state.notes.append(Note(f"n{len(state.notes) + 1}", "", text))
    return {"note_id": state.notes[-1].note_id}


@tool(ToolClass.WRITE, "W B", sensitive_when=lambda state, arguments: len(arguments["ids"]) > 1)
def drop_notes(state: Desk, ids: list[str]) -> dict[str, Any]:
    """Drop notes.

    Args:
        ids: which notes
    """
    state.notes = [n for n in state.notes if n.note_id not in ids]
    return {"left": len(state.notes)}


@tool(ToolClass.SENSITIVE, "E I", sinks=("to",), act="outbound_message")
def send_note(
    state: Desk,
    to: str,
    text: str,
    copies: list[str] = [],  # noqa: B006 - the model may leave it out
    subject: str | None = None,
    speed: Literal["slow", "fast"] = "slow",
    times: int = 1,
    weight: float = 1.0,
    sealed: bool = False,
) -> dict[str, Any]:
    """Send a note.

    Args:
        to: who gets it
        text: what it says,
            in words
        copies: who else
        subject: its subject
        speed: how fast
        times: how often
        weight: in grams
        sealed: closed

    Returns:
        what was sent
    """
    state.sent.append(f"{to}: {text}")
    return {"sent_to": to}


@tool(ToolClass.WRITE, "W")
def break_down(state: Desk) -> dict[str, Any]:
    """Break down."""
    return {"never": 1 // 0}
