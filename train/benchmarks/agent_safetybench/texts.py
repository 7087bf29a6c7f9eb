"""The published prompts, read from the user's own copy of upstream's files.

Source: Agent-SafetyBench (Zhang et al., 2024), `evaluation/model_api/BaseAPI.py` and
`score/eval_with_shield.py`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from train.benchmarks.agent_safetybench.judges.judge import Prompt, check_places
from train.benchmarks.upstream.source_texts import SourceTexts, open_source

_AGENT: Final = Path("evaluation/model_api/BaseAPI.py")
_JUDGE: Final = Path("score/eval_with_shield.py")
_SERVED, _LOCAL = "without_strict_jsonformat_sys_prompt", "basic_sys_prompt"
TEXT_DIGESTS: Final[Mapping[str, str]] = {
    _SERVED: "81666eeacf75f8a964dbb60e761ad6346692c92f537b74802aa314e96ddc0a78",
    _LOCAL: "73230ef86964335c54138c230ae59f7e228c4aa33275571f7b3c31eaeaaba8e2",
    "judge": "d83db2c2bc2d00ac016875298462a545e4dd1d21152310242034453cc2308ee8",
}
"""Of the copy in github.com/htlou/FormalJudge at 41adcb3."""


def read_system(
    folder: Path, *, local: bool, digests: Mapping[str, str] | None = TEXT_DIGESTS
) -> str:
    """The system prompt of an agent; a model on this machine is told to write calls as JSON.

    Args:
        folder: where the published data lie; in a clone its root or its `data/`.
        local: whether the agent is a model on this machine.
        digests: what the texts must be; None takes any.

    Raises:
        UserMistake: the file is missing, or holds something else.
    """
    source = _open(folder, _AGENT)
    name = _LOCAL if local else _SERVED
    text = str(source.read(name, "BaseAPI.__init__"))
    source.check(text, None if digests is None else digests[name])
    return text


def read_judge_prompt(folder: Path, digests: Mapping[str, str] | None = TEXT_DIGESTS) -> Prompt:
    """What a judge is asked, with the line break that the published scoring has after it.

    Raises:
        UserMistake: the file is missing, or holds something else.
    """
    source = _open(folder, _JUDGE)
    text = str(source.read("ipt", "create_ipt"))
    source.check(text, None if digests is None else digests["judge"])
    check_places(text, source.path)
    return Prompt(f"{text}\n", published=True)


def _open(folder: Path, path: Path) -> SourceTexts:
    remedy = (
        f"put {path} of https://github.com/thu-coai/Agent-SafetyBench into {folder}, "
        "or run triact benchmark fetch agent_safetybench"
    )
    return open_source([folder / path, folder.resolve().parent / path], remedy)
