"""A policy as an operator writes it: one YAML file, shipped or the user's."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gen.taxonomy import axes
from gen.taxonomy.labels import Decision, Profile
from tool_catalog.errors import BadPolicy, UnknownName
from tool_catalog.yaml_text import read_yaml

_ACT_LISTS = ("confirm", "confirm_even_if_preapproved", "hand_over", "forbid", "allow_in_emergency")


class Policy(BaseModel):
    """What an operator asks, forbids and leaves free. One YAML file each.

    A list of acts holds U.S leaf names without the prefix, or tools as `domain.tool`. `tools`,
    `free_below` and `free_for` take a tool's bare name as well, which then means that tool of any
    domain.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    confirm: tuple[str, ...]
    """Acts to ask about before the call."""
    confirm_even_if_preapproved: tuple[str, ...] = ()
    """The always-confirm classes: no approval given ahead covers them."""
    hand_over: tuple[str, ...] = ()
    """Acts whose last step is the human's own."""
    forbid: tuple[str, ...] = ()
    """Acts that are refused."""
    allow_in_emergency: tuple[str, ...] = ()
    """Acts done at once, unasked, when waiting does the harm."""
    tools: Mapping[str, Decision] = Field(default_factory=dict)
    """What is done with a tool whatever its act."""
    free_below: Mapping[str, Mapping[str, float]] = Field(default_factory=dict)
    """Per tool and argument, the highest value that needs no asking."""
    free_for: Mapping[str, Mapping[str, tuple[Any, ...]]] = Field(default_factory=dict)
    """Per tool and argument, the values that need no asking."""

    @model_validator(mode="after")
    def _check_acts(self) -> Self:
        known = [leaf.removeprefix("U.S.") for leaf in axes()["U.S"].leaves]
        for key in _ACT_LISTS:
            for entry in getattr(self, key):
                if "." not in entry and entry not in known:
                    raise BadPolicy(
                        f"{key}: {UnknownName('act', entry, known)}; a tool is written domain.tool"
                    )
        for entry in self.confirm_even_if_preapproved:
            if "." not in entry and entry not in self.confirm:
                raise BadPolicy(f"confirm_even_if_preapproved: {entry!r} must be in confirm too")
        return self


def load_policy(source: str | Path) -> Policy:
    """Load a shipped policy by name, or a user's by the path of its YAML file.

    Raises:
        UnknownName: no such shipped policy; near misses are named.
        BadPolicy: the file is missing or wrong; the message names the file and the key.
    """
    if isinstance(source, str) and not source.endswith((".yaml", ".yml")):
        if source not in list(Profile):
            raise UnknownName("policy", source, Profile)
        return _load_shipped(source)
    return _read_policy(Path(source))


@cache
def _load_shipped(name: str) -> Policy:
    return _read_policy(Path(__file__).parent / f"{name}.yaml")


def _read_policy(path: Path) -> Policy:
    try:
        loaded = read_yaml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError) as error:
        raise BadPolicy(f"{path}: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise BadPolicy(f"{where}: {getattr(error, 'problem', None) or error}") from error
    if not isinstance(loaded, dict):
        raise BadPolicy(f"{path}: a policy is a mapping with the keys name and confirm")
    if unknown := [key for key in loaded if key not in Policy.model_fields]:
        raise BadPolicy(f"{path}: {UnknownName('key', str(unknown[0]), Policy.model_fields)}")
    try:
        return Policy.model_validate(loaded)
    except BadPolicy as error:
        raise BadPolicy(f"{path}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise BadPolicy(f"{path}: {key}: {first['msg']}") from error
