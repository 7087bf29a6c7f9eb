"""Domain code that came with a run, and whether this user has said that it may be executed.

What is executed is never the file in the run: bytes that were hashed and found trusted are kept in
the user's own state folder, under their hash, and loaded from there.
"""

import json
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from gen.episode import Stage
from gen.runs.files import hash_bytes, write_bytes, write_file
from gen.runs.folder import EDITED, LINK, LOST, read_config, read_manifest
from gen.runs.lock import hold_folder
from gen.runs.manifest import DOMAINS
from tool_catalog.errors import BadDomainFile, BadRun, DamagedRun, UserMistake

STATE = "TRIACT_STATE"
_TRUSTED = "trusted.json"


@dataclass(frozen=True)
class Code:
    """The code of one domain: a file, or a folder of files."""

    name: str
    """Of its file or folder."""
    files: Mapping[str, bytes] = field(repr=False)
    """By path, from its name on."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of a file; of a folder, of the hashes and paths of its files."""
        if self.name in self.files:
            return hash_bytes(self.files[self.name])
        listed = "".join(f"{hash_bytes(b)}  {path}\n" for path, b in sorted(self.files.items()))
        return hash_bytes(listed.encode())


class Trust(BaseModel):
    """Why some code is trusted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    origin: str
    """The file that was named by the user, or the run that it came with."""


class _Store(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    trusted: dict[str, Trust] = {}
    """By digest."""


def find_state_folder() -> Path:
    """Where triact keeps what this user has decided; need not exist."""
    if named := os.environ.get(STATE):
        return Path(named).absolute()
    states = Path(os.environ.get("XDG_STATE_HOME", ""))
    return (states if states.is_absolute() else Path.home() / ".local" / "state") / "triact"


def read_sources(paths: Iterable[Path]) -> list[Code]:
    """The code of the user's own domains.

    Raises:
        BadDomainFile: one is not there, or two have one name.
    """
    found: dict[str, Code] = {}
    for path in paths:
        if path.name in found:
            raise BadDomainFile(f"{path}: a domain of the same name is given already; rename one")
        try:
            found[path.name] = Code(path.name, _read_source(path))
        except OSError as error:
            raise BadDomainFile(f"{path}: cannot be read: {error.strerror or error}") from error
    return list(found.values())


def _read_source(path: Path) -> dict[str, bytes]:
    if not path.is_dir():
        return {path.name: path.read_bytes()}
    inner = (p for p in sorted(path.rglob("*")) if p.is_file() and "__pycache__" not in p.parts)
    return {f"{path.name}/{p.relative_to(path).as_posix()}": p.read_bytes() for p in inner}


def read_code(run: Path) -> list[Code]:
    """The code of the domains that a run carries, held to its manifest; none of it is executed.

    Raises:
        BadRun: no finished run.
        DamagedRun: a file of the code is not as in the manifest.
    """
    files: dict[str, dict[str, bytes]] = {}
    for name, entry in sorted(read_manifest(run).files.items()):
        top, _, rest = name.partition("/")
        if top == DOMAINS:
            data = _read_bytes(run, name)
            if hash_bytes(data) != entry.sha256:
                raise DamagedRun(f"{run}: {name}: {EDITED}")
            files.setdefault(rest.partition("/")[0], {})[rest] = data
    return [Code(name, found) for name, found in files.items()]


def _read_bytes(run: Path, name: str) -> bytes:
    path = run / name
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            raise DamagedRun(f"{run}: {name}: {LINK}")
        return path.read_bytes()
    except OSError as error:
        raise DamagedRun(f"{run}: {name}: {LOST}") from error


def list_untrusted(run: Path) -> list[Code]:
    """The code of a run that this user has neither made nor trusted; raises as `read_code`."""
    trusted = _read_store().trusted
    return [code for code in read_code(run) if code.digest not in trusted]


def list_domain_files(run: Path) -> tuple[Path, ...]:
    """The domains that a run carries, as files or folders that may be loaded.

    Raises:
        BadRun: no finished run, code that is not trusted, or code that did not come along.
        DamagedRun: the code is not as in the manifest.
    """
    codes, trusted = read_code(run), _read_store().trusted
    if any(code.digest not in trusted for code in codes):
        raise BadRun(
            f"{run} carries domain code that you have not trusted; read it and run: "
            f"triact trust {run}"
        )
    here = {code.name for code in codes}
    for path in read_config(run).domain_files:
        if path.name not in here:
            raise BadRun(
                f"{run} was made with {path.name}, which does not come with it; ask for the run "
                "with its source"
            )
    return tuple(_keep(code) for code in codes)


def open_stage(run: Path) -> Stage:
    """Where a run's records are played; raises as `list_domain_files`."""
    return Stage(list_domain_files(run))


def _keep(code: Code) -> Path:
    """The code in the state folder, byte for byte."""
    folder = find_state_folder() / DOMAINS / code.digest
    try:
        for name, data in code.files.items():
            path = folder / name
            if path.is_symlink() or not path.is_file() or path.read_bytes() != data:
                write_bytes(path, data)
    except OSError as error:
        raise _complain(folder, error) from error
    return folder / code.name


def trust_code(codes: Sequence[Code], origins: Sequence[str]) -> None:
    """Record that this user has made or read some code, and where it came from.

    Raises:
        UserMistake: the state folder cannot be written.
    """
    folder = find_state_folder()
    try:
        with hold_folder(folder, wait=True):
            trusted = dict(_read_store().trusted)
            for code, origin in zip(codes, origins, strict=True):
                trusted.setdefault(code.digest, Trust(name=code.name, origin=origin))
            text = _Store(trusted=trusted).model_dump_json(indent=1)
            write_file(folder / _TRUSTED, text + "\n")
    except OSError as error:
        raise _complain(folder, error) from error


def _read_store() -> _Store:
    path = find_state_folder() / _TRUSTED
    try:
        return _Store.model_validate(json.loads(path.read_bytes()))
    except (FileNotFoundError, NotADirectoryError):
        return _Store()
    except OSError as error:
        raise _complain(path, error) from error
    except (ValueError, ValidationError) as error:
        raise UserMistake(
            f"{path}: not readable; delete it, and trust again what you have read"
        ) from error


def _complain(path: Path, error: OSError) -> UserMistake:
    reason = error.strerror or str(error)
    return UserMistake(f"{path}: {reason}; name a folder of yours with {STATE}")
