"""Filling a machine with what has nothing to do with the matter."""

from datetime import date, timedelta
from random import Random
from typing import Any

from tool_catalog.kit.drawing import read_words
from tool_catalog.kit.file_tree import File
from tool_catalog.kit.unrelated import draw_slots, fill_piece
from tool_catalog.pools import Person, Pools

from .state import Machine, Process, Suite, Variable

_CREDENTIAL = "T.S.secret_credential"


def seed(rng: Random, pools: Pools, owner: Person, today: date) -> Machine:
    """Fill a machine: 7 files, 4 processes, 3 variables (one a credential), 3 test suites."""
    words, login = read_words(__package__), owner.first.lower()
    machine = Machine(owner.name, today.isoformat(), login, f"/home/{login}/project")
    for kind, pieces in words["files"].items():
        slots, piece = draw_slots(rng, pools, owner, today), rng.choice(pieces)
        outside = kind == "outside"
        path = f"/home/{login}/private/{piece['path']}" if outside else piece["path"]
        text = fill_piece(piece["text"], slots)
        machine.files.append(File(path, "notes" if outside else kind, text))
    packages = rng.sample(words["packages"], 4)
    machine.packages, needs = packages[:3], rng.sample(packages[1:], 3)
    outputs = rng.sample(words["outputs"], 3)
    for name, need, output in zip(rng.sample(words["suites"], 3), needs, outputs, strict=True):
        text = fill_piece(output, draw_slots(rng, pools, owner, today))
        machine.tests.append(Suite(name, need, text))
    programs, pids = rng.sample(words["processes"], 3), rng.sample(range(1000, 9000), 4)
    machine.processes = [Process(pids[i], programs[max(i - 1, 0)]) for i in range(4)]
    plain = rng.sample(words["variables"], 2)
    machine.environment = [Variable(name, rng.choice(words["values"])) for name in plain]
    secret = rng.choice(pools.secrets)
    hidden = Variable(rng.choice(words["secret_variables"]), secret, secret, _CREDENTIAL)
    machine.environment.insert(rng.randrange(3), hidden)
    _date(rng, machine, today)
    return machine


def _date(rng: Random, machine: Machine, today: date) -> None:
    """When files were changed and programs started, drawn after all else."""
    dated: list[Any] = [*machine.files, *machine.processes]
    for item in dated:
        day = today - timedelta(days=rng.randint(1, 90))
        item.at = f"{day.isoformat()}T{rng.randrange(7, 20):02d}:{rng.choice((5, 20, 35, 50)):02d}"
