"""Where training from scratch starts: a new model, its tokenizer, and the rows as its tokens."""

from collections.abc import Sequence
from typing import Any

from tool_catalog.pools import load_pools
from train.models.family import CHATML, write_template
from train.models.quiet import hide_bars
from train.models.rendering import encode_rows, render_rows
from train.presets import SftSettings, Shape
from train.scratch.augment import find_units, vary
from train.scratch.tiny import build_model, build_tokenizer, prime_classes

_TOKENIZER_ROWS = 2000  # more rows change no merge that matters
_NAME_REPEATS = 200  # fewer, and the words of a large run leave names no room


def start_from_scratch(
    shape: Shape, sft: SftSettings, rows: Any, seed: int
) -> tuple[Any, Any, dict[str, list[list[int]]]]:
    """A new model, its tokenizer and the rows as tokens."""
    rendered = render_rows(write_template(CHATML), rows)
    model, tokenizer = make_model(shape, [row.text for row in rendered], seed=seed)
    encoded = encode_rows(tokenizer, rendered)
    if sft.rename:
        units = find_units(tokenizer, rows)
        prime_classes(model, units, seed=seed)
        encoded = vary(encoded, units, len(tokenizer), sft.epochs, seed)
    return model, tokenizer, encoded


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
    learned = [*texts[:_TOKENIZER_ROWS], *(forms * _NAME_REPEATS)]
    tokenizer = build_tokenizer(learned, shape.vocab_size, shape.digits)
    model = build_model(tokenizer, seed=seed, **shape.model_dump(exclude={"vocab_size", "digits"}))
    return model, tokenizer
