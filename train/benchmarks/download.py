"""The published data of the benchmarks, fetched from their public sources and checked.

Every file is pinned by commit and by SHA-256 of its bytes. Nothing of it is ever part of triact.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urljoin
from urllib.request import Request, urlopen

import yaml
from pydantic import BaseModel, ConfigDict

from gen.runs.files import write_bytes
from tool_catalog.errors import CheckFailed, EndpointFailed, UnknownName

_TIMEOUT = 60.0


class DataSource(BaseModel):
    """Where the files of one benchmark lie."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    """Of a folder at a fixed commit; file names are added to it."""
    license: str
    files: dict[str, str]
    """SHA-256 by path below our folder."""
    moved: dict[str, str] = {}
    """Path at the source, of files that lie elsewhere there; it may begin with `..`."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file to fetch."""

    url: str
    path: Path
    digest: str


@cache
def read_sources() -> dict[str, DataSource]:
    """Sources by the name of their folder."""
    text = files("train.benchmarks").joinpath("sources.yaml").read_text(encoding="utf-8")
    return {name: DataSource(**source) for name, source in yaml.safe_load(text).items()}


def list_wanted(folder: Path, names: Sequence[str] = ()) -> list[Wanted]:
    """What is missing or wrong in a folder.

    Raises:
        UnknownName: there is no such benchmark.
    """
    sources = read_sources()
    for name in names:
        if name not in sources:
            raise UnknownName("benchmark", name, sources)
    return [
        wanted
        for name in names or sources
        for wanted in _list_files(folder / name, sources[name])
        if _hash(wanted.path) != wanted.digest
    ]


def _list_files(folder: Path, source: DataSource) -> Iterable[Wanted]:
    for path, digest in source.files.items():
        url = urljoin(f"{source.url}/", source.moved.get(path, path))
        yield Wanted(url, folder / path, digest)


def _hash(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def fetch_files(
    wanted: Sequence[Wanted],
    read: Callable[[str], bytes] | None = None,
    on_file: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Fetch files; each is written only when it is the published one.

    Args:
        wanted: what to fetch.
        read: gets the bytes of a URL; none means over the network.
        on_file: called with how many are done and how many there are.

    Raises:
        CheckFailed: a file is not the published one.
        EndpointFailed: a file could not be had.
    """
    for done, one in enumerate(wanted):
        on_file(done, len(wanted))
        found = (read or _read_url)(one.url)
        digest = hashlib.sha256(found).hexdigest()
        if digest != one.digest:
            raise CheckFailed(f"{one.url}: SHA-256 is {digest}, not {one.digest}; nothing written")
        one.path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(one.path, found)
    on_file(len(wanted), len(wanted))


def _read_url(url: str) -> bytes:
    request = Request(url, headers={"User-Agent": "triact"})
    try:
        with urlopen(request, timeout=_TIMEOUT) as reply:
            return bytes(reply.read())
    except (URLError, OSError) as error:
        raise EndpointFailed(f"{url}: {error}; fetch it by hand, or try again") from error
