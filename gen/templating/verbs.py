"""Calls in other forms than the imperative: what was done, and the doing of it."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Literal

from gen.templating.folder import shipped_folder
from tool_catalog.spec import ToolSpec
from tool_catalog.yaml_text import read_yaml

VerbForm = Literal["past", "doing"]
_VALUES = re.compile(r'("[^"]*"|\{\w+\})')
_JOINED = re.compile(r"(?<=\band )\w+")


def inflect(spec: ToolSpec, form: VerbForm) -> ToolSpec | None:
    """A tool whose wording has its verbs in another form; `None` where its verb is not known."""
    forms = _load_verbs()
    first, space, rest = spec.wording.partition(" ")
    if first not in forms:
        return None

    def join(found: re.Match[str]) -> str:
        return forms[found[0]][form] if found[0] in forms else found[0]

    parts = [part if _VALUES.fullmatch(part) else _JOINED.sub(join, part)
             for part in _VALUES.split(rest)]  # fmt: skip
    wording = f"{forms[first][form]}{space}{''.join(parts)}"
    return spec.model_copy(update={"wording": wording})


@cache
def _load_verbs() -> Mapping[str, Mapping[str, str]]:
    path = shipped_folder() / "speech" / "verbs.yaml"
    return dict(read_yaml(path.read_text(encoding="utf-8")))
