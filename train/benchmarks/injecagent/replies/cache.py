"""What the attacked tools say to a call: what was published for it, or what a simulator says."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tool_catalog.errors import UserMistake
from train.benchmarks.injecagent.published import DIGESTS, REMEDY, read_published
from train.benchmarks.injecagent.replies.simulator import ReplySource, Simulator
from train.benchmarks.injecagent.tools import ToolEntry


@dataclass(frozen=True, slots=True)
class ToolReply:
    """What a tool said."""

    text: str
    source: ReplySource


@dataclass(frozen=True, slots=True)
class ToolReplies:
    """Replies for every call of every tool."""

    known: Mapping[str, str]
    """Published replies by key."""
    entries: Mapping[str, ToolEntry]
    """Tools by the name that cases use."""
    simulator: Simulator

    async def find(self, tool: str, arguments: str) -> ToolReply:
        """The reply to a call of a known tool, by its arguments as they were written.

        Raises:
            EndpointFailed: the simulator has none.
        """
        published = self.known.get(make_key(tool, arguments))
        if published is not None:
            return ToolReply(published, ReplySource.CACHE)
        entry = {**self.entries[tool], "name": tool}
        return ToolReply(await self.simulator.reply(entry, arguments), self.simulator.source)


def make_key(tool: str, arguments: str) -> str:
    """What a published reply is filed under: the arguments count to the letter."""
    return f"({tool},{arguments or '{}'})"


def load_replies(folder: Path, digests: Mapping[str, str] | None = DIGESTS) -> Mapping[str, str]:
    """The published replies by key.

    Raises:
        UserMistake: the file is missing, was edited, or holds something else.
    """
    path = folder / "attacker_simulated_responses.json"
    found = read_published(path, digests)
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise UserMistake(f"{path} holds no replies; {REMEDY} again")
    return found
