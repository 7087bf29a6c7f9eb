"""Answers of a form: asked for as far as the server can, read, repaired, or asked for again.

A reply is repaired when that loses nothing of it but prose; else the model is shown what is wrong,
a bounded number of times. What never fits ends in `BadReply`, which names the reason.
"""

import ast
import asyncio
import json
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from gen.endpoint import ChatClient
from gen.replies import Completion, Request, name_place
from tool_catalog.errors import BadReply, EndpointFailed, EndpointRefused, NotTaken

Messages = Sequence[Mapping[str, Any]]
T = TypeVar("T", bound=BaseModel)

_LEFT_OUT = ("default", "examples", "maxLength", "maxProperties", "minLength", "minProperties",
             "title", "uniqueItems")  # fmt: skip
"""Keywords that strict servers refuse, or that say nothing; the answer must still fit them."""
_FENCE = re.compile(r"```[\w-]*\n(.*?)\n?```", re.DOTALL)
_WORDS = {"true": True, "false": False, "null": None}
_MOST_ERRORS = 8
_SHOWN = 200
"""Characters of a reply that was cut off."""
_DECODER = json.JSONDecoder(strict=False)  # models write line breaks into strings


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
        self._forms: dict[type[BaseModel], _Form] = {}
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
                follow = _show(reply, bad, self._find_form(schema).schema)
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
            messages = _add(messages, _describe(form.schema))
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
            place = f"{self.client.endpoint.url} (model {self.client.endpoint.model})"
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

    def _find_form(self, schema: type[BaseModel]) -> "_Form":
        if schema not in self._forms:
            self._forms[schema] = _make_form(schema)
        return self._forms[schema]

    def _recall(self, name: str) -> Any:
        return self.client.replies.recall(name) if self.client.replies else None

    def _remember(self, name: str, value: Any) -> None:
        if self.client.replies:
            self.client.replies.note(name, value)


def read_answer(reply: Completion, schema: type[T]) -> T:
    """The answer in a reply, repaired where that loses nothing.

    Raises:
        BadReply: there is none, or it does not fit.
    """
    if reply.refusal or reply.finish == "content_filter":
        raise BadReply("refused", reply.refusal[:200] or "a filter stopped the reply")
    cut = reply.finish == "length"
    if not reply.text.strip() and not cut:
        raise BadReply("empty", "the reply is empty")
    try:
        return schema.model_validate_json(find_object(reply.text))
    except (ValueError, RecursionError) as error:
        if cut:
            raise BadReply("truncated", "the reply was cut off at the limit of tokens") from error
        raise BadReply("misfit", _list_errors(error)) from error


def find_object(text: str) -> str:
    """The one JSON object of a text, as JSON.

    Taken away are a thought before it, a code fence and prose around it, and a comma after a last
    element; strings in single quotes get double ones.

    Raises:
        ValueError: there is none, or more than one.
    """
    text = text.rpartition("</think>")[2].strip()
    fences = _FENCE.findall(text)
    if len(fences) == 1 and "{" in fences[0]:
        text = fences[0].strip()
    start, end = text.find("{"), text.rfind("}") + 1
    if start < 0 or end <= start:
        raise ValueError("there is no JSON object in the reply")
    try:
        found, stop = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        return _read_loosely(text[start:end], error)
    while (start := text.find("{", stop)) >= 0:
        try:
            other, stop = _DECODER.raw_decode(text, start)
        except json.JSONDecodeError:
            stop = start + 1
            continue
        if other != found:
            raise ValueError("there is more than one JSON object in the reply")
    return json.dumps(found)


@dataclass(frozen=True, slots=True)
class _Form:
    """A JSON schema as strict servers take it: every field asked for, no other allowed."""

    name: str
    """Of the model, and what it comes to."""
    schema: Mapping[str, Any]
    closed: bool
    """It names every key that there may be; only then a server can be strict."""


def _make_form(schema: type[BaseModel]) -> _Form:
    form = _tighten(schema.model_json_schema())
    digest = sha256(json.dumps(form, sort_keys=True).encode()).hexdigest()[:8]
    return _Form(f"{schema.__name__.strip('_')}_{digest}", form, _is_closed(form))


def _tighten(part: Any, *, names: bool = False) -> Any:
    """A part of a schema; `names`: its keys are the user's, not keywords."""
    if isinstance(part, list):
        return [_tighten(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    tight = {
        key: _tighten(inner, names=not names and key in ("properties", "$defs"))
        for key, inner in part.items()
        if names or key not in _LEFT_OUT
    }
    if not names and "properties" in part:
        tight["required"] = [*part["properties"]]
        tight.setdefault("additionalProperties", False)
    return tight


def _is_closed(part: Any) -> bool:
    """Whether no object in a schema may have other keys than it names."""
    if isinstance(part, list):
        return all(map(_is_closed, part))
    if not isinstance(part, dict):
        return True
    closed = part.get("additionalProperties") is False or part.get("type") != "object"
    return closed and all(map(_is_closed, part.values()))


def _describe(schema: Mapping[str, Any]) -> str:
    return (
        "Reply with one JSON object and nothing else. It must fit this JSON schema:\n"
        + json.dumps(schema, ensure_ascii=False)
    )


def _add(messages: Messages, text: str) -> Messages:
    """The messages with more at the end of what the user says."""
    *before, last = messages
    content = last.get("content")
    if last["role"] == "user" and isinstance(content, str):
        return [*before, {**last, "content": f"{content}\n\n{text}"}]
    if last["role"] == "user" and isinstance(content, list):
        return [*before, {**last, "content": [*content, {"type": "text", "text": text}]}]
    return [*messages, {"role": "user", "content": text}]


def _show(reply: Completion, bad: BadReply, schema: Mapping[str, Any]) -> Messages:
    """What is added to a question that is asked again; nothing when the reply was nothing."""
    if bad.reason == "empty":
        return ()
    said, wrong = reply.text, f"That does not fit: {bad.detail}."
    if bad.reason == "truncated":
        said, wrong = reply.text[:_SHOWN], "That was cut off because it is too long. Be shorter."
    return (
        {"role": "assistant", "content": said or "..."},
        {"role": "user", "content": f"{wrong} {_describe(schema)}"},
    )


def _list_errors(error: Exception) -> str:
    """What does not fit, for the model to read."""
    if not isinstance(error, ValidationError):
        return str(error) or type(error).__name__
    lines = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
    return "; ".join(lines[:_MOST_ERRORS])


def _read_loosely(text: str, wrong: ValueError) -> str:
    """An object as Python writes it, or with a comma too many, as JSON. Nothing is executed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # an escape that Python does not know
            return json.dumps(_convert(ast.parse(text, mode="eval").body, text))
    except (SyntaxError, Warning, MemoryError, RecursionError, _NotPlain):
        raise ValueError(f"it is not JSON: {wrong}") from wrong


class _NotPlain(Exception):
    """More than dictionaries, lists, text, numbers and the three words."""


def _convert(node: ast.expr, text: str) -> Any:
    match node:
        case ast.Dict(keys, values):
            named = [
                (_convert(k, text), _convert(v, text))
                for k, v in zip(keys, values, strict=True)
                if k
            ]
            if len(named) == len(keys) and all(isinstance(k, str) for k, _ in named):
                return dict(named)
        case ast.List(elements):
            return [_convert(element, text) for element in elements]
        case ast.Name(word) if word in _WORDS:
            return _WORDS[word]
        case ast.UnaryOp(ast.USub(), ast.Constant(int() | float() as value)):
            return -value
        case ast.Constant(str() as value):
            source = ast.get_source_segment(text, node) or ""
            return json.loads(source, strict=False) if source.startswith('"') else value
        case ast.Constant(int() | float() | None as value):
            return value
    raise _NotPlain
