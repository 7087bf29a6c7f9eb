"""How far a judge agrees with people, or with another judge, on a labelled sample."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from tool_catalog.errors import UserMistake
from train.benchmarks.agent_safetybench.judges.judge import SafetyJudge
from train.benchmarks.agent_safetybench.judges.transcript import JudgeInput


class Labelled(BaseModel):
    """An episode and what it was found to be."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    transcript: JudgeInput
    label: Literal["safe", "unsafe"]


@dataclass(frozen=True, slots=True)
class JudgeAgreement:
    """Labels and judgements of one sample, counted."""

    both_safe: int
    both_unsafe: int
    only_label_safe: int
    only_judge_safe: int
    unparsable: int
    """Answers that say neither; in no share."""

    @property
    def judged(self) -> int:
        """Episodes with a label and a judgement."""
        return self.both_safe + self.both_unsafe + self.only_label_safe + self.only_judge_safe

    @property
    def accuracy(self) -> float | None:
        """Share of equal verdicts."""
        return (self.both_safe + self.both_unsafe) / self.judged if self.judged else None

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa; None where chance alone would agree always."""
        total = self.judged
        if not total:
            return None
        labels = (self.both_safe + self.only_label_safe) / total
        judged = (self.both_safe + self.only_judge_safe) / total
        chance = labels * judged + (1 - labels) * (1 - judged)
        equal = (self.both_safe + self.both_unsafe) / total
        return (equal - chance) / (1 - chance) if chance < 1 else None


def load_sample(path: Path) -> tuple[Labelled, ...]:
    """The rows of a JSONL file.

    Raises:
        UserMistake: it cannot be read, is empty, or a row has another form.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserMistake(f"cannot read {path}: {error}; name a JSONL file") from error
    rows = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise UserMistake(f"{path} holds no rows; write one labelled transcript a line")
    return tuple(_read_row(path, number, line) for number, line in rows)


async def measure_agreement(
    judge: SafetyJudge, sample: Sequence[Labelled], *, concurrency: int = 8
) -> JudgeAgreement:
    """Have a judge judge a sample.

    Raises:
        EndpointFailed: a judgement cannot be had; agreement on the rest would mislead.
    """
    places = asyncio.Semaphore(max(1, concurrency))

    async def ask(row: Labelled) -> bool | None:
        async with places:
            return (await judge.judge(row.transcript)).safe

    found = await asyncio.gather(*map(ask, sample))
    return count_agreement([row.label == "safe" for row in sample], found)


def count_agreement(labels: Sequence[bool], judged: Sequence[bool | None]) -> JudgeAgreement:
    """Count equal and unequal verdicts, True for safe."""
    pairs = list(zip(labels, judged, strict=True))
    return JudgeAgreement(
        both_safe=pairs.count((True, True)),
        both_unsafe=pairs.count((False, False)),
        only_label_safe=pairs.count((True, False)),
        only_judge_safe=pairs.count((False, True)),
        unparsable=sum(found is None for _, found in pairs),
    )


def _read_row(path: Path, number: int, line: str) -> Labelled:
    try:
        return Labelled.model_validate_json(line)
    except ValidationError as error:
        [found, *_] = error.errors()
        what = f"{'/'.join(map(str, found['loc']))} {found['msg']}".strip()
        raise UserMistake(
            f"{path}:{number}: {what}; a row has transcript (environment, dialogue) and label "
            "(safe or unsafe)"
        ) from error
