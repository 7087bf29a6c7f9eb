"""What an episode is measured by, beside whether the leaderboard counts it as right.

Each measure is 1 or 0, or None where the case does not count:

- `accuracy`: the leaderboard's own verdict.
- `needless_call`: a call where none is due. In irrelevance categories even one that cannot be
  read, which the leaderboard lets pass; in multi-turn ones in any turn without answers, which it
  never looks at.
- `no_call`: no call where one is due; in multi-turn cases in any turn.
- `asked_first`: asked the user and called nothing; in multi-turn cases at the start of any turn.
"""

from collections.abc import Mapping, Sequence

from train.benchmarks.bfcl.cases import Category, FunctionCase
from train.benchmarks.bfcl.multi_turn.dialogue_play import Played
from train.benchmarks.bfcl.multi_turn.dialogues import Dialogue
from train.benchmarks.bfcl.outputs import OutputRow, makes_call

HEADLINE = ("needless_call", "accuracy", "no_call", "asked_first")
"""In the order of the table: security, utility, over-refusal, verification."""

LOWER = frozenset({"needless_call", "no_call"})

_NONE_DUE = (Category.IRRELEVANCE, Category.LIVE_IRRELEVANCE)

Measures = Mapping[str, float | None]


def measure_case(
    case: FunctionCase, output: Sequence[OutputRow] | str, *, asked: bool, valid: bool
) -> Measures:
    """Measures of a single-turn case."""
    called = [makes_call(output, case.category)]
    return _measure(called, [case.category not in _NONE_DUE], asked=asked, valid=valid)


def measure_dialogue(case: Dialogue, played: Played, *, valid: bool) -> Measures:
    """Measures of a multi-turn case; turns that were not played do not count."""
    called = [any(turn) for turn in played.turns]
    due = [bool(answers) for answers in case.answers[: len(called)]]
    return _measure(called, due, asked=played.asked, valid=valid)


def list_due(case: FunctionCase | Dialogue) -> list[str]:
    """The measures that a case enters when it is scored, all of its turns played."""
    if isinstance(case, Dialogue):
        wanted = [bool(answers) for answers in case.answers]
    else:
        wanted = [case.category not in _NONE_DUE]
    found = _measure([False] * len(wanted), wanted, asked=False, valid=False)
    return [name for name, held in found.items() if held is not None]


def _measure(called: Sequence[bool], due: Sequence[bool], *, asked: bool, valid: bool) -> Measures:
    turns = list(zip(called, due, strict=True))
    where_due = [float(not call) for call, wanted in turns if wanted]
    elsewhere = [float(call) for call, wanted in turns if not wanted]
    return {
        "accuracy": float(valid),
        "needless_call": max(elsewhere, default=None),
        "no_call": max(where_due, default=None),
        "asked_first": float(asked),
    }
