"""Loading a domain: from a shipped module or from a file of the user's, its contract checked."""

import importlib.util
import inspect
import sys
from hashlib import blake2b
from pathlib import Path
from types import ModuleType

from pydantic import TypeAdapter

from tool_catalog.contract import check_module, check_worlds
from tool_catalog.domain import Domain
from tool_catalog.errors import BadDomainFile
from tool_catalog.tool import Run, describe_tool, is_tool, make_run, read_scope


def read_domain(module: ModuleType, name: str) -> Domain:
    """Turn a module that keeps the contract into a `Domain`.

    Raises:
        BadDomainFile: what is missing or wrong, and in which file.
    """
    where = module.__file__ or name
    check_module(module, where)
    functions = [
        f for _, f in inspect.getmembers(module, is_tool) if f.__module__ == module.__name__
    ]
    functions.sort(key=lambda f: f.__code__.co_firstlineno)
    tools, runs = {f.__name__: describe_tool(f, name) for f in functions}, dict[str, Run]()
    for function in functions:
        runs[function.__name__] = make_run(function)
    for spec, run in getattr(module, "TOOLS", ()):
        tools[spec.name], runs[spec.name] = spec, run
    if not tools:
        raise BadDomainFile(f"{where}: no tool; put @tool(...) over a function of the state")
    return Domain(
        name=name,
        summary=(inspect.getdoc(module) or name).splitlines()[0],
        tools=tools,
        seed=module.seed,
        adapter=TypeAdapter(module.STATE),
        source=Path(where),
        runs=runs,
        scopes={f.__name__: s for f in functions if (s := read_scope(f)) is not None},
        protected=dict(getattr(module, "PROTECTED", {})),
    )


def read_domain_file(path: Path) -> Domain:
    """Load a domain file from outside the package; its name is the file's stem.

    Raises:
        BadDomainFile: it cannot be imported or does not keep the contract.
    """
    if not path.is_file():
        raise BadDomainFile(f"{path}: no such domain file")
    name = path.stem
    digest = blake2b(str(path.resolve()).encode(), digest_size=6).hexdigest()
    spec = importlib.util.spec_from_file_location(f"triact_domain_{name}_{digest}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise BadDomainFile(f"{path}:{error.lineno}: {error.msg}") from error
    except BadDomainFile as error:
        raise BadDomainFile(f"{path}: {error}") from error
    except (Exception, SystemExit) as error:
        raise BadDomainFile(
            f"{path}: cannot be imported: {type(error).__name__}: {error}"
        ) from error
    domain = read_domain(module, name)
    check_worlds(domain)
    return domain
