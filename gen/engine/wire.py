"""JSON posted to one server over connections that stay open, and what came back or went wrong.

The openai package's client names the address and the headers. Its own way of sending builds every
request and reply anew from models of pydantic and httpx, at several times the cost of the rest.
"""

import json
import re
import ssl
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

_NEVER_SENT = ("ClientConnector", "ConnectionTimeout")
"""How the names of aiohttp's errors begin that come before a request is sent."""


_USER = re.compile(r"^([a-z][a-z0-9+.-]*://)?.*@", re.IGNORECASE | re.DOTALL)


def show_url(url: str) -> str:
    """An address as it may be shown: without user, password and query, which hold secrets."""
    place, mark, _ = url.partition("?")
    return _USER.sub(lambda found: f"{found[1] or ''}***@", place) + (mark and "?***")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A status that is no success."""

    status: int
    message: str
    """What the server says, on one line."""
    code: str = ""
    """Its own name for the error, where it has one."""


class NoAnswer(Exception):
    """Nothing came back, or not all of it."""

    def __init__(self, reason: str, *, slow: bool = False, sent: bool = True, tls: bool = False):
        super().__init__(reason)
        self.slow = slow
        """The time ran out."""
        self.sent = sent
        """The server may have seen the request."""
        self.tls = tls
        """No secure connection was made."""


@dataclass(frozen=True, slots=True)
class Response:
    """What a server sent back."""

    status: int
    headers: Mapping[str, str]
    """Names in any case."""
    body: bytes

    def read(self) -> Any:
        """The JSON in it.

        Raises:
            ValueError: there is none; says what there is.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            pass
        if self.body.lstrip().startswith((b"data:", b"event:")):
            raise ValueError("the reply is a stream, which was not asked for")
        raise ValueError(f"the reply is not JSON: {self.body[:200].decode('utf-8', 'replace')!r}")

    def read_refusal(self) -> Refusal:
        """What it says when the status is no success."""
        try:
            found = self.read()
        except ValueError:
            found = None
        if isinstance(found, list) and len(found) == 1:  # as Gemini's does
            [found] = found
        error = found.get("error", found) if isinstance(found, dict) else found
        if isinstance(error, dict):
            said, code = error.get("message") or error.get("detail"), error.get("code")
        else:
            said, code = error, None
        text = said if isinstance(said, str) and said else self.body.decode("utf-8", "replace")
        return Refusal(self.status, " ".join(text.split())[:300], str(code or ""))


class Wire:
    """Connections to one server; `open` before the first post, `close` after the last.

    Args:
        sdk: the client of the openai package: it holds the key, and what else is said of the user.
        timeout: seconds for one request, from its start to the reply's last byte.
    """

    def __init__(self, sdk: Any, timeout: float) -> None:
        whole = f"{str(sdk.base_url).rstrip('/')}/chat/completions"
        place = urlsplit(whole)
        self._url = whole.replace(f"{place.netloc.rpartition('@')[0]}@", "", 1)
        said = {**sdk.default_headers, **sdk.auth_headers}
        # What the package does not send it marks with a value of its own.
        self._headers = {name: text for name, text in said.items() if isinstance(text, str)}
        if place.username is not None:  # who writes a password into the address means that one
            pair = f"{unquote(place.username)}:{unquote(place.password or '')}"
            self._headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        self._timeout = timeout
        self._session: Any = None

    async def open(self) -> None:
        """Prepare; nothing is sent."""
        import aiohttp
        from truststore import SSLContext

        secure = self._url.startswith("https")
        # The system's certificates, on every system; reading them takes a tenth of a second.
        trusted = SSLContext(ssl.PROTOCOL_TLS_CLIENT) if secure else True
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=trusted),
            timeout=aiohttp.ClientTimeout(total=self._timeout),
            headers=self._headers,
            proxy=_find_proxy(self._url),
        )

    async def close(self) -> None:
        """Hang up."""
        await self._session.close()

    async def post(self, body: Mapping[str, Any]) -> Response:
        """Send a body once.

        Raises:
            NoAnswer: no reply came, or it broke off.
            UnicodeEncodeError: the body holds half a character.
            ValueError: the body holds a number that JSON has not.
        """
        import aiohttp

        data = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        try:
            async with self._session.post(self._url, data=data.encode()) as reply:
                return Response(reply.status, reply.headers, await reply.read())
        except TimeoutError as error:
            slow = f"no answer in {self._timeout:g} s"
            raise NoAnswer(slow, slow=True, sent=_was_sent(error)) from error
        except (aiohttp.ClientError, OSError) as error:
            tls = any(isinstance(cause, ssl.SSLError) for cause in _trace(error))
            sent = _was_sent(error)
            raise NoAnswer(f"no answer: {_describe(error)}", sent=sent, tls=tls) from error


def _find_proxy(url: str) -> str | None:
    """The proxy that the environment names for an address; looked for once, not each time."""
    from urllib.request import getproxies, proxy_bypass

    place = urlsplit(url)
    if proxy_bypass(place.netloc):
        return None
    proxies = getproxies()
    return proxies.get(place.scheme) or proxies.get("all")


def _was_sent(error: BaseException) -> bool:
    return not any(type(cause).__name__.startswith(_NEVER_SENT) for cause in _trace(error))


def _trace(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it came from."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _describe(error: BaseException) -> str:
    return " ".join(f"{error} ({type(error.__cause__ or error).__name__})".split())
