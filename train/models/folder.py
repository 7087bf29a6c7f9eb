"""Folders that hold a trained model, and what is remembered in them of its training."""

import json
import shutil
from pathlib import Path

from gen.runs.files import write_file
from tool_catalog.errors import BadRun, UserMistake
from train.presets import PRETRAINED, Preset, load_preset, restore_preset

SETTINGS = "triact.json"


def prepare_output(out: Path, *, resume: bool, force: bool) -> None:
    """A folder to save a model into; empty unless a training is gone on with.

    Raises:
        BadRun: the folder is there and neither `resume` nor `force` is given, or it holds something
            else.
    """
    if out.exists() and not out.is_dir():
        raise BadRun(f"{out} is a file; name a folder with --out")
    if resume and (out / SETTINGS).is_file():
        raise BadRun(f"{out} is trained to its end; train it anew with --force")
    if out.exists() and any(out.iterdir()) and not resume:
        if not force:
            raise BadRun(
                f"{out} exists; go on with --resume, replace it with --force, or choose another "
                "--out"
            )
        if not any((out / name).is_file() for name in (SETTINGS, "sft.jsonl", "rl.jsonl")):
            raise BadRun(f"{out} is not a model folder of triact; --force deletes only those")
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)


def write_settings(out: Path, preset: Preset, reasoning: bool) -> None:
    """Remember how a model was trained, so that evaluation runs it the same way from anywhere.

    The whole preset is kept and not its name: a file of the user's may be changed or gone.
    """
    data = {"preset": preset.name, "reasoning": reasoning, "settings": preset.model_dump()}
    write_file(out / SETTINGS, json.dumps(data) + "\n")


def read_reasoning(model: Path) -> bool:
    """Whether a model was trained with thoughts."""
    return bool(_read_settings(model).get("reasoning", True))


def read_preset(model: Path) -> Preset:
    """The preset that a model was trained with; of one that was not, that for pretrained models.

    A model that was not trained here calls what it likes, as those who publish figures let it.

    Raises:
        UserMistake: there is no such folder, or another triact wrote what cannot be read.
    """
    found = _read_settings(model)
    if "settings" in found:
        return restore_preset(found["settings"], str(model / SETTINGS))
    other = load_preset(str(found.get("preset", PRETRAINED)))
    return other.model_copy(update={"constrain_calls": False})


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
