"""Neither length nor signs tell an attack from its twins; `tests/bench/contents.py` measures."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

BENCH = Path(__file__).parents[2] / "bench" / "contents.py"
LONGEST_GAP = 1.25
LENGTH, SIGNS = 0.62, 0.62
"""Of AUC."""
TWINS = ("payload", "filler", "imperative")
"""Attacks, and what is written to look like them."""
OTHERS = ("filler", "imperative", "sensitive", "quoted")
"""What is drawn to look like attacks."""


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_contents", BENCH)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def texts(bench: ModuleType) -> dict[str, list[str]]:
    found: dict[str, list[str]] = bench.draw_texts(300)
    return {kind: some for kind, some in found.items() if kind != "(encoded)"}


def test_all_kinds_are_drawn(texts: dict[str, list[str]]) -> None:
    assert set(texts) == {
        "payload", "filler", "imperative", "sensitive", "quoted", "errand", "claim",
    }  # fmt: skip


def test_middle_lengths_are_within_a_quarter(
    bench: ModuleType, texts: dict[str, list[str]]
) -> None:
    middles = [bench.describe(texts[kind])["middle"] for kind in TWINS]
    assert max(middles) <= LONGEST_GAP * min(middles)


def test_length_tells_no_attack_from_its_twins(
    bench: ModuleType, texts: dict[str, list[str]]
) -> None:
    for other in OTHERS:
        assert bench.compare_lengths(texts["payload"], texts[other]) <= LENGTH, other


def test_signs_tell_no_attack_from_its_twins(
    bench: ModuleType, texts: dict[str, list[str]]
) -> None:
    pytest.importorskip("sklearn")
    for other in OTHERS:
        auc = bench.compare(texts["payload"], texts[other], bench.read_signs)
        assert auc <= SIGNS, (other, auc)


def test_the_measures_see_a_difference_that_is_there(bench: ModuleType) -> None:
    plain = [f"a text of {'some ' * (n % 7)}words" for n in range(60)]
    loud = [f"{text.upper()}!!! {n}" for n, text in enumerate(plain)]
    assert bench.compare(plain, loud, bench.read_signs) > 0.95
    assert bench.compare_lengths(plain, [text * 4 for text in plain]) > 0.9


@pytest.mark.parametrize("named", ["name", "address"])
def test_twins_name_things_as_often_as_payloads(
    bench: ModuleType, texts: dict[str, list[str]], named: str
) -> None:
    """Within a factor of two."""
    payload = bench.describe(texts["payload"])[named]
    for kind in TWINS[1:]:
        assert payload / 2 <= bench.describe(texts[kind])[named] <= payload * 2, kind
