"""The published loop: one call a turn is carried out, and the rest of the turn is forgotten."""

import json
from dataclasses import replace

from train.agents.loop import Exchange
from train.agents.turn import Said


class OneCallExchange(Exchange):
    """An exchange that keeps of a turn with calls the first call alone, without its text."""

    async def take(self, said: Said) -> None:
        """See `Interaction`."""
        if not said.calls:
            await super().take(said)
            return
        [call, *_] = said.calls
        place = len(self.messages)
        await super().take(replace(said, text="", calls=(call,)))
        told = self.messages[place]
        del told["content"]
        if not isinstance(call.arguments, str):
            told["tool_calls"][0]["function"]["arguments"] = json.dumps(dict(call.arguments))
