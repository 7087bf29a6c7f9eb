"""Strategies are read whole, and a mistake is named with its line."""

from pathlib import Path

import pytest

from gen.stories.strategy import load_strategies, read_strategy
from gen.templating.folder import shipped_folder
from tool_catalog.errors import BadTemplate

TEXT = """---
leaf: U.J.persuasion
about: pleads with the agent.
requests:
"""
LINES = ["one {{ ask }} {{ deed }}", "two {{ question }} {{ Deed }}", "three {{ ask }}, {{ deed }}",
         "four {{ ask }} {{ deed }}", "five {{ ask }} {{ deed }}", "six {{ ask }} {{ deed }}",
         "seven {{ ask }} {{ deed }}", "eight {{ ask }} {{ deed }}"]  # fmt: skip


def write(tmp_path: Path, lines: list[str], leaf: str = "U.J.persuasion") -> Path:
    path = tmp_path / "plea.j2"
    body = "".join(f'  - "{line}"\n' for line in lines)
    path.write_text(TEXT.replace("U.J.persuasion", leaf) + body + "---\n", encoding="utf-8")
    return path


def test_the_shipped_ones_are_of_fifteen_kinds_at_least():
    assert len({strategy.leaf for strategy in load_strategies()}) >= 15


def test_a_strategy_is_read(tmp_path):
    strategy = read_strategy(write(tmp_path, LINES))
    assert (strategy.name, strategy.leaf, len(strategy.requests)) == ("plea", "U.J.persuasion", 8)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (LINES[:7], "at least 8"),
        ([*LINES[:7], "eight {{ reason }} {{ deed }} {{ ask }}"], "no word for a request 'reason'"),
        ([*LINES[:7], "eight {{ deed }}"], "speak of {{ ask }}"),
        ([*LINES[:7], "Seven: {{ deed }} {{ ask }}"], "the same skeleton as number 7"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path, lines, said):
    with pytest.raises(BadTemplate, match=r"plea\.j2:\d+: ") as raised:
        read_strategy(write(tmp_path, lines))
    assert said in str(raised.value)


def test_an_unknown_leaf_is_a_mistake(tmp_path):
    with pytest.raises(BadTemplate, match=r"no leaf 'U\.J\.begging'"):
        read_strategy(write(tmp_path, LINES, leaf="U.J.begging"))


def test_a_wish_that_no_request_has_is_refused(tmp_path: Path) -> None:
    shipped = shipped_folder() / "strategies" / "style_injection.j2"
    text = shipped.read_text(encoding="utf-8")
    changed = tmp_path / "strategies" / "style_injection.j2"
    changed.parent.mkdir()
    changed.write_text(text.replace('says: "CSV row"', 'says: "in Latin"'), encoding="utf-8")
    with pytest.raises(BadTemplate, match="no request says so"):
        read_strategy(changed)
