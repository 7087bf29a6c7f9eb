"""A small OpenAI-compatible server on this machine, with faults on order.

Tests start it in a thread; by hand it is `python tests/loopback.py --help`. It answers whatever a
function makes of the request, after a fixed time, and breaks a fixed share of the requests, chosen
by their number, so that two runs meet the same faults.
"""

import argparse
import asyncio
import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Self

Body = dict[str, Any]
_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found",
            429: "Too Many Requests", 500: "Internal Server Error"}  # fmt: skip


@dataclass(frozen=True)
class Raw:
    """An answer that is no chat completion: any status, any body."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


Answer = Callable[[Body], Body | str | Raw]
"""A message of the assistant's, its text, or something raw."""


def say_done(body: Body) -> Body | str | Raw:
    """What is answered when a test does not care."""
    return "Done."


@dataclass
class Loopback:
    """The server; use it in `with`, or `await serve()`."""

    answer: Answer = say_done
    latency: float = 0.0
    """Seconds before an answer."""
    limited: float = 0.0
    """Share of requests answered 429."""
    broken: float = 0.0
    """Share of requests answered 500."""
    malformed: float = 0.0
    """Share of answers that are no JSON."""
    capacity: int = 0
    """Requests at a time; 429 above; 0 means any number."""
    port: int = 0
    """0: any that is free."""
    requests: list[Body] = field(default_factory=list)
    """Bodies received, in order."""
    answered: list[Body] = field(default_factory=list)
    """Those of them that an answer was made for: what a real server is paid for."""
    active: int = 0
    keys: set[str] = field(default_factory=set)
    """Authorization headers seen."""
    counts: bool = False
    """Whether tokens are counted, four characters each; else every reply has 10 and 5."""
    tools: str = "called"
    """What becomes of a question whether tools are passed on: the model calls the tool, or calls
    none and its prompt is longer with it ("shown"), as long ("dropped"), or not counted
    ("uncounted"); or the question is answered as any other ("")."""
    probes: list[Body] = field(default_factory=list)
    """Such questions, which are not among the requests."""
    batch_polls: int = 1
    """How often a batch is asked for before it is done."""
    batches: dict[str, Body] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """What clients are given."""
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.start(), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def start(self) -> asyncio.Server:
        """Listen; the port is known afterwards."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self._server

    async def _stop(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while True:
                first = await reader.readexactly(1)
                if not first.isalpha():  # no HTTP: a client that speaks TLS
                    writer.write(_write(Raw(400, {"error": {"message": "no HTTP"}})))
                    return
                head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                headers = dict(
                    line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line
                )
                body = await self._read_body(reader, headers)
                self.keys.add(headers.get("authorization", ""))
                method, path, _ = head.split(" ", 2)
                writer.write(await self._route(method, path.partition("?")[0], body))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _read_body(self, reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding") != "chunked":
            return await reader.readexactly(int(headers.get("content-length", "0")))
        body = b""
        while size := int(await reader.readuntil(b"\r\n"), 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readexactly(2)
        return body

    async def _route(self, method: str, path: str, body: bytes) -> bytes:
        match [method, *path.strip("/").split("/")[1:]]:
            case ["POST", "chat", "completions"]:
                return await self._handle(json.loads(body))
            case ["GET", "stats"]:
                return _write(Raw(200, self.count()))
            case ["POST", "files"]:
                name = f"file-{len(self.files)}"
                self.files[name] = _read_upload(body)
                return _write(Raw(200, {"id": name, "object": "file"}))
            case ["GET", "files", name, "content"]:
                return _write(Raw(200, self.files[name], {"Content-Type": "application/jsonl"}))
            case ["POST", "batches"]:
                name = f"batch-{len(self.batches)}"
                batch = {"id": name, "object": "batch", "status": "validating", "polls": 0}
                self.batches[name] = {**json.loads(body), **batch}
                return _write(Raw(200, self.batches[name]))
            case ["GET", "batches"]:
                listed = [*self.batches.values()][::-1]
                return _write(Raw(200, {"object": "list", "data": listed, "has_more": False}))
            case ["GET", "batches", name]:
                return _write(Raw(200, self._go_on(self.batches[name])))
        return _write(Raw(404, {"error": {"message": f"no {method} {path}"}}))

    def _go_on(self, batch: Body) -> Body:
        """A batch as it is when asked for once more."""
        batch["polls"] += 1
        batch["status"] = "in_progress"
        if batch["polls"] >= self.batch_polls and "output_file_id" not in batch:
            rows: dict[bool, list[Body]] = {True: [], False: []}
            for line in self.files[batch["input_file_id"]].splitlines():
                asked = json.loads(line)
                raw = self._choose(len(rows[True]) + len(rows[False]), asked["body"])
                response = {"status_code": raw.status, "body": raw.body}
                row = {"custom_id": asked["custom_id"], "response": response, "error": None}
                rows[raw.status == 200].append(row)
            for name, good in (("output", True), ("error", False)):
                file = f"file-{len(self.files)}" if rows[good] else None
                if file:
                    self.files[file] = "\n".join(map(json.dumps, rows[good])).encode()
                batch[f"{name}_file_id"] = file
        if "output_file_id" in batch:
            batch["status"] = "completed"
        return batch

    def count(self) -> Body:
        """How many requests came, and how often each was answered, by a digest of its content."""
        times = Counter(digest(body) for body in self.answered)
        return {"requests": len(self.requests), "answered": dict(times)}

    async def _handle(self, body: Body) -> bytes:
        if self.tools and "repeat_word" in str(body["messages"][-1].get("content")):
            self.probes.append(body)
            return _write(self._answer_probe(body))
        number = len(self.requests)
        self.requests.append(body)
        if self.capacity and self.active >= self.capacity:
            return _write(Raw(429, {"error": {"message": "too many requests at a time"}}))
        self.active += 1
        try:
            await asyncio.sleep(self.latency)
            return _write(self._choose(number, body))
        finally:
            self.active -= 1

    def _answer_probe(self, body: Body) -> Raw:
        if self.tools == "called" and body.get("tools"):
            return Raw(200, make_completion(make_call("repeat_word", {"word": "lantern"})))
        whole = make_completion("The word is lantern.")
        longer = 90 if self.tools == "shown" and body.get("tools") else 0
        whole["usage"] = {"prompt_tokens": 20 + longer, "completion_tokens": 5}
        if self.tools == "uncounted":
            del whole["usage"]
        return Raw(200, whole)

    def _choose(self, number: int, body: Body) -> Raw:
        place = int.from_bytes(sha256(str(number).encode()).digest()[:4], "big") / 2**32
        if place < self.limited:
            return Raw(429, {"error": {"message": "slow down"}}, {"Retry-After": "0.05"})
        if place < self.limited + self.broken:
            return Raw(500, {"error": {"message": "out of order"}})
        if place < self.limited + self.broken + self.malformed:
            return Raw(200, b"{not json")
        answer = self.answer(body)
        if isinstance(answer, Raw):
            return answer
        self.answered.append(body)
        whole = make_completion(answer)
        if self.counts:
            said = len(json.dumps(whole["choices"][0]["message"])) // 4
            whole["usage"] = {
                "prompt_tokens": len(json.dumps(body)) // 4,
                "completion_tokens": said,
            }
        return Raw(200, whole)


def digest(body: Body) -> str:
    """What a request is counted by."""
    return sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]


def reword(body: Body) -> str:
    """What a good writer of words answers, by rule; as a judge it finds that all mean the same."""
    if "Name one colour" in str(body["messages"]):
        return '{"colour": "red", "warm": true}'
    if is_comparison(body):
        return json.dumps(dict.fromkeys(SAMENESS, True))
    texts = read_texts(body)
    return json.dumps({key: f"Well now, to the matter: {text}" for key, text in texts.items()})


SAMENESS = ("same_act", "same_reason", "same_people", "same_stance")
"""What a judge is asked of two texts."""


def is_comparison(body: Body) -> bool:
    """Whether a judge is asked, and not a writer."""
    return "same_act" in str(body["messages"])


def read_texts(body: Body) -> dict[str, str]:
    """The texts that a question shows a writer or a judge, from its first message with some."""
    asked = next(m["content"] for m in body["messages"] if m["role"] == "user")
    pairs = (line.split(": ", 1) for line in asked.splitlines() if _SHOWN.match(line))
    return {key: json.loads(text) for key, text in pairs}


_SHOWN = re.compile(r'(?:text\d+|first|second): "')


def fill_schema(body: Body) -> Body | str | Raw:
    """An answer that fits the schema that a request asks for; "Done." without one."""
    form = body.get("response_format") or {}
    if form.get("type") != "json_schema":
        return "Done."
    schema = form["json_schema"]["schema"]
    return json.dumps(_fill(schema, schema.get("$defs", {}), digest(body)))


def _fill(schema: Body, defs: Body, word: str) -> Any:
    if "$ref" in schema:
        return _fill(defs[schema["$ref"].rpartition("/")[2]], defs, word)
    if "enum" in schema:
        return schema["enum"][int(word, 16) % len(schema["enum"])]
    match schema.get("type"):
        case "object":
            fields = schema.get("properties", {})
            return {name: _fill(part, defs, word) for name, part in fields.items()}
        case "array":
            return [_fill(schema["items"], defs, word)]
        case "boolean":
            return int(word, 16) % 2 == 0
        case "integer" | "number":
            return int(word, 16) % 100
    return word


def make_completion(answer: Body | str) -> Body:
    """A whole reply of the server's around a message."""
    message = {"content": answer} if isinstance(answer, str) else answer
    finish = "tool_calls" if message.get("tool_calls") else "stop"
    return {
        "id": "loopback",
        "object": "chat.completion",
        "created": 0,
        "model": "loopback",
        "choices": [
            {"index": 0, "finish_reason": finish, "message": {"role": "assistant", **message}}
        ],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }


def make_call(name: str, arguments: Any) -> Body:
    """A message that calls one tool; arguments that are text are sent as they are."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    function = {"name": name, "arguments": text}
    return {
        "content": None,
        "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
    }


def _read_upload(body: bytes) -> bytes:
    """The file of a form, whatever else is in it."""
    boundary = body.split(b"\r\n", 1)[0]
    for part in body.split(boundary):
        head, _, content = part.partition(b"\r\n\r\n")
        if b"filename=" in head:
            return content.removesuffix(b"\r\n")
    raise ValueError("no file in the form")


def _write(raw: Raw) -> bytes:
    body = raw.body if isinstance(raw.body, bytes) else json.dumps(raw.body).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **raw.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {raw.status} {_REASONS.get(raw.status, '')}\r\n{lines}\r\n".encode() + body


_ANSWERS: dict[str, Answer] = {"done": say_done, "schema": fill_schema, "reword": reword}


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--latency", type=float, default=0.1, help="seconds")
    parser.add_argument("--limited", type=float, default=0.0, help="share answered 429")
    parser.add_argument("--broken", type=float, default=0.0, help="share answered 500")
    parser.add_argument("--malformed", type=float, default=0.0, help="share that is no JSON")
    parser.add_argument("--capacity", type=int, default=0, help="requests at a time; 429 above")
    parser.add_argument(
        "--answer", choices=[*_ANSWERS], default="done",
        help="schema: anything that fits the schema asked for; reword: as a writer of words",
    )  # fmt: skip
    options = vars(parser.parse_args())
    answer = _ANSWERS[options.pop("answer")]
    asyncio.run(_serve_forever(Loopback(answer, counts=True, **options)))


async def _serve_forever(loopback: Loopback) -> None:
    server = await loopback.start()
    print(loopback.url, flush=True)  # noqa: T201 - what a caller waits for
    await server.serve_forever()


if __name__ == "__main__":
    main()
