"""An endpoint, and what its refusals mean: which are final, and what to do about them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from gen.engine.wire import Refusal, show_url
from tool_catalog.errors import (
    BadReply,
    ContextFull,
    EndpointRefused,
    NotTaken,
    SettingNotTaken,
)

KEY = "OPENAI_API_KEY"
TIMEOUT = 120.0
_LONGEST_ASKED = 120.0
"""A server that asks for more is refused again, and in the end given up."""
_FULL = (
    "context length", "context_length", "context size", "context window", "maximum context",
    "too long", "too many tokens", "reduce the length",
)  # fmt: skip
_NO_MODEL = (
    "model_not_found", "model not found", "does not exist", "invalid model", "server is pinned to",
)  # fmt: skip
_NO_MONEY = ("insufficient_quota", "billing_hard_limit_reached")
_NO_TOOLS = ("tool", "function call")
_UNSUPPORTED = (
    "unsupported", "not support", "n't support", "does not take", "use 'max_completion_tokens'",
    "unrecognized", "unknown", "not permitted", "not allowed", "deprecated", "only 1 is allowed",
)  # fmt: skip
"""How OpenAI, Azure, Mistral, Gemini, Anthropic, Moonshot and proxies before them put it."""
_SETTING = re.compile(r"['\"`]?\b(max_tokens|temperature|seed)\b")
REPLACED: Mapping[str, str | None] = {
    "max_tokens": "max_completion_tokens", "temperature": None, "seed": None,
}  # fmt: skip
"""Settings that some servers refuse, and what is sent instead; None: nothing."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is served."""

    url: str
    """Up to and with `/v1`."""
    model: str
    timeout: float = TIMEOUT
    """Seconds for one request."""
    attempts: int = 6
    """How often one request may fail; one refused for load (429, 503) is sent more often."""

    @property
    def shown(self) -> str:
        """The address as messages name it: without what is secret in it."""
        return show_url(self.url)


def refuse(refusal: Refusal, endpoint: Endpoint, *, tools: bool = False) -> None:
    """Raise for a status that no second attempt would change.

    Args:
        refusal: what was answered.
        endpoint: who answered.
        tools: whether the request had some.

    Raises:
        EndpointRefused: every request would be answered so.
        ContextFull: the conversation is too long.
        BadReply: refused; a filter stopped the request.
        SettingNotTaken: it has a setting that this server does not know.
        NotTaken: this request would always be answered so.
    """
    status, said = refusal.status, refusal.message
    marks = f"{said} {refusal.code}".lower()
    place = f"{endpoint.shown} (model {endpoint.model})"
    if status in (401, 403):
        raise EndpointRefused(f"{place} refuses the key: {said}; set {KEY}")
    if status == 402 or any(mark in marks for mark in _NO_MONEY):
        raise EndpointRefused(f"{place}: no credit left: {said}")
    if status == 404 or (status == 400 and any(mark in marks for mark in _NO_MODEL)):
        raise EndpointRefused(f"{place}: not found: {said}; check --endpoint and --model")
    if status in (400, 413, 422):
        if status == 413 or any(mark in marks for mark in _FULL):
            raise ContextFull(f"the conversation is too long: {said}")
        found = _SETTING.search(said)
        if found and any(mark in marks for mark in _UNSUPPORTED):
            raise SettingNotTaken(found[1], f"HTTP {status}: {said}")
        if refusal.code == "content_filter":
            raise BadReply("refused", f"a filter stopped the request: {said}")
        if tools and any(mark in marks for mark in _NO_TOOLS):
            raise EndpointRefused(f"{place} takes no tools: {said}; try --prompting react")
        raise NotTaken(f"HTTP {status}: {said}")
    if status < 500 and status not in (408, 409, 425, 429):
        raise NotTaken(f"HTTP {status}: {said}")


def read_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that a Retry-After header asks for; a date in it is held against the server's own."""
    asked = headers.get("retry-after", "")
    try:
        if asked.strip()[:1].isdigit() or not asked:
            seconds = float(asked)
        else:
            then, now = (parsedate_to_datetime(text) for text in (asked, headers.get("date", "")))
            seconds = (then - now).total_seconds()
    except (TypeError, ValueError):
        return None
    return min(_LONGEST_ASKED, max(0.0, seconds))
