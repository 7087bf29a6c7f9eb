"""Episodes of a benchmark as they are kept: one JSON line each, written when it ends.

A killed run loses the episodes under way and nothing else; a line cut short by the kill is dropped.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from gen.runs.files import write_file
from tool_catalog.errors import BadRun, UnknownName, UserMistake
from train.agents.turn import Cut
from train.evaluation.outcome import Outcome

EPISODES = "episodes.jsonl"
SETTINGS = "settings.json"
SCHEMA_VERSION = 3


class Transcript(BaseModel):
    """One case as one agent met it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    case: str
    """Key, unique in the benchmark."""
    part: str
    """Category, attack type, split: what tables are broken down by."""
    group: str
    """Cases of one group stand or fall together: intervals resample groups."""
    messages: list[dict[str, Any]] = []
    verdict: dict[str, Any] = {}
    """The benchmark's own words for what happened."""
    measures: dict[str, float | None] = {}
    """Per measure a number between 0 and 1; None: the case is not in its denominator. As the
    benchmark's rules have it; only those of a scored case are in any figure."""
    outcome: Outcome = Outcome.SCORED
    reason: str | None = None
    """Why it is no score."""
    cut: Cut | None = None
    """What cut a turn short, if anything did."""
    calls: int = 0
    """How many the agent made."""
    seconds: float = 0.0

    @property
    def scored(self) -> bool:
        """Whether it is in any figure."""
        return self.outcome is Outcome.SCORED


class Store:
    """The episodes of one folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / EPISODES

    def read(self) -> dict[str, Transcript]:
        """Episodes by case; of several for one case the last one counts.

        Raises:
            BadRun: a line before the last is damaged.
        """
        if not self._path.is_file():
            return {}
        lines = self._path.read_bytes().split(b"\n")
        found: dict[str, Transcript] = {}
        for number, line in enumerate(lines, 1):
            if not line:
                continue
            try:
                episode = Transcript.model_validate(json.loads(line))
            except ValueError as error:  # pydantic's ValidationError is one
                if number == len(lines):  # no line end: the writer was killed
                    break
                raise BadRun(
                    f"{self._path}:{number}: not an episode; start anew with --force"
                ) from error
            found[episode.case] = episode
        return found

    @contextmanager
    def appending(self) -> Iterator[Callable[[Transcript], None]]:
        """A function that keeps one more; its line is with the system when it returns."""
        with self._path.open("a", encoding="utf-8") as file:

            def append(episode: Transcript) -> None:
                file.write(_write_line(episode))
                file.flush()

            yield append

    def rewrite(self, episodes: Iterable[Transcript]) -> None:
        """Replace everything, in this order."""
        write_file(self._path, "".join(map(_write_line, episodes)))


def _write_line(episode: Transcript) -> str:
    """In ASCII, so that half a character that a model wrote can be kept too."""
    return json.dumps(episode.model_dump(mode="json")) + "\n"


def check_folder(folder: Path, *, resume: bool, force: bool) -> None:
    """Whether a run may be kept in a folder.

    Raises:
        BadRun: it exists and neither `resume` nor `force` is given, or it holds something else.
    """
    if folder.exists() and not folder.is_dir():
        raise BadRun(f"{folder} is a file; name a folder with --out")
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (resume or force):
        raise BadRun(f"{folder} exists; continue it with --resume, replace it with --force")
    if not (folder / SETTINGS).is_file():
        raise BadRun(f"{folder} holds no benchmark run; choose another --out")


def open_folder(folder: Path, settings: Mapping[str, Any], *, resume: bool, force: bool) -> Store:
    """A folder to keep episodes in, new or continued.

    Raises:
        BadRun: it exists and neither `resume` nor `force` is given, or it holds a run with other
            settings, or something else.
    """
    check_folder(folder, resume=resume, force=force)
    written = json.dumps({"schema": SCHEMA_VERSION, **settings}, indent=1) + "\n"
    path = folder / SETTINGS
    if path.is_file():
        if resume:
            _compare(path, json.loads(written))
        else:
            (folder / EPISODES).unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    write_file(path, written)
    store = Store(folder)
    if resume:
        store.rewrite(store.read().values())  # so that what follows starts on a line of its own
    return store


def read_settings(folder: Path) -> dict[str, Any]:
    """What a folder's run was made with.

    Raises:
        BadRun: there is no benchmark run, or one of another schema version.
    """
    path = folder / SETTINGS
    try:
        settings = dict(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BadRun(f"{folder} holds no benchmark run; make one with triact benchmark") from error
    except ValueError as error:
        raise BadRun(f"{path}: not readable: {error}") from error
    if settings.get("schema") != SCHEMA_VERSION:
        raise BadRun(f"{path}: schema {settings.get('schema')}, not {SCHEMA_VERSION}; run it again")
    return settings


def _compare(path: Path, wanted: Mapping[str, Any]) -> None:
    found, now = _flatten(read_settings(path.parent)), _flatten(wanted)
    other = [name for name in {*found, *now} if found.get(name) != now.get(name)]
    if other:
        name = min(other)
        raise BadRun(
            f"{path.parent} was run with {name} {found.get(name)!r}, not {now.get(name)!r}; "
            "give the same options, or choose another --out"
        )


def _flatten(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with those of the agent beside the others, so that one of them can be named."""
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        named = {f"{name}'s {k}": v for k, v in value.items()} if isinstance(value, dict) else None
        flat |= {name: value} if named is None else named
    return flat


def pick_episodes(
    folder: Path,
    *,
    cases: Sequence[str] = (),
    part: str | None = None,
    measure: str | None = None,
    outcomes: Sequence[str] = (),
    limit: int = 0,
) -> list[Transcript]:
    """Episodes of a run that meet every condition given.

    Args:
        folder: of the run.
        cases: only these; none means all.
        part: only of this part.
        measure: only where this measure is 1, or `NAME=VALUE`; what is not scored has none.
        outcomes: only those that ended as one of these; none means any.
        limit: at most so many; 0 means all.

    Raises:
        BadRun: there is no benchmark run.
        UserMistake: the value is no number.
        UnknownName: the run has no such case, part or measure, or there is no such outcome.
    """
    read_settings(folder)
    found = Store(folder).read()
    name, _, wanted = (measure or "").partition("=")
    _check_known("case", cases, found)
    _check_known("part", [part] if part else [], {e.part for e in found.values()})
    _check_known("outcome", outcomes, list(Outcome))
    _check_known("measure", [name] if name else [], {m for e in found.values() for m in e.measures})
    value = _read_value(wanted or "1")
    picked = [
        e
        for e in found.values()
        if (not cases or e.case in cases)
        and (part is None or e.part == part)
        and (not name or (e.scored and e.measures.get(name) == value))
        and (not outcomes or e.outcome in outcomes)
    ]
    return picked[:limit] if limit else picked


def _read_value(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UserMistake(f"--measure NAME={text}: give a number, such as 0 or 1") from None


def _check_known(kind: str, names: Sequence[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise UnknownName(kind, name, known)
