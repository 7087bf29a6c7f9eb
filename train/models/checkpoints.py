"""What a training keeps on its way, so that one that was killed can go on."""

import json
import shutil
from pathlib import Path
from typing import Any

from gen.runs.files import write_file
from train.models.quiet import keep_quiet

_STATE = "trainer_state.json"
"""The last file of a checkpoint that the trainer writes."""


def configure_checkpoints(steps: int) -> dict[str, Any]:
    """Settings of a trainer that keeps its state after so many steps each time; 0: never."""
    if not steps:
        return {"save_strategy": "no"}
    return {"save_strategy": "steps", "save_steps": steps, "save_total_limit": 1}


def find_checkpoint(out: Path) -> Path | None:
    """The last checkpoint in a model folder that was written to its end."""
    found = [path for path in out.glob("checkpoint-*") if _is_whole(path)]
    return max(found, key=_read_step, default=None)


def _is_whole(path: Path) -> bool:
    try:
        return int(json.loads((path / _STATE).read_text("utf-8"))["global_step"]) > 0
    except (OSError, ValueError, KeyError):
        return False


def _read_step(path: Path) -> int:
    return int(path.name.rpartition("-")[2])


def run_trainer(trainer: Any, begun: Path | None) -> Any:
    """Train, from a checkpoint on if there is one; returns the trainer's result."""
    if begun is None:
        return trainer.train()
    with keep_quiet():  # it misses the outputs of a model whose outputs are its embeddings
        return trainer.train(resume_from_checkpoint=str(begun))


def drop_checkpoints(out: Path) -> None:
    """Remove what is of no use any more once the model is saved."""
    for path in out.glob("checkpoint-*"):
        shutil.rmtree(path)


def cut_log(path: Path, step: int) -> None:
    """Leave of a log, a JSON object a line, what was written up to a step; 0 empties it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = path.read_text("utf-8").splitlines() if step and path.is_file() else []
    kept = [line for line in lines if _parse_step(line) <= step]
    write_file(path, "".join(f"{line}\n" for line in kept))


def _parse_step(line: str) -> float:
    """The step of a line; past every step when the line was cut short by a kill."""
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError):
        return float("inf")
