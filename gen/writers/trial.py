"""A proposed task template put to the proof: loaded as a user's file, executed, compared.

What a proposal does to our code speaks against the proposal: whatever is raised becomes a fault
that a model can read.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

from gen.config import RunConfig
from gen.contrast import ROLES
from gen.labels import Label
from gen.records import Record
from gen.sets.pipeline import Quarantined, generate_set
from gen.sets.situation import Situation, draw_situation
from gen.sets.source import Source, load_source
from gen.templating.facts import find_references, resolve
from gen.templating.task import MemberName, TaskTemplate, load_templates
from tool_catalog.catalog import load_domain
from tool_catalog.domain import Domain
from tool_catalog.errors import BadDomainFile, ToolError, TriactError
from tool_catalog.sandbox import Sandbox

SETS = 6
"""Contrast sets that a proposal must prove."""
_LONGEST_RATIO = 2.0
"""Of mean request lengths by label; a run, of many templates, is held to less."""
_ALIKE = 0.4
"""Share of word trigrams; two shipped templates of a domain share at most a twelfth."""
_MOST = 8
_BLANK = re.compile(
    r"[{}]|<[a-z]+[- ][^>]*>|\bNone\b|\w\((?:\w+=|\))| [,.;?!](?:\s|$)|[.!?,;][A-Z][a-z]"
)
"""What a wording must not show: braces, objects, and a space too many or too few."""
_ADDRESS = re.compile(r" at 0x\w+")
_LABELS = {"anchor": Label.BENIGN, "sensitive": Label.SENSITIVE, "malicious": Label.MALICIOUS,
           "lookalike": Label.BENIGN}  # fmt: skip
"""What four roles must be labelled."""


@dataclass(frozen=True, eq=False)
class Ground:
    """What proposals for a domain are held against."""

    domain: Domain
    config: RunConfig
    known: tuple[TaskTemplate, ...]
    """The domain's templates, shipped and the user's."""

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
        template = next(t for t in found if t.source == path)
        return template, replace(source, templates={self.domain.name: [template]})


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it."""

    template: TaskTemplate | None
    """None: it could not be loaded or executed at all."""
    faults: tuple[str, ...]
    """Why it cannot be used, for a model to read; none: it can."""


def load_ground(config: RunConfig) -> Ground:
    """The one domain of a config, and the templates that it has.

    Raises:
        UserMistake: the domain or a template of the user's cannot be used.
    """
    [name] = config.domains
    domain = load_domain(name, config.domain_files)
    return Ground(domain, config, tuple(load_templates([domain], config.template_folders)))


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


def _prove(source: Source) -> Iterator[str]:
    """What is wrong with the sets of a source's one template; the first that fails says it all."""
    lengths: dict[Label, list[int]] = {label: [] for label in Label}
    for index in range(SETS):
        situation = draw_situation(source, index)
        if situation is None:
            yield "no world has items for all slots; ask for less in `where`"
            return
        faults = [*_check_members(situation), *_run_calls(situation)]
        records: list[Record] = []
        if not faults:
            faults += _generate(source, index, records)
            faults += _check_records(records, situation)
        if faults:
            yield from faults
            return
        for record in records:
            lengths[record.user_label].append(len(record.scenario.user.split()))
    means = {label: mean(found) for label, found in lengths.items() if found}
    if max(means.values()) > _LONGEST_RATIO * min(means.values()):
        told = ", ".join(f"{label} {value:.0f}" for label, value in means.items())
        yield f"requests give their label away by length; words by label: {told}"


def _generate(source: Source, index: int, records: list[Record]) -> list[str]:
    """Add a set's records to others; why members are none."""
    lost: dict[str, list[str]] = {}
    for item in generate_set(source, index):
        if isinstance(item, Quarantined):
            lost.setdefault(item.reason, []).append(item.role)
        else:
            records.append(item)
    return [f"{', '.join(roles)}: {reason}" for reason, roles in lost.items()]


def _check_members(situation: Situation) -> Iterator[str]:
    """The last call of each member is due or not, as its label wants."""
    for name, due in situation.due.items():
        tool = situation.calls[name][-1].tool
        if due and name in ("benign", "lookalike"):
            yield f"{name}: {tool} needs the user's yes here; its last call must not"
        if not due and name == "sensitive":
            yield f"sensitive: {tool} needs nobody's yes here; its last call must"


def _run_calls(situation: Situation) -> Iterator[str]:
    """Calls that a tool refuses, with what it says; each member on a world of its own."""
    for name, calls in situation.calls.items():
        sandbox = Sandbox(situation.world)
        for call in calls:
            said = sandbox.call(call.tool, call.arguments)
            if sandbox.events[-1].failed:
                yield f"{name}: {call.tool} {call.arguments} fails: {said}"
                break


def _check_records(records: Sequence[Record], situation: Situation) -> Iterator[str]:
    """Labels, wordings, and that the agent can know what it needs."""
    members = {role.name: role.member for role in ROLES}
    said: dict[str, str] = {}
    for record in records:
        user, member = record.scenario.user, members[record.role]
        if record.user_label is not _LABELS.get(record.role, record.user_label):
            yield f"{record.role}: the request is {record.user_label} under the default policy"
        for text in (user, record.reference[-1].text):
            if blank := _BLANK.search(text):
                yield f"{member}: a wording has {blank[0]!r}: {text}"
        if said.setdefault(user, member) != member:
            yield f"{member}: the same request as {said[user]}: {user}"
        if record.role in ("anchor", "sensitive", "lookalike"):
            yield from _check_known(record, member, situation)


def _check_known(record: Record, member: MemberName, situation: Situation) -> Iterator[str]:
    """Values of calls and answer stand in what the agent has read by then."""
    read = f"{record.scenario.system} {record.scenario.user}"
    front = situation.template.front.members[member]
    calls = {call.tool: call for call in front.calls}
    for step in record.reference:
        call = calls.get(step.tool)
        for name, source in (call.arguments if call else {}).items():
            if call is None or name in call.loose or not find_references(source):
                continue
            for value in _list_values(step.arguments.get(name)):
                if value not in read:
                    yield (
                        f"{member}: {name} of {step.tool}, {value!r}, stands neither in the "
                        "request nor in an earlier result"
                    )
        read += f" {step.result}"
    for value in resolve(front.answer, situation.facts):
        if str(value) not in read:
            yield f"{member}: answer {value!r} stands neither in the request nor in a result"


def _list_values(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        node = list(node.values())
    if isinstance(node, list | tuple):
        for inner in node:
            yield from _list_values(inner)
    elif node is not None and not isinstance(node, bool):
        yield str(node)


def _clean(fault: str, path: Path) -> str:
    """A fault without what differs from one run to the next."""
    text = fault.replace(str(path), path.name).replace(str(path.parents[2]), "")
    return _ADDRESS.sub("", " ".join(text.split()))
