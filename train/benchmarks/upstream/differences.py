"""Where a run here differs from one of upstream's own code, in words, for either prompt.

The differences are data. Reports list those that apply to them, and docs/benchmarks.md has them
all.
"""

from collections.abc import Collection
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from train.benchmarks.upstream.form import PromptForm

SAME: Final = "as upstream"
"""Of a form that does not differ."""
_TITLES: Final = ("benchmark", "what", "upstream", "`--prompt triact`", "`--prompt published`")


class Difference(BaseModel):
    """One thing that a run here does in another way."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    benchmark: str
    what: str
    prompting: Literal["native", "react"] | None = None
    """The only `--prompting` that it is about."""
    when: Literal["twins", "several turns", "a judge"] | None = None
    """The only cases that it is about."""
    upstream: str
    triact: str
    published: str

    def tell(self, form: PromptForm) -> str:
        """What a form does."""
        return self.published if form is PromptForm.PUBLISHED else self.triact


@cache
def read_differences() -> tuple[Difference, ...]:
    """All of them, in the order of the table."""
    text = files(__package__).joinpath("differences.yaml").read_text(encoding="utf-8")
    return tuple(TypeAdapter(list[Difference]).validate_python(yaml.safe_load(text)))


def list_notes(
    benchmark: str, form: PromptForm, *, react: bool = False, without: Collection[str] = ()
) -> tuple[str, ...]:
    """What a report says of its prompt: whose it is, and each difference from upstream.

    Args:
        benchmark: by the name of its command.
        form: of the run.
        react: whether tools are shown in words.
        without: cases that the run has none of, as `Difference.when` names them.
    """
    whose = "the published one" if form is PromptForm.PUBLISHED else "triact's own"
    entries = [
        entry
        for entry in read_differences()
        if entry.benchmark == benchmark
        and entry.prompting in (None, "react" if react else "native")
        and entry.when not in without
        and entry.tell(form) != SAME
    ]
    found = [f"{e.what}. Upstream: {e.upstream}. Here: {e.tell(form)}" for e in entries]
    return (f"prompt: {whose}; {len(found)} differences from upstream's code follow", *found)


def write_table() -> str:
    """All of them as a table in Markdown."""
    rows = [_TITLES, ("---",) * len(_TITLES)]
    rows += [
        (
            entry.benchmark,
            entry.what + (f" (`--prompting {entry.prompting}`)" if entry.prompting else ""),
            entry.upstream,
            entry.triact,
            entry.published,
        )
        for entry in read_differences()
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
