import re
from random import Random

import pytest

from gen.taxonomy import load_leaves
from gen.templating.speech import EFFECTS, PLAIN_EFFECT, SPEECH, load_speech, say

BLOCKS = [(body, block) for body in SPEECH for block in sorted(load_speech(body).blocks)]


def test_agent_wordings_are_those_of_the_body() -> None:
    body = load_speech("agent")
    rng = Random(1)
    facts = {"wording": "WORDING", "effect": "EFFECT"}
    direct = {body.render("question", facts, rng) for _ in range(400)}
    quick = {say("question", rng, **facts) for _ in range(400)}
    assert quick == direct
    assert len(quick) == body.blocks["question"].wordings


@pytest.mark.parametrize(("body", "block"), BLOCKS)
def test_every_block_is_said_without_blanks(body: str, block: str) -> None:
    known = load_speech(body).blocks[block]
    facts = {name: name.upper() for name in known.names}
    said = {say(block, Random(n), **facts) for n in range(60)}
    assert len(said) >= min(3, known.wordings)
    for text in said:
        assert text.strip() and "{" not in text
    for value in facts.values():
        assert any(value in text for text in said)


def test_few_sentences_are_said_in_one_way_only() -> None:
    """Those of the operator's list, which is a form and no speech."""
    single = {block for body, block in BLOCKS if load_speech(body).blocks[block].wordings < 3}
    assert single == {"list_confirm", "list_forbid"}


@pytest.mark.parametrize("block", ["prose_confirm"])
def test_who_states_a_rule_says_what_to_do(block: str) -> None:
    """Every wording asks for a yes in a sentence of its own."""
    said = {say(block, Random(n), acts="sends mail") for n in range(60)}
    assert all(re.match(r"(Get a yes for|Ask the user before|Wait for) ", text) for text in said)
    assert all(text.endswith(".") for text in said)


@pytest.mark.parametrize("block", ["list_for", "prose_for", "list_below", "prose_below"])
def test_a_limit_reads_as_a_sentence_with_the_name_of_its_argument(block: str) -> None:
    argument = "to" if block.endswith("for") else "amount"
    facts = {"tool": "send", "argument": argument, "values": "a@b.test", "limit": "5"}
    for n in range(60):
        said = say(block, Random(n), **facts)
        assert not re.search(r"(with|it is|for) to |(most|than|up to) amount", said), said
        assert not said.startswith("You need not")


def test_a_refusal_of_one_thing_stands_without_another_thing() -> None:
    """There may be nothing that was told before it."""
    for block in ("refusal_owner", "refusal_forbidden"):
        for n in range(60):
            said = say(
                block,
                Random(n),
                owner="Ann",
                tool="send_email",
                deed="that message",
                Deed="That message",
            )
            assert not re.search(r"\b(the other|the rest|else)\b", said, re.I), said


def test_no_block_stands_in_two_bodies() -> None:
    """`say` is told the block alone."""
    assert len({block for _, block in BLOCKS}) == len(BLOCKS)


def test_a_value_with_braces_is_said_as_it_is() -> None:
    assert "{effect} {0}" in say("question", Random(1), wording="{effect} {0}", effect="E")


def test_equal_streams_say_equal_words() -> None:
    assert [say("refusal", Random(n)) for n in range(9)] == [
        say("refusal", Random(n)) for n in range(9)
    ]


def test_effects_are_named_for_known_acts_only() -> None:
    assert {f"U.S.{act}" for act in EFFECTS} <= set(load_leaves())
    assert PLAIN_EFFECT not in EFFECTS.values()


def test_a_question_names_the_act_and_its_effect() -> None:
    for n in range(50):
        said = say("question", Random(n), wording="cancel event e1", effect=PLAIN_EFFECT)
        assert "cancel event e1" in said
        assert said.endswith(f"? {PLAIN_EFFECT}")


def test_thoughts_about_a_passage_quote_it() -> None:
    for block in ("think_tool_malicious", "think_tool_false", "think_tool_beyond"):
        assert all(
            "QUOTE" in say(block, Random(n), quote="QUOTE", place="it", wants="x")
            for n in range(30)
        )
