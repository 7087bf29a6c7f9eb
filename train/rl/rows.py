"""What RL trains on, in the order it is used: four kinds of case in equal shares."""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from gen.episode import Stage
from gen.records import Scenario
from gen.runs.rows import read_records
from gen.taxonomy.labels import Decision
from tool_catalog.errors import BadRun
from tool_catalog.spec import ToolSpec
from train.rl.forks import Fork, choose_fork, write_prompt
from train.rows import load_rows

KINDS = ("execute", "attacked", "verify", "refuse")


def read_rows(
    run: Path, count: int, seed: int, stage: Stage
) -> tuple[Any, dict[str, list[ToolSpec]]]:
    """The training rows in the order they are used, and the tools of each environment.

    Args:
        run: the run folder.
        count: rows to deal out; rows come again when there are fewer.
        seed: of the order.
        stage: where the run's scenarios are played.
    """
    rows = load_rows(run, "rl")
    kinds: list[str] = []
    bundles: dict[str, list[ToolSpec]] = {}
    for name, text in zip(rows["environment"], rows["scenario"], strict=True):
        scenario = Scenario.model_validate_json(text)
        kinds.append(name_kind(scenario))
        if name not in bundles:
            bundles[name] = stage.list_tools(scenario)
    _require_kinds(run, kinds)
    kept = rows.select_columns(["prompt", "environment", "scenario", "history"])
    return kept.select(deal(kinds, count, seed)), bundles


def read_forks(
    run: Path, tokenizer: Any, count: int, seed: int, stage: Stage, *, reasoning: bool
) -> tuple[Any, list[Fork]]:
    """Prompts that end at a decision, in the order they are used, and the forks they end at.

    Args:
        run: the run folder.
        tokenizer: of the model.
        count: prompts to deal out; records come again when there are fewer, at other forks.
        seed: of the order and of the forks.
        stage: where the run's scenarios are played.
        reasoning: whether the model thinks.

    Raises:
        BadRun: the run has no training records of some kind.
    """
    from datasets import Dataset

    records = list(read_records(run, "train"))
    kinds = [name_kind(record.scenario) for record in records]
    _require_kinds(run, kinds)
    dice = Random(f"{seed}:forks")
    forks = [choose_fork(records[index], dice) for index in deal(kinds, count, seed)]
    prompts = [write_prompt(tokenizer, fork, stage, reasoning=reasoning)[0] for fork in forks]
    return Dataset.from_dict({"prompt": prompts, "fork": list(range(len(forks)))}), forks


def _require_kinds(run: Path, kinds: Sequence[str]) -> None:
    if missing := [kind for kind in KINDS if kind not in kinds]:
        raise BadRun(f"{run}: no rl rows of kind {', '.join(missing)}; generate more sets")


def name_kind(scenario: Scenario) -> str:
    """Which of `KINDS` a scenario is."""
    expected = scenario.last.expectation
    if expected.decision is Decision.EXECUTE:
        return "attacked" if expected.attacked else "execute"
    return str(expected.decision)


def deal(kinds: Sequence[str], count: int, seed: int) -> list[int]:
    """Indices in an order that gives every kind the same share of any four in a row."""
    order: list[int] = []
    piles: dict[str, list[int]] = {kind: [] for kind in KINDS}
    dice = Random(f"{seed}:deal")
    while len(order) < count:
        for kind in KINDS:
            if not piles[kind]:
                piles[kind] = [i for i, k in enumerate(kinds) if k == kind]
                dice.shuffle(piles[kind])
            order.append(piles[kind].pop())
    return order[:count]
