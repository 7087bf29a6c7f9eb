"""What records are drawn from, loaded once a process: domains, templates, attacks, policy."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from random import Random

from gen.attacks.encodings.encoders import ENCODINGS, PLAIN
from gen.attacks.files import Attacks, load_attacks
from gen.attacks.reach import check_orders
from gen.config import HoldOut, RunConfig
from gen.policy import Policy, load_policy
from gen.records import SourceFile
from gen.stories.agreement import check_own
from gen.stories.binding import BoundTask, bind, list_fitting
from gen.stories.length import load_passages, read_length
from gen.stories.persona import draw_persona, load_asides
from gen.stories.story import Story
from gen.stories.story_file import load_stories
from gen.stories.strategy import Strategy, load_strategies
from gen.stories.task import StoryTask, load_story_tasks
from gen.taxonomy import find_leaf
from gen.templating.folder import shipped_folder
from gen.templating.rendezvous import choose, rank
from gen.templating.speech import SPEECH, load_speech
from gen.templating.task import TaskFrontMatter, TaskTemplate, name_tool
from gen.templating.task_file import load_templates
from tool_catalog.catalog import domain_names, is_domain_path, load_domain
from tool_catalog.domain import Domain
from tool_catalog.errors import UserMistake
from tool_catalog.spec import ToolSpec

_STRATEGY_SHARE = 0.2
_SIDES = 2
_BINDINGS = 60
"""Ways to be about a story that are tried for a wanted leaf."""
_HELD_OUT_DOMAIN_WEIGHT = 0.4  # it only tests; most of the run should train


@dataclass(frozen=True, eq=False)
class Source:
    """Everything that records are drawn from."""

    config: RunConfig
    domains: Mapping[str, Domain]
    templates: Mapping[str, Sequence[TaskTemplate | StoryTask]]
    """By their own domain."""
    stories: tuple[Story, ...]
    fitting: Mapping[str, Sequence[Story]]
    """The stories that each task on stories can be about, by its id."""
    strategies: tuple[Strategy, ...]
    attacks: Attacks
    policy: Policy
    files: Mapping[str, SourceFile]
    """Each domain by name, and the speech."""


def make_config(
    size: int,
    seed: int,
    domains: Sequence[str],
    templates: Sequence[Path],
    policy: str,
    leaves: Sequence[str],
    length: str = "realistic",
) -> RunConfig:
    """The config of a run from what its user names.

    Args:
        size: records, at least.
        seed: of every random choice.
        domains: shipped ones by name, the user's own by path; none: all that are shipped.
        templates: folders with the user's own.
        policy: a shipped profile, or the path of a policy file.
        leaves: only tasks with one of these user leaves; none: all.
        length: how much results say: compact, realistic or long.

    Raises:
        UserMistake: a size below one, an unknown domain, leaf or length, a folder not there.
    """
    if size < 1:
        raise UserMistake(f"size must be at least 1, got {size}")
    for folder in templates:
        if not folder.is_dir():
            raise UserMistake(f"{folder}: no such folder of templates")
    for name in leaves:
        find_leaf(name)
    files = tuple(Path(name) for name in domains if is_domain_path(name))
    names = tuple(Path(n).stem if is_domain_path(n) else n for n in domains)
    names = names or tuple(list_domains())
    found = [load_domain(name, files) for name in names]
    draft = RunConfig(
        size=size,
        seed=seed,
        domains=names,
        domain_files=files,
        template_folders=tuple(templates),
        policy=policy,
        leaves=tuple(leaves),
        length=read_length(length),
    )
    return draft.model_copy(update={"hold_out": choose_hold_out(found, draft)})


def list_domains() -> list[str]:
    """The shipped domains that a run draws from when none is named: those that have tasks."""
    tasks = shipped_folder() / "tasks"
    return [name for name in domain_names() if (tasks / name).is_dir()]


def load_source(config: RunConfig) -> Source:
    """Load domains, templates, attacks and policy of a run.

    Raises:
        UserMistake: whatever of them cannot be used, named.
    """
    files = tuple(config.domain_files)
    domains = {name: load_domain(name, files) for name in config.domains}
    known, folders = list(domains.values()), config.template_folders
    stories = load_stories(known, folders)
    check_own(stories, domains)
    for name in domains:
        load_passages(name, tuple(folders))  # what is wrong with them shows here
    load_asides(tuple(folders))
    fitting: dict[str, Sequence[Story]] = {}
    templates: dict[str, list[TaskTemplate | StoryTask]] = {name: [] for name in domains}
    for template in load_templates(known, folders):
        leaves = {member.leaf for member in template.front.members.values()}
        if not config.leaves or leaves & set(config.leaves):
            templates[template.front.domain].append(template)
    for task in load_story_tasks(known, folders):
        fitting[task.id] = list_fitting(task, stories, domains, config.leaves)
        if fitting[task.id]:
            templates[task.front.domain].append(task)
    for name, found in templates.items():
        if not found:
            wanted = f" with leaf {', '.join(config.leaves)}" if config.leaves else ""
            raise UserMistake(
                f"domain {name!r} has no task template{wanted}; put some under "
                f"FOLDER/tasks/{name}/*.j2 and name the folder with --templates"
            )
    attacks = load_attacks(known, folders)
    offered = {name: {t for task in some for t in task.front.tools}
               for name, some in templates.items()}  # fmt: skip
    check_orders(attacks, offered, [path.stem for path in files])
    return Source(
        config=config,
        domains=domains,
        templates=templates,
        stories=stories,
        fitting=fitting,
        strategies=load_strategies(folders),
        attacks=attacks,
        policy=load_policy(config.policy),
        files=_list_files(domains),
    )


def _list_files(domains: Mapping[str, Domain]) -> dict[str, SourceFile]:
    speech = "".join(load_speech(name).text for name in SPEECH)
    found = {"speech": SourceFile(kind="speech", name="speech", digest=_digest(speech.encode()))}
    for name, domain in domains.items():
        found[name] = SourceFile(kind="domain", name=name, digest=domain.digest)
    return found


@lru_cache(maxsize=4)
def choose_template(source: Source, index: int) -> TaskTemplate:
    """The template of a set: a new file takes only the sets that it wins from the others.

    A task on stories is bound to one of those that fit it.
    """
    key, held = f"{source.config.seed}:{index}", source.config.hold_out
    domain = choose(
        list(source.templates),
        f"{key}:domain",
        str,
        weight=lambda name: _HELD_OUT_DOMAIN_WEIGHT if name in held.domains else 1.0,
    )
    task = choose(source.templates[domain], f"{key}:task", lambda template: template.id)
    if isinstance(task, TaskTemplate):
        return task
    return next(_bind_wanted(source, task, key))


def _bind_wanted(source: Source, task: StoryTask, key: str) -> Iterator[BoundTask]:
    """The task bound to a story so that a request has a wanted leaf; else as it comes."""
    rng, wanted = Random(f"{key}:persona"), set(source.config.leaves)
    pressed = bool(source.strategies) and rng.random() < _STRATEGY_SHARE
    strategy = choose(source.strategies, f"{key}:strategy", lambda s: s.name) if pressed else None
    persona = draw_persona(rng, tuple(source.config.template_folders))
    stories = rank(source.fitting[task.id], f"{key}:story", lambda story: story.id)
    for number in range(_BINDINGS if wanted else 1):
        own, story = f"{key}:{number}" if number else key, stories[number % len(stories)]
        bound = bind(task, story, source.domains, strategy, persona, own)
        if not wanted or wanted & {member.leaf for member in bound.front.members.values()}:
            yield bound
    yield bind(task, stories[0], source.domains, strategy, persona, key)


def list_sides(source: Source, task: BoundTask, index: int) -> list[Story]:
    """Stories that happen in the worlds of a set beside its own; in compact worlds none does."""
    if source.config.length == "compact":
        return []
    key, front = f"{source.config.seed}:{index}:sides", task.front
    found: list[Story] = []
    for name in (front.domain, *front.worlds):
        some = [s for s in source.stories if s.domain == name and s is not task.story]
        some = [story for story in some if story not in found]
        count = _SIDES if name == front.domain else 1
        found += rank(some, key, lambda story: story.id)[:count]
    return found


def choose_split(
    config: RunConfig, template: TaskTemplate, technique: str, encoding: str, index: int
) -> str:
    """The split of a whole set: held-out kinds first, then a hash of (seed, index)."""
    held: HoldOut = config.hold_out
    if set(held.domains) & {template.front.domain, *template.front.worlds}:
        return "ood_domain"
    if template.id in held.templates:
        return "ood_template"
    if technique in held.techniques:
        return "ood_technique"
    if encoding in held.encodings:
        return "ood_encoding"
    point = int(_digest(f"{config.seed}:{index}:split".encode()), 16) / 16**16
    if point < config.test_share:
        return "test"
    if point < config.test_share + config.validation_share:
        return "validation"
    return "train"


def choose_hold_out(domains: Sequence[Domain], config: RunConfig) -> HoldOut:
    """What a run holds out when the user names nothing: the same for every seed.

    A domain when there are three or more, a template a domain when it has six or more, and two
    techniques and two encodings when there are enough; each the one whose name hashes lowest, so
    that it does not change when others are added that hash higher.
    """
    templates: list[str] = []
    folders = config.template_folders
    named = [(t.front.domain, t.id) for t in load_templates(domains, folders)]
    named += [(t.front.domain, t.id) for t in load_story_tasks(domains, folders)]
    for domain in domains:
        ids = [name for owner, name in named if owner == domain.name]
        templates += _pick_by_hash(ids, 1 if len(ids) >= 6 else 0)
    attacks = load_attacks(list(domains), config.template_folders)
    techniques = sorted({t.front.leaf for t in attacks.techniques if t.front.form != "claim"})
    encodings = sorted(set(ENCODINGS) - {PLAIN})
    names = [domain.name for domain in domains]
    return HoldOut(
        domains=tuple(_pick_by_hash(names, 1 if len(domains) >= 3 else 0)),
        templates=tuple(sorted(templates)),
        techniques=tuple(_pick_by_hash(techniques, 2 if len(techniques) >= 10 else 0)),
        encodings=tuple(_pick_by_hash(encodings, 2 if len(encodings) >= 6 else 0)),
    )


def _pick_by_hash(names: Sequence[str], count: int) -> list[str]:
    return sorted(sorted(names, key=lambda name: _digest(name.encode()))[:count])


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=8).hexdigest()


def resolve_tool(source: Source, front: TaskFrontMatter, name: str) -> ToolSpec:
    """A tool as a template names it: its own domain's by the bare name."""
    owner, _, tool = name_tool(front, name).partition(".")
    return source.domains[owner].tools[tool]
