"""The 424 leaves of TAXONOMY 1.3, as data: what there is to cover, under stable names."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from tool_catalog.errors import UnknownName


class Axis(BaseModel):
    """One of the 16 axes; its leaves are in the taxonomy's order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: str
    channel: Literal["user", "tool", "shared", "agent"]
    leaves: tuple[str, ...]


class Leaf(BaseModel):
    """One leaf: the standard term, what it means, and the source categories it maps to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    axis: str
    term: str
    definition: str
    sources: tuple[str, ...]
    render_ceiling: Literal[0, 1, 2] | None = None
    """Most detail that may ever be written (TAXONOMY 1.2); only harm categories, U.M, have one."""

    @property
    def name(self) -> str:
        """The id without its axis."""
        return self.id.removeprefix(f"{self.axis}.")


@cache
def load_leaves() -> Mapping[str, Leaf]:
    """Every leaf by id, in the taxonomy's order."""
    return MappingProxyType(
        {
            leaf["id"]: Leaf(axis=axis["id"], **leaf)
            for axis in _read_file()
            for leaf in axis["leaves"]
        }
    )


@cache
def axes() -> Mapping[str, Axis]:
    """Every axis by id, in the taxonomy's order."""
    return MappingProxyType(
        {
            axis["id"]: Axis(**{**axis, "leaves": tuple(leaf["id"] for leaf in axis["leaves"])})
            for axis in _read_file()
        }
    )


def find_leaf(id: str) -> Leaf:
    """A leaf by id.

    Raises:
        UnknownName: no such leaf; near misses are named.
    """
    leaves = load_leaves()
    if id not in leaves:
        raise UnknownName("leaf", id, leaves)
    return leaves[id]


@cache
def _read_file() -> list[dict[str, Any]]:
    text = Path(__file__).with_name("leaves.json").read_text(encoding="utf-8")
    loaded: list[dict[str, Any]] = json.loads(text)
    return loaded
