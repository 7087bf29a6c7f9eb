"""What models are told: one Jinja file a task, with its own lists and blocks, known by its hash."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import Any

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gen.templating.folder import shipped_folder
from gen.templating.wording import split_front_matter
from tool_catalog.errors import UnknownName

Message = dict[str, Any]
_ENVIRONMENT = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
)


@dataclass(frozen=True, eq=False)
class Instruction:
    """One file of `templates/writers`: blocks `system` and `request`, and more for a second try."""

    name: str
    lists: Mapping[str, Any]
    """Its front matter: styles, kinds, examples."""
    digest: str
    """Hash of the file, for provenance."""
    _template: Any

    def write(self, facts: Mapping[str, str]) -> list[Message]:
        """The opening messages."""
        return [
            {"role": "system", "content": self.render("system", facts)},
            {"role": "user", "content": self.render("request", facts)},
        ]

    def render(self, block: str, facts: Mapping[str, str]) -> str:
        """One block. Facts are values: what stands in them is never read as a template."""
        context = self._template.new_context(dict(facts))
        return "".join(self._template.blocks[block](context)).strip()


@cache
def load_instruction(name: str) -> Instruction:
    """A shipped instruction.

    Raises:
        UnknownName: there is none of this name.
    """
    folder = shipped_folder() / "writers"
    path = folder / f"{name}.j2"
    if not path.is_file():
        raise UnknownName("instruction", name, [p.stem for p in folder.glob("*.j2")])
    text = path.read_text(encoding="utf-8")
    front, body, _ = split_front_matter(text, path)
    digest = blake2b(text.encode(), digest_size=8).hexdigest()
    return Instruction(name, front, digest, _ENVIRONMENT.from_string(body))
