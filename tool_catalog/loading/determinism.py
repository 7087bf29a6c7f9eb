"""Finding calls in a domain's source that ask the machine for its clock or for chance.

Drawing a world twice does not show a clock that stood still meanwhile; reading the source does.
"""

import ast
import datetime
import importlib
import os
import random
import secrets
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tool_catalog.errors import BadDomainFile

_ASKING: tuple[Any, ...] = (
    datetime.date.today, datetime.datetime.today, datetime.datetime.now, datetime.datetime.utcnow,
    time.time, time.time_ns, time.monotonic, time.perf_counter, time.localtime, time.gmtime,
    time.ctime, time.strftime, os.urandom, os.getpid, uuid.uuid1, uuid.uuid4,
    secrets.token_hex, secrets.token_bytes, secrets.token_urlsafe, secrets.choice,
    random.random, random.randrange, random.randint, random.choice, random.choices, random.sample,
    random.shuffle, random.uniform, random.gauss, random.getrandbits, random.seed,
)  # fmt: skip


def check_source(path: Path) -> None:
    """Refuse a source file that asks for the machine's clock or chance.

    Raises:
        BadDomainFile: file and line of the first such call.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = dict(_list_imports(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and any(_find(node.func, names) == one for one in _ASKING):
            raise BadDomainFile(
                f"{path}:{node.lineno}: {ast.unparse(node.func)}() differs from run to run; draw "
                "from rng, and take the day from today"
            )


def _list_imports(tree: ast.AST) -> Iterator[tuple[str, Any]]:
    """Names that the file imports, anywhere in it, and what they stand for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                module = alias.name if alias.asname else alias.name.partition(".")[0]
                yield alias.asname or module, _import(module)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            module_found = _import(node.module)
            for alias in node.names:
                yield alias.asname or alias.name, getattr(module_found, alias.name, None)


def _import(name: str) -> Any:
    """A module of those that are asked about; others are none of our business."""
    known = {"datetime", "os", "random", "secrets", "time", "uuid"}
    return importlib.import_module(name) if name in known else None


def _find(node: ast.expr, names: dict[str, Any]) -> Any:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        holder = _find(node.value, names)
        return getattr(holder, node.attr, None) if holder is not None else None
    return None
