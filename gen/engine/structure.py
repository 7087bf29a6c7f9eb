"""Answers of a form: asked for as far as the server can, read, repaired, or asked for again.

A reply is repaired when that loses nothing of it but prose; else the model is shown what is wrong,
a bounded number of times. What never fits ends in `BadReply`, which names the reason.
"""

import asyncio
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from gen.engine.endpoint import ChatClient
from gen.engine.form import Form, make_form
from gen.engine.repair import read_answer
from gen.engine.replies import Completion, Request, name_place
from tool_catalog.errors import BadReply, EndpointFailed, EndpointRefused, NotTaken

Messages = Sequence[Mapping[str, Any]]
T = TypeVar("T", bound=BaseModel)

_SHOWN = 200
"""Characters of a reply that was cut off."""


class Mode(StrEnum):
    """How a server is told of the form."""

    SCHEMA = "json_schema"
    OBJECT = "json_object"
    """It gives JSON; the schema is told to the model."""
    TEXT = "text"
    """Only the model is told."""


class _Colour(BaseModel):
    """What a server is tried with: nobody answers so unless made to."""

    colour: str
    warm: bool


_QUESTION = [{"role": "user", "content": "Name one colour."}]


class Asker:
    """Questions to one endpoint whose answers fit a schema; what the server can is asked once.

    Args:
        client: where they are sent.
        tries: how often one question is asked before its replies are given up.
        mode: how the server is told of the form; found out unless given.
    """

    def __init__(self, client: ChatClient, *, tries: int = 3, mode: Mode | None = None) -> None:
        self.client = client
        self._tries = tries
        self._forms: dict[type[BaseModel], Form] = {}
        self._turn = asyncio.Lock()
        place = name_place(client.endpoint.url, client.endpoint.model).hex()
        self._mode_note, self._refused_note = f"mode {place}", f"schemas not taken {place}"
        noted = self._recall(self._mode_note)
        self._mode = Mode(noted) if mode is None and noted else mode
        self._not_taken: set[str] = set(self._recall(self._refused_note) or ())

    async def ask(self, messages: Messages, schema: type[T], **settings: Any) -> T:
        """One answer.

        Args:
            messages: in OpenAI's form.
            schema: what the answer must fit.
            settings: further fields of the request, such as `temperature`.

        Raises:
            BadReply: no reply was of use; its reason says why.
            EndpointFailed: as `ChatClient.complete`.
        """
        await self.find_mode(**settings)
        before = ""
        follow: Messages = ()
        for attempt in range(self._tries):
            reply = await self._answer(messages, follow, schema, attempt, settings)
            try:
                return read_answer(reply, schema)
            except BadReply as bad:
                self.client.bill.bad[bad.reason] += 1
                if bad.reason == "misfit" and reply.text == before:
                    raise BadReply("repeated", bad.detail) from bad
                if bad.reason == "refused" or attempt + 1 == self._tries:
                    raise
                before = reply.text
                follow = _show(reply, bad, self._find_form(schema))
        raise AssertionError("the last attempt returns or raises")

    def make_request(
        self,
        messages: Messages,
        schema: type[BaseModel],
        *,
        follow: Messages = (),
        attempt: int = 0,
        expected: int | None = None,
        **settings: Any,
    ) -> Request:
        """What `ask` sends; while the server was not asked, as if it could everything.

        Args:
            messages: the question.
            schema: what the answer must fit.
            follow: the reply that was no use, and what is wrong with it.
            attempt: how many were no use.
            expected: tokens that the reply is thought to have.
            settings: further fields of the request.
        """
        form = self._find_form(schema)
        mode = Mode.TEXT if form.name in self._not_taken else self._mode or Mode.SCHEMA
        if mode is Mode.SCHEMA:
            settings["response_format"] = {
                "type": mode.value,
                "json_schema": {"name": form.name, "schema": form.schema, "strict": form.closed},
            }
        else:
            messages = _add(messages, form.describe())
            if mode is Mode.OBJECT:
                settings["response_format"] = {"type": mode.value}
        return self.client.make_request(
            [*messages, *follow], attempt=attempt, expected=expected, **settings
        )

    async def find_mode(self, **settings: Any) -> Mode:
        """What the server can; it is asked once, and the reply file remembers.

        Args:
            settings: of the questions to come, so that it is asked in the same way.
        """
        async with self._turn:
            if self._mode is None:
                self._mode = await self._try_modes(settings)
            return self._mode

    async def _try_modes(self, settings: Mapping[str, Any]) -> Mode:
        for mode in (Mode.SCHEMA, Mode.OBJECT):
            asker = Asker(self.client, mode=mode)
            try:
                reply = await self.client.answer(asker.make_request(_QUESTION, _Colour, **settings))
                _Colour.model_validate_json(reply.text)
            except EndpointRefused:
                raise
            except (EndpointFailed, ValidationError):
                continue
            self._remember(self._mode_note, mode.value)
            return mode
        try:
            await self.client.complete(_QUESTION, **settings)
        except EndpointRefused:
            raise
        except NotTaken as error:
            place = f"{self.client.endpoint.shown} (model {self.client.endpoint.model})"
            raise EndpointRefused(f"{place} does not take a plain question: {error}") from error
        except EndpointFailed:
            return Mode.TEXT  # it stumbles: what it can is asked again another time
        self._remember(self._mode_note, Mode.TEXT.value)  # it was the form that it did not take
        return Mode.TEXT

    async def _answer(
        self,
        messages: Messages,
        follow: Messages,
        schema: type[BaseModel],
        attempt: int,
        settings: Mapping[str, Any],
    ) -> Completion:
        request = self.make_request(messages, schema, follow=follow, attempt=attempt, **settings)
        try:
            return await self.client.answer(request)
        except NotTaken as error:
            said = str(error).lower()
            about_form = "schema" in said or "response_format" in said
            if not about_form or "response_format" not in request.body:
                raise
            self._not_taken.add(self._find_form(schema).name)  # it takes schemas, and not this one
            self._remember(self._refused_note, sorted(self._not_taken))
            return await self._answer(messages, follow, schema, attempt, settings)

    def _find_form(self, schema: type[BaseModel]) -> Form:
        if schema not in self._forms:
            self._forms[schema] = make_form(schema)
        return self._forms[schema]

    def _recall(self, name: str) -> Any:
        return self.client.replies.recall(name) if self.client.replies else None

    def _remember(self, name: str, value: Any) -> None:
        if self.client.replies:
            self.client.replies.note(name, value)


def _add(messages: Messages, text: str) -> Messages:
    """The messages with more at the end of what the user says."""
    *before, last = messages
    content = last.get("content")
    if last["role"] == "user" and isinstance(content, str):
        return [*before, {**last, "content": f"{content}\n\n{text}"}]
    if last["role"] == "user" and isinstance(content, list):
        return [*before, {**last, "content": [*content, {"type": "text", "text": text}]}]
    return [*messages, {"role": "user", "content": text}]


def _show(reply: Completion, bad: BadReply, form: Form) -> Messages:
    """What is added to a question that is asked again; nothing when the reply was nothing."""
    if bad.reason == "empty":
        return ()
    said, wrong = reply.text, f"That does not fit: {bad.detail}."
    if bad.reason == "truncated":
        said, wrong = reply.text[:_SHOWN], "That was cut off because it is too long. Be shorter."
    return (
        {"role": "assistant", "content": said or "..."},
        {"role": "user", "content": f"{wrong} {form.describe()}"},
    )
