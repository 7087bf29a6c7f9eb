"""Where training from scratch starts: a new model and its tokenizer, made for a run's rows."""

from collections.abc import Sequence
from typing import Any

from tool_catalog.pools import load_pools
from train.models.family import CHATML, write_template
from train.models.quiet import hide_bars
from train.models.rendering import render_rows
from train.presets import Shape
from train.scratch.tiny import build_model, build_tokenizer

_TOKENIZER_ROWS = 2000  # more rows change no merge that matters
_NAME_REPEATS = 200  # fewer, and the words of a large run leave names no room


def start_from_scratch(shape: Shape, rows: Any, seed: int) -> tuple[Any, Any]:
    """A new model and its tokenizer, which has learned from some of the rows."""
    some = rows.select(range(min(_TOKENIZER_ROWS, len(rows))))
    texts = [row.text for row in render_rows(write_template(CHATML), some)]
    return make_model(shape, texts, seed=seed)


def make_model(shape: Shape, texts: Sequence[str], *, seed: int) -> tuple[Any, Any]:
    """A model and a tokenizer from scratch, the tokenizer learned from these conversations.

    Names of people become tokens, however seldom they are in the texts: what is one token is copied
    in one step.
    """
    hide_bars()
    people = sorted(
        {name for person in load_pools().people for name in (person.first, person.last)}
    )
    forms = [form for name in people for form in (name, name.lower())]
    tokenizer = build_tokenizer([*texts, *(forms * _NAME_REPEATS)], shape.vocab_size, shape.digits)
    model = build_model(tokenizer, seed=seed, **shape.model_dump(exclude={"vocab_size", "digits"}))
    return model, tokenizer
