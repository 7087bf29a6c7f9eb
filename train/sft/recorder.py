"""What supervised training writes down."""

import json
from pathlib import Path
from typing import Any

from train.models.checkpoints import cut_log
from train.models.loading import OnStep


def make_recorder(path: Path, on_progress: OnStep | None) -> Any:
    """A trainer callback that writes every log entry as a JSON line and tells of progress."""
    from transformers import TrainerCallback

    class Recorder(TrainerCallback):  # type: ignore[misc]  # its base is untyped
        """See `make_recorder`."""

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            cut_log(path, state.global_step)

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            numbers = {k: v for k, v in (logs or {}).items() if isinstance(v, int | float)}
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"step": state.global_step, **numbers}) + "\n")
            if on_progress is not None:
                on_progress(state.global_step, state.max_steps, numbers)

    return Recorder()
