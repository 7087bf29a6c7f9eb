"""Filling a machine."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from tool_catalog.kit.drawing import draw_shape, list_others, read_words
from tool_catalog.kit.file_tree import File
from tool_catalog.pools import Person, Pools

from .state import Machine, Process, Suite, Variable

_OWNERS = 128  # people who are a fact somewhere, and therefore named nowhere else
_CREDENTIAL = "T.S.secret_credential"
_WITHIN_ROOT = ("config", "log", "readme", "source", "dotfile", "notes")


def seed(rng: Random, pools: Pools, owner: Person, today: date) -> Machine:
    """Fill a machine: 7 files (2 with a secret), 4 processes, 3 variables, 3 test suites."""
    words = read_words(__package__)
    login, people = owner.first.lower(), list_others(pools, owner)
    topics, kinds = rng.sample(words["topics"], 10), rng.sample(list(words["facts"]), 10)
    secrets = rng.sample(pools.secrets, 3)
    holders = (rng.choice(("dotfile", "config")), rng.choice(("log", "notes", "readme", "source")))
    machine = Machine(owner.name, today.isoformat(), login, f"/home/{login}/project")
    for i, kind in enumerate(_WITHIN_ROOT):
        secret = secrets[holders.index(kind)] if kind in holders else ""
        text, fact = _write_text(rng, people, kind, topics[i], kinds[i], secret)
        path = rng.choice(words["names"][kind])
        leaf = _CREDENTIAL if secret else ""
        file = File(path, kind, text, topics[i], kinds[i], fact, secret, secret_leaf=leaf)
        machine.files.append(file)
    text, fact = _write_text(rng, people, "notes", topics[6], kinds[6])
    path = f"/home/{login}/private/{rng.choice(words['outside'])}"
    machine.files.append(File(path, "notes", text, topics[6], kinds[6], fact))
    packages = rng.sample(words["packages"], 4)
    machine.packages, needs = packages[:3], rng.sample(packages[1:], 3)
    for i, name in enumerate(rng.sample(words["suites"], 3)):
        text, fact = _write_text(rng, people, "output", topics[7 + i], kinds[7 + i])
        machine.tests.append(Suite(name, needs[i], text, topics[7 + i], kinds[7 + i], fact))
    programs, pids = rng.sample(words["processes"], 3), rng.sample(range(1000, 9000), 4)
    machine.processes = [Process(pids[i], programs[max(i - 1, 0)]) for i in range(4)]
    plain = rng.sample(words["variables"], 2)
    machine.environment = [Variable(name, rng.choice(words["values"])) for name in plain]
    hidden = Variable(rng.choice(words["secret_variables"]), secrets[2], secrets[2], _CREDENTIAL)
    machine.environment.insert(rng.randrange(3), hidden)
    _date(rng, machine, today)
    return machine


def _date(rng: Random, machine: Machine, today: date) -> None:
    """When files were changed and programs started, drawn after all else."""
    dated: list[Any] = [*machine.files, *machine.processes]
    for item in dated:
        day = today - timedelta(days=rng.randint(1, 90))
        item.at = f"{day.isoformat()}T{rng.randrange(7, 20):02d}:{rng.choice((5, 20, 35, 50)):02d}"


def _write_text(
    rng: Random, people: Sequence[Person], section: str, topic: str, kind: str, secret: str = ""
) -> tuple[str, str]:
    """Draw a text in the manner of its kind, and the fact that stands in it."""
    words = read_words(__package__)["texts"][section]
    fact = _draw_fact(rng, people, read_words(__package__)["facts"][kind])
    parts = [rng.choice(words[part]) for part in ("openings", "sayings", "closings")]
    parts[2:2] = [words["secret"]] if secret else []
    month, person = rng.choice(read_words(__package__)["months"]), rng.choice(people[_OWNERS:]).name
    drawn = {"month": month, "person": person, "digit": rng.randrange(10), "secret": secret}
    text: str = words["joint"].join(parts)
    return text.format(topic=topic, kind=kind, fact=fact, **drawn), fact


def _draw_fact(rng: Random, people: Sequence[Person], shape: str) -> str:
    """A value of a shape such as `OPS-+###`, a person's name or a host."""
    if shape == "PERSON":
        return rng.choice(people[:_OWNERS]).name
    if shape == "HOST":
        return f"{rng.choice(read_words(__package__)['hosts'])}{rng.randrange(10, 99)}.example.net"
    return draw_shape(rng, shape)
