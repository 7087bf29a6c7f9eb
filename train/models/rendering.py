"""Rows of training as a chat template of our own writes them, and as tokens with labels."""

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate, chain
from typing import Any, NamedTuple

from jinja2 import Environment, Template

from train.models.prefix_tree import Weighed

_IGNORED = -100
_DECISION = re.compile(r"</think>\s*(<tool_call>\s*\{\"name\": \"[^\"]*\"|\S+)")
_MARK = "\x02"
"""Stands where a turn of the agent's begins or ends; no conversation has it."""
_GENERATION = re.compile(r"\{%-? *(?:end)?generation *-?%\}")


class Rendered(NamedTuple):
    """A whole conversation as text, and where in it the agent speaks what is learned."""

    text: str
    turns: list[tuple[int, int]]
    """Start and end of each of the agent's turns of the completion, in characters."""


def render_rows(template: str, rows: Iterable[Mapping[str, Any]]) -> list[Rendered]:
    """Conversations as a chat template of our own writes them.

    What transformers renders and marks, in a fifth of its time: its sandbox is for templates that
    strangers wrote.
    """
    environment = Environment(trim_blocks=True, lstrip_blocks=True)
    environment.filters["tojson"] = partial(json.dumps, ensure_ascii=False)
    marked = _GENERATION.sub(lambda tag: f"{{{{- {_MARK!r} }}}}", template)
    compiled = environment.from_string(marked)
    return [_render(compiled, row) for row in rows]


def _render(compiled: Template, row: Mapping[str, Any]) -> Rendered:
    """A row as text; the agent's turns that its prompt holds are context like any other."""
    rendered = _find_turns(compiled.render(**_name_values(row)))
    before = sum(message["role"] == "assistant" for message in row["prompt"])
    return rendered._replace(turns=rendered.turns[before:])


def _name_values(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"messages": [*row["prompt"], *row["completion"]], "tools": row["tools"]}


def _find_turns(text: str) -> Rendered:
    """Take the marks out of a text; they stand in pairs."""
    parts = text.split(_MARK)
    ends = list(accumulate(map(len, parts)))
    return Rendered("".join(parts), list(zip(ends[0::2], ends[1::2], strict=False)))


def encode_rows(tokenizer: Any, rows: Sequence[Rendered]) -> dict[str, list[list[int]]]:
    """Whole conversations as `input_ids` and `labels`, labels on what is learned only.

    What TRL makes of a row of prompt and completion with `assistant_only_loss`.
    """
    encoded: dict[str, list[list[int]]] = {"input_ids": [], "labels": []}
    for row, (ids, starts) in zip(rows, _encode(tokenizer, rows), strict=True):
        labels = [_IGNORED] * len(ids)
        for begin, end in _find_tokens(starts, row.turns):
            labels[begin:end] = ids[begin:end]
        encoded["input_ids"].append(ids)
        encoded["labels"].append(labels)
    return encoded


def weigh_rows(tokenizer: Any, rows: Sequence[Rendered], decision: float) -> list[Weighed]:
    """Whole conversations as tokens, and for each how much it counts in what is learned.

    Args:
        tokenizer: of the model.
        rows: rendered.
        decision: weight of the words in which a turn decides between calling which tool, asking and
            answering; 1 for all other words of the agent's, 0 for what it only reads.
    """
    weighed: list[Weighed] = []
    for row, (ids, starts) in zip(rows, _encode(tokenizer, rows), strict=True):
        weights = [0.0] * len(ids)
        for begin, end in _find_tokens(starts, row.turns):
            weights[begin:end] = [1.0] * (end - begin)
        for begin, end in _find_tokens(starts, _find_decisions(row)):
            weights[begin:end] = [decision] * (end - begin)
        weighed.append((ids, weights))
    return weighed


def _find_decisions(row: Rendered) -> Iterator[tuple[int, int]]:
    """Where each turn, its thought done, says what it is: up to the tool's name or a first word."""
    for begin, end in row.turns:
        found = _DECISION.search(row.text, begin, end)
        if found is not None:
            yield found.span(1)


def _find_tokens(
    starts: Sequence[int], spans: Iterable[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """Spans of characters as spans of the tokens that start in them."""
    for begin, end in spans:
        yield bisect_left(starts, begin), bisect_left(starts, end)


def _encode(tokenizer: Any, rows: Sequence[Rendered]) -> Iterator[tuple[list[int], list[int]]]:
    """Tokens of each row, and where in its text each starts.

    A turn that many rows share, as the members of a contrast set do, is encoded once: every turn
    ends with a special token, and no token reaches over one.
    """
    end = re.compile(f"(?<={re.escape(tokenizer.eos_token)})")
    cut = [end.split(row.text) for row in rows]
    distinct = list(dict.fromkeys(chain.from_iterable(cut)))
    found = tokenizer(distinct, add_special_tokens=False, return_offsets_mapping=True)
    pairs = zip(found["input_ids"], found["offset_mapping"], strict=True)
    known = dict(zip(distinct, pairs, strict=True))
    for turns in cut:
        ids: list[int] = []
        starts: list[int] = []
        place = 0
        for turn in turns:
            tokens, offsets = known[turn]
            ids += tokens
            starts += [place + start for start, _ in offsets]
            place += len(turn)
        yield ids, starts
