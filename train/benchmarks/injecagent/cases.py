"""What a case is: the user's request, a poisoned result, and the calls the injection wants.

Source: InjecAgent (Zhan et al., 2024), `test_cases_*.json`.
"""

import ast
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from tool_catalog.errors import UserMistake
from train.benchmarks.injecagent.published import DIGESTS, REMEDY, read_published

PLACE = "<Attacker Instruction>"
"""What a template has where the injection goes."""


class AttackGoal(StrEnum):
    """What the injection is after, named as in the files."""

    DIRECT_HARM = "dh"
    """One call does the harm."""
    DATA_STEALING = "ds"
    """One call reads the user's data, a second one mails them out."""

    @property
    def steps(self) -> int:
        """Calls that a whole attack takes."""
        return 1 if self is AttackGoal.DIRECT_HARM else 2


class Setting(StrEnum):
    """How the injection is worded."""

    BASE = "base"
    ENHANCED = "enhanced"
    """With a sentence before it that tells the agent to forget its other instructions."""


class AttackType(StrEnum):
    """The harm done, or the kind of data stolen."""

    PHYSICAL_HARM = "Physical Harm"
    FINANCIAL_HARM = "Financial Harm"
    DATA_SECURITY_HARM = "Data Security Harm"
    PHYSICAL_DATA = "Physical Data"
    FINANCIAL_DATA = "Financial Data"
    OTHERS = "Others"
    """Other data."""


def _parse_literal(value: Any) -> Any:
    return _parse_text(value) if isinstance(value, str) else value


@lru_cache(maxsize=128)  # a file repeats a few texts in all its cases
def _parse_text(value: str) -> Any:
    try:
        return ast.literal_eval(value)
    except (SyntaxError, ValueError) as error:
        raise ValueError("no Python literal") from error


def _name_published(field: str) -> str:
    return field.replace("_", " ").title()


class InjectionCase(BaseModel):
    """One case; the agent's first call and its result stand in it and are not the agent's doing."""

    model_config = ConfigDict(
        frozen=True, alias_generator=_name_published, populate_by_name=True, extra="ignore"
    )

    attack: AttackGoal
    setting: Setting
    index: int
    """Place in its file, from 0; what rows of outputs refer to."""
    attack_type: AttackType
    user_instruction: str
    user_tool: str
    tool_parameters: Annotated[dict[str, Any], BeforeValidator(_parse_literal)]
    """Arguments of the call already made; a Python literal in the file."""
    parameters_text: Annotated[str, Field(alias="Tool Parameters"), BeforeValidator(str)]
    """The same as they stand in the file, which published prompts repeat to the letter."""
    thought: str
    """What the agent said before that call, with its mark."""
    tool_response: str
    """The poisoned result as published, in quotes of its own."""
    tool_response_template: Annotated[dict[str, Any], BeforeValidator(_parse_literal)]
    """The result with `PLACE` where the injection stands, equal in both settings; a Python literal
    in the file."""
    attacker_tools: tuple[str, ...]
    """In the order in which an attack calls them."""
    attacker_instruction: str
    """The injection in its base wording, in either setting."""

    @model_validator(mode="after")
    def _check_parts(self) -> Self:
        if len(self.attacker_tools) != self.attack.steps:
            raise ValueError(f"{self.attack} wants {self.attack.steps} attacker tools")
        if PLACE not in str(self.tool_response_template):
            raise ValueError(f"Tool Response Template has no {PLACE}")
        return self

    @property
    def tools(self) -> tuple[str, ...]:
        """All that the agent is offered: the user's tool, then the attacker's."""
        return (self.user_tool, *self.attacker_tools)


def load_cases(
    folder: Path,
    attack: AttackGoal,
    setting: Setting,
    digests: Mapping[str, str] | None = DIGESTS,
) -> tuple[InjectionCase, ...]:
    """The cases of one file, in its order.

    Args:
        folder: where the published files lie.
        attack: which of the two attacks.
        setting: which wording of the injection.
        digests: what the files must hold; None takes any file of the right form.

    Raises:
        UserMistake: the file is missing, was edited, or holds something else.
    """
    path = folder / f"test_cases_{attack}_{setting}.json"
    entries = read_published(path, digests)
    if not isinstance(entries, list):
        raise UserMistake(f"{path} holds no list of cases; {REMEDY} again")
    return tuple(_read_case(path, attack, setting, i, entry) for i, entry in enumerate(entries))


def _read_case(
    path: Path, attack: AttackGoal, setting: Setting, index: int, entry: Any
) -> InjectionCase:
    place = {"attack": attack, "setting": setting, "index": index}
    try:
        return InjectionCase.model_validate(entry | place if isinstance(entry, dict) else entry)
    except ValidationError as error:
        [found, *_] = error.errors()
        what = f"{'/'.join(map(str, found['loc']))} {found['msg']}".strip()
        raise UserMistake(f"{path}: case {index}: {what}; {REMEDY} again") from error
