"""Modules of the user's that register further suites, tasks and attacks with the framework."""

import importlib
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from agentdojo.attacks.attack_registry import ATTACKS
from agentdojo.task_suite.load_suites import _SUITES as SUITES

from tool_catalog.errors import UserMistake


def load_modules(names: Sequence[str]) -> None:
    """Import what the user names, in that order.

    Args:
        names: of modules that Python finds, from the current folder too, or of files.

    Raises:
        UserMistake: one is not there, fails, or registers nothing.
    """
    for name in dict.fromkeys(names):
        known = name in sys.modules
        before = _list_registered()
        try:
            _load_file(Path(name)) if name.endswith(".py") else _load_named(name)
        except (Exception, SystemExit) as error:
            reason = (str(error).splitlines() or [""])[0]
            raise UserMistake(f"--module {name}: {type(error).__name__}: {reason}") from error
        if not known and _list_registered() == before:
            raise UserMistake(
                f"--module {name} registers nothing; it must call register_suite or "
                "register_attack of agentdojo, or add tasks to a suite"
            )


def _load_named(name: str) -> ModuleType:
    with _search(Path.cwd()):
        return importlib.import_module(name)


def _load_file(path: Path) -> ModuleType:
    """A file as a module; it is known to Python by a name, as classes of tasks must be."""
    if not path.is_file():
        raise FileNotFoundError("no such file")
    name = f"agentdojo_module_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None, "the name ends in .py"
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with _search(path.resolve().parent):
            spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


@contextmanager
def _search(folder: Path) -> Iterator[None]:
    """Let Python look into a folder too, while a module is loaded."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def _list_registered() -> tuple[dict[str, int], dict[tuple[str, str], tuple[int, ...]]]:
    """Attacks by name, and tasks of each suite, as what Python knows them by."""
    suites = {
        (version, name): (
            id(suite),
            *map(id, suite.user_tasks.values()),
            *map(id, suite.injection_tasks.values()),
        )
        for version, known in SUITES.items()
        for name, suite in known.items()
    }
    return {name: id(attack) for name, attack in ATTACKS.items()}, suites
