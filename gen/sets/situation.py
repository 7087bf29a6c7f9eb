"""One contrast set before any trajectory: all facts, drawn from (seed, set index, stream)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from random import Random
from types import SimpleNamespace
from typing import Any, Literal

from gen.attacks.attack import Attack, Content, compose_attack, compose_content
from gen.attacks.encodings import ENCODINGS, PLAIN
from gen.attacks.files import Attacks, load_attacks
from gen.config import HoldOut, RunConfig
from gen.contrast import ROLES, ContentRole
from gen.episode import Reads
from gen.policy import Policy, is_forbidden, load_policy, needs_confirmation
from gen.records import CallMatch
from gen.sets.words import Words
from gen.templating.facts import draw_facts, resolve
from gen.templating.speech import load_speech
from gen.templating.task import CallSpec, Carrier, TaskTemplate, load_templates
from tool_catalog.catalog import load_domain
from tool_catalog.domain import Domain, World
from tool_catalog.errors import UserMistake
from tool_catalog.pools import load_pools
from tool_catalog.spec import ToolClass, ToolSpec
from tool_catalog.view import Position

_ATTEMPTS = 20
_HELD_OUT_DOMAIN_WEIGHT = 0.4  # it only tests; most of the run should train
_POSITIONS = (Position.START, Position.MIDDLE, Position.END)


@dataclass(frozen=True, eq=False)
class Source:
    """Everything that records are drawn from, loaded once a process."""

    config: RunConfig
    domains: Mapping[str, Domain]
    templates: Mapping[str, Sequence[TaskTemplate]]
    attacks: Attacks
    policy: Policy
    digests: Mapping[str, str]
    """Hash of each domain's file."""


@dataclass(frozen=True, eq=False)
class Situation:
    """What all members of a set share."""

    index: int
    template: TaskTemplate
    domain: Domain
    world: World
    world_json: str
    facts: Mapping[str, Any]
    calls: Mapping[str, tuple[CallMatch, ...]]
    """Each member's calls, as the user first asks for them."""
    due: Mapping[str, bool]
    """Whether each member's last call needs the user's yes under the policy."""
    attack: Attack
    contents: Mapping[ContentRole, Content]
    carrier: Carrier
    """The one field of a result where content is placed."""
    position: Position
    split: str
    system: str
    """The operator's message, the same for all members."""
    confirm: tuple[str, ...]
    """Offered tools whose class needs the user's yes under the policy."""
    requests: dict[tuple[str, str], str] = field(default_factory=dict)
    """Requests written so far, by (member, pre-approval)."""
    answers: dict[str, str] = field(default_factory=dict)
    """Answers written so far, by member: equal for all that were asked the same."""
    reads: dict[ContentRole, Reads] = field(default_factory=dict)
    """What was read so far, by what stands in the carrier: equal for all members that share it."""
    words: Words = field(default_factory=Words)
    """Texts that a model wrote anew; what is not among them is as the templates have it."""


def load_source(config: RunConfig) -> Source:
    """Load domains, templates, attacks and policy of a run.

    Raises:
        UserMistake: whatever of them cannot be used, named.
    """
    files = tuple(config.domain_files)
    domains = {name: load_domain(name, files) for name in config.domains}
    templates: dict[str, list[TaskTemplate]] = {name: [] for name in domains}
    for template in load_templates(list(domains.values()), config.template_folders):
        leaves = {member.leaf for member in template.front.members.values()}
        if not config.leaves or leaves & set(config.leaves):
            templates[template.front.domain].append(template)
    for name, found in templates.items():
        if not found:
            wanted = f" with leaf {', '.join(config.leaves)}" if config.leaves else ""
            raise UserMistake(
                f"domain {name!r} has no task template{wanted}; put some under "
                f"FOLDER/tasks/{name}/*.j2 and name the folder with --templates"
            )
    return Source(
        config=config,
        domains=domains,
        templates=templates,
        attacks=load_attacks(list(domains.values()), config.template_folders),
        policy=load_policy(config.policy),
        digests={n: _digest(d.source.read_bytes()) for n, d in domains.items()},
    )


def count_members(source: Source, index: int) -> int:
    """How many members a set has, when its world fits; only its template is drawn."""
    members = _draw_template(source, index)[1].front.members
    return sum(role.member in members for role in ROLES)


def _draw_template(source: Source, index: int) -> tuple[Domain, TaskTemplate]:
    held = source.config.hold_out
    rng = Random(f"{source.config.seed}:{index}:task")
    names = list(source.domains)
    weights = [_HELD_OUT_DOMAIN_WEIGHT if name in held.domains else 1.0 for name in names]
    domain = source.domains[rng.choices(names, weights)[0]]
    return domain, rng.choice(source.templates[domain.name])


def draw_situation(source: Source, index: int, words: Words | None = None) -> Situation | None:
    """The facts of one set; `None` when no world fits its template in twenty attempts."""
    seed = source.config.seed
    domain, template = _draw_template(source, index)
    for attempt in range(_ATTEMPTS):
        world = domain.new_world(Random(f"{seed}:{index}:world:{attempt}"))
        state = world.pristine
        given = {"user": _name_owner(state.user), "today": state.today}
        rng = Random(f"{seed}:{index}:facts:{attempt}")
        facts = draw_facts(template.front.slots, state, rng, load_pools(), given)
        if facts is not None and _changes(template, facts):
            break
    else:
        return None
    calls: dict[str, tuple[CallMatch, ...]] = {
        name: resolve_calls(member.calls, facts) for name, member in template.front.members.items()
    }
    attack = compose_attack(
        source.attacks,
        domain,
        template.front.tools,
        state,
        facts,
        [
            *(call for member in calls.values() for call in member),
            *_list_corrected(template, calls, facts),
        ],
        Random(f"{seed}:{index}:attack"),
        load_pools(),
    )
    tools = [domain.tools[name] for name in template.front.tools]
    forbid = [t.name for t in tools if is_forbidden(t, source.policy)]
    confirm = [t.name for t in tools if t.name not in forbid and _is_asked(t, source.policy)]
    return Situation(
        index=index,
        template=template,
        domain=domain,
        world=world,
        world_json=world.to_json(),
        facts=facts,
        calls=calls,
        due={name: _is_due(own[-1], domain, state, source.policy) for name, own in calls.items()},
        attack=attack,
        contents=_compose_contents(source, facts, attack, Random(f"{seed}:{index}:content")),
        carrier=_choose_carrier(template, Random(f"{seed}:{index}:carrier")),
        position=Random(f"{seed}:{index}:position").choice(_POSITIONS),
        split=choose_split(source.config, template, attack, index),
        system=load_speech("agent").render(
            "system", {**given, "confirm": confirm, "forbid": forbid}, rng
        ),
        confirm=tuple(confirm),
        words=words or Words(),
    )


def _changes(template: TaskTemplate, facts: Mapping[str, Any]) -> bool:
    """Whether what a correcting user wants is another call than the first."""
    for member in template.front.members.values():
        if not member.correct:
            continue
        before = resolve(member.calls[-1].arguments, facts)
        if all(before.get(name) == new for name, new in resolve(member.correct, facts).items()):
            return False
    return True


def _is_due(call: CallMatch, domain: Domain, state: Any, policy: Policy) -> bool:
    """Whether this very call needs the user's yes."""
    spec = domain.tools[call.tool]
    bound = spec.bind(call.arguments)
    return needs_confirmation(spec, spec.is_sensitive(state, bound), bound, policy)


def _is_asked(tool: ToolSpec, policy: Policy) -> bool:
    """Whether a tool's class alone makes its calls ones to ask about."""
    sensitive = tool.tool_class in (ToolClass.SENSITIVE, ToolClass.RESTRICTED)
    return needs_confirmation(tool, sensitive, {}, policy)


def _list_corrected(
    template: TaskTemplate, calls: Mapping[str, tuple[CallMatch, ...]], facts: Mapping[str, Any]
) -> list[CallMatch]:
    """Last calls as a correcting user wants them; an attack must want something else."""
    found = []
    for name, member in template.front.members.items():
        if member.correct:
            last = calls[name][-1]
            changed = {**last.arguments, **resolve(member.correct, facts)}
            found.append(last.model_copy(update={"arguments": changed}))
    return found


def _choose_carrier(template: TaskTemplate, rng: Random) -> Carrier:
    """A carrier that both the benign and the sensitive member read, where there is one."""
    members = template.front.members
    used = [{c.tool for c in members[name].calls} for name in ("benign", "sensitive")]
    carriers = template.front.carriers
    shared = [c for c in carriers if all(c.tool in tools for tools in used)]
    return rng.choice(shared or carriers)


def _name_owner(user: Any) -> Any:
    """The owner with a `name`, for domains whose state keeps a plain string."""
    return SimpleNamespace(name=user, email="") if isinstance(user, str) else user


def _compose_contents(
    source: Source, facts: Mapping[str, Any], attack: Attack, rng: Random
) -> dict[ContentRole, Content]:
    roles: tuple[Literal["filler", "benign_imperative", "quoted", "sensitive"], ...] = (
        "filler", "benign_imperative", "quoted", "sensitive",
    )  # fmt: skip
    return {
        role: compose_content(source.attacks, role, facts, rng, load_pools(), attack.text)
        for role in roles
    }


def resolve_calls(calls: Sequence[CallSpec], facts: Mapping[str, Any]) -> tuple[CallMatch, ...]:
    """A member's calls with the set's values in place."""
    return tuple(
        CallMatch(tool=c.tool, arguments=resolve(c.arguments, facts), loose=tuple(c.loose))
        for c in calls
    )


def choose_split(config: RunConfig, template: TaskTemplate, attack: Attack, index: int) -> str:
    """The split of a whole set: held-out kinds first, then a hash of (seed, index)."""
    held: HoldOut = config.hold_out
    if template.front.domain in held.domains:
        return "ood_domain"
    if template.id in held.templates:
        return "ood_template"
    if attack.technique in held.techniques:
        return "ood_technique"
    if attack.encoding in held.encodings:
        return "ood_encoding"
    point = int(_digest(f"{config.seed}:{index}:split".encode()), 16) / 16**16
    if point < config.test_share:
        return "test"
    if point < config.test_share + config.validation_share:
        return "validation"
    return "train"


def choose_hold_out(domains: Sequence[Domain], config: RunConfig) -> HoldOut:
    """What a run holds out when the user names nothing: the same for every seed.

    A domain only when three or more are generated, a template a domain when it has six or more,
    and two techniques and two encodings when there are enough.
    """
    templates: list[str] = []
    by_domain = load_templates(domains, config.template_folders)
    for domain in domains:
        ids = [t.id for t in by_domain if t.front.domain == domain.name]
        templates += _pick_by_hash(ids, 1 if len(ids) >= 6 else 0)
    attacks = load_attacks(list(domains), config.template_folders)
    techniques = sorted({t.front.leaf for t in attacks.techniques})
    encodings = sorted(set(ENCODINGS) - {PLAIN})
    held = "calendar" if len(domains) >= 3 and any(d.name == "calendar" for d in domains) else ""
    return HoldOut(
        domains=(held,) if held else (),
        templates=tuple(sorted(templates)),
        techniques=tuple(_pick_by_hash(techniques, 2 if len(techniques) >= 10 else 0)),
        encodings=tuple(_pick_by_hash(encodings, 2 if len(encodings) >= 6 else 0)),
    )


def _pick_by_hash(names: Sequence[str], count: int) -> list[str]:
    return sorted(sorted(names, key=lambda name: _digest(name.encode()))[:count])


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=8).hexdigest()
