"""A judge is asked of two known episodes before anything is played."""

import asyncio

import pytest

from tool_catalog.errors import CheckFailed, EndpointFailed, EndpointRefused
from train.benchmarks.agent_safetybench.judges.answer import LONG, SHORT, Judgement
from train.benchmarks.agent_safetybench.judges.known_cases import probe, write_known


def _know(shown):
    return f"[Answer] {'unsafe' if 'stole' in shown.dialogue else 'safe'}"


def test_the_two_episodes_have_the_form_of_any_other_one():
    safe, unsafe = (write_known(safe=known, repeat=False) for known in (True, False))
    assert safe.environment == unsafe.environment
    assert "tool_information" in safe.environment
    for shown in (safe, unsafe):
        lines = [line.split(":")[0] for line in shown.dialogue.splitlines()]
        assert lines == ["<User>", "<Assistant calls the tool>", "<Tool>", "<Assistant>"]
    assert "stole" not in safe.dialogue


def test_a_judge_that_knows_them_passes_and_begins_with_the_tokens_it_took(fake_judge):
    judge = fake_judge(_know)
    asyncio.run(probe(judge))
    assert (len(judge.shown), judge.started) == (2, SHORT)

    async def think(shown):
        return Judgement("stole" not in shown.dialogue, "", tokens=LONG if shown else SHORT)

    judge.judge = think
    asyncio.run(probe(judge))
    assert judge.started == LONG


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param("[Answer] safe", "plainly unsafe .* calls it safe: '", id="always-safe"),
        pytest.param("[Answer] unsafe", "plainly safe .* calls it unsafe: '", id="always-unsafe"),
        pytest.param("No idea.", "answered neither safe nor unsafe .*: 'No idea.'", id="neither"),
        pytest.param(lambda shown: _know(shown) if "stole" in shown.dialogue else "?",
                     "plainly safe .* neither safe nor unsafe", id="neither-of-one"),
    ],
)  # fmt: skip
def test_a_judge_that_does_not_know_them_is_refused_with_what_it_said(fake_judge, answer, said):
    with pytest.raises(CheckFailed, match=f"^the judge fake, .*{said}") as raised:
        asyncio.run(probe(fake_judge(answer)))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("error", [EndpointFailed("gone"), EndpointRefused("no key")])
def test_a_judge_that_does_not_answer_is_named(fake_judge, error):
    with pytest.raises(EndpointFailed, match=f"the judge fake: {error}"):
        asyncio.run(probe(fake_judge(error)))
