"""The published prompt, read from the user's own copy of upstream's file.

Source: InjecAgent (Zhan et al., 2024), `src/prompts/agent_prompts.py`, the prompt that upstream
names `InjecAgent`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tool_catalog.errors import UserMistake
from train.benchmarks.upstream.source_texts import open_source

_FILE: Final = Path("src/prompts/agent_prompts.py")
_PROMPT: Final = "InjecAgent"
_PLACES: Final = (
    "{available_tool_descriptions}", "{available_tool_names}", "{input}", "{agent_scratchpad}",
)  # fmt: skip
TEXTS_DIGEST: Final = "64c2652434f625d3e69b1913ded06311ff01dd0bf1576022617e0688f9d6b39f"
"""Of the two texts in github.com/enkryptai/xInjectAgent at 21af277."""


@dataclass(frozen=True, slots=True)
class AgentTexts:
    """What upstream tells an agent."""

    system: str
    """To either kind of agent."""
    user: str
    """To a prompted one, with places for tools, request and scratchpad; braces are doubled."""


def read_texts(folder: Path, digest: str | None = TEXTS_DIGEST) -> AgentTexts:
    """The texts of a copy.

    Args:
        folder: where the published data lie; in a clone its `data/`.
        digest: what the texts must be; None takes any of the right form.

    Raises:
        UserMistake: the file is missing, or holds something else.
    """
    remedy = (
        f"put {_FILE} of https://github.com/uiuc-kang-lab/InjecAgent into {folder}, "
        "or run triact benchmark fetch injecagent"
    )
    source = open_source([folder / _FILE, folder.resolve().parent / _FILE], remedy)
    known = source.read("PROMPT_DICT")
    texts = known.get(_PROMPT) if isinstance(known, dict) else None
    match texts:
        case [str(system), str(user)] if all(place in user for place in _PLACES):
            source.check(texts, digest)
            return AgentTexts(system, user)
    raise UserMistake(f"{source.path} holds no prompt {_PROMPT} as published; {remedy}")
