"""Filling a drive with what has nothing to do with the matter."""

from collections.abc import Mapping, Sequence
from datetime import date
from random import Random
from typing import Any

from tool_catalog.kit.drawing import draw_people, read_words
from tool_catalog.kit.ids import new_id
from tool_catalog.kit.moments import draw_moments, read_day
from tool_catalog.kit.people import make_contacts, make_user
from tool_catalog.kit.unrelated import draw_slots, fill_piece
from tool_catalog.pools import Person, Pools

from .state import CloudFile, Comment, Drive, Folder, Permission, PublicLink, Version

_PIECES = 3


def seed(rng: Random, pools: Pools, owner: Person, today: date) -> Drive:
    """Fill a drive: six contacts, some folders, and three files: one at the top, shared."""
    words = read_words(__package__)
    state = Drive(today.isoformat(), make_user(owner))
    state.contacts = make_contacts(rng, draw_people(rng, pools, owner, 6), words["relations"])
    state.folders = [Folder(f["path"], shared=f.get("shared", False)) for f in words["folders"]]
    pieces = _draw_pieces(rng, words["pieces"])
    moments = draw_moments(rng, today, 2 * _PIECES, days=90)
    for number, piece in enumerate(pieces):
        before, at = moments[2 * number : 2 * number + 2]
        slots = draw_slots(rng, pools, owner, read_day(at))
        _add_file(state, piece, slots, before, at)
    state.files[0].folder = ""
    _share(state, rng, state.files[0])
    return state


def _draw_pieces(rng: Random, pieces: Sequence[Any]) -> list[Any]:
    """One that can be written to as a document, one as plain text, and one of another kind."""
    kinds = [[p for p in pieces if p["kind"] == kind] for kind in ("document", "text")]
    kinds.append([p for p in pieces if p["kind"] not in ("document", "text")])
    drawn = [rng.choice(some) for some in kinds]
    rng.shuffle(drawn)
    return drawn


def _add_file(
    state: Drive, piece: Mapping[str, Any], slots: Mapping[str, str], before: str, at: str
) -> None:
    number, name = new_id(state, "f"), fill_piece(piece["name"], slots)
    text, author = fill_piece(piece["text"], slots), slots[piece.get("by", "owner")]
    file = CloudFile(number, name, piece["folder"], piece["kind"], text, at, author)
    file.description = fill_piece(piece.get("description", ""), slots)
    file.hidden_text = fill_piece(piece.get("hidden", ""), slots)
    state.files.append(file)
    for who, said in piece.get("comments", ()):
        remark = new_id(state, "k")
        state.comments.append(Comment(remark, number, slots[who], fill_piece(said, slots), at))
    draft = text[: text.rfind("\n")] if "\n" in text else text
    state.versions.append(Version(new_id(state, "v"), number, author, draft, before))


def _share(state: Drive, rng: Random, file: CloudFile) -> None:
    """One file is open to a contact, and to whoever has its link."""
    contact = rng.choice(state.contacts)
    number = new_id(state, "p")
    state.permissions.append(Permission(number, file.file_id, contact.email, "viewer", file.at))
    letters = "".join(rng.choices("abcdefghjkmnpqrstuvwxyz", k=10))
    url = f"https://drive.example.com/s/{letters}"
    state.links.append(PublicLink(url, file.file_id, "organisation", file.at))
