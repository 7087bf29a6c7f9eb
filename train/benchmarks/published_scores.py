"""Scores that others have published, each with its source, to stand beside ours."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter


class Published(BaseModel):
    """One measure of several agents, from one source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    benchmark: str
    measure: str
    """Named as ours, whose definition is the same."""
    part: str | None = None
    """Category or split; none: over all cases."""
    source: str
    where: dict[str, Any]
    """Settings of a run that it can stand beside."""
    scores: dict[str, float]
    """By agent, from 0 to 1."""


@cache
def _read_all() -> tuple[Published, ...]:
    text = files("train.benchmarks").joinpath("published.yaml").read_text(encoding="utf-8")
    return tuple(TypeAdapter(list[Published]).validate_python(yaml.safe_load(text)))


def find_published(benchmark: str, settings: Mapping[str, Any]) -> list[Published]:
    """What was published on a benchmark with these settings."""
    return [
        entry
        for entry in _read_all()
        if entry.benchmark == benchmark
        and all(settings.get(name) == value for name, value in entry.where.items())
    ]
