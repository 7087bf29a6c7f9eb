"""Carry a package's weights to a machine that has no registry, in parts, and unpack them there.

    python tests/gpu/carry.py split smollm2-135m PARTS    # where the package is installed
    python tests/gpu/carry.py join smollm2-135m PARTS     # on the other machine

Parts are small enough to travel one by one; they are joined only when all are there and their
bytes are those that the preset pins. The preset then runs there as it does anywhere.
"""

import argparse
import hashlib
from importlib.metadata import distribution
from pathlib import Path

from gen.runs.files import write_bytes
from tool_catalog.errors import UserMistake
from train.models.pretrained.dequantised import dequantise
from train.models.pretrained.weights import name_folder
from train.presets import WeightsPackage, load_preset

PART_BYTES = 56 * 2**20


def split(package: WeightsPackage, parts: Path, size: int = PART_BYTES) -> list[Path]:
    """Write a package's file in parts; returns them in order."""
    data = Path(str(distribution(package.name).locate_file(package.file))).read_bytes()
    parts.mkdir(parents=True, exist_ok=True)
    found = []
    for number, start in enumerate(range(0, len(data), size)):
        path = parts / f"{Path(package.file).name}.{number}"
        write_bytes(path, data[start : start + size])
        found.append(path)
    return found


def join(package: WeightsPackage, parts: Path) -> Path:
    """Put parts together and unpack them where the preset looks for its weights.

    Raises:
        UserMistake: a part is missing, or was changed on the way.
    """
    name = Path(package.file).name
    pieces = sorted(parts.glob(f"{name}.*"), key=lambda path: int(path.suffix[1:]))
    data = b"".join(path.read_bytes() for path in pieces)
    found = hashlib.sha256(data).hexdigest()
    if found != package.sha256:
        raise UserMistake(
            f"{parts}: {len(pieces)} parts of {name}, {len(data)} bytes, are not the file that "
            f"{package.name} {package.version} carries (sha256 {found[:12]}..., not "
            f"{package.sha256[:12]}...); carry all of them again"
        )
    whole, folder = parts / name, name_folder(package)
    write_bytes(whole, data)
    folder.parent.mkdir(parents=True, exist_ok=True)
    dequantise(whole, folder, package)
    whole.unlink()
    return folder


def _main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("action", choices=("split", "join"))
    parser.add_argument("preset")
    parser.add_argument("parts", type=Path)
    options = parser.parse_args()
    package = load_preset(options.preset).package
    if package is None:
        parser.error(f"preset {options.preset} has no package of weights")
    try:
        done = (split if options.action == "split" else join)(package, options.parts)
    except UserMistake as error:
        parser.error(str(error))
    print(done)  # noqa: T201


if __name__ == "__main__":
    _main()
