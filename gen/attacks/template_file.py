"""A file of a goal, a technique or a content, taken apart, and what all of them must keep."""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from gen.records import SourceFile
from gen.taxonomy import load_leaves
from gen.templating.folder import shipped_folder
from gen.templating.wording import find_key_line, read_source, split_front_matter
from tool_catalog.errors import BadTemplate, UnknownName

M = TypeVar("M", bound=BaseModel)


class TemplateFile(NamedTuple):
    """Where the file lies, and what it declares."""

    path: Path
    text: str
    data: dict[str, Any]
    strict: bool
    """Whether its lines are checked now."""

    @property
    def name(self) -> str:
        """What it is known by: the file's name without its ending."""
        return self.path.stem

    def describe(self, kind: Literal["goal", "technique", "content", "chores"]) -> SourceFile:
        """The file as a record names it: a changed byte is another file."""
        digest = blake2b(self.text.encode(), digest_size=8).hexdigest()
        return SourceFile(kind=kind, name=self.name, digest=digest)

    def error(self, keys: tuple[str | int, ...], message: object) -> BadTemplate:
        """An error at a key of the front matter, with its line."""
        return BadTemplate(f"{self.path}:{find_key_line(self.text, keys)}: {message}")


def list_files(roots: Sequence[Path], kind: str, strict: bool) -> Iterator[TemplateFile]:
    """The files of a kind in several folders; a shipped one is held to its word if `strict`.

    Raises:
        BadTemplate: a file cannot be read, or two have one name.
    """
    taken = set()
    for root in roots:
        for path in sorted((root / kind).glob("*.j2")):
            if path.stem in taken:
                raise BadTemplate(f"{path}:1: name {path.stem!r} is taken; rename the file")
            taken.add(path.stem)
            text = read_source(path)
            data, _, _ = split_front_matter(text, path)
            checked = strict or root != shipped_folder()
            yield TemplateFile(path, text, data, checked)


def read_front(file: TemplateFile, model: type[M]) -> M:
    """What the file declares.

    Raises:
        BadTemplate: it declares something else, or too little.
    """
    try:
        return model.model_validate(file.data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise file.error(first["loc"], f"{where}: {first['msg']}") from error


def check_leaf(file: TemplateFile, key: str, leaf: str, axes: tuple[str, ...]) -> None:
    """Hold a declared leaf to the taxonomy, and to the axes that it may be of.

    Raises:
        BadTemplate: no such leaf; the nearest one is named.
    """
    known = [name for name in load_leaves() if name.startswith(axes)]
    if leaf not in known:
        raise file.error((key,), UnknownName("leaf", leaf, known))
