"""Opening a run folder as a stranger's: nothing in it is used before its hashes were checked."""

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from gen.config import RunConfig
from gen.records import SCHEMA_VERSION
from gen.runs.files import TEMPORARY, hash_file
from gen.runs.manifest import ALWAYS, CONFIG, FOLDERS, MANIFEST, Entry, Manifest
from tool_catalog.errors import BadRun, DamagedRun

LOST = "the file is missing; generate --resume writes it again"
EDITED = "edited: its bytes are not those of the manifest"
LINK = "a link or no plain file; a run holds plain files alone"
UNKNOWN = "not in the manifest"

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A finished run whose files are those of its manifest."""

    path: Path
    config: RunConfig
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Damage:
    """A file that is not as the manifest says, and how."""

    name: str
    what: str


def open_run(run: Path) -> RunFolder:
    """Open a finished run; whatever reads one begins here.

    Raises:
        BadRun: no run, unfinished, or of another schema version.
        DamagedRun: a file is missing, edited, foreign or leads elsewhere.
    """
    manifest = read_manifest(run)
    for damage in find_damage(run, manifest):
        raise DamagedRun(f"{run}: {damage.name}: {damage.what}; triact check {run} tells more")
    return RunFolder(run, read_config(run), manifest)


def read_config(run: Path) -> RunConfig:
    """The config of a run folder, as it stands there.

    Raises:
        BadRun: there is none, or it was made by another schema version.
    """
    return _validate(RunConfig, _read_version(run), run / CONFIG, "generate the run again")


def read_manifest(run: Path) -> Manifest:
    """The manifest, written last: without it the run is unfinished.

    Raises:
        BadRun: no run, unfinished, or of another schema version.
        DamagedRun: it cannot be read, or names files that no run has.
    """
    _read_version(run)
    path, mend = run / MANIFEST, "generate --resume writes it again"
    if not os.path.lexists(path):
        raise BadRun(f"{run} is unfinished (no {MANIFEST}); continue with triact generate --resume")
    manifest = _validate(Manifest, _read_json(path, mend), path, mend)
    for name in ALWAYS:
        if name not in manifest.files:
            raise DamagedRun(f"{path}: does not name {name}; {mend}")
    return manifest


def find_damage(run: Path, manifest: Manifest) -> Iterator[Damage]:
    """Every file that is missing, edited, foreign or a link, in the order of names."""
    for name, entry in sorted(manifest.files.items()):
        if what := _compare(run, name, entry):
            yield Damage(name, what)
    for name in _list_files(run):
        if name not in manifest.files:
            yield Damage(name, UNKNOWN)


def _compare(run: Path, name: str, entry: Entry) -> str:
    """What is wrong with a file; empty when nothing is."""
    path = run / name
    try:
        held = path.lstat()
        inside = path.parents[: len(Path(name).parts) - 1]
        if not stat.S_ISREG(held.st_mode) or any(parent.is_symlink() for parent in inside):
            return LINK
        if held.st_size < entry.size:
            return f"truncated: {held.st_size:,} of {entry.size:,} bytes are left"
        return "" if held.st_size == entry.size and hash_file(path) == entry.sha256 else EDITED
    except (FileNotFoundError, NotADirectoryError):
        return LOST
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"


def _list_files(run: Path) -> Iterator[str]:
    """What lies in the folders that the manifest speaks for; links are not followed."""
    for top in FOLDERS:
        for folder, inner, names in os.walk(run / top):
            here = Path(folder)
            links = [name for name in inner if (here / name).is_symlink()]
            for name in sorted([*names, *links]):
                if not name.startswith(TEMPORARY):
                    yield (here / name).relative_to(run).as_posix()


def _read_version(run: Path) -> dict[str, Any]:
    """The config's data, once its schema version is known to be ours."""
    path = run / CONFIG
    if not os.path.lexists(path):
        raise BadRun(f"{run} is not a run folder (no {CONFIG}); make one with triact generate")
    data = _read_json(path, "generate the run again")
    version = data.get("schema_version") if isinstance(data, dict) else None
    if version != SCHEMA_VERSION:
        raise BadRun(
            f"{run} was made by schema {version}; this triact reads {SCHEMA_VERSION}; "
            "generate it again"
        )
    return dict(data)


def _read_json(path: Path, mend: str) -> Any:
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise DamagedRun(f"{path}: {LINK}")
        return json.loads(path.read_bytes())
    except OSError as error:
        raise BadRun(f"{path}: cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise DamagedRun(f"{path}: not readable: {error}; {mend}") from error


def _validate(model: type[M], data: Any, path: Path, mend: str) -> M:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(key) for key in first["loc"] if key != "[key]")
        said = f"{where}: {first['msg']}" if where else first["msg"]
        raise DamagedRun(f"{path}: {said}; {mend}") from error
