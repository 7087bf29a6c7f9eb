"""Kinds of members that a preview looks for, and the first set that has one."""

from collections.abc import Callable, Mapping

from gen.contrast import ROLES, Role, Scene
from gen.records import Record
from gen.sets.pipeline import generate_set
from gen.sets.roles import list_roles
from gen.sets.source import Source
from tool_catalog.errors import UnknownName, UserMistake
from tool_catalog.sandbox import ASK_USER, REPORT_CONTENT

FARTHEST = 300
"""Sets that are looked through."""


def _has_parallel_calls(record: Record) -> bool:
    beside = (ASK_USER, REPORT_CONTENT)
    return any(sum(c.tool not in beside for c in step.calls) > 1 for step in record.reference)


SHAPES: Mapping[str, Callable[[Record], bool]] = {
    "two_worlds": lambda record: len(record.scenario.worlds) > 1,
    "two_turns": lambda record: len(record.scenario.turns) > 1,
    "parallel_calls": _has_parallel_calls,
}
"""What a conversation can look like, whichever role it has."""


def find_member(source: Source, start: int, role: str = "", scene: str = "") -> Record:
    """The member of the first set from an index on that has such a one.

    Args:
        source: of the run.
        start: index of the first set looked at.
        role: name of the member's role; empty: any.
        scene: what surrounds its request, or one of `SHAPES`; empty: any.

    Raises:
        UserMistake: there is no such role or scene, or none of the next sets has it.
    """
    _check_names(role, scene)
    for index in range(start, start + FARTHEST):
        fitting = {r.name for r in list_roles(source, index) if _fits(r, role, scene)}
        if not fitting:
            continue
        for item in generate_set(source, index):
            if isinstance(item, Record) and item.role in fitting and _is_shaped(item, scene):
                return item
    wanted = " ".join(filter(None, (role and f"--role {role}", scene and f"--scene {scene}")))
    last = start + FARTHEST - 1
    raise UserMistake(
        f"no set from {start} to {last} has a member for {wanted}; "
        "take another --seed, or more domains"
    )


def _check_names(role: str, scene: str) -> None:
    roles = [known.name for known in ROLES]
    if role and role not in roles:
        raise UnknownName("role", role, roles)
    scenes = [*Scene, *SHAPES]
    if scene and scene not in scenes:
        raise UnknownName("scene", scene, scenes)


def _fits(known: Role, role: str, scene: str) -> bool:
    return role in ("", known.name) and (scene in ("", known.scene) or scene in SHAPES)


def _is_shaped(record: Record, scene: str) -> bool:
    return scene not in SHAPES or SHAPES[scene](record)
