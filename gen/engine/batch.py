"""Requests sent all at once to a Batch API: cheaper, and answered within a day.

What comes back is kept as if it had been asked for directly, so that whoever asks next finds it.
A batch is noted before it is sent and until its replies are kept: a killed process waits on, and
does not pay again.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from gen.engine.bill import Hold
from gen.engine.endpoint import ChatClient
from gen.engine.replies import Request, name_place, read_completion, read_usage
from gen.engine.server import refuse
from gen.engine.wire import Refusal
from tool_catalog.errors import BadReply, BudgetSpent, EndpointFailed, EndpointRefused

_PATH = "/v1/chat/completions"
_MOST_ROWS, _MOST_BYTES = 50_000, 100_000_000
_FIRST_WAIT, _LONGEST_WAIT = 5.0, 300.0
_ATTEMPTS = 6
_LISTED = 100
_OVER = ("completed", "expired", "cancelled", "failed")
_VOID = ("cancelled", "failed")

Requests = Mapping[str, Request]
"""By what the server calls a row: the attempt and the key."""
OnStatus = Callable[[str, int, int], None]
"""Told of a batch each time it is looked at: its status, the rows that are done, and all rows."""


@dataclass(slots=True)
class BatchOutcome:
    """What came of batches."""

    answered: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    """Why a request was not answered, by attempt and key; asked for directly, it may be."""


class Batches:
    """The batches of one endpoint, kept track of in the file of its replies.

    Args:
        client: whose endpoint, replies and bill they are; it needs replies.
        on_status: told each time a batch is looked at.
        wait: lets so many seconds pass.
    """

    def __init__(
        self,
        client: ChatClient,
        *,
        on_status: OnStatus = lambda status, done, rows: None,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if client.replies is None:
            raise ValueError("batches need a file of replies")
        self._client, self._replies = client, client.replies
        self._on_status, self._wait = on_status, wait
        place = name_place(client.endpoint.url, client.endpoint.model).hex()
        self._note = f"batches {place}"

    async def run(self, requests: Iterable[Request]) -> BatchOutcome:
        """Have requests answered that were not yet; batches sent earlier are waited for first.

        Raises:
            BudgetSpent: they could cost more than is left; nothing new was sent.
            EndpointRefused: the server has no Batch API, or does not take the batch.
            EndpointFailed: it does not answer; what was sent is remembered.
        """
        outcome = BatchOutcome()
        asked = {self._name(request): request for request in requests}
        for label, batch in self._noted().items():
            if found := batch or await self._look_up(label, _VOID):
                await self._finish(label, found, asked, {}, outcome)
            self._remember(label, "", gone=True)
        new = {
            name: request
            for name, request in asked.items()
            if name not in outcome.failed and not self._is_kept(name)
        }
        holds = self._reserve(new)
        sent = [(part, *await self._send(part)) for part in _split(new)]
        for part, label, batch in sent:
            await self._finish(label, batch, part, holds, outcome)
            self._remember(label, "", gone=True)
        return outcome

    def _name(self, request: Request) -> str:
        return f"{request.attempt}-{request.key(self._client.endpoint.url).hex()}"

    def _is_kept(self, name: str) -> bool:
        return self._replies.find(bytes.fromhex(name.partition("-")[2])) is not None

    def _noted(self) -> dict[str, str]:
        """Ids of the batches under way, by label; empty where it was not known any more."""
        return dict(self._replies.recall(self._note) or {})

    def _remember(self, label: str, batch: str, *, gone: bool = False) -> None:
        noted = self._noted() | {label: batch}
        if gone:
            del noted[label]
        self._replies.note(self._note, noted or None)

    def _reserve(self, new: Requests) -> dict[str, Hold]:
        """What each request may cost, or nothing of it."""
        holds: dict[str, Hold] = {}
        try:
            for name, request in new.items():
                holds[name] = self._client.bill.hold(self._client.price, request, batched=True)
        except BudgetSpent:
            for hold in holds.values():
                hold.free()
            raise
        return holds

    async def _send(self, part: Requests) -> tuple[str, str]:
        """A new batch: its label and its id."""
        sdk = self._client.sdk
        rows = "".join(_write_row(name, request) for name, request in part.items()).encode()
        label = sha256("".join(sorted(part)).encode()).hexdigest()[:16]
        file = await self._call(
            lambda: sdk.files.create(file=("requests.jsonl", rows), purpose="batch")
        )
        self._remember(label, "")
        tries = 0

        async def create() -> str:
            nonlocal tries
            tries += 1
            # One whose creation was not confirmed may be there all the same.
            if tries > 1 and (found := await self._look_up(label, _OVER)):
                return found
            batch = await sdk.batches.create(
                input_file_id=file.id, endpoint=_PATH, completion_window="24h",
                metadata={"triact": label},
            )  # fmt: skip
            return str(batch.id)

        batch = await self._call(create)
        self._remember(label, batch)
        return label, batch

    async def _look_up(self, label: str, without: tuple[str, ...]) -> str:
        """The id of the latest batch of a label; empty when there is none."""
        page = await self._call(lambda: self._client.sdk.batches.list(limit=_LISTED))
        for batch in page.data:
            if (batch.metadata or {}).get("triact") == label and batch.status not in without:
                return str(batch.id)
        return ""

    async def _finish(
        self, label: str, batch: str, asked: Requests, holds: Mapping[str, Hold],
        outcome: BatchOutcome,
    ) -> None:  # fmt: skip
        """Wait for a batch and keep its replies."""
        found = await self._await_end(batch)
        if found.status == "failed":
            self._remember(label, "", gone=True)
            errors = found.errors.data if found.errors else ()
            said = "; ".join(str(error.message) for error in errors or ()) or "no reason given"
            raise EndpointRefused(f"{self._client.endpoint.shown} does not take the batch: {said}")
        rows = [
            row
            for file in (found.output_file_id, found.error_file_id)
            if file
            for row in await self._download(file)
        ]
        if any(row["custom_id"] not in asked for row in rows):  # what was asked for has changed
            sent = await self._download(found.input_file_id)
            asked = {**asked, **dict(map(_read_row, sent))}
        for row in rows:
            name = row["custom_id"]
            hold = holds.get(name) or Hold(self._client.bill, self._client.price, 0.0, True)
            self._keep(name, asked[name], row, hold, outcome)
        for name, hold in holds.items():
            if name in asked and not self._is_kept(name):
                hold.free()
                outcome.failed.setdefault(name, f"no answer; the batch is {found.status}")

    def _keep(
        self, name: str, request: Request, row: Any, hold: Hold, outcome: BatchOutcome
    ) -> None:
        reply, wrong = _read_reply(row)
        if wrong:
            outcome.failed[name] = wrong
        else:
            outcome.answered += 1
            if not self._is_kept(name):  # it may be, by a process that was killed afterwards
                usage = read_usage(reply, request)
                self._replies.keep(self._client.endpoint.url, request, reply, usage, batched=True)
                hold.settle(usage)
        hold.free()

    async def _await_end(self, batch: str) -> Any:
        wait = _FIRST_WAIT
        while True:
            found = await self._call(lambda: self._client.sdk.batches.retrieve(batch))
            counts = found.request_counts
            self._on_status(found.status, counts.completed + counts.failed if counts else 0,
                            counts.total if counts else 0)  # fmt: skip
            if found.status in _OVER:
                return found
            await self._wait(wait)
            wait = min(_LONGEST_WAIT, wait * 1.5)

    async def _download(self, file: str) -> list[Any]:
        content = (await self._call(lambda: self._client.sdk.files.content(file))).content
        return [json.loads(line) for line in content.splitlines() if line.strip()]

    async def _call(self, send: Callable[[], Awaitable[Any]]) -> Any:
        """What the server answers, after as many attempts as it takes."""
        import openai

        endpoint, wait = self._client.endpoint, _FIRST_WAIT
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return await send()
            except openai.APIError as error:
                status = getattr(error, "status_code", None)
                if status == 404:
                    raise EndpointRefused(f"{endpoint.shown} has no Batch API: {error}") from error
                if status is not None:
                    body = error.body if isinstance(error.body, dict) else {}
                    said = " ".join(str(body.get("message") or error).split())
                    refuse(Refusal(status, said, str(error.code or "")), endpoint)
                if attempt == _ATTEMPTS:
                    raise EndpointFailed(
                        f"the Batch API does not answer: {error} ({attempt} attempts); batches "
                        "that were sent are remembered: go on with --resume"
                    ) from error
            await self._wait(wait)
            wait = min(_LONGEST_WAIT, wait * 2)
        raise AssertionError("the last attempt returns or raises")


def _split(requests: Requests) -> Iterator[dict[str, Request]]:
    """Parts that a server takes as one batch."""
    part: dict[str, Request] = {}
    size = 0
    for name, request in requests.items():
        row = len(_write_row(name, request))
        if part and (len(part) == _MOST_ROWS or size + row > _MOST_BYTES):
            yield part
            part, size = {}, 0
        part[name] = request
        size += row
    if part:
        yield part


def _write_row(name: str, request: Request) -> str:
    row = {"custom_id": name, "method": "POST", "url": _PATH, "body": request.body}
    return json.dumps(row) + "\n"


def _read_row(row: Any) -> tuple[str, Request]:
    name = str(row["custom_id"])
    return name, Request(row["body"], int(name.partition("-")[0]))


def _read_reply(row: Any) -> tuple[Any, str]:
    """The reply in a row of a result file, or what is wrong with it."""
    match row:
        case {"response": {"status_code": 200, "body": body}}:
            try:
                read_completion(body)
            except BadReply as bad:
                return None, bad.detail
            return body, ""
        case {"response": {"status_code": status, "body": body}}:
            return None, f"HTTP {status}: {str(body)[:200]}"
    return None, str(row.get("error"))[:200]
