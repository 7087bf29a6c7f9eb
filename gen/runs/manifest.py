"""The manifest of a run: which files it is made of, and the hash of each.

It is written last, and every other file of the run stands in it; what a later stage puts beside
them (models, a report, plots) does not. Names come from strangers: none may lead out of the folder.
"""

from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

CONFIG = "config.json"
MANIFEST = "manifest.json"
QUARANTINE = "quarantine.jsonl"
CARD = "README.md"
DATA = "data"
DOMAINS = "domains"
LEDGER = "ledger"
WORDS = "words"
FOLDERS = (DATA, DOMAINS, LEDGER, WORDS)
"""Folders whose every file stands in the manifest."""
ALWAYS = (CARD, CONFIG, QUARANTINE)
"""Files that every run has."""


def _keep_inside(name: str) -> str:
    parts = PurePosixPath(name).parts
    plain = name.isprintable() and "\\" not in name and ":" not in name
    inside = not name.startswith("/") and "/".join(parts) == name and ".." not in parts
    if not plain or not inside or not (name in ALWAYS or (len(parts) > 1 and parts[0] in FOLDERS)):
        raise ValueError(f"{name!r} is no name of a file of a run")
    return name


FileName = Annotated[str, AfterValidator(_keep_inside)]
"""Path of a file inside a run folder, with slashes."""


class Entry(BaseModel):
    """What a file of a run must be."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0)
    """Bytes."""
    rows: int | None = Field(default=None, ge=0)
    """Of a shard."""


class Manifest(BaseModel):
    """What a run is made of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: str
    records: dict[str, int]
    """By split."""
    rows: dict[str, dict[str, int]]
    """By dataset config and split."""
    files: dict[FileName, Entry]

    def list_shards(self, config: str, split: str | None = None) -> list[str]:
        """Names of a dataset config's shards, or of those of one split, in order."""
        folder = f"{DATA}/{config}/"
        return [
            name
            for name in sorted(self.files)
            if name.startswith(folder) and (split is None or name_split(name) == split)
        ]


def name_split(shard: str) -> str:
    """The split of a shard, from its name."""
    return PurePosixPath(shard).name.rpartition("-")[0]
