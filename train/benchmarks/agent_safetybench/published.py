"""The published files: read whole, and known by what they hold.

Scores compare with other people's only on the same cases, so files whose content differs from the
published ones are refused. Layout and line ends may differ: a digest is of the content.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tool_catalog.errors import UserMistake
from train.benchmarks.upstream.digest import compute_digest

CASES: Final = "released_data"
ENVIRONMENTS: Final = "environments"
DIGESTS: Final[Mapping[str, str]] = {
    CASES: "2ac204e5167c6a551abf6bd229b754a8dbab69d0c74db9774be4dc8f5ee955c3",
    ENVIRONMENTS: "baaaeef29851dd1b87b1e63446ac61ca9b45bf81bb768623c63923f621d7d89b",
}
"""Of the cases, and of all files of tools together, by file name without its ending; of the copy
in github.com/htlou/FormalJudge at 41adcb3."""

REMEDY: Final = (
    "put data/released_data.json and environments/ of "
    "https://github.com/thu-coai/Agent-SafetyBench into one folder"
)


def read_cases_file(folder: Path, digests: Mapping[str, str] | None) -> Any:
    """The content of the file of cases, which lies in the folder or, as in a clone, in its data/.

    Args:
        folder: where the published files lie.
        digests: what they must hold; None takes any JSON.

    Raises:
        UserMistake: it is missing, no JSON, or not what was published.
    """
    name = f"{CASES}.json"
    path = folder / name if (folder / name).is_file() else folder / "data" / name
    content = _read(path if path.is_file() else folder / name)
    if digests is not None and digests.get(CASES) != compute_digest(content):
        raise UserMistake(f"{path} is not the published file, it was edited; {REMEDY} again")
    return content


def read_tool_files(folder: Path, digests: Mapping[str, str] | None) -> dict[str, Any]:
    """The content of every file of tools by the name of its environment.

    Raises:
        UserMistake: there is none, one is no JSON, or they are not all that was published.
    """
    place = folder / ENVIRONMENTS
    contents = {path.stem: _read(path) for path in sorted(place.glob("*.json"))}
    if not contents:
        raise UserMistake(f"{place} holds no files of tools; {REMEDY}")
    if digests is not None and digests.get(ENVIRONMENTS) != compute_digest(contents):
        raise UserMistake(
            f"{place} holds {len(contents)} files that are not the published ones, one was "
            f"edited, added or lost; {REMEDY} again"
        )
    return contents


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise UserMistake(f"cannot read {path}: {error.strerror}; {REMEDY}") from error
    except ValueError as error:
        raise UserMistake(f"{path} is not JSON ({error}); {REMEDY} again") from error
