"""Texts in upstream's Python files, read without running them.

Published prompts are no part of triact. They are read from the user's own copy, as literals of its
syntax tree: nothing of it is imported or evaluated. A text with places to fill in comes back with
each of them as the source of its expression, in braces.
"""

import ast
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tool_catalog.errors import UserMistake
from train.benchmarks.upstream.digest import compute_digest


@dataclass(frozen=True, slots=True)
class SourceTexts:
    """One file of upstream's, parsed."""

    path: Path
    tree: ast.Module
    remedy: str
    """How to get the published file."""

    def read(self, name: str, scope: str = "") -> Any:
        """The literal that a name is last assigned in a scope.

        Args:
            name: of a variable, or of an attribute of `self`.
            scope: a class or function, or one in another (`Class.method`); the module itself.

        Raises:
            UserMistake: there is no such name, or it holds no literal.
        """
        found = self._read_all(scope).get(name)
        if found is None:
            raise self._miss(name)
        return found

    def list_texts(self, function: str) -> list[str]:
        """The texts that a function returns or adds to something, in the order of its lines.

        Raises:
            UserMistake: there is no such function.
        """
        kinds = (ast.Return, ast.AugAssign)
        nodes = [node for node in ast.walk(self._find(function)) if isinstance(node, kinds)]
        nodes.sort(key=lambda node: node.lineno)
        values = [_try_literal(node.value, {}) for node in nodes if node.value is not None]
        return [value for value in values if isinstance(value, str)]

    def check(self, texts: Any, digest: str | None) -> None:
        """Hold what was read to what was published; None takes anything.

        Raises:
            UserMistake: it is something else.
        """
        if digest is not None and compute_digest(texts) != digest:
            raise UserMistake(f"{self.path} holds other texts than were published; {self.remedy}")

    def _read_all(self, scope: str) -> dict[str, Any]:
        known: dict[str, Any] = {}
        for statement in self._find(scope).body:
            if not isinstance(statement, ast.Assign):
                continue
            value = _try_literal(statement.value, known)
            for target in statement.targets:
                name = target.attr if isinstance(target, ast.Attribute) else ast.unparse(target)
                known[name] = value
        return known

    def _find(self, scope: str) -> ast.Module | ast.ClassDef | ast.FunctionDef:
        place: ast.Module | ast.ClassDef | ast.FunctionDef = self.tree
        for name in filter(None, scope.split(".")):
            inner = (n for n in place.body if isinstance(n, ast.ClassDef | ast.FunctionDef))
            found = next((node for node in inner if node.name == name), None)
            if found is None:
                raise self._miss(scope)
            place = found
        return place

    def _miss(self, name: str) -> UserMistake:
        return UserMistake(f"{self.path} holds no {name} as published; {self.remedy}")


def open_source(places: Sequence[Path], remedy: str) -> SourceTexts:
    """The first file that there is.

    Args:
        places: where it may lie; an error names the first.
        remedy: how to get the published file.

    Raises:
        UserMistake: there is none, or it is no Python.
    """
    path = next((place for place in places if place.is_file()), places[0])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the parser, about upstream's backslashes
            return SourceTexts(path, ast.parse(path.read_bytes()), remedy)
    except OSError as error:
        raise UserMistake(
            f"--prompt published reads {path}: {error.strerror or error}; {remedy}"
        ) from error
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UserMistake(f"{path} is no Python ({error}); {remedy}") from error


def fill(template: str, values: Mapping[str, str]) -> str:
    """A template with values for the expressions in its braces; other braces stay."""
    for expression, value in values.items():
        template = template.replace(f"{{{expression}}}", value)
    return template


def _try_literal(node: ast.expr, known: Mapping[str, Any]) -> Any:
    try:
        return _read_literal(node, known)
    except (ValueError, RecursionError):
        return None


def _read_literal(node: ast.expr, known: Mapping[str, Any]) -> Any:
    """A literal, or a sum or collection of such, with names that were assigned before."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name) if known.get(name) is not None:
            return known[name]
        case ast.JoinedStr(values=parts):
            return "".join(_list_parts(parts))
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return [_read_literal(element, known) for element in elements]
        case ast.Dict(keys=keys, values=values) if None not in keys:
            pairs = zip(keys, values, strict=True)
            return {_read_literal(k, known): _read_literal(v, known) for k, v in pairs if k}
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            parts_of_sum = [_read_literal(left, known), _read_literal(right, known)]
            if all(isinstance(part, str) for part in parts_of_sum):
                return "".join(parts_of_sum)
    raise ValueError("no literal")


def _list_parts(parts: Sequence[ast.expr]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, ast.FormattedValue):
            yield f"{{{ast.unparse(part.value)}}}"
        elif isinstance(part, ast.Constant):
            yield str(part.value)
