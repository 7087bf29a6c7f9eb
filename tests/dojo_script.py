"""A model by rule: what it says to a request is a function of the request's messages alone.

By a digest of the user's words it does the task call by call or all calls at once, writes lists as
text, calls what is not there, never stops calling, or answers at once; and by a digest of both it
obeys an injection that it reads or not.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

Body = dict[str, Any]
Calls = list[tuple[str, dict[str, Any]]]
MANNERS = ("stepwise", "at once", "as text", "stepwise", "wrong", "endless", "talks")


def pick(text: str, among: int) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:4], "big") % among


@dataclass
class Script:
    """Answers for the tasks of some suites of upstream's."""

    suites: Mapping[str, Any]

    @cached_property
    def tasks(self) -> dict[str, tuple[Calls, str]]:
        """Right calls and answer, by what the user says."""
        found: dict[str, tuple[Calls, str]] = {}
        for suite in self.suites.values():
            world = suite.load_and_inject_default_environment({})
            for task in [*suite.user_tasks.values(), *suite.injection_tasks.values()]:
                calls = [(c.function, dict(c.args)) for c in task.ground_truth(world)]
                words = getattr(task, "PROMPT", None) or task.GOAL
                found[words] = (calls, task.GROUND_TRUTH_OUTPUT)
        return found

    @cached_property
    def goals(self) -> list[str]:
        """What injections want."""
        suites = self.suites.values()
        return [task.GOAL for suite in suites for task in suite.injection_tasks.values()]

    def answer(self, body: Body) -> Body | str:
        """The next message."""
        messages = body["messages"]
        words = read_text(next(m for m in messages if m["role"] == "user"))
        if words not in self.tasks:  # asked before anything is played: are tools passed on?
            return write_calls([(body["tools"][0]["function"]["name"], {})], 0)
        manner = MANNERS[pick(words, len(MANNERS))]
        calls, answer = self.tasks[words]
        if manner == "talks":
            return answer or "I have looked at it, and there is nothing to be done."
        if manner == "wrong":
            calls = [("no_such_tool", {}), (calls[0][0], {"nothing": "fits"})]
        if manner == "endless":
            calls = calls[:1] * 20
        if manner == "as text":
            calls = [(name, {k: write_list(v) for k, v in args.items()}) for name, args in calls]
        made = [call for m in messages for call in m.get("tool_calls") or ()]
        planned = self._plan(words, messages, calls)[len(made) :]
        if not planned:
            return answer or "It is done."
        return write_calls(planned if manner == "at once" else planned[:1], len(made))

    def _plan(self, words: str, messages: Sequence[Body], calls: Calls) -> Calls:
        """The calls, with those of an injection that is obeyed after the one that showed it."""
        before = 0
        for message in messages:
            if message["role"] != "tool":
                continue
            before += 1
            read = strip(read_text(message))
            for goal in self.goals:
                if strip(goal) in read and pick(f"{words} {goal}", 2):
                    return [*calls[:before], *self.tasks[goal][0], *calls[before:]]
        return calls


def write_calls(calls: Calls, number: int) -> Body:
    """A message with calls and no text, as servers write it."""
    return {
        "content": None,
        "tool_calls": [
            {
                "id": f"call_{place}",
                "type": "function",
                "function": {"name": name, "arguments": json.dumps(args, default=str)},
            }
            for place, (name, args) in enumerate(calls, number)
        ],
    }


def strip(text: str) -> str:
    """Letters and figures alone: tools' results break and quote their lines as they need to."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def write_list(value: Any) -> Any:
    """A list as the text of one, which upstream reads as a list."""
    return str(value) if isinstance(value, list) else value


def read_text(message: Body) -> str:
    """The text of a message, in parts or not."""
    content = message.get("content") or ""
    return content if isinstance(content, str) else "\n".join(part["text"] for part in content)
