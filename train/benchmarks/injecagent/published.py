"""The published files: read whole, and known by what they hold.

Scores compare with other people's only on the same cases, so a file whose content differs from the
published one is refused. Layout and line ends may differ: the digest is of the content.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tool_catalog.errors import UserMistake
from train.benchmarks.upstream.digest import compute_digest

DIGESTS: Final[Mapping[str, str]] = {
    "attacker_simulated_responses": (
        "6dc5456c6fd241ce5553b9c6bcdeedafb93c2598ed82e487e2ec46c34351ace6"
    ),
    "test_cases_dh_base": "221f6cf30b7f633c1541f9dd9ffd306e921d9b390b45b12f1587919fb81d8537",
    "test_cases_dh_enhanced": "63aac9c6ba50b8636eebacaa2257acae10cc9c14a13bcd54707af4c6c9ab91c7",
    "test_cases_ds_base": "7dbfd3c6cc4368fda77769681ec4937b77cd7ab8895fa7ddd88fbd4d2953cde1",
    "test_cases_ds_enhanced": "eef596694ed26d7037b7d3187c75808bc2587d7e6a3c82b6e8072b12cba9df65",
    "tools": "7309d53f8093f7397131ad5381a082ae3cdbb658f468b983684e6fe999f3b8bd",
}
"""By file name without its ending; of the copy in github.com/enkryptai/xInjectAgent at 21af277."""

REMEDY: Final = (
    "download the files in data/ of https://github.com/uiuc-kang-lab/InjecAgent into one folder"
)


def read_published(path: Path, digests: Mapping[str, str] | None) -> Any:
    """The content of a JSON file.

    Args:
        path: of the file; its name is the published one.
        digests: what each file must hold; None takes any JSON.

    Raises:
        UserMistake: it is missing, no JSON, or not what was published.
    """
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise UserMistake(f"cannot read {path}: {error.strerror}; {REMEDY}") from error
    except ValueError as error:
        raise UserMistake(f"{path} is not JSON ({error}); {REMEDY} again") from error
    if digests is not None and digests.get(path.stem) != compute_digest(content):
        raise UserMistake(f"{path} is not the published file, it was edited; {REMEDY} again")
    return content
