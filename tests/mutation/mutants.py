"""Small wrong changes to a module, one at a time: what good tests would notice.

Comparisons, connectives, negations, constants, returns and arithmetic are turned; conditions,
statements and members of sets and tables are taken away. What says nothing of behaviour is left
alone: annotations, decorators, docstrings, texts, and what only asserts: `assert`, `strict`.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

_SKIPPED_FIELDS = {"annotation", "returns", "decorator_list", "type_params", "bases", "keywords"}
_SKIPPED_NODES = (ast.JoinedStr, ast.Import, ast.ImportFrom, ast.Assert)
_SKIPPED_CALLS = {"ConfigDict", "Field", "TypeVar", "dataclass"}
_SMALL = (ast.Constant, ast.BoolOp, ast.Set, ast.Tuple, ast.List, ast.Dict)
"""Changes of these are told with the statement around them."""
_LONGEST = 80

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
_CALLS = {"any": "all", "all": "any", "min": "max", "max": "min"}


@dataclass
class Mutant:
    """One change, and where it goes."""

    line: int
    where: str
    """Class and function around it; empty: the module itself."""
    change: str
    """The change in words: the same in the same place, whatever moves around it."""
    _parent: ast.AST = field(repr=False)
    _field: str = field(repr=False)
    _index: int | None = field(repr=False)
    _new: ast.AST = field(repr=False)

    def compile(self, tree: ast.Module, path: str) -> CodeType:
        """The changed module's code."""
        with self._applied():
            return compile(ast.fix_missing_locations(tree), path, "exec")

    @contextmanager
    def _applied(self) -> Iterator[None]:
        """The tree it was found in, changed."""
        holder = getattr(self._parent, self._field)
        if self._index is None:
            setattr(self._parent, self._field, self._new)
        else:
            old, holder[self._index] = holder[self._index], self._new
        try:
            yield
        finally:
            if self._index is None:
                setattr(self._parent, self._field, holder)
            else:
                holder[self._index] = old


def list_mutants(tree: ast.Module) -> list[Mutant]:
    """Every mutant of a module, in the order of the source, no two with one name."""
    found = sorted(_walk(tree, "", ""), key=lambda mutant: mutant.line)
    seen = Counter[tuple[str, str]]()
    for mutant in found:
        seen[mutant.where, mutant.change] += 1
        if (again := seen[mutant.where, mutant.change]) > 1:
            mutant.change += f" ({again})"
    return found


def _walk(node: ast.AST, where: str, statement: str) -> Iterator[Mutant]:
    for name, index, child in _list_children(node):
        if _is_skipped(child):
            continue
        if isinstance(child, ast.stmt):
            statement = ast.unparse(child).partition("\n")[0][:_LONGEST]
        for new, change in _mutate(child, top=not where):
            line = getattr(child, "lineno", 0) or getattr(node, "lineno", 0)
            if isinstance(child, _SMALL):
                change = f"{change} in {statement}"
            yield Mutant(line, where, change, node, name, index, new)
        if isinstance(child, ast.Raise):
            continue
        inner = where
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            inner = f"{where}.{child.name}".lstrip(".")
        yield from _walk(child, inner, statement)


def _list_children(node: ast.AST) -> Iterator[tuple[str, int | None, ast.AST]]:
    for name, value in ast.iter_fields(node):
        if name in _SKIPPED_FIELDS and not (name == "keywords" and isinstance(node, ast.Call)):
            continue
        if isinstance(value, ast.AST):
            yield name, None, value
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, ast.AST):
                    yield name, index, item


def _is_skipped(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True  # a docstring
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return True
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
        return True
    if isinstance(node, ast.Call) and ast.unparse(node.func) in _SKIPPED_CALLS:
        return True
    if isinstance(node, ast.keyword) and node.arg == "strict":
        return True
    return isinstance(node, _SKIPPED_NODES)


Change = tuple[ast.AST, str]


def _mutate(node: ast.AST, *, top: bool) -> Iterator[Change]:
    """What a node may be turned into, and the change in words."""
    match node:
        case ast.Compare():
            yield from _turn_comparison(node)
        case ast.BoolOp():
            yield from _turn_connective(node)
        case ast.UnaryOp(op=ast.Not()):
            yield _tell(node, node.operand)
        case ast.BinOp() if type(node.op) in _ARITHMETIC and not top:
            yield _tell(node, ast.BinOp(node.left, _ARITHMETIC[type(node.op)](), node.right))
        case ast.Constant(value=bool() | int() | float() as value):
            yield _tell(node, ast.Constant(not value if isinstance(value, bool) else value + 1))
        case ast.Call(func=ast.Name(id=name)) if name in _CALLS:
            yield _tell(
                node, ast.Call(ast.Name(_CALLS[name], ast.Load()), node.args, node.keywords)
            )
        case ast.Set() | ast.Tuple(ctx=ast.Load()) | ast.List(ctx=ast.Load()) | ast.Dict():
            yield from _drop_members(node)
        case ast.If() | ast.While() | ast.IfExp():
            yield from _negate(node)
        case ast.comprehension() if node.ifs:
            kept = ast.comprehension(node.target, node.iter, [], node.is_async)
            yield kept, f"if {ast.unparse(node.ifs[0])} -> no condition"
        case ast.Match() if len(node.cases) > 1:
            for number, one in enumerate(node.cases):
                fewer = node.cases[:number] + node.cases[number + 1 :]
                yield ast.Match(node.subject, fewer), f"without case {ast.unparse(one.pattern)}"
        case ast.stmt():
            yield from _change_statement(node)


def _tell(old: ast.AST, new: ast.AST) -> Change:
    return new, f"{ast.unparse(old)} -> {ast.unparse(ast.fix_missing_locations(new))}"


def _turn_comparison(node: ast.Compare) -> Iterator[Change]:
    for number, op in enumerate(node.ops):
        ops = list(node.ops)
        ops[number] = _COMPARISONS[type(op)]()
        yield _tell(node, ast.Compare(node.left, ops, node.comparators))


def _turn_connective(node: ast.BoolOp) -> Iterator[Change]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield (
        ast.BoolOp(other, node.values),
        "or for and" if isinstance(other, ast.Or) else "and for or",
    )
    for number, value in enumerate(node.values):
        left = node.values[:number] + node.values[number + 1 :]
        new = left[0] if len(left) == 1 else ast.BoolOp(node.op, left)
        yield new, f"without {ast.unparse(value)}"


def _drop_members(node: ast.Set | ast.Tuple | ast.List | ast.Dict) -> Iterator[Change]:
    """Without one member; the one member of a table says what the table is for, and stays."""
    members: list[Any] = node.keys if isinstance(node, ast.Dict) else node.elts
    if len(members) < 2 or not all(map(_is_fixed, members)):
        return
    for number, member in enumerate(members):
        fewer = members[:number] + members[number + 1 :]
        new: ast.AST
        match node:
            case ast.Dict():
                new = ast.Dict(fewer, node.values[:number] + node.values[number + 1 :])
            case ast.Set():
                new = ast.Set(fewer)
            case _:
                new = type(node)(fewer, ast.Load())
        yield new, f"without {ast.unparse(member)}"


def _is_fixed(member: ast.expr | None) -> bool:
    """Whether a member is a name for good: a collection of local values is a structure instead."""
    if isinstance(member, ast.Name):
        return member.id.isupper()
    return isinstance(member, ast.Attribute | ast.Constant)


def _negate(node: ast.If | ast.While | ast.IfExp) -> Iterator[Change]:
    """What is neither a comparison nor a connective nor a negation already."""
    if isinstance(node.test, ast.Compare | ast.BoolOp | ast.Constant):
        return
    if isinstance(node.test, ast.UnaryOp):
        return
    turned = ast.UnaryOp(ast.Not(), node.test)
    values = {name: value for name, value in ast.iter_fields(node)} | {"test": turned}
    yield type(node)(**values), f"if {ast.unparse(node.test)} -> if {ast.unparse(turned)}"


def _change_statement(node: ast.stmt) -> Iterator[Change]:
    removed = f"without {ast.unparse(node)}"
    match node:
        case ast.Return(value=value) if value is not None and not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None)), f"{ast.unparse(node)} -> return None"
        case ast.Expr() | ast.AugAssign() | ast.Raise() | ast.Continue() | ast.Break():
            yield ast.Pass(), removed
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield ast.Pass(), removed
