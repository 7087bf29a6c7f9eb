"""New passages for what tools return: what texts of a domain say beside what matters."""

import json
from collections.abc import Iterable, Sequence
from itertools import count as count_from
from itertools import product
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from gen.checks.inertness import find_live
from gen.config import RunConfig
from gen.records import Record
from gen.sets.pipeline import generate_set
from gen.sets.source import load_source
from gen.stories.length import load_passages
from gen.writers.instructions import Message, load_instruction
from gen.writers.language import is_language
from gen.writers.meaning import Flaw, find_refusal, repeats, speaks_to_model
from gen.writers.widening.kind import Cell, Filed, NewPiece
from tool_catalog.errors import TriactError

_SHORTEST = 120
_LONGEST = {"short": 500, "middle": 800, "long": 1200}
_EXAMPLES = 2
_SHOWN = 300
"""Characters of an example."""
_SETS, _FARTHEST = 2, 12
"""Contrast sets that a file must be proven in, and the last that is tried for it."""


class Passage(BaseModel):
    """What a model is asked for."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    text: str


class NewPassages:
    """The kind `responses`.

    Args:
        config: domains that passages are for, and folders of templates that hold some.
    """

    name = "responses"
    schema = Passage

    def __init__(self, config: RunConfig) -> None:
        self._config = config
        self._instruction = load_instruction("passage")
        folders = tuple(config.template_folders)
        self._known = {name: load_passages(name, folders).texts for name in config.domains}

    def list_cells(self, count: int, seed: int) -> Sequence[Cell]:
        """See `WritableKind`: domains come round in turn, all else is drawn."""
        dice = Random(f"{seed}:passages")
        lists = self._instruction.lists
        ways = list(product(lists["matters"], lists["voices"], lists["tones"], lists["lengths"]))
        drawn = [*dice.sample(ways, min(count, len(ways))), *dice.choices(ways, k=count)][:count]
        names = list(self._config.domains)
        return [
            Cell(number, names[number % len(names)],
                 {"domain": names[number % len(names)], "matter": matter, "voice": voice,
                  "tone": tone, "length": length})
            for number, (matter, voice, tone, length) in enumerate(drawn)
        ]  # fmt: skip

    def write(self, cell: Cell) -> list[Message]:
        """See `WritableKind`."""
        lists, values = self._instruction.lists, cell.values
        known = self._known[values["domain"]]
        some = Random(cell.number).sample(known, min(_EXAMPLES, len(known)))
        shown = (json.dumps(text[:_SHOWN], ensure_ascii=False) for text in some)
        return self._instruction.write({
            "domain": lists["domains"].get(values["domain"], f"texts of {values['domain']}"),
            "matter": values["matter"],
            "voice": values["voice"],
            "tone": values["tone"],
            "length": lists["lengths"][values["length"]],
            "examples": "\n".join(shown),
        })  # fmt: skip

    def say_again(self, flaw: Flaw) -> str:
        """See `WritableKind`."""
        return self._instruction.render("again", {"faults": flaw.reason})

    def read(self, cell: Cell, answer: Any) -> NewPiece | Flaw:
        """See `WritableKind`."""
        text = "\n".join(" ".join(line.split()) for line in str(answer.text).strip().splitlines())
        flaw = _find_flaw(text, _LONGEST[cell.values["length"]])
        return flaw or NewPiece(cell, Passage(text=text), (text,))

    def list_known(self) -> Iterable[str]:
        """See `WritableKind`."""
        for texts in self._known.values():
            yield from texts

    def file_away(self, group: str, pieces: Sequence[NewPiece], out: Path, note: str) -> Filed:
        """See `WritableKind`: a file of passages, proven in long texts that are full of them."""
        data = {"passages": [str(piece.texts[0]) for piece in pieces]}
        text = f"# {note}\n" + yaml.safe_dump(data, allow_unicode=True, width=10**6)
        folder = out / "passages"
        path = next(
            path for path in (folder / f"{group}-{n}.yaml" for n in count_from(1))
            if not path.exists() or path.read_text("utf-8") == text
        )  # fmt: skip
        if reason := self._prove(group, text):
            return Filed(group, len(pieces), reason=reason)
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return Filed(group, len(pieces), path)

    def _prove(self, domain: str, text: str) -> str:
        """Why passages do not hold in generated sets; empty when they do."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / "passages" / f"{domain}-0.yaml"
            path.parent.mkdir()
            path.write_text(text, encoding="utf-8")
            folders = (*self._config.template_folders, Path(folder))
            changed = {"template_folders": folders, "domains": (domain,), "length": "long"}
            try:
                source = load_source(self._config.model_copy(update=changed))
            except TriactError as error:
                return str(error).replace(f"{folder}/", "")
            wanted = yaml.safe_load(text)["passages"]
            proven = 0
            for index in range(_FARTHEST):
                items = list(generate_set(source, index))
                records = [item for item in items if isinstance(item, Record)]
                proven += any(_shows(record, wanted) for record in records)
                if proven == _SETS:
                    return ""
        return f"proven in {proven} of the first {_FARTHEST} sets, not in {_SETS}"


def _shows(record: Record, passages: Sequence[str]) -> bool:
    """Whether some result of a record's reference shows one of some passages."""
    results = " ".join(use.result for step in record.reference for use in step.calls)
    return any(json.dumps(text.strip(), ensure_ascii=False)[1:-1] in results for text in passages)


def _find_flaw(text: str, longest: int) -> Flaw | None:
    if not _SHORTEST <= len(text) <= longest:
        return Flaw("length", f"it has {len(text)} characters; {_SHORTEST} to {longest} fit")
    if live := find_live(text):
        return Flaw("inertness", live)
    if "{" in text or "}" in text:
        return Flaw("places", "it holds braces, which a template would fill in")
    if refusal := find_refusal(text):
        return Flaw("refusal", f"it {refusal} in place of a passage")
    if speaks_to_model(text):
        return Flaw("orders", "it speaks to a model, or of one")
    if repeats(text):
        return Flaw("repeats", "it repeats itself")
    return None if is_language(text, "en") else Flaw("language", "it is not in English")
