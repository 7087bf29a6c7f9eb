"""Loading a domain: from a shipped package, or from a file or folder of the user's.

Shipped domains keep the contract by the tests; a user's is checked here, and runs under limits.
"""

import importlib.util
import inspect
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from hashlib import blake2b
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

from pydantic import TypeAdapter

from tool_catalog.domain import Domain
from tool_catalog.errors import BadDomainFile
from tool_catalog.loading.contract import check_module, check_worlds
from tool_catalog.loading.determinism import check_source
from tool_catalog.loading.guard import describe, guard_run, guard_scope, run_theirs
from tool_catalog.pools import Person, Pools
from tool_catalog.tool import Runner, describe_tool, is_tool, make_run, read_scope

_IMPORT_SECONDS = 20.0
_KEPT = (".py", ".yaml")


def read_domain(module: ModuleType, name: str) -> Domain:
    """Turn a module or package that keeps the contract into a `Domain`.

    Raises:
        BadDomainFile: what is missing or wrong, and in which file.
    """
    where = module.__file__ or name
    source = Path(where)
    folder = source.parent if hasattr(module, "__path__") else None
    check_module(module, where)
    functions = _list_functions(module)
    tools, runs = {f.__name__: describe_tool(f, name) for f in functions}, dict[str, Runner]()
    for function in functions:
        runs[function.__name__] = make_run(function)
    for spec, run in getattr(module, "TOOLS", ()):
        tools[spec.name], runs[spec.name] = spec, run
    if not tools:
        raise BadDomainFile(
            f"{where}: no tool; put @tool(...) over a function of the state, in this file or in a "
            "module of its folder that it imports the function from"
        )
    return Domain(
        name=name,
        summary=(inspect.getdoc(module) or name).splitlines()[0],
        tools=tools,
        seed=module.seed,
        state=module.STATE,
        adapter=TypeAdapter(module.STATE),
        source=source,
        digest=_hash_files(list_files(folder or source)),
        folder=folder,
        runs=runs,
        scopes={f.__name__: s for f in functions if (s := read_scope(f)) is not None},
        protected=dict(getattr(module, "PROTECTED", {})),
        objects=dict(getattr(module, "OBJECTS", {})),
    )


def read_domain_file(path: Path) -> Domain:
    """Load a domain from outside the package: a file, or a folder with an `__init__.py`.

    Its name is the file's stem or the folder's name. Its code runs under limits from here on.

    Raises:
        BadDomainFile: it cannot be imported or does not keep the contract.
    """
    source = path / "__init__.py" if path.is_dir() else path
    if not source.is_file():
        raise BadDomainFile(f"{path}: no such domain file")
    module = _import_file(path, source)
    for file in list_files(path):
        if file.suffix == ".py":
            check_source(file)
    domain = _guard(read_domain(module, path.stem))
    check_worlds(domain)
    return domain


def list_files(path: Path) -> list[Path]:
    """The files that make up a domain, sorted: one file, or those of its folder."""
    if not path.is_dir():
        return [path]
    return sorted(p for p in path.rglob("*") if p.suffix in _KEPT and p.is_file())


def _list_functions(module: ModuleType) -> list[Callable[..., Any]]:
    """The domain's own tools, in the order of the source; what it imports from others is not."""
    name = module.__name__
    functions = [
        f
        for _, f in inspect.getmembers(module, is_tool)
        if f.__module__ == name or f.__module__.startswith(f"{name}.")
    ]
    return sorted(functions, key=lambda f: (f.__code__.co_filename, f.__code__.co_firstlineno))


def _import_file(path: Path, source: Path) -> ModuleType:
    digest = blake2b(str(path.resolve()).encode(), digest_size=6).hexdigest()
    name = f"triact_domain_{path.stem}_{digest}"
    for old in [n for n in sys.modules if n == name or n.startswith(f"{name}.")]:
        del sys.modules[old]  # the files may have changed since
    folder = [str(path)] if path.is_dir() else None
    spec = importlib.util.spec_from_file_location(name, source, submodule_search_locations=folder)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    loader = spec.loader
    where = f"{path}: import"
    try:
        run_theirs(where, lambda: loader.exec_module(module), _IMPORT_SECONDS)
    except BadDomainFile as error:
        if not str(error).startswith(f"{where}: "):  # of a tool that the file makes from a schema
            raise BadDomainFile(f"{path}: {error}") from error
        cause = error.__cause__
        if isinstance(cause, SyntaxError):
            place = f"{cause.filename or source}:{cause.lineno or 1}"
            raise BadDomainFile(f"{place}: {cause.msg}") from cause
        if isinstance(cause, Exception) and not isinstance(cause, TimeoutError):
            raise BadDomainFile(f"{path}: cannot be imported: {describe(cause)}") from cause
        raise
    return module


def _guard(domain: Domain) -> Domain:
    """The same domain, its code under limits."""
    seed = domain.seed

    def guarded(rng: Random, pools: Pools, owner: Person, today: date) -> Any:
        return run_theirs(f"{domain.source}: seed", lambda: seed(rng, pools, owner, today))

    return replace(
        domain,
        seed=guarded,
        runs={
            name: guard_run(
                f"{domain.source}: {name}",
                run,
                domain.adapter,
                reads=not domain.tools[name].changes_state,
            )
            for name, run in domain.runs.items()
        },
        scopes={
            name: guard_scope(f"{domain.source}: {name}: sensitive_when", scope)
            for name, scope in domain.scopes.items()
        },
    )


def _hash_files(files: list[Path]) -> str:
    """A digest of contents and names; equal for equal files wherever they lie."""
    digest = blake2b(digest_size=8)
    for file in files:
        data = file.read_bytes()
        digest.update(f"{file.name}:{len(data)}:".encode())
        digest.update(data)
    return digest.hexdigest()
