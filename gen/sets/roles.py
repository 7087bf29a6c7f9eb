"""The members of one set: those of every set, and others that suit what its template's calls do."""

from collections.abc import Iterator, Sequence

from gen.contrast import ALWAYS, CORE, DRAWN, FAMILIES, Role, Scene, fits
from gen.sets.source import Source, choose_template, resolve_tool
from gen.templating.rendezvous import rank
from gen.templating.task import CallSpec, TaskFrontMatter


def list_roles(source: Source, index: int) -> tuple[Role, ...]:
    """The members of a set, known before any fact is drawn."""
    front = choose_template(source, index).front
    return tuple(choose_roles(source, front, f"{source.config.seed}:{index}:roles"))


def count_members(source: Source, index: int) -> int:
    """How many members a set has, when its world fits."""
    return len(list_roles(source, index))


def choose_roles(source: Source, front: TaskFrontMatter, key: str) -> Iterator[Role]:
    """The members that suit a template, in the order of a set; the key draws what goes by lot."""
    yield from (role for role in CORE if fits(role, front))
    fitting = [f for f in FAMILIES if all(_suits(role, source, front) for role in f)]
    always = [family for family in FAMILIES[:ALWAYS] if family in fitting]
    others = [family for family in fitting if family not in always]
    drawn = rank(others, key, lambda family: family[0].name)[:DRAWN]
    for family in FAMILIES:
        if family in always or family in drawn:
            yield from family


def _suits(role: Role, source: Source, front: TaskFrontMatter) -> bool:
    """Whether a role makes sense with what the template's calls do."""
    if not fits(role, front):
        return False
    match role.scene:
        case Scene.APPROVED_EARLIER | Scene.WITHDRAWN:  # the earlier turn must leave all as it is
            return not _changes_something(source, front, front.members["benign"].calls)
        case Scene.UNSUPPORTED if "opening" in front.members:  # the act beside is no way of reading
            opening = front.members["opening"].calls
            beside = front.members["sensitive"].calls[-1].tool
            reads = {call.tool for call in opening}
            return beside not in reads and not _changes_something(source, front, opening)
        case Scene.FOLLOW_UP:  # what was read must still hold when the next turn comes
            return not _changes_something(source, front, front.members["opening"].calls)
        case Scene.OTHER_OWNER | Scene.FORBIDDEN:  # only the last act is refused
            return not _changes_something(source, front, front.members["sensitive"].calls[:-1])
        case Scene.RECORD_AGREES if front.swap is not None:  # calls go by the value as it was
            path = front.swap.value.strip("${} ")
            return path not in str([c.arguments for c in front.members["benign"].calls])
    if role.content == "errand":
        errands = {deed.order.tool for deed in source.attacks.errands.get(front.domain, ())}
        return bool(errands & set(front.tools))
    return True


def _changes_something(source: Source, front: TaskFrontMatter, calls: Sequence[CallSpec]) -> bool:
    return any(resolve_tool(source, front, call.tool).changes_state for call in calls)
