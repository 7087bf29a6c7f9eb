"""The stages of training as the command runs them: inputs checked, progress shown, output kept."""

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

from gen.runs.files import write_file
from gen.runs.folder import open_run, read_manifest
from gen.runs.trust import list_domain_files
from tool_catalog.errors import BadRun, UserMistake
from train.presets import Preset, load_preset

SETTINGS = "triact.json"
_NEEDED = ("torch", "transformers", "trl", "accelerate")


def run_sft(
    run: Path, out: Path, preset_name: str, *, reasoning: str, seed: int, force: bool
) -> None:
    """`triact train sft`."""
    preset, think = open_stage(run, preset_name, reasoning)
    from train.console import console, track
    from train.sft import train_sft

    prepare_output(out, force)
    with track("sft", "steps") as on_progress:
        found = train_sft(run, out, preset, reasoning=think, seed=seed, on_progress=on_progress)
    write_settings(out, preset_name, think)
    console.print(f"SFT model in {out} (loss {found.get('train_loss', float('nan')):.3f})")


def run_rl(
    run: Path,
    model: Path,
    out: Path,
    preset_name: str,
    *,
    steps: int | None,
    seed: int,
    force: bool,
) -> None:
    """`triact train rl`."""
    preset, _ = open_stage(run, preset_name, "think")
    think = read_reasoning(model)
    domain_files = list_domain_files(run)
    from train.console import console, track
    from train.rl import train_rl

    prepare_output(out, force)
    with track("rl", "steps") as on_progress:
        train_rl(
            run, model, out, preset, reasoning=think, seed=seed, steps=steps,
            domain_files=domain_files, on_progress=on_progress,
            on_alarm=lambda text: console.print(text, style="red"),
        )  # fmt: skip
    write_settings(out, preset_name, think)
    console.print(f"RL model in {out}; per-step log in {out / 'rl.jsonl'}")


def run_evaluation(
    run: Path, models: list[Path], splits: list[str], *, limit: int, seed: int, as_json: bool
) -> None:
    """`triact evaluate`."""
    from train.evaluate import list_splits

    chosen = list_splits(run, splits)
    require_training()
    from gen.cli.console import print_json
    from train.console import print_scores, track_episodes
    from train.evaluate import evaluate_model, read_split
    from train.metrics import Case
    from train.report import build_report, write_report

    results: dict[str, dict[str, list[Case]]] = {}
    for folder in models:
        think = read_reasoning(folder)
        preset = load_preset(read_preset_name(folder))
        results[folder.name] = {}
        for split in chosen:
            records = read_split(run, split, limit)
            with track_episodes(f"{folder.name}: {split}", len(records), as_json) as on_progress:
                results[folder.name][split], _ = evaluate_model(
                    folder, records, preset, run=run, reasoning=think, seed=seed,
                    on_progress=on_progress,
                )  # fmt: skip
    report = build_report(results, read_manifest(run).records, {})
    write_report(run, report)
    if as_json:
        print_json(report)
    else:
        print_scores(report)


def open_stage(run: Path, preset_name: str, reasoning: str) -> tuple[Preset, bool]:
    """Check a stage's inputs before anything heavy is imported.

    Raises:
        UserMistake: no such run or preset, an unknown kind of reasoning, the extra is missing.
    """
    open_run(run)
    preset = load_preset(preset_name)
    if reasoning not in ("think", "none"):
        raise UserMistake(f"--reasoning {reasoning!r}: choose think or none")
    require_training()
    return preset, reasoning == "think"


def require_training() -> None:
    """Say what to install when the training extra is missing."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise UserMistake(
            f"training needs {', '.join(missing)}; install it with: pip install 'triact[train]'"
        )


def prepare_output(out: Path, force: bool) -> None:
    """An empty folder to save a model into.

    Raises:
        BadRun: the folder is there and `force` is not given, or it holds something else.
    """
    if out.exists() and not out.is_dir():
        raise BadRun(f"{out} is a file; name a folder with --out")
    if out.exists() and any(out.iterdir()):
        if not force:
            raise BadRun(f"{out} exists; replace it with --force, or choose another --out")
        if not any((out / name).is_file() for name in (SETTINGS, "sft.jsonl", "rl.jsonl")):
            raise BadRun(f"{out} is not a model folder of triact; --force deletes only those")
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)


def write_settings(out: Path, preset_name: str, reasoning: bool) -> None:
    """Remember how a model was trained, so that evaluation runs it the same way."""
    data = {"preset": preset_name, "reasoning": reasoning}
    write_file(out / SETTINGS, json.dumps(data) + "\n")


def read_reasoning(model: Path) -> bool:
    """Whether a model was trained with thoughts."""
    return bool(_read_settings(model).get("reasoning", True))


def read_preset_name(model: Path) -> str:
    """The preset that a model was trained with."""
    return str(_read_settings(model).get("preset", "tiny"))


def _read_settings(model: Path) -> dict[str, object]:
    if not model.is_dir():
        raise UserMistake(f"{model}: no such model folder; make one with triact train sft")
    path = model / SETTINGS
    if not path.is_file():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise BadRun(f"{path}: not readable: {error}; train the model again") from error
