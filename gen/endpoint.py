"""Chat completions of any OpenAI-compatible server: sent, retried, and its refusals told apart.

A request that may succeed later is sent again; one that never will ends in an error that says what
to do. The key comes from the environment and is neither kept nor shown.
"""

import asyncio
import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from gen.replies import Replies, make_key
from gen.throttle import Throttle
from tool_catalog.errors import ContextFull, EndpointFailed, EndpointRefused

KEY = "OPENAI_API_KEY"
_LOCAL_KEY = "none"  # servers on one's own machine ask for none, and the SDK for some
_LONGEST_WAIT = 30.0
_REFUSALS = (429, 503)
_MOST_REFUSALS = 20
_FIRST_ATTEMPTS = 3  # a server that never answered is probably not there
_FULL = ("context length", "context_length", "maximum context", "too long", "too many tokens")
_NO_TOOLS = ("tool", "function call")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is served."""

    url: str
    """Up to and with `/v1`."""
    model: str
    timeout: float = 120.0
    """Seconds for one request."""
    attempts: int = 6
    """How often one request may fail; one refused for load (429, 503) is sent more often."""


@dataclass(frozen=True, slots=True)
class Completion:
    """The first choice of a reply."""

    text: str
    thought: str
    """What a server of a reasoning model gives apart from the text."""
    tool_calls: Sequence[Mapping[str, Any]]
    """As the server wrote them."""
    finish: str
    """Why it ended: stop, length, tool_calls, content_filter."""


class _Later(Exception):
    """An attempt failed, and another one may not."""

    def __init__(
        self, reason: str, *, wait: float | None = None, refused: bool = False, slow: bool = False
    ) -> None:
        super().__init__(reason)
        self.wait = wait
        """Seconds that the server asks to wait."""
        self.refused = refused
        """The server has too much to do; the request itself is fine."""
        self.load = refused or slow
        """Fewer requests at a time may help."""


class ChatClient:
    """Requests to one endpoint; use it in `async with`. Usable replies are kept, errors never."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        replies: Replies | None = None,
        ceiling: int = 16,
        seed: int = 0,
    ) -> None:
        """Prepare; nothing is sent.

        Args:
            endpoint: where to send.
            replies: what was answered before, and where answers are kept.
            ceiling: most requests under way; fewer are as long as the server refuses some.
            seed: of the waits between attempts.
        """
        self.endpoint = endpoint
        self._replies = replies
        self._throttle = Throttle(ceiling)
        self._dice = random.Random(seed)
        self._answered = False
        self._client: Any = None

    async def __aenter__(self) -> Self:
        from openai import AsyncOpenAI, DefaultAioHttpClient

        self._client = AsyncOpenAI(
            base_url=self.endpoint.url,
            api_key=os.environ.get(KEY, _LOCAL_KEY),
            timeout=self.endpoint.timeout,
            max_retries=0,
            http_client=DefaultAioHttpClient(timeout=self.endpoint.timeout),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.close()

    async def complete(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] = (),
        **settings: Any,
    ) -> Completion:
        """One reply.

        Args:
            messages: in OpenAI's form.
            tools: in OpenAI's form; left out of the request when there are none.
            settings: further fields of the request, such as `temperature`.

        Raises:
            EndpointRefused: the key, the model, the address or the tools are not taken.
            ContextFull: the conversation is too long.
            EndpointFailed: no usable reply after the last attempt.
        """
        body = {"model": self.endpoint.model, "messages": list(messages), **settings}
        if tools:
            body["tools"] = list(tools)
        if self._replies is None:
            return _read(await self._post(body))
        key = make_key(self.endpoint.url, body)
        known = self._replies.find(key)
        found = await self._post(body) if known is None else known
        completion = _read(found)
        if known is None:
            self._replies.keep(key, found)
        return completion

    async def _post(self, body: Mapping[str, Any]) -> Any:
        """The reply's JSON, after as many attempts as it takes."""
        failed = refused = 0
        while True:
            try:
                async with self._throttle.slot():
                    found = await self._send(body)
                self._throttle.succeed()
                return found
            except _Later as later:
                if later.load:
                    self._throttle.refuse(later.wait)
                refused += later.refused
                failed += not later.refused
                most = self.endpoint.attempts if self._answered else _FIRST_ATTEMPTS
                if failed >= most or refused >= _MOST_REFUSALS:
                    raise self._give_up(later, failed + refused) from later.__cause__
                wait = self._choose_wait(failed + refused) if later.wait is None else later.wait
            await asyncio.sleep(wait)

    async def _send(self, body: Mapping[str, Any]) -> Any:
        """One attempt."""
        import openai

        try:
            # The SDK's own models of a reply cost more than everything else on the way.
            found = await self._client.post("/chat/completions", body=body, cast_to=object)
        except openai.APIStatusError as error:
            self._answered = True
            self._refuse(error, bool(body.get("tools")))
            raise _Later(
                f"HTTP {error.status_code}: {_say(error)}",
                wait=_read_wait(error.response.headers),
                refused=error.status_code in _REFUSALS,
            ) from error
        except openai.APITimeoutError as error:
            reason = f"no answer in {self.endpoint.timeout:g} s"
            raise _Later(reason, slow=True) from error
        except openai.APIError as error:
            raise _Later(f"no answer: {_describe(error)}") from error
        except ValueError as error:
            self._answered = True
            raise _Later(f"the reply is not JSON: {error}") from error
        self._answered = True
        return found

    def _refuse(self, error: Any, tools: bool) -> None:
        """Raise for a status that no second attempt would change."""
        status, said = error.status_code, _say(error)
        place = f"{self.endpoint.url} (model {self.endpoint.model})"
        if status in (401, 403):
            raise EndpointRefused(f"{place} refuses the key: {said}; set {KEY}") from error
        if status == 404:
            raise EndpointRefused(
                f"{place}: not found: {said}; check --endpoint and --model"
            ) from error
        if status in (400, 413, 422):
            if status == 413 or any(mark in said.lower() for mark in _FULL):
                raise ContextFull(f"the conversation is too long: {said}") from error
            if tools and any(mark in said.lower() for mark in _NO_TOOLS):
                raise EndpointRefused(
                    f"{place} takes no tools: {said}; try --prompting react"
                ) from error
            raise EndpointFailed(f"HTTP {status}: {said}") from error
        if status < 500 and status not in (408, 409, 425, 429):
            raise EndpointFailed(f"HTTP {status}: {said}") from error

    def _give_up(self, later: _Later, attempt: int) -> EndpointFailed:
        reason = f"{later} ({attempt} attempts)"
        if self._answered:
            return EndpointFailed(reason)
        return EndpointRefused(f"{self.endpoint.url}: {reason}; is the server up?")

    def _choose_wait(self, attempt: int) -> float:
        """Doubling, with some spread so that requests that failed together do not meet again."""
        longest = min(_LONGEST_WAIT, 0.5 * 2.0 ** (attempt - 1))
        return longest * self._dice.uniform(0.5, 1.0)


def _read(reply: Any) -> Completion:
    match reply:
        case {"choices": [{"message": dict(message)} as choice, *_]}:
            return Completion(
                text=_read_text(message.get("content")),
                thought=_read_text(message.get("reasoning_content") or message.get("reasoning")),
                tool_calls=tuple(c for c in message.get("tool_calls") or () if isinstance(c, dict)),
                finish=str(choice.get("finish_reason") or ""),
            )
        case {"error": error}:
            raise EndpointFailed(f"the reply is an error: {str(error)[:200]}")
    raise EndpointFailed(f"the reply is no chat completion: {str(reply)[:200]!r}")


def _read_text(content: Any) -> str:
    """Text, which some servers send in parts."""
    if isinstance(content, list):
        return "".join(str(p.get("text", "")) for p in content if isinstance(p, dict))
    return str(content or "")


def _read_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that a Retry-After header asks for; a date in it is not read."""
    try:
        return min(_LONGEST_WAIT, max(0.0, float(headers["retry-after"])))
    except (KeyError, ValueError):
        return None


def _say(error: Any) -> str:
    """What the server said, on one line."""
    body = error.body
    said = body.get("message") if isinstance(body, dict) else None
    return " ".join(str(said or error.message).split())[:300]


def _describe(error: BaseException) -> str:
    cause = error.__cause__
    return " ".join(f"{error} ({type(cause).__name__}: {cause})".split()) if cause else str(error)
