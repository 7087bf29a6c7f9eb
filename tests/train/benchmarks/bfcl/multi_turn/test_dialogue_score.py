"""Stored outputs of dialogues, judged."""

import pytest

from train.benchmarks.bfcl.checking.error_types import ErrorType
from train.benchmarks.bfcl.multi_turn.dialogue_score import score_dialogue

BOIL = [{"name": "boil", "arguments": '{"cups": 2}'}]
STEEP = [{"name": "steep", "arguments": '{"cups": 2}'}]
BROKEN = [{"name": "boil", "arguments": "{cups"}]


@pytest.mark.parametrize(
    ("output", "fault"),
    [
        pytest.param([[BOIL], [], [STEEP]], None, id="as-due"),
        pytest.param([[BOIL, []], [[]], [STEEP, "Done."]], None, id="with-steps-of-no-call"),
        pytest.param([["[boil(cups=2)]"], [], ["steep(cups=2)"]], None, id="in-text"),
        pytest.param([[BROKEN, BOIL], [], [STEEP]], None, id="a-broken-step-is-passed-over"),
        pytest.param([[BOIL], [BOIL], [STEEP]], None, id="a-needless-call-costs-nothing"),
        pytest.param([[BOIL], [], []], ErrorType.EMPTY_TURN, id="no-call"),
        pytest.param([[BOIL], [], [BROKEN]], ErrorType.EMPTY_TURN, id="only-a-broken-one"),
        pytest.param([[BOIL], [], None], ErrorType.EMPTY_TURN, id="a-turn-of-nothing"),
        pytest.param([[BOIL], [], "steep(cups=2)"], ErrorType.EMPTY_TURN, id="a-turn-of-text"),
        pytest.param([[BOIL], [], [BOIL]], ErrorType.STATE, id="a-wrong-call"),
        pytest.param([[BOIL], []], ErrorType.FORCED, id="ended-early"),
        pytest.param([], ErrorType.FORCED, id="nothing-played"),
        pytest.param("Error.", ErrorType.INFERENCE, id="no-list"),
        pytest.param(None, ErrorType.INFERENCE, id="nothing"),
    ],
)
def test_whether_the_calls_of_every_turn_are_right(kitchen, dialogue, output, fault):
    assert score_dialogue(output, dialogue, kitchen.official) is fault
    assert kitchen.instances == {"unrelated": 1}
