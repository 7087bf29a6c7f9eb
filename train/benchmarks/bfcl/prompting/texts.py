"""What the leaderboard says to models beside the questions, read from the user's copy of it.

Four files of `bfcl_eval` hold it: prompts, the words for types, and hints that are added to the
descriptions of functions. They are read, never imported.
"""

import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

from tool_catalog.errors import UserMistake
from train.benchmarks.bfcl.schema_types import CodeLanguage
from train.benchmarks.upstream.source_texts import SourceTexts, open_source

_PACKAGE: Final = "bfcl_eval"
_REMEDY: Final = (
    "run triact benchmark fetch bfcl, or install the leaderboard's package: "
    "pip install --no-deps bfcl-eval==2026.3.23"
)
TEXTS_DIGEST: Final = "12a5a870e5501ce612ca319c7ca0745144bbaa731b4f661574926cfd87635629"
"""Of all texts, in bfcl-eval 2026.3.23."""


@dataclass(frozen=True, slots=True)
class ForeignHints:
    """What is added to the parameters' descriptions of functions in Java or JavaScript.

    Places to fill in are expressions over `value`, the parameter's schema.
    """

    any: str
    typed: str
    items: str
    entries: str = ""
    """Where a dictionary's entries are described; JavaScript only."""


@dataclass(frozen=True, slots=True)
class LeaderboardTexts:
    """Everything that is read."""

    languages: Mapping[CodeLanguage, str]
    """Added to the description of every function."""
    hints: Mapping[CodeLanguage, ForeignHints]
    float_hint: str
    """Added to the description of every float."""
    types: Mapping[str, str]
    """JSON Schema's names for the leaderboard's."""
    system: str
    """The prompt of models without tool calls, with a place for `{functions}` alone; other braces
    mean themselves."""
    notice: str
    """What the user says when held-back functions are offered."""
    worded_notice: str
    """The same to models without tool calls, with a place for `{functions}`."""


def read_texts(
    folder: Path, official: Path | None = None, digest: str | None = TEXTS_DIGEST
) -> LeaderboardTexts:
    """The texts of a copy: of a folder named, beside the data, or as installed.

    Args:
        folder: of the leaderboard's data.
        official: that holds `bfcl_eval`.
        digest: what the texts must be; None takes any of the right form.

    Raises:
        UserMistake: a file is missing, or holds something else.
    """
    places = list(_list_places(folder, official))
    prompts, types, entries, handlers = (
        open_source([place / path for place in places], _REMEDY)
        for path in (
            "constants/default_prompts.py", "constants/type_mappings.py", "utils.py",
            "model_handler/utils.py",
        )
    )  # fmt: skip
    try:
        texts = LeaderboardTexts(
            **_read_hints(entries),
            float_hint=_only(handlers.list_texts("_cast_to_openai_type")),
            types=dict(types.read("GORILLA_TO_OPENAPI")),
            system=_read_system(prompts),
            notice=str(prompts.read("DEFAULT_USER_PROMPT_FOR_ADDITIONAL_FUNCTION_FC")),
            worded_notice=str(
                prompts.read("DEFAULT_USER_PROMPT_FOR_ADDITIONAL_FUNCTION_PROMPTING")
            ),
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserMistake(
            f"{prompts.path.parents[1]} holds other texts than were published ({error!r}); "
            f"{_REMEDY}"
        ) from error
    prompts.check(asdict(texts), digest)
    return texts


def _list_places(folder: Path, official: Path | None) -> Iterator[Path]:
    """Where the package may lie: a data folder may be its own."""
    if official is not None:
        yield official / _PACKAGE
    yield folder / _PACKAGE
    if folder.resolve().parent.name == _PACKAGE:
        yield folder.resolve().parent
    found = importlib.util.find_spec(_PACKAGE)
    yield from map(Path, (found.submodule_search_locations or ()) if found else ())


def _read_hints(source: SourceTexts) -> dict[str, Any]:
    java, javascript, python = source.list_texts("_get_language_specific_hint")
    parameters = source.list_texts("_func_doc_language_specific_pre_processing")
    of_java, of_javascript = ForeignHints(*parameters[:3]), ForeignHints(*parameters[3:])
    return {
        "languages": {
            CodeLanguage.JAVA: java, CodeLanguage.JAVASCRIPT: javascript,
            CodeLanguage.PYTHON: python,
        },
        "hints": {CodeLanguage.JAVA: of_java, CodeLanguage.JAVASCRIPT: of_javascript},
    }  # fmt: skip


def _read_system(source: SourceTexts) -> str:
    """The system prompt in the leaderboard's default format, put together as there."""
    chosen = dict(parse_qsl(str(source.read("DEFAULT_SYSTEM_PROMPT_FORMAT"))))
    style = source.read("PROMPT_STYLE_TEMPLATES")[chosen["style"]]
    calls = style["tool_call_no_tag"].format(
        output_format=source.read("OUTPUT_FORMAT_MAPPING")[chosen["ret_fmt"]],
        param_types=source.read("PARAM_TYPE_MAPPING")[chosen["ret_fmt"]],
    )
    tools = style["available_tools"].format(format=chosen["func_doc_fmt"], functions="{functions}")
    prompt = source.read("PROMPT_TEMPLATE_MAPPING")[chosen["prompt_fmt"]].format(
        persona=style["persona"],
        task=style["task"],
        tool_call_format=calls,
        multiturn_behavior=style["multiturn_behavior"],
        available_tools=tools,
    )
    return str(prompt)


def _only(texts: list[str]) -> str:
    [text] = texts
    return text
