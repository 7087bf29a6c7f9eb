"""The multi-turn cases of the leaderboard: a user's turns, and the calls that are due in each.

Beside the files of `train.benchmarks.bfcl.cases`, the folder holds `multi_turn_func_doc/` with the
functions of each class, one a line. A case names its classes, not its functions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tool_catalog.errors import UserMistake
from train.benchmarks.bfcl.cases import (
    MULTI_TURN,
    Category,
    Function,
    PublishedMessage,
    bad_data,
    check_function,
    read_rows,
    refuse_agentic,
)
from train.benchmarks.bfcl.multi_turn.call_source import is_plain
from train.benchmarks.bfcl.schema_types import CodeLanguage

_DOCUMENTS = {
    "GorillaFileSystem": "gorilla_file_system.json",
    "MathAPI": "math_api.json",
    "MessageAPI": "message_api.json",
    "TwitterAPI": "posting_api.json",
    "TicketAPI": "ticket_api.json",
    "TradingBot": "trading_bot.json",
    "TravelAPI": "travel_booking.json",
    "VehicleControlAPI": "vehicle_control.json",
}
"""Where the functions of a class are written down."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One multi-turn case."""

    id: str
    category: Category
    turns: Sequence[Sequence[PublishedMessage]]
    """What the user says, turn by turn. A turn of nothing is the one in which held-back functions
    are offered, and the official notice of them stands for it."""
    functions: Sequence[Function]
    """Of all its classes. A case's `excluded_function` is among them: upstream does not read it."""
    held_back: Mapping[str, int]
    """Functions that are not offered at first, with the turn from which they are."""
    classes: Sequence[str]
    start: Mapping[str, Any]
    """The state of each class at the start."""
    answers: Sequence[Sequence[str]]
    """The calls that are due in each turn, as Python source; none where the model should say that
    it cannot do what is asked."""

    @property
    def names(self) -> frozenset[str]:
        """Every function that the classes carry out, offered yet or not, as upstream does."""
        return frozenset(str(function["name"]) for function in self.functions)

    def list_offered(self, turn: int) -> list[Function]:
        """The functions that the model is told of, in upstream's order: newly offered ones last."""
        held = self.held_back
        first = [item for item in self.functions if item["name"] not in held]
        return first + [item for item in self.functions if held.get(item["name"], turn + 1) <= turn]


def load_dialogues(folder: Path, category: Category) -> list[Dialogue]:
    """The cases of one multi-turn category, in the published order.

    Raises:
        UserMistake: a file is missing or not what the leaderboard publishes, or the category is
            not a multi-turn one.
    """
    refuse_agentic(category)
    if category not in MULTI_TURN:
        raise UserMistake(f"{category} has one turn; choose of {', '.join(MULTI_TURN)}")
    path = folder / f"BFCL_v4_{category}.json"
    questions = list(read_rows(path))
    answers = list(read_rows(folder / "possible_answer" / path.name))
    if len(questions) != len(answers):
        raise bad_data(str(path), f"{len(questions)} questions, but {len(answers)} answers")
    documents = {name: _load_functions(folder, file) for name, file in _DOCUMENTS.items()}
    return [
        _read_dialogue(where, row, _read_answers(*answer, row), category, documents)
        for (where, row), answer in zip(questions, answers, strict=True)
    ]


def _load_functions(folder: Path, file: str) -> list[Function]:
    functions: list[Function] = []
    for where, function in read_rows(folder / "multi_turn_func_doc" / file):
        check_function(where, function, CodeLanguage.PYTHON)
        functions.append(function)
    return functions


def _read_answers(where: str, answer: Mapping[str, Any], row: Mapping[str, Any]) -> list[list[str]]:
    if answer.get("id") != row.get("id"):
        raise bad_data(where, f"the answer of {answer.get('id')!r} where that of {row.get('id')!r}")
    match answer:
        case {"ground_truth": [*turns]} if all(isinstance(turn, list) for turn in turns):
            return turns
    raise bad_data(where, "no ground_truth of lists of calls")


def _read_dialogue(
    where: str,
    row: Mapping[str, Any],
    answers: Sequence[Sequence[str]],
    category: Category,
    documents: Mapping[str, Sequence[Function]],
) -> Dialogue:
    match row:
        case {
            "id": str(name),
            "question": [list(), *_] as turns,
            "initial_config": dict(start),
            "involved_classes": [str(), *_] as classes,
        } if len(turns) == len(answers):
            pass
        case _:
            raise bad_data(where, "not a question of as many turns as answers, with classes")
    if unknown := set(classes) - set(documents):
        raise bad_data(where, f"unknown classes: {', '.join(sorted(unknown))}")
    functions = [item for of_class in classes for item in documents[of_class]]
    names = {str(function["name"]) for function in functions}
    if odd := [call for turn in answers for call in turn if not is_plain(call, names)]:
        raise bad_data(where, f"an answer that is no call of its functions: {odd[0]!r}")
    held_back = _read_held_back(where, row, names)
    if {n for n, turn in enumerate(turns) if not turn} != set(held_back.values()):
        raise bad_data(where, "a turn of nothing, and no function is offered in it")
    return Dialogue(name, category, turns, functions, held_back, classes, start, answers)


def _read_held_back(where: str, row: Mapping[str, Any], known: set[str]) -> dict[str, int]:
    held = row.get("missed_function", {})
    try:
        found = {name: int(turn) for turn, names in held.items() for name in names}
    except (AttributeError, TypeError, ValueError) as error:
        raise bad_data(where, f"missed_function is not turns with functions ({error})") from error
    if unknown := set(found) - known:
        raise bad_data(where, f"unknown functions are held back: {', '.join(sorted(unknown))}")
    return found
