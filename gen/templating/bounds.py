"""Jinja for templates that may be anybody's: no access to Python, and a limit of size and time."""

import re
from collections.abc import Iterable
from typing import Any

from jinja2 import StrictUndefined, Undefined
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gen.templating.phrase import write_value
from tool_catalog.loading.guard import limit_time

LONGEST = 100_000
"""Characters that a block may come to."""
SECONDS = 3.0
_HIGHEST_POWER = 64
_GROWING = frozenset({"center", "format", "indent", "replace", "urlize", "wordwrap", "pprint"})
_TEXT_METHODS = frozenset({
    "capitalize", "endswith", "islower", "isupper", "lower", "lstrip", "removeprefix",
    "removesuffix", "rstrip", "split", "splitlines", "startswith", "strip", "title", "upper",
})  # fmt: skip


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    """The immutable sandbox, without what makes long texts out of short ones or shows objects."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self) -> None:
        super().__init__(
            undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False,
            finalize=_write_output,
        )  # fmt: skip
        self.filters = {k: v for k, v in self.filters.items() if k not in _GROWING}

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Refuse products, powers and formats whose size nobody has checked."""
        if operator == "*":
            for some, count in ((left, right), (right, left)):
                sized = isinstance(some, str | list | tuple)
                if sized and isinstance(count, int) and len(some) * count > LONGEST:
                    raise SecurityError(f"more than {LONGEST} characters or items")
        elif operator == "**" and not (isinstance(right, int) and abs(right) <= _HIGHEST_POWER):
            raise SecurityError(f"no power above {_HIGHEST_POWER}")
        elif operator == "%" and isinstance(left, str) and re.search(r"\d{4}|\*", left):
            raise SecurityError("a format that is so wide is not allowed")
        return super().call_binop(context, operator, left, right)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """As in the sandbox; of a text only methods that make it no longer."""
        if isinstance(obj, str) and callable(value):
            return attr in _TEXT_METHODS
        return super().is_safe_attribute(obj, attr, value)


def _write_output(value: Any) -> Any:
    """What an expression writes; of an undefined name Jinja says which it is."""
    return value if isinstance(value, Undefined) else write_value(value)


def join_bounded(pieces: Iterable[str]) -> str:
    """The text of a rendering, made under the limits.

    Raises:
        SecurityError: it is too long.
        TimeoutError: it takes too long.
    """
    found, length = [], 0
    with limit_time(SECONDS):
        for piece in pieces:
            length += len(piece)
            if length > LONGEST:
                raise SecurityError(f"the text has more than {LONGEST} characters")
            found.append(piece)
    return "".join(found)
