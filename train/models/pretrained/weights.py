"""Where a pretrained model's weights come from: a folder, a package that carries them, the hub."""

from collections.abc import Callable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from gen.runs.files import hash_file
from gen.runs.lock import hold_folder
from gen.templating.folder import cache_folder
from tool_catalog.errors import UserMistake
from train.models.pretrained.dequantised import dequantise
from train.presets import Preset, WeightsPackage, load_preset, preset_names

Say = Callable[[str], None]


def find_weights(preset: Preset, say: Say = lambda text: None) -> str:
    """A folder that transformers can load, or the name of a model on the hub.

    A folder that the preset names comes first. Then the package, if it is installed or was: its
    bytes are pinned, so that equal commands give equal models, with a network or without.

    Args:
        preset: of a pretrained model.
        say: told when something takes a while.

    Raises:
        UserMistake: the package is not there and there is no network, or its file is another one.
    """
    from huggingface_hub import is_offline_mode

    if preset.package is None or Path(preset.model).is_dir():
        return preset.model
    folder = name_folder(preset.package)
    if folder.is_dir():
        return str(folder)
    try:
        installed = distribution(preset.package.name)
    except PackageNotFoundError as error:
        if preset.model and not is_offline_mode():
            return preset.model
        raise UserMistake(
            f"preset {preset.name} needs its weights: {preset.package.command}; "
            "--preset tiny (and triact demo --scratch) needs none"
        ) from error
    file = _find_file(preset.package, installed)
    with hold_folder(folder.parent, wait=True):
        if not folder.is_dir():  # somebody else may have made it while we waited
            say(f"{preset.name}: unpacking its weights once, into {folder}")
            dequantise(file, folder, preset.package)
    return str(folder)


def name_folder(package: WeightsPackage) -> Path:
    """Where a package's weights lie once they are unpacked; other bytes, another folder."""
    name = f"{Path(package.file).stem}-{package.sha256[:12]}"
    return cache_folder() / "weights" / name


def _find_file(package: WeightsPackage, installed: Distribution) -> Path:
    file = Path(str(installed.locate_file(package.file)))
    again = f"install it again: {package.command} --force-reinstall"
    if not file.is_file():
        raise UserMistake(f"{package.name} {installed.version} has no {package.file}; {again}")
    found = hash_file(file)
    if found != package.sha256:
        raise UserMistake(
            f"{package.name} {installed.version}: {file.name} is not the file the preset names "
            f"(sha256 {found[:12]}..., not {package.sha256[:12]}...); {again}"
        )
    if find_spec("gguf") is None:
        raise UserMistake(
            f"reading {file.name} needs gguf; install it with: pip install 'triact[train]'"
        )
    return file


def find_base(name: str, say: Say = lambda text: None) -> str | None:
    """Where the model lies that a shipped preset starts from; `None` if there is no such preset.

    Raises:
        UserMistake: as of `find_weights`.
    """
    if name not in preset_names():
        return None
    preset = load_preset(name)
    return None if preset.shape is not None else find_weights(preset, say)
