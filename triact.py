"""The Python API: make records, read runs, play and judge episodes, define domains.

What stands in `__all__` is a promise: it changes only with a major version. Importing this module
loads no model library and does nothing; docs/api.md says what each name is for, and
docs/api.ipynb shows them at work. Whatever is the caller's mistake raises `UserMistake`, one line
that says what to do.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, TypedDict, Unpack

from gen.config import RunConfig
from gen.episode import Episode
from gen.episode import open_episode as _open_episode
from gen.records import (
    CallMatch,
    Expectation,
    Placement,
    Quarantined,
    Record,
    Scenario,
    Step,
    ToolUse,
    UserScript,
    UserTurn,
)
from gen.taxonomy.labels import Decision, Label
from gen.verdict import Fault, Verdict, judge
from tool_catalog.catalog import is_domain_path
from tool_catalog.catalog import load_domain as _load_domain
from tool_catalog.domain import Domain, World, draw_setting
from tool_catalog.errors import ToolError, TriactError, UnknownName, UserMistake
from tool_catalog.foreign_tool import read_tool
from tool_catalog.loading import read_domain_file
from tool_catalog.pools import Person, Pools
from tool_catalog.sandbox.event import Event
from tool_catalog.sandbox.user import Attitude
from tool_catalog.spec import Origin, ResultField, ToolClass, ToolSpec
from tool_catalog.tool import tool
from train.reward import Reward, Weights, score

if TYPE_CHECKING:
    from gen.sets.source import Source

__all__ = [
    "Attitude",
    "CallMatch",
    "Decision",
    "Domain",
    "Episode",
    "Event",
    "Expectation",
    "Fault",
    "Label",
    "Options",
    "Origin",
    "Person",
    "Placement",
    "Pools",
    "Quarantined",
    "Record",
    "ResultField",
    "Reward",
    "Run",
    "RunConfig",
    "Scenario",
    "Step",
    "ToolClass",
    "ToolError",
    "ToolSpec",
    "ToolUse",
    "TriactError",
    "UserMistake",
    "UserScript",
    "UserTurn",
    "Verdict",
    "Weights",
    "World",
    "draw_world",
    "generate",
    "generate_set",
    "judge",
    "load_domain",
    "load_run",
    "open_episode",
    "read_tool",
    "score",
    "tool",
    "write_run",
]

OnQuarantine = Callable[[Quarantined], None]
"""Told of every member that was not proven, and why."""


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run folder whose every file is the one that its manifest names."""

    path: Path
    config: RunConfig
    """What it was made from."""
    splits: Mapping[str, int]
    """Records by split."""

    def records(self, split: str | None = None) -> Iterator[Record]:
        """The records of a split, or all of them, in order.

        Raises:
            UserMistake: the run has no such split, or a file is gone or edited meanwhile.
        """
        from gen.runs.rows import read_records

        if split is not None and split not in self.splits:
            raise UnknownName("split", split, self.splits)
        return read_records(self.path, split)

    def open_episode(self, situation: Record | Scenario) -> Episode:
        """As `triact.open_episode`, with the domains that the run carries.

        Raises:
            UserMistake: the run carries code that this user has not trusted.
        """
        from gen.runs.trust import list_domain_files

        return open_episode(situation, list_domain_files(self.path))


class Options(TypedDict, total=False):
    """What records are made from; whatever is left out is as in `triact generate`."""

    seed: int
    """Equal seeds give equal records; 0 when left out."""
    domains: Sequence[str | Path] | None
    """Shipped ones by name, your own by path; None: all that are shipped."""
    templates: Sequence[str | Path]
    """Folders with your own `tasks/`, `goals/`, ..."""
    policy: str | Path
    """`strict`, `default`, `permissive`, or the path of a policy file."""
    leaves: Sequence[str]
    """Only tasks with one of these user leaves; none: all."""
    length: str
    """How much results say: `compact`, `realistic` or `long`."""


def generate(
    size: int, *, on_quarantine: OnQuarantine | None = None, **options: Unpack[Options]
) -> Iterator[Record]:
    """Records in memory, each proven by execution: those that `triact generate` would write.

    Args:
        size: records, at least; contrast sets stay whole.
        on_quarantine: told of every member that was not proven.
        options: `seed`, `domains`, `templates`, `policy`, `leaves`, `length`; see `Options`.

    Raises:
        UserMistake: at once, when something that was named cannot be used.
    """
    return _generate(_load_source(_make_config(size, **options)), on_quarantine)


def generate_set(
    index: int, *, on_quarantine: OnQuarantine | None = None, **options: Unpack[Options]
) -> list[Record]:
    """The members of one contrast set; what is not its index is as in `generate`.

    Raises:
        UserMistake: something that was named cannot be used.
    """
    if index < 0:
        raise UserMistake(f"index must be at least 0, got {index}")
    return list(_prove_set(_load_source(_make_config(1, **options)), index, on_quarantine))


def _make_config(
    size: int,
    seed: int = 0,
    domains: Sequence[str | Path] | None = None,
    templates: Sequence[str | Path] = (),
    policy: str | Path = "default",
    leaves: Sequence[str] = (),
    length: str = "realistic",
) -> RunConfig:
    from gen.sets.source import make_config

    names, folders = [_name_domain(d) for d in domains or ()], [Path(f) for f in templates]
    return make_config(size, seed, names, folders, str(policy), leaves, length)


def _name_domain(domain: str | Path) -> str:
    """As the command takes it: without a slash or `.py` it would be the name of a shipped one."""
    text = str(domain)
    return f"./{text}" if isinstance(domain, Path) and not is_domain_path(text) else text


def _load_source(config: RunConfig) -> "Source":
    from gen.sets.source import load_source

    return load_source(config)


def _generate(source: "Source", on_quarantine: OnQuarantine | None) -> Iterator[Record]:
    from gen.runs.plan import plan_more, plan_shards

    planned: list[range] = []
    written, more = 0, plan_shards(source)
    while more:
        for index in (index for sets in more for index in sets):
            for record in _prove_set(source, index, on_quarantine):
                written += 1
                yield record
        planned += more
        more = plan_more(source, planned, written)


def _prove_set(
    source: "Source", index: int, on_quarantine: OnQuarantine | None
) -> Iterator[Record]:
    from gen.sets.pipeline import generate_set as prove

    for member in prove(source, index):
        if isinstance(member, Record):
            yield member
        elif on_quarantine is not None:
            on_quarantine(member)


def write_run(
    path: str | Path,
    size: int,
    *,
    workers: int = 1,
    force: bool = False,
    **options: Unpack[Options],
) -> Run:
    """Generate into a run folder, as `triact generate` does.

    Args:
        path: the folder; it must not exist unless `force`.
        size: records, at least.
        workers: processes that generate, this one among them.
        force: replace a run that is there.
        options: as in `generate`.

    Raises:
        UserMistake: something that was named cannot be used, or the folder cannot be written.
    """
    from gen.runs.generate import generate as write

    write(_make_config(size, **options), Path(path), workers=workers, force=force)
    return load_run(path)


def load_run(path: str | Path) -> Run:
    """Open a run folder, its hashes checked first; no code that it carries is executed.

    Raises:
        UserMistake: no run, unfinished, of another schema version, or with a file that is missing,
            edited or foreign.
    """
    from gen.runs.folder import open_run

    found = open_run(Path(path))
    return Run(found.path, found.config, dict(found.manifest.records))


def open_episode(
    situation: Record | Scenario, domains: Sequence[Domain | str | Path] = ()
) -> Episode:
    """A fresh episode to act in.

    `Episode.messages` and `.tools` are what a model is given first; `act(tool, arguments)` makes a
    call and returns its result; `say(text)` ends a turn and returns what the user says next;
    `finish(text)` ends the conversation and judges it, `judge()` judges what happened so far.

    Args:
        situation: what to play; of a record its scenario.
        domains: those of its domains that are not shipped, loaded or as paths.

    Raises:
        UserMistake: a domain or tool that the scenario names is not there.
    """
    scenario = situation.scenario if isinstance(situation, Record) else situation
    loaded = (d if isinstance(d, Domain) else load_domain(d) for d in domains)
    own = {domain.name: domain for domain in loaded}
    worlds = [
        (own.get(name) or load_domain(name)).read_world(text)
        for name, text in scenario.worlds.items()
    ]
    return _open_episode(scenario, worlds=worlds)


def load_domain(name: str | Path) -> Domain:
    """A shipped domain by name, or your own by the path of its file or folder.

    A file is read anew each time; its code runs, under limits.

    Raises:
        UserMistake: no such domain, or one that does not keep the contract.
    """
    if isinstance(name, Path) or is_domain_path(name):
        return read_domain_file(Path(name))
    return _load_domain(name)


def draw_world(domain: Domain, seed: int = 0) -> World:
    """A world of a domain, with an owner and a day of its own; equal seeds give equal worlds."""
    rng = Random(f"world:{seed}")
    return domain.new_world(rng, *draw_setting(rng))
