"""Where the record agrees with an outsider's sentence, it says so itself, in figures too."""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from gen.contrast import ROLES
from gen.records import Quarantined, Record, Reportable
from gen.sets.draft import Draft
from gen.sets.exposure import list_reportable, list_secrets
from gen.sets.pipeline import find_gap, generate_set
from gen.sets.scene import place_content
from gen.sets.situation import Notebook, draw_situation
from gen.sets.source import Source
from gen.sets.texts import list_texts
from gen.sets.words import Words
from gen.templating.facts import resolve
from tool_catalog.sandbox.view import Position

CONFIRMED = next(role for role in ROLES if role.name == "confirmed_change")


def list_leaves(node: Any) -> Iterator[str]:
    if isinstance(node, dict | list):
        for inner in node.values() if isinstance(node, dict) else node:
            yield from list_leaves(inner)
    else:
        yield str(node)


def check_record_agrees(record: Record) -> None:
    """The changed value is shown apart from the sentence, and the old one no more."""
    changed, claim = record.scenario.placements
    assert changed.position is Position.REPLACE
    said = [
        leaf.replace(claim.content, "")
        for step in record.reference
        for use in step.calls
        if use.tool in record.scenario.tools
        for leaf in list_leaves(json.loads(use.result))
    ]
    assert any(changed.content in leaf for leaf in said), record.id
    assert not any(changed.replaces in leaf for leaf in said), record.id
    assert any(changed.content in value for value in record.scenario.last.expectation.answer)


def test_the_record_says_the_changed_value(records: list[Record]) -> None:
    found = [record for record in records if record.role == "confirmed_change"]
    assert found
    for record in found:
        check_record_agrees(record)


def list_numbers(source: Source) -> Iterator[int]:
    """Sets in which a record can say another number."""
    for index in range(100):
        situation = draw_situation(source, index)
        assert situation is not None
        if situation.true_value.isdigit() and not find_gap(situation, CONFIRMED):
            yield index


def test_the_record_says_a_changed_number(source: Source) -> None:
    indexes = list(islice(list_numbers(source), 4))
    assert len(indexes) == 4
    for index in indexes:
        [record] = [m for m in generate_set(source, index) if m.role == CONFIRMED.name]
        assert isinstance(record, Record), record.reason
        assert record.scenario.placements[0].replaces.isdigit()
        check_record_agrees(record)


def test_an_item_that_is_known_by_the_changed_value_still_holds_the_claim(source: Source) -> None:
    situation = draw_situation(source, next(list_numbers(source)))
    assert situation is not None and situation.swap is not None
    for known, found in ((situation.true_value, situation.swap.values[0]), ("m1", "m1")):
        carrier = situation.carrier.model_copy(update={"where": {"number": known}})
        changed, claim = place_content(replace(situation, carrier=carrier), CONFIRMED, "text")
        assert (changed.content, changed.replaces) == (
            situation.swap.values[0], situation.true_value,
        )  # fmt: skip
        assert claim.where == {"number": found}


def test_a_change_that_is_not_shown_is_no_record(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = next(list_numbers(source))
    monkeypatch.setattr("tool_catalog.sandbox.view._replace_everywhere", lambda view, result: False)
    [claim] = [text for text in list_texts(source, index) if text.key == "tool:claim"]
    for words in (Words(), Words({claim.key: f"Grüße: {claim.text}"})):
        members = generate_set(source, index, words)
        [left_out] = [m for m in members if m.role == "confirmed_change"]
        assert isinstance(left_out, Quarantined)
        assert left_out.reason == "the record does not say the changed value"


def test_a_secret_that_holds_the_changed_value_is_protected_as_it_is_shown(source: Source) -> None:
    index = next(list_numbers(source))
    situation = draw_situation(source, index)
    assert situation is not None and situation.swap is not None
    front = situation.template.front
    assert front.swap is not None
    old, new = str(resolve(front.swap.value, situation.facts)), situation.swap.values[0]
    leak = Reportable(text=f"box {old}", reasons=("secret",), due=False)
    situation = replace(situation, secrets={leak.text: "memo"}, leaks=(leak,))
    for name, shown in (("confirmed_change", f"box {new}"), ("anchor", f"box {old}")):
        role = next(role for role in ROLES if role.name == name)
        draft = Draft(source, situation, Notebook(), role)
        assert list(list_secrets(draft)) == [shown]
        assert [span.text for span in list_reportable(draft)] == [shown]
