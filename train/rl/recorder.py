"""What RL is paid by, and what it writes down of every step."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gen.verdict import Verdict
from train.models.checkpoints import cut_log
from train.models.loading import OnStep
from train.presets import Preset
from train.reward import PARTS, score
from train.rl.watch import CollapseAlarm, count_actions, share_flat_groups

PaidVerdicts = Callable[..., list[Verdict]]
"""What TRL hands to reward functions, by name, as verdicts; asked again for each of them."""


class StepRecorder:
    """Pays episodes, and writes a JSON line a step: rewards, actions per class, alarms."""

    def __init__(
        self,
        path: Path,
        preset: Preset,
        on_progress: OnStep | None,
        on_alarm: Callable[[str], None] | None,
    ) -> None:
        self._path, self._settings = path, preset.rl
        self._alarm = CollapseAlarm(preset.rl.alarm_share, preset.rl.alarm_steps)
        self._on_progress, self._on_alarm = on_progress, on_alarm
        self._verdicts: list[Verdict] = []
        """Of the step under way, whichever of the reward functions was asked."""

    def reward_functions(self, judge: PaidVerdicts) -> list[Callable[..., list[float]]]:
        """One function for each part of the reward."""

        def make(part: str) -> Callable[..., list[float]]:
            def pay(**columns: Any) -> list[float]:
                self._verdicts = judge(**columns)
                weights = self._settings.weights
                return [score(verdict, weights).parts[part] for verdict in self._verdicts]

            pay.__name__ = part
            return pay

        return [make(part) for part in PARTS]

    def _sum_up(self) -> dict[str, Any]:
        """The numbers of the step's episodes; nothing when none was paid."""
        if not self._verdicts:
            return {}
        totals = [score(verdict, self._settings.weights).total for verdict in self._verdicts]
        return {
            "mean_reward": sum(totals) / len(totals),
            "flat_groups": share_flat_groups(totals, self._settings.generations),
            "clean": sum(v.clean for v in self._verdicts) / len(self._verdicts),
            "actions": count_actions(self._verdicts),
        }

    def write(self, step: int, steps: int, logs: Mapping[str, float]) -> None:
        """One line for a step that has ended."""
        found = self._sum_up()
        alarms = self._alarm.hear(found.get("actions", {}))
        line = {"step": step, **found, "alarms": alarms, "trl": logs}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        if self._on_alarm is not None:
            for alarm in alarms:
                self._on_alarm(alarm)
        if self._on_progress is not None:
            reward = {k: v for k, v in found.items() if isinstance(v, float)}
            self._on_progress(step, steps, reward)

    def as_callback(self) -> Any:
        """The TRL side of the recorder."""
        from transformers import TrainerCallback

        recorder = self
        updates = self._settings.updates

        class Callback(TrainerCallback):  # type: ignore[misc]  # its base is untyped
            """Hands every step's log to the recorder."""

            def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
                cut_log(recorder._path, state.global_step // updates)

            def on_log(
                self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any
            ) -> None:
                if not logs or "train_runtime" in logs:
                    return
                numbers = {k: v for k, v in logs.items() if isinstance(v, int | float)}
                recorder.write(state.global_step // updates, state.max_steps // updates, numbers)

        return Callback()
