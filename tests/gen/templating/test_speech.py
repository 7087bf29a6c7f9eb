from random import Random

import pytest

from gen.taxonomy import load_leaves
from gen.templating.speech import EFFECTS, PLAIN_EFFECT, load_speech, say

FACTS = {"tool": "TOOL", "noun": "NOUN", "effect": "EFFECT"}


def test_agent_wordings_are_those_of_the_body() -> None:
    body = load_speech("agent")
    rng = Random(1)
    direct = {body.render("question", FACTS, rng) for _ in range(400)}
    quick = {say("question", rng, tool="TOOL", effect="EFFECT") for _ in range(400)}
    assert quick == direct
    assert len(quick) == body.blocks["question"].wordings


@pytest.mark.parametrize("block", sorted(set(load_speech("agent").blocks) - {"system"}))
def test_every_agent_block_is_said_without_blanks(block: str) -> None:
    facts = {name: FACTS[name] for name in load_speech("agent").blocks[block].names}
    said = {say(block, Random(n), **facts) for n in range(40)}
    assert len(said) > 3
    for text in said:
        assert text.strip() and "{" not in text
    for value in facts.values():
        assert any(value in text for text in said)


def test_equal_streams_say_equal_words() -> None:
    assert [say("refusal", Random(n)) for n in range(9)] == [
        say("refusal", Random(n)) for n in range(9)
    ]


def test_effects_are_named_for_known_acts_only() -> None:
    assert {f"U.S.{act}" for act in EFFECTS} <= set(load_leaves())
    assert PLAIN_EFFECT not in EFFECTS.values()


def test_the_report_names_what_was_wanted() -> None:
    assert all("NOUN" in say("report", Random(n), noun="NOUN") for n in range(50))


def test_the_system_message_lists_what_to_ask_about() -> None:
    body = load_speech("agent")
    facts = {"user": {"name": "Ann Ash"}, "today": "2025-01-06"}
    said = body.render("system", {**facts, "confirm": ["a_b", "c_d"], "forbid": []}, Random(0))
    assert "Ann Ash" in said and "2025-01-06" in said
    assert "Ask the user before: a_b, c_d." in said
    assert "Never use" not in said
    said = body.render("system", {**facts, "confirm": [], "forbid": ["e_f"]}, Random(0))
    assert "Ask the user before" not in said
    assert "Never use: e_f." in said
