from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.random import default_rng

from tool_catalog.pools import load_pools
from train.models.rendering import encode_rows, render_rows
from train.scratch.augment import draw_names, find_units, vary
from train.scratch.tiny import build_tokenizer


@pytest.fixture(scope="module")
def rows(make_row: Callable[..., dict[str, Any]]) -> list[dict[str, Any]]:
    return [make_row(kind) for kind in ("verify", "refuse", "execute")]


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    people = load_pools().people[:40]
    texts = [f"{p.first} {p.last} {p.email} May Shall {n} {n}" for n, p in enumerate(people, 10)]
    return build_tokenizer(texts * 3, 1200)


def rename(tokenizer: Any, ids: list[int], classes: Any, seed: int) -> list[int]:
    names = draw_names(classes, len(tokenizer), default_rng(seed))
    return [int(token) for token in names[np.asarray(ids)]]


def test_equal_tokens_are_renamed_alike_and_the_rest_stays(
    tokenizer: Any, rows: list[dict[str, Any]]
) -> None:
    classes = find_units(tokenizer, rows)
    person = load_pools().people[0]
    text = f"Pay 1042 to {person.name}, {person.email}. {person.name} has 1042."
    ids = tokenizer.encode(text)
    renamed = rename(tokenizer, ids, classes, 3)
    assert renamed != ids
    assert len(set(zip(ids, renamed, strict=True))) == len(set(ids)) == len(set(renamed))
    said = tokenizer.decode(renamed)
    assert said.startswith("Pay ")
    name = said.split(" to ")[1].split(",")[0]
    first, last = name.split()
    assert f"{first}.{last}@".lower() in said
    assert said.count(name) == 2


def test_numbers_stay_numbers(tokenizer: Any, rows: list[dict[str, Any]]) -> None:
    classes = find_units(tokenizer, rows)
    for seed in range(20):
        ids = tokenizer.encode('{"n": 1203040}')
        said = tokenizer.decode(rename(tokenizer, ids, classes, seed))
        digits = said.removeprefix('{"n": ').removesuffix("}")
        assert digits.isdecimal()
        assert digits[0] != "0"


def test_words_of_the_agents_phrases_are_no_names(rows: list[dict[str, Any]]) -> None:
    name = load_pools().people[0].first
    tokenizer = build_tokenizer([f"{name} {name.lower()}"] * 4, 400)
    token = tokenizer.encode(name)[0]
    call = {"function": {"name": "ask_user", "arguments": {"question": f"{name} I?"}}}
    asking = {"completion": [{"role": "assistant", "content": "", "tool_calls": [call]}]}
    units = [unit for group in find_units(tokenizer, []) for unit in group]
    assert any(token in unit for unit in units)
    units = [unit for group in find_units(tokenizer, [asking]) for unit in group]
    assert not any(token in unit for unit in units)


def test_a_name_that_a_question_or_a_thought_holds_is_renamed_all_the_same() -> None:
    people = load_pools().people[:3]
    names = [person.first for person in people]
    tokenizer = build_tokenizer([f"{name} {name.lower()}" for name in names] * 4, 400)
    asked = [
        {"function": {"name": "ask_user", "arguments": {"question": f"May I write to {name}?"}}}
        for name in names
    ]
    thought = f"<think>\nIt belongs to {names[0]}.\n</think>\n\n"
    rows = [
        {"completion": [{"role": "assistant", "content": thought, "tool_calls": [call]}]}
        for call in asked
    ]
    units = {unit for group in find_units(tokenizer, rows) for unit in group}
    assert all((*tokenizer.encode(n), *tokenizer.encode(n.lower())) in units for n in names)


def test_every_epoch_has_other_values_and_labels_follow(
    tokenizer: Any, rows: list[dict[str, Any]]
) -> None:
    classes = find_units(tokenizer, rows)
    size = len(tokenizer)
    encoded = encode_rows(tokenizer, render_rows(tokenizer.chat_template, rows))
    varied = vary(encoded, classes, size, 2.0, seed=1)
    assert len(varied["input_ids"]) == 6
    assert varied["input_ids"][0] != varied["input_ids"][3]
    assert varied == vary(encoded, classes, size, 2.0, seed=1)
    assert varied != vary(encoded, classes, size, 2.0, seed=2)
    for ids, labels, before in zip(
        varied["input_ids"], varied["labels"], encoded["labels"] * 2, strict=True
    ):
        assert [x == -100 for x in labels] == [x == -100 for x in before]
        assert all(x in (-100, i) for x, i in zip(labels, ids, strict=True))
