"""New ways to put an order: lines of a technique, each with two harmless ones of its shape."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count as count_from
from itertools import product
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from gen.attacks.files import Technique
from gen.attacks.genre import Genre, find_genre
from gen.attacks.manner import FEWEST_LINES
from gen.checks.inertness import find_live
from gen.config import RunConfig
from gen.records import Record, SourceFile
from gen.sets.pipeline import generate_set
from gen.sets.situation import draw_situation
from gen.sets.source import load_source
from gen.stories.wordings.skeleton import find_twins
from gen.taxonomy import load_leaves
from gen.templating.facts import find_marks
from gen.writers.instructions import Message, load_instruction
from gen.writers.language import is_language
from gen.writers.meaning import Flaw, find_refusal, speaks_to_model
from gen.writers.widening.kind import Cell, Filed, NewPiece
from tool_catalog.errors import TriactError

_TOGETHER = 8
"""Lines asked for of one technique in one genre: a file needs six, and some are refused."""
_LONGEST = {"short": 120, "middle": 240, "long": 480}
_PLACE = re.compile(r"\{+ *(\w+) *\}+")
_PARTS = ("order", "chore", "note")
_EXAMPLES = 3
_SETS, _FARTHEST = 2, 400
"""Contrast sets that a file must be proven in, and the last that is tried for it."""


class Frame(BaseModel):
    """What a model is asked for."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    order: str
    chore: str
    note: str


class Framings:
    """The kind `attacks`.

    Args:
        config: domains and folders of templates that new lines are held against.
    """

    name = "attacks"
    schema = Frame

    def __init__(self, config: RunConfig) -> None:
        self._config = config
        self._source = load_source(config)
        self._instruction = load_instruction("framing")
        techniques = self._source.attacks.techniques
        self._techniques = {t.name: t for t in techniques if _is_widened(t)}
        self._genres = {
            find_genre(carrier)
            for tasks in self._source.templates.values()
            for task in tasks
            for carrier in task.front.carriers
        }

    def list_cells(self, count: int, seed: int) -> Sequence[Cell]:
        """See `WritableKind`: techniques and genres come round in turn, all else is drawn."""
        dice = Random(f"{seed}:framings")
        groups = [
            (name, genre)
            for name, technique in self._techniques.items()
            for genre in technique.front.texts
            if genre in self._genres  # others stand nowhere in these domains
        ]
        dice.shuffle(groups)
        lists = self._instruction.lists
        ways = list(product(lists["speakers"], lists["tones"], lists["lengths"], lists["places"]))
        cells = []
        for number in range(count):
            name, genre = groups[(number // _TOGETHER) % len(groups)]
            speaker, tone, length, place = dice.choice(ways)
            values = {"technique": name, "genre": genre, "speaker": speaker, "tone": tone,
                      "length": length, "place": place}  # fmt: skip
            cells.append(Cell(number, f"{name}:{genre}", values))
        return cells

    def write(self, cell: Cell) -> list[Message]:
        """See `WritableKind`."""
        lists, values = self._instruction.lists, cell.values
        technique = self._techniques[values["technique"]]
        return self._instruction.write({
            "definition": load_leaves()[technique.front.leaf].definition,
            "genre": lists["genres"][values["genre"]],
            "speaker": values["speaker"],
            "place": values["place"],
            "tone": values["tone"],
            "length": lists["lengths"][values["length"]],
            "examples": "\n".join(_list_examples(technique, cell)),
        })  # fmt: skip

    def say_again(self, flaw: Flaw) -> str:
        """See `WritableKind`."""
        return self._instruction.render("again", {"faults": flaw.reason})

    def read(self, cell: Cell, answer: Any) -> NewPiece | Flaw:
        """See `WritableKind`."""
        longest = _LONGEST[cell.values["length"]]
        lines = {part: " ".join(str(getattr(answer, part)).split()) for part in _PARTS}
        for part, line in lines.items():
            if flaw := _find_flaw(part, line, longest):
                return flaw
        read = Frame(**{part: _spell(line) for part, line in lines.items()})
        return NewPiece(cell, read, (read.order,))

    def list_known(self) -> Iterable[str]:
        """See `WritableKind`."""
        for technique in self._source.attacks.techniques:
            for manner in technique.front.texts.values():
                yield from manner.payload

    def file_away(self, group: str, pieces: Sequence[NewPiece], out: Path, note: str) -> Filed:
        """See `WritableKind`: a technique file, proven in sets whose attacks are of it alone."""
        pieces = _drop_twins(pieces)
        if len(pieces) < FEWEST_LINES:
            return Filed(group, len(pieces), reason=f"fewer than {FEWEST_LINES} lines of a group")
        name, _, genre = group.partition(":")
        text = _write_file(self._techniques[name], genre, pieces, note)
        stem = next(
            stem for stem in (f"{name}_{genre}_{n}" for n in count_from(1))
            if not (out / "techniques" / f"{stem}.j2").exists()
            or (out / "techniques" / f"{stem}.j2").read_text("utf-8") == text
        )  # fmt: skip
        if reason := self._prove(stem, genre, text):
            return Filed(group, len(pieces), reason=reason)
        path = out / "techniques" / f"{stem}.j2"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return Filed(group, len(pieces), path)

    def _prove(self, stem: str, genre: str, text: str) -> str:
        """Why a file does not hold in generated sets; empty when it does."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / "techniques" / f"{stem}.j2"
            path.parent.mkdir()
            path.write_text(text, encoding="utf-8")
            folders = (*self._config.template_folders, Path(folder))
            try:
                source = load_source(self._config.model_copy(update={"template_folders": folders}))
            except TriactError as error:
                return str(error).replace(f"{folder}/", "")
        # Wherever an order in this genre is wanted, nobody else gives it.
        some = tuple(
            technique for technique in source.attacks.techniques
            if technique.name == stem or technique.front.form == "claim"
            or genre not in technique.front.texts
        )  # fmt: skip
        alone = replace(source, attacks=replace(source.attacks, techniques=some))
        proven = 0
        for index in range(_FARTHEST):
            situation = draw_situation(alone, index)
            if situation is None or not _uses(situation.attack.files, stem):
                continue
            records = [item for item in generate_set(alone, index) if isinstance(item, Record)]
            proven += any(_uses(record.provenance.files, stem) for record in records)
            if proven == _SETS:
                return ""
        return f"proven in {proven} of the first {_FARTHEST} sets, not in {_SETS}"


def _uses(files: Sequence[SourceFile], stem: str) -> bool:
    return any(file.kind == "technique" and file.name == stem for file in files)


def _is_widened(technique: Technique) -> bool:
    front = technique.front
    return front.form == "imperative" and not front.split and not front.hard_negative


def _list_examples(technique: Technique, cell: Cell) -> Iterator[str]:
    """Some of the lines that there are in this genre, with the harmless ones beside them."""
    manner = technique.front.texts[_as_genre(cell.values["genre"])]
    whole = list(zip(manner.payload, manner.chore, manner.note, strict=False))
    plain = [trio for trio in whole if all(map(_is_plain, trio))]
    for trio in Random(cell.number).sample(plain, min(_EXAMPLES, len(plain))):
        shown = dict(zip(_PARTS, map(_show, trio), strict=True))
        yield json.dumps(shown, ensure_ascii=False)


def _as_genre(name: str) -> Genre:
    genres: dict[str, Genre] = {
        "prose": "prose", "chat": "chat", "page": "page", "machine": "machine", "line": "line",
    }  # fmt: skip
    return genres[name]


def _is_plain(line: str) -> bool:
    """Whether a line speaks of its own place alone."""
    return {name.lower() for name in _PLACE.findall(line)} <= set(_PARTS) and "\n" not in line


def _show(line: str) -> str:
    return _PLACE.sub(lambda place: f"{{{place[1]}}}", line)


def _spell(line: str) -> str:
    return _PLACE.sub(lambda place: f"{{{{ {place[1]} }}}}", line)


def _find_flaw(part: str, line: str, longest: int) -> Flaw | None:
    places = _PLACE.findall(line)
    plain = _PLACE.sub("", line)
    if [place.lower() for place in places] != [part] or places[0] not in (part, part.capitalize()):
        return Flaw("places", f'"{part}" must hold {{{part}}} once, and no other place')
    if not 4 <= len(plain) <= longest:
        return Flaw("length", f'"{part}" is {len(plain)} characters long; at most {longest} fit')
    if marks := find_marks(plain):
        return Flaw("values", f'"{part}" holds {marks[0]!r}; leave values out')
    if live := find_live(plain):
        return Flaw("inertness", f'"{part}": {live}')
    if refusal := find_refusal(plain):
        return Flaw("refusal", f'"{part}" {refusal} in place of a frame')
    if part != "order" and speaks_to_model(plain):
        return Flaw("orders", f'"{part}" is to be harmless, and speaks to a model')
    return None if is_language(plain, "en") else Flaw("language", f'"{part}" is not in English')


def _drop_twins(pieces: Sequence[NewPiece]) -> list[NewPiece]:
    """Pieces without those that have the skeleton of an earlier one, in any of their lines."""
    kept: list[NewPiece] = []
    for piece in pieces:
        some = [*kept, piece]
        lines = ([str(getattr(one.answer, part)) for one in some] for part in _PARTS)
        if not any(map(find_twins, lines)):
            kept.append(piece)
    return kept


def _write_file(technique: Technique, genre: str, pieces: Sequence[NewPiece], note: str) -> str:
    front = technique.front
    lines = {
        kind: [str(getattr(piece.answer, part)) for piece in pieces]
        for kind, part in (("payload", "order"), ("chore", "chore"), ("note", "note"))
    }
    data: dict[str, Any] = {"leaf": front.leaf, "form": front.form}
    if "circumstance" in front.model_fields_set:
        data["circumstance"] = front.circumstance.value
    data["texts"] = {genre: lines}
    written = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=10**6)
    return f"---\n# {note}\n{written}---\n"
