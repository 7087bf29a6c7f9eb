"""Chat completions of any OpenAI-compatible server: sent, retried, and its refusals told apart.

A request that may succeed later is sent again; one that never will ends in an error that says what
to do. The key comes from the environment and is neither kept nor shown.
"""

import asyncio
import os
import random
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Self, TypeVar
from weakref import WeakValueDictionary

from gen.engine.bill import Bill
from gen.engine.replies import Completion as Completion
from gen.engine.replies import Replies, Request, Usage, name_place, read_completion, read_usage
from gen.engine.server import KEY as KEY
from gen.engine.server import REPLACED, read_wait, refuse
from gen.engine.server import TIMEOUT as TIMEOUT
from gen.engine.server import Endpoint as Endpoint
from gen.engine.throttle import FIRST, Pace, Throttle
from gen.engine.wire import NoAnswer, Wire
from tool_catalog.errors import (
    BadReply,
    EndpointFailed,
    EndpointRefused,
    NotTaken,
    SettingNotTaken,
)

_LOCAL_KEY = "none"  # servers on one's own machine ask for none, and the SDK for some
_FIRST_WAIT, _LONGEST_WAIT = 0.25, 30.0
_LINGER = 30.0
"""Seconds in which replies that are paid for may still come when a run is broken off."""
_REFUSALS = (429, 503)
_MOST_REFUSALS = 20
_FIRST_ATTEMPTS = 3  # a server that never answered is probably not there
T = TypeVar("T")


class _Later(Exception):
    """An attempt failed, and another one may not."""

    def __init__(
        self,
        reason: str,
        *,
        wait: float | None = None,
        refused: bool = False,
        slow: bool = False,
        lost: bool = False,
        garbled: bool = False,
    ) -> None:
        super().__init__(reason)
        self.wait = wait
        """Seconds that the server asks to wait."""
        self.refused = refused
        """The server has too much to do; the request itself is fine."""
        self.load = refused or slow
        """Fewer requests at a time may help."""
        self.lost = lost or garbled
        """The server may have answered, and be paid for it."""
        self.garbled = garbled
        """What came is no chat completion."""


class ChatClient:
    """Requests to one endpoint; use it in `async with`. Every completion is kept, errors never."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        replies: Replies | None = None,
        bill: Bill | None = None,
        pace: Pace | None = None,
        ceiling: int = 16,
        first: int = FIRST,
        seed: int = 0,
    ) -> None:
        """Prepare; nothing is sent.

        Args:
            endpoint: where to send.
            replies: what was answered before, and where answers are kept.
            bill: where tokens and money are counted, and what limits them.
            pace: most requests and tokens a minute.
            ceiling: most requests under way; fewer are as long as the server refuses some.
            first: requests under way to begin with.
            seed: of the waits between attempts.

        Raises:
            UserMistake: the bill has a budget and no price for the model.
        """
        self.endpoint = endpoint
        self.replies = replies
        self.bill = Bill({}) if bill is None else bill
        self.price = self.bill.open(endpoint.url, endpoint.model, replies)
        self.sdk: Any = None
        """The client of the openai package, inside `async with`; for all but completions."""
        self.detour: Callable[[ChatClient, Request], Awaitable[None]] | None = None
        """Waited for before a request without a kept reply is sent: it may bring the reply."""
        place = name_place(endpoint.url, endpoint.model).hex()
        self._not_taken_note = f"settings not taken {place}"
        known = replies.recall(self._not_taken_note) if replies is not None else None
        self.not_taken: set[str] = set(known or ())
        """Settings that the server has refused, in earlier runs too; they are sent as `REPLACED`
        says, or not at all."""
        self._pace = Pace() if pace is None else pace
        self._throttle = Throttle(ceiling, first=first)
        self._dice = random.Random(seed)
        self._answered = False
        self._successes = 0
        self._asked: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()
        self._under_way: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Self:
        from openai import AsyncOpenAI

        self.sdk = AsyncOpenAI(
            base_url=self.endpoint.url,
            api_key=os.environ.get(KEY, _LOCAL_KEY),
            timeout=self.endpoint.timeout,
            max_retries=0,
        )
        self._wire = Wire(self.sdk, self.endpoint.timeout)
        await self._wire.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if self._under_way and self.replies is not None:
                await asyncio.wait(self._under_way, timeout=_LINGER)
        finally:
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)
            await self._wire.close()
            await self.sdk.close()

    def make_request(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] = (),
        *,
        attempt: int = 0,
        expected: int | None = None,
        **settings: Any,
    ) -> Request:
        """What `complete` would send, as far as the server is known."""
        body = {"model": self.endpoint.model, "messages": list(messages), **settings}
        if tools:
            body["tools"] = list(tools)
        return self._fit(Request(body, attempt, expected))

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
            BudgetSpent: the reply could cost more than is left.
            ContextFull: the conversation is too long.
            NotTaken: the server, or JSON, does not take this request.
            BadReply: what came after the last attempt was no chat completion.
            EndpointFailed: nothing came after the last attempt.
        """
        return await self.answer(self.make_request(messages, tools, **settings))

    async def answer(self, request: Request, *, anew: bool = False) -> Completion:
        """The reply to a request, from the file or from the server; raises as `complete`.

        A setting that the server does not take is learnt by asking once, and then sent otherwise.
        What is learnt is kept with the replies, since they are found by what was sent.

        Args:
            request: as `make_request` makes it.
            anew: ask the server whatever it answered before.
        """
        while True:
            fitted = self._fit(request)
            try:
                return await self._answer(fitted, anew=anew)
            except SettingNotTaken as refused:
                if refused.setting not in fitted.body:
                    raise
                self.not_taken.add(refused.setting)
                if self.replies is not None:
                    self.replies.note(self._not_taken_note, sorted(self.not_taken))

    def _fit(self, request: Request) -> Request:
        """A request as this server takes it."""
        if not self.not_taken:
            return request
        body = {}
        for name, value in request.body.items():
            sent = REPLACED[name] if name in self.not_taken else name
            if sent is not None:
                body[sent] = value
        return replace(request, body=body)

    async def _answer(self, request: Request, *, anew: bool) -> Completion:
        if self.replies is None or anew:
            return read_completion(await self._post(request))
        key = request.key(self.endpoint.url)
        known = self.replies.find(key)
        if known is None and self.detour is not None:
            await self.detour(self, request)
            if (brought := self.replies.find(key)) is not None:
                return read_completion(brought)
        async with self._asked.setdefault(key, asyncio.Lock()):  # the same is not asked at a time
            known = known or self.replies.find(key)
            if known is None:
                return read_completion(await self._post(request))
            self.bill.cached += 1
            return read_completion(known)

    async def _post(self, request: Request) -> Any:
        """The reply's JSON, after as many attempts as it takes."""
        failed = refused = again = seen = 0
        most_tokens = request.size + (request.longest or 0)
        while True:
            try:
                async with self._throttle.slot():
                    await self._pace.wait(most_tokens)
                    found, usage = await self._see_through(self._try(request))
                self._throttle.succeed()
                self._successes += 1
                self._pace.give_back(most_tokens - usage.tokens_in - usage.tokens_out)
                return found
            except _Later as later:
                if later.load:
                    self._throttle.refuse(later.wait)
                refused += later.refused
                failed += not later.refused
                most = self.endpoint.attempts if self._answered else _FIRST_ATTEMPTS
                if failed >= most or refused >= _MOST_REFUSALS:
                    raise self._give_up(later, failed + refused) from later.__cause__
                # A server that refuses this one and answers others is not down: wait a little.
                again = 1 if later.refused and seen != self._successes else again + 1
                seen = self._successes
                wait = later.wait or self._choose_wait(again)
            await asyncio.sleep(wait)

    async def _see_through(self, attempt: Coroutine[Any, Any, T]) -> T:
        """An attempt that goes on when nobody waits for it any more: its reply is paid for."""
        task = asyncio.create_task(attempt)
        self._under_way.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        """An attempt has ended; that it failed is no news to a run that has stopped."""
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()

    async def _try(self, request: Request) -> tuple[Any, Usage]:
        """One attempt, its reply kept and counted."""
        with await self.bill.wait_and_hold(self.price, request) as hold:
            try:
                reply = await self._send(request)
            except _Later as later:
                if not later.lost:
                    hold.free()
                raise
            except EndpointFailed:
                hold.free()
                raise
            usage = read_usage(reply, request)
            if self.replies is not None:
                self.replies.keep(self.endpoint.url, request, reply, usage)
            hold.settle(usage)
        return reply, usage

    async def _send(self, request: Request) -> Any:
        """What the server answers, when it is a chat completion."""
        try:
            reply = await self._wire.post(request.body)
        except NoAnswer as error:
            if error.tls and not self._answered:
                raise EndpointRefused(
                    f"{self.endpoint.shown}: no secure connection: {error.__cause__}; a server "
                    "that speaks plain HTTP has an address with http://"
                ) from error
            raise _Later(str(error), slow=error.slow, lost=error.sent) from error
        except ValueError as error:
            raise NotTaken(f"the request is no text: {error}") from error
        self._answered = True
        if not 200 <= reply.status < 300:
            refusal = reply.read_refusal()
            refuse(refusal, self.endpoint, tools="tools" in request.body)
            raise _Later(
                f"HTTP {reply.status}: {refusal.message}",
                wait=read_wait(reply.headers),
                refused=reply.status in _REFUSALS,
            )
        try:
            found = reply.read()
            read_completion(found)
        except BadReply as bad:
            raise _Later(bad.detail, garbled=True) from bad
        except ValueError as error:
            raise _Later(str(error), garbled=True) from error
        return found

    def _give_up(self, later: _Later, attempts: int) -> EndpointFailed:
        reason = f"{later} ({attempts} attempts)"
        if later.garbled:
            return BadReply("garbled", reason)
        if self._answered:
            return EndpointFailed(reason)
        return EndpointRefused(f"{self.endpoint.shown}: {reason}; is the server up?")

    def _choose_wait(self, attempt: int) -> float:
        """Ever longer, with some spread so that requests that failed together do not meet again."""
        longest = min(_LONGEST_WAIT, _FIRST_WAIT * 3.0 ** (attempt - 1))
        return longest * self._dice.uniform(0.5, 1.0)
