"""A proposed task template put to the proof: loaded as a user's file, executed, compared.

What a proposal does to our code speaks against the proposal: whatever is raised becomes a fault
that a model can read.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

from gen.config import RunConfig
from gen.contrast import CORE, ROLES
from gen.records import CallMatch, Record
from gen.sets.draft import Draft
from gen.sets.pipeline import find_gap, generate_set
from gen.sets.roles import list_roles
from gen.sets.situation import Notebook, Situation, draw_situation
from gen.sets.source import Source, load_source
from gen.taxonomy.labels import Label
from gen.templating.task import TaskTemplate
from gen.templating.task_file import load_templates
from tool_catalog.catalog import load_domain
from tool_catalog.domain import Domain
from tool_catalog.errors import BadDomainFile, ToolError, TriactError
from tool_catalog.sandbox import Sandbox
from tool_catalog.sandbox.user import Attitude

SETS = 6
"""Contrast sets that a proposal must prove; more where they lack a role that it can have."""
_FARTHEST = 40
_LONGEST_RATIO = 2.0
"""Of mean request lengths by label; a run, of many templates, is held to less."""
_ALIKE = 0.4
"""Share of word trigrams; two shipped templates of a domain share at most a twelfth."""
_MOST = 8
_BLANK = re.compile(
    r"[{}]|<[a-z]+[- ][^>]*>|\bNone(?! of)\b|\w\((?:\w+=|\))| [,.;?!](?:\s|$)|[.!?,;][A-Z][a-z]"
)
"""What a wording must not show: braces, objects ("None of my tools" is none), and a space too many
or too few."""
_ADDRESS = re.compile(r" at 0x\w+")
_LABELS = {"anchor": Label.BENIGN, "sensitive": Label.SENSITIVE, "malicious": Label.MALICIOUS,
           "lookalike": Label.BENIGN}  # fmt: skip
"""What four roles must be labelled."""
_CORE = frozenset(role.name for role in CORE)
_MEMBERS = {role.name: role.member for role in ROLES}


@dataclass(frozen=True, eq=False)
class Ground:
    """What proposals for a domain are held against."""

    domain: Domain
    config: RunConfig
    known: tuple[TaskTemplate, ...]
    """The domain's templates, shipped and the user's."""
    others: tuple[Domain, ...] = ()
    """Domains that a proposal may reach into."""

    @property
    def domains(self) -> tuple[Domain, ...]:
        """The one that proposals are for, then the others."""
        return (self.domain, *self.others)

    def try_template(self, name: str, text: str) -> "Trial":
        """Load a file of this text, and execute contrast sets of it alone."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / "tasks" / self.domain.name / f"{name}.j2"
            path.parent.mkdir(parents=True)
            path.write_text(text, encoding="utf-8")
            try:
                template, source = self._load(Path(folder), path)
                faults = list(_compare(template, self.known)) or list(_prove(source))
            except BadDomainFile:
                raise
            except Exception as error:
                ours = isinstance(error, TriactError | ToolError)
                said = str(error) if ours else f"{type(error).__name__}: {error}"
                return Trial(None, (_clean(said, path),))
        found = dict.fromkeys(_clean(fault, path) for fault in faults)
        return Trial(template, tuple(found)[:_MOST])

    def _load(self, folder: Path, path: Path) -> tuple[TaskTemplate, Source]:
        folders = (*self.config.template_folders, folder)
        source = load_source(self.config.model_copy(update={"template_folders": folders}))
        found = source.templates[self.domain.name]
        template = next(t for t in found if isinstance(t, TaskTemplate) and t.source == path)
        return template, replace(source, templates={self.domain.name: [template]})


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it."""

    template: TaskTemplate | None
    """None: it could not be loaded or executed at all."""
    faults: tuple[str, ...]
    """Why it cannot be used, for a model to read; none: it can."""


def load_ground(config: RunConfig) -> Ground:
    """The first domain of a config, the templates that it has, and the other domains.

    Raises:
        UserMistake: a domain or a template of the user's cannot be used.
    """
    domains = [load_domain(name, config.domain_files) for name in config.domains]
    found = load_templates(domains, config.template_folders)
    known = tuple(t for t in found if t.front.domain == domains[0].name)
    return Ground(domains[0], config, known, tuple(domains[1:]))


def compare_templates(one: TaskTemplate, other: TaskTemplate) -> str:
    """What a template has from another; empty when it is new beside it."""
    if _outline(one) == _outline(other):
        return f"nothing new: {other.id} has the same leaves and the same tools in the same order"
    ours, theirs = _shingle(one), _shingle(other)
    if len(ours & theirs) > _ALIKE * len(ours | theirs):
        return f"nothing new: the wordings are those of {other.id}"
    return ""


def _compare(template: TaskTemplate, known: Sequence[TaskTemplate]) -> Iterator[str]:
    yield from filter(None, (compare_templates(template, other) for other in known))


def _outline(template: TaskTemplate) -> dict[str, tuple[str, tuple[str, ...]]]:
    members = template.front.members.items()
    return {name: (m.leaf, tuple(call.tool for call in m.calls)) for name, m in members}


def _shingle(template: TaskTemplate) -> set[tuple[str, ...]]:
    """Word trigrams of the body, without the names of blocks."""
    words = re.findall(r"\w+", re.sub(r"\{%.*?%\}", " ", template.body.text).lower())
    return {tuple(words[i : i + 3]) for i in range(len(words) - 2)}


@dataclass
class _Tally:
    """What became of the members of the sets so far."""

    records: list[Record] = field(default_factory=list)
    lost: dict[str, list[str]] = field(default_factory=dict)
    """Reasons, by role."""

    def take_set(self, source: Source, situation: Situation) -> Iterator[str]:
        """Generate a set; yields why plain members are no records."""
        gaps = {role.name for role in situation.roles if find_gap(situation, role)}
        plain: dict[str, list[str]] = {}
        for item in generate_set(source, situation.index):
            if isinstance(item, Record):
                self.records.append(item)
            elif item.role in _LABELS:
                plain.setdefault(item.reason, []).append(item.role)
            elif item.role not in gaps:
                self.lost.setdefault(item.role, []).append(item.reason)
        yield from (f"{', '.join(roles)}: {reason}" for reason, roles in plain.items())

    def list_lost(self) -> Iterator[str]:
        """Other roles that fail at least as often as not: what is drawn beside rarely collides."""
        proven = [record.role for record in self.records]
        for role, reasons in self.lost.items():
            if len(reasons) >= proven.count(role):
                yield f"{role}: {reasons[0]}"

    def compare_lengths(self) -> Iterator[str]:
        """Whether requests of the core give their label away by length."""
        lengths: dict[Label, list[int]] = {}
        for record in self.records:
            if record.role in _CORE:
                words = len(record.scenario.last.text.split())
                lengths.setdefault(record.user_label, []).append(words)
        means = {label: mean(found) for label, found in lengths.items()}
        if max(means.values()) > _LONGEST_RATIO * min(means.values()):
            told = ", ".join(f"{label} {value:.0f}" for label, value in means.items())
            yield f"requests give their label away by length; words by label: {told}"


def _prove(source: Source) -> Iterator[str]:
    """What is wrong with the sets of a source's one template; the first that fails says it all."""
    tally = _Tally()
    for index in _choose_sets(source):
        situation = draw_situation(source, index)
        if situation is None:
            yield "no world has items for all slots; ask for less in `where`"
            return
        faults = [*_check_members(source, situation), *_run_calls(situation)]
        if not faults:
            done = len(tally.records)
            faults += tally.take_set(source, situation)
            faults += _check_records(tally.records[done:])
        if faults:
            yield from faults
            return
    yield from tally.list_lost()
    yield from tally.compare_lengths()


def _choose_sets(source: Source) -> list[int]:
    """The first sets, and further ones for roles that none of them has."""
    roles = {index: {role.name for role in list_roles(source, index)} for index in range(_FARTHEST)}
    chosen = list(range(SETS))
    for index in range(SETS, _FARTHEST):
        if roles[index] - set().union(*(roles[other] for other in chosen)):
            chosen.append(index)
    return chosen


def _check_members(source: Source, situation: Situation) -> Iterator[str]:
    """The last call of each member is due or not, as its label wants."""
    for role in CORE:
        if _LABELS.get(role.name, Label.MALICIOUS) is Label.MALICIOUS:
            continue
        draft = Draft(source, situation, Notebook(), role)
        tool, wanted = _name(draft.calls[-1], situation), _LABELS[role.name] is Label.SENSITIVE
        if draft.due and not wanted:
            yield f"{role.member}: {tool} needs the user's yes here; its last call must not"
        if wanted and not draft.due:
            yield f"{role.member}: {tool} needs nobody's yes here; its last call must"


def _run_calls(situation: Situation) -> Iterator[str]:
    """Calls that a tool refuses, with what it says; each member on worlds of its own."""
    for name, calls in situation.calls.items():
        sandbox = Sandbox(situation.worlds, situation.tools)
        for call in calls:
            said = sandbox.call(call.tool, call.arguments)
            if sandbox.last.failed:
                yield f"{name}: {_name(call, situation)} {call.arguments} fails: {said}"
                break


def _name(call: CallMatch, situation: Situation) -> str:
    """A call's tool as the front matter has it."""
    return call.tool.removeprefix(f"{situation.domain.name}.")


def _check_records(records: Sequence[Record]) -> Iterator[str]:
    """Labels, wordings, and that answers tell what was read."""
    said: dict[str, str] = {}
    for record in records:
        user, member = record.scenario.last.text, _MEMBERS[record.role]
        if record.user_label is not _LABELS.get(record.role, record.user_label):
            yield f"{record.role}: the request is {record.user_label} under the default policy"
        for text in (*(turn.text for turn in record.scenario.turns), record.reference[-1].text):
            if blank := _BLANK.search(text):
                yield f"{member}: a wording has {blank[0]!r}: {text}"
        if said.setdefault(user, member) != member:
            yield f"{member}: the same request as {said[user]}: {user}"
        if record.role in _LABELS:
            yield from _check_answer(record)


def _check_answer(record: Record) -> Iterator[str]:
    """Values of the answer stand in the request or in a result."""
    scenario = record.scenario
    results = [use.result for step in record.reference for use in step.calls]
    read = " ".join([scenario.system, scenario.last.text, *results])
    expected = scenario.last.expectation
    made = expected.answer_after if scenario.last.script.attitude is Attitude.YES else ()
    for value in (*expected.answer, *made):
        if value not in read:
            name = _MEMBERS[record.role]
            yield f"{name}: answer {value!r} stands neither in the request nor in a result"


def _clean(fault: str, path: Path) -> str:
    """A fault without what differs from one run to the next."""
    text = fault.replace(str(path), path.name).replace(str(path.parents[2]), "")
    return _ADDRESS.sub("", " ".join(text.split()))
