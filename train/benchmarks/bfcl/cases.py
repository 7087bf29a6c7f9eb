"""The single-turn questions of the leaderboard and the answers it accepts, read from its data.

The folder is laid out as it is published: `BFCL_v4_<category>.json` with a question a line, and
answers in files of the same names under `possible_answer/`, line for line.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from tool_catalog.errors import UnknownName, UserMistake
from train.benchmarks.bfcl.schema_types import CLASSES, SEQUENCES, CodeLanguage

PublishedMessage = Mapping[str, Any]
Function = Mapping[str, Any]


class Category(StrEnum):
    """The parts of the leaderboard that count: `SINGLE_TURN`, `MULTI_TURN` and `AGENTIC`."""

    SIMPLE_PYTHON = "simple_python"
    SIMPLE_JAVA = "simple_java"
    SIMPLE_JAVASCRIPT = "simple_javascript"
    MULTIPLE = "multiple"
    PARALLEL = "parallel"
    PARALLEL_MULTIPLE = "parallel_multiple"
    IRRELEVANCE = "irrelevance"

    LIVE_SIMPLE = "live_simple"
    LIVE_MULTIPLE = "live_multiple"
    LIVE_PARALLEL = "live_parallel"
    LIVE_PARALLEL_MULTIPLE = "live_parallel_multiple"
    LIVE_IRRELEVANCE = "live_irrelevance"
    LIVE_RELEVANCE = "live_relevance"

    MULTI_TURN_BASE = "multi_turn_base"
    MULTI_TURN_MISS_FUNC = "multi_turn_miss_func"
    MULTI_TURN_MISS_PARAM = "multi_turn_miss_param"
    MULTI_TURN_LONG_CONTEXT = "multi_turn_long_context"

    WEB_SEARCH_BASE = "web_search_base"
    WEB_SEARCH_NO_SNIPPET = "web_search_no_snippet"
    MEMORY_KV = "memory_kv"
    MEMORY_VECTOR = "memory_vector"
    MEMORY_REC_SUM = "memory_rec_sum"


SINGLE_TURN = tuple(Category)[: tuple(Category).index(Category.MULTI_TURN_BASE)]
"""One turn of the user, one of the model."""

MULTI_TURN = tuple(c for c in Category if c.startswith("multi_turn_"))
"""Several turns of the user, each of several steps; run with the leaderboard's own package."""

AGENTIC = tuple(c for c in Category if c.startswith(("web_search_", "memory_")))
"""Not run here, so that there never is an overall score; `refuse_agentic` says why."""

WITHOUT_ANSWERS = frozenset(
    {Category.IRRELEVANCE, Category.LIVE_IRRELEVANCE, Category.LIVE_RELEVANCE}
)
"""Here it only counts whether there is a call."""

_ALL_MULTI_TURN = "multi_turn"

_WHY_NOT = {
    "web_search": "it asks a paid search service, whose answers change from day to day",
    "memory": "it needs earlier conversations played first, and a memory that outlasts them",
}

_LANGUAGES = {
    Category.SIMPLE_JAVA: CodeLanguage.JAVA,
    Category.SIMPLE_JAVASCRIPT: CodeLanguage.JAVASCRIPT,
}


def language_of(category: Category) -> CodeLanguage:
    """What the functions of a category are written in."""
    return _LANGUAGES.get(category, CodeLanguage.PYTHON)


class Answer(NamedTuple):
    """One call that is due."""

    function: str
    accepted: Mapping[str, Sequence[Any]]
    """Per parameter the values that count; "" among them: it may be left out."""


@dataclass(frozen=True, slots=True)
class FunctionCase:
    """One question with its functions, and the calls that answer it."""

    id: str
    category: Category
    question: Sequence[Sequence[PublishedMessage]]
    """Turns of messages."""
    functions: Sequence[Function]
    """As published; `train.benchmarks.bfcl.tools` makes of them what an endpoint takes."""
    answers: Sequence[Answer] = ()
    """Empty where `WITHOUT_ANSWERS`."""


def read_categories(names: Sequence[str]) -> list[Category]:
    """Categories by name; `multi_turn` stands for its four, no name for every single-turn one.

    Raises:
        UnknownName: there is no such category.
    """
    chosen: dict[Category, None] = {}
    for name in names:
        if name not in {*Category, _ALL_MULTI_TURN}:
            raise UnknownName("category", name, [*Category, _ALL_MULTI_TURN])
        chosen |= dict.fromkeys(MULTI_TURN if name == _ALL_MULTI_TURN else [Category(name)])
    return list(chosen or SINGLE_TURN)


def refuse_agentic(category: Category) -> None:
    """Say why a category is not run here.

    Raises:
        UserMistake: it is one of `AGENTIC`.
    """
    if category in AGENTIC:
        why = _WHY_NOT["memory" if category.startswith("memory") else "web_search"]
        raise UserMistake(f"{category} is not run here: {why}; leave it out")


def load_cases(folder: Path, category: Category) -> list[FunctionCase]:
    """The cases of one single-turn category, in the published order.

    Raises:
        UserMistake: a file is missing or not what the leaderboard publishes, or the category is
            not a single-turn one.
    """
    refuse_agentic(category)
    if category not in SINGLE_TURN:
        raise UserMistake(f"{category} has several turns; choose of {', '.join(SINGLE_TURN)}")
    path = folder / f"BFCL_v4_{category}.json"
    cases = [_read_case(where, row, category) for where, row in read_rows(path)]
    if category in WITHOUT_ANSWERS:
        return cases
    rows = list(read_rows(folder / "possible_answer" / path.name))
    if len(rows) != len(cases):
        raise bad_data(str(path), f"{len(cases)} questions, but {len(rows)} possible answers")
    return [_add_answers(case, *row) for case, row in zip(cases, rows, strict=True)]


def read_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a file that has one a line, each with its file and line.

    Raises:
        UserMistake: the file cannot be read, or a line of it is not a JSON object.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UserMistake(f"{path}: cannot be read ({error}); {_REMEDY}") from error
    for number, line in enumerate(lines, start=1):
        where = f"{path}:{number}"
        if not line:
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise bad_data(where, f"not JSON ({error})") from error
        if not isinstance(row, dict):
            raise bad_data(where, "not a JSON object")
        yield where, row


def _read_case(where: str, row: Mapping[str, Any], category: Category) -> FunctionCase:
    match row:
        case {"id": str(name), "question": [list(), *_] as turns, "function": [*functions]}:
            for function in functions:
                check_function(where, function, language_of(category))
            return FunctionCase(name, category, turns, functions)
    raise bad_data(where, "not a question with id, question and function")


def check_function(where: str, function: Any, language: CodeLanguage) -> None:
    """Whether the calls of a function can be checked.

    Raises:
        UserMistake: it has no name, or a parameter of an unknown type.
    """
    match function:
        case {"name": str(name), "parameters": {"properties": dict(properties)}}:
            for parameter, schema in properties.items():
                if not _is_known(schema, CLASSES[language]):
                    raise bad_data(where, f"{name}: unknown type of {parameter!r}")
        case _:
            raise bad_data(where, "a function without name or parameters")


def _is_known(schema: Any, words: Mapping[str, type]) -> bool:
    """Whether values under this description can be checked."""
    match schema:
        case {"type": str(word), "items": {"type": str(inner)}} if word in SEQUENCES:
            return word in words and inner in words
        case {"type": str(word)}:
            return word in words and word not in SEQUENCES
    return False


def _add_answers(case: FunctionCase, where: str, row: Mapping[str, Any]) -> FunctionCase:
    if row.get("id") != case.id:
        raise bad_data(where, f"the answer of {row.get('id')!r} where that of {case.id!r} is due")
    due = row.get("ground_truth")
    if not isinstance(due, list) or not due:
        raise bad_data(where, "no ground_truth")
    answers = tuple(_read_answer(where, call, case) for call in due)
    return FunctionCase(case.id, case.category, case.question, case.functions, answers)


def _read_answer(where: str, call: Any, case: FunctionCase) -> Answer:
    if not isinstance(call, dict) or len(call) != 1:
        raise bad_data(where, "an answer is one function with its parameters")
    [(name, accepted)] = call.items()
    if name not in {function["name"] for function in case.functions}:
        raise bad_data(where, f"the question has no function {name!r}")
    if not isinstance(accepted, dict) or not all(isinstance(v, list) for v in accepted.values()):
        raise bad_data(where, f"{name}: each parameter needs a list of accepted values")
    return Answer(name, accepted)


_REMEDY = "name the data folder of BFCL v4, with possible_answer/ in it"


def bad_data(where: str, what: str) -> UserMistake:
    """The error for a place in the data that is not as published."""
    return UserMistake(f"{where}: {what}; {_REMEDY}")
