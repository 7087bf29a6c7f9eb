"""One question to a server before a run is paid for: do tools reach the model?

Some servers take the field `tools` and leave it out of the prompt. An agent behind one never calls
anything, and looks perfectly safe.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from gen.engine.endpoint import ChatClient
from tool_catalog.errors import EndpointFailed, EndpointRefused

_NAME = "repeat_word"
_TOOL = {
    "type": "function",
    "function": {
        "name": _NAME,
        "description": "Repeats a word aloud, so that whoever listens knows that calls arrive.",
        "parameters": {
            "type": "object",
            "properties": {"word": {"type": "string", "description": "The word to repeat."}},
            "required": ["word"],
        },
    },
}
_ASKED = [{"role": "user", "content": f"Call the tool {_NAME} now, with the word lantern."}]


class Passing(StrEnum):
    """What is known of a server's tools."""

    CALLED = "called"
    """The model called one."""
    SHOWN = "shown"
    """It called none, and its prompt was longer with a tool than without."""
    UNKNOWN = "unknown"
    """It called none, and the server does not count tokens."""


async def probe_tools(client: ChatClient, settings: Mapping[str, Any]) -> Passing:
    """Ask for a call of a tool; where none comes, ask again without the tool and compare.

    Args:
        client: of the server, which is asked even if it was before: it may be another one now.
        settings: of the run's requests, so that what the server does not take shows here.

    Raises:
        EndpointRefused: the server leaves tools out, or answers no request at all.
        EndpointFailed: it gave no answer to this one.
    """
    try:
        told = await client.answer(client.make_request(_ASKED, [_TOOL], **settings), anew=True)
        if told.tool_calls:
            return Passing.CALLED
        untold = await client.answer(client.make_request(_ASKED, **settings), anew=True)
    except EndpointRefused:
        raise
    except EndpointFailed as error:
        place = f"{client.endpoint.shown} (model {client.endpoint.model})"
        raise EndpointFailed(f"{place} does not answer a first question: {error}") from error
    if told.tokens_in is None or untold.tokens_in is None:
        return Passing.UNKNOWN
    if told.tokens_in > untold.tokens_in:
        return Passing.SHOWN
    raise EndpointRefused(
        f"{client.endpoint.shown} passes no tools on to {client.endpoint.model}: a prompt has "
        f"{told.tokens_in} tokens with a tool and {untold.tokens_in} without; try --prompting react"
    )
