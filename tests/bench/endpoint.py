"""Print how the engine that calls models does against servers on this machine.

python tests/bench/endpoint.py            about three minutes
python tests/bench/endpoint.py --kills 4  with fewer kills

Servers are processes of their own. Times are given beside the ideal of a server with such latency,
and beside a bare loop over the openai package in the same run: on a busy machine both are late.
"""

import argparse
import asyncio
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from loopback import Loopback, digest, fill_schema
from pydantic import BaseModel

from gen.engine.bill import Bill
from gen.engine.endpoint import ChatClient, Endpoint
from gen.engine.replies import Replies
from gen.engine.structure import Asker, Mode
from tool_catalog.errors import EndpointFailed

SERVER = Path(__file__).resolve().parents[1] / "loopback.py"
CEILING = 16
MODEL = "m"


class Answer(BaseModel):
    """What the servers are asked for."""

    word: str
    number: int


def _ask_for(number: int) -> list[dict[str, str]]:
    return [{"role": "user", "content": f"Question {number}."}]


@contextmanager
def _serve(**options: float) -> Iterator[str]:
    """A server in a process of its own; its address."""
    more = [f"--{name}={value}" for name, value in options.items()]
    command = [sys.executable, str(SERVER), "--port=0", "--answer=schema", *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


@dataclass
class Took:
    """One way of asking, measured."""

    seconds: float
    cpu_ms: float
    """A request, in this process."""
    ends: Counter[str]
    """How requests ended."""


async def _measure(work: Awaitable[Counter[str]], count: int) -> Took:
    start, cpu = time.perf_counter(), time.process_time()
    ends = await work
    cpu_ms = (time.process_time() - cpu) / count * 1000
    return Took(time.perf_counter() - start, cpu_ms, ends)


def measure_engine(url: str, count: int, ceiling: int = CEILING) -> Took:
    """Structured requests through the engine, with a file of replies."""

    async def ask(asker: Asker, number: int) -> str:
        try:
            await asker.ask(_ask_for(number), Answer, max_tokens=50)
        except EndpointFailed as error:
            return type(error).__name__
        return "answered"

    async def work(asker: Asker) -> Counter[str]:
        return Counter(await asyncio.gather(*(ask(asker, number) for number in range(count))))

    async def run() -> Took:
        with tempfile.TemporaryDirectory() as folder:
            with Replies(Path(folder) / "replies.sqlite") as replies:
                bill, endpoint = Bill(budget=1.0), Endpoint(url, MODEL)
                client = ChatClient(endpoint, replies=replies, bill=bill, ceiling=ceiling)
                async with client:
                    asker = Asker(client, mode=Mode.SCHEMA)
                    await ask(asker, -1)  # what is imported late is imported
                    return await _measure(work(asker), count)

    return asyncio.run(run())


def measure_bare(url: str, count: int, ceiling: int = CEILING) -> Took:
    """The same requests through the openai package alone, nothing kept, retried or read."""
    import openai

    form = {"name": "Answer", "schema": Answer.model_json_schema(), "strict": True}

    async def work(client: openai.AsyncOpenAI) -> Counter[str]:
        slots = asyncio.Semaphore(ceiling)

        async def ask(number: int) -> str:
            async with slots:
                try:
                    await client.chat.completions.create(
                        model=MODEL, messages=_ask_for(number), max_tokens=50,
                        response_format={"type": "json_schema", "json_schema": form},
                    )  # fmt: skip
                except openai.APIError as error:
                    return type(error).__name__
            return "answered"

        return Counter(await asyncio.gather(*(ask(number) for number in range(count))))

    async def run() -> Took:
        async with openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:
            await client.chat.completions.create(model=MODEL, messages=_ask_for(-1))
            return await _measure(work(client), count)

    return asyncio.run(run())


@dataclass
class KillReport:
    """What came of a run that was killed again and again."""

    kills: int = 0
    in_flight: int = 0
    """Requests that had been sent and whose replies were not kept, over all kills."""
    answered_again: int = 0
    """Answers that the server gave more than once to one request."""
    paid_again: int = 0
    """Requests sent although their reply was kept."""
    lost: int = 0
    doubled: int = 0
    other_bytes: int = 0
    """1 when the result is not, byte for byte, that of a run that nobody killed."""
    requests_when_finished: int = 0
    """That the finished run sends when it is started again."""


def kill_and_resume(folder: Path, *, count: int, kills: int, seed: int) -> KillReport:
    """Kill a run at random moments, go on with it each time, and count what is not as it should."""
    rng, report = Random(seed), KillReport()
    with Loopback(fill_schema, latency=0.03, limited=0.05, broken=0.02, malformed=0.01) as server:
        watch = _Watch(server, folder, report)
        for moment in sorted(rng.sample(range(1, count), kills)):
            with subprocess.Popen(_drive(folder, server.url, count)) as process:
                while len(server.answered) < moment and process.poll() is None:
                    time.sleep(0.001)
                time.sleep(rng.uniform(0, 0.03))
                process.kill()
            report.kills += process.returncode < 0
            time.sleep(0.1)  # the server finishes what was in flight
            watch.look()
        subprocess.run(_drive(folder, server.url, count), check=True)
        watch.look()
        report.answered_again = len(server.answered) - len({*map(digest, server.answered)})
        final, sent = (folder / "final.jsonl").read_bytes(), len(server.requests)
        subprocess.run(_drive(folder, server.url, count), check=True)
        report.requests_when_finished = len(server.requests) - sent
        with tempfile.TemporaryDirectory() as other:
            subprocess.run(_drive(Path(other), server.url, count), check=True)
            finals = {final, *((f / "final.jsonl").read_bytes() for f in (folder, Path(other)))}
            report.other_bytes = len(finals) - 1
    numbers = Counter(result["number"] for result in _read_results(folder / "results.jsonl"))
    report.lost = count - len(numbers)
    report.doubled = sum(times - 1 for times in numbers.values())
    return report


def _drive(folder: Path, url: str, count: int) -> list[str]:
    return [sys.executable, __file__, "--drive", str(folder), url, str(count)]


class _Watch:
    """What is asked for although it is kept."""

    def __init__(self, server: Loopback, folder: Path, report: KillReport) -> None:
        self._server, self._file, self._report = server, folder / "replies.sqlite", report
        self._kept: set[str] = set()
        self._seen = self._answered = 0

    def look(self) -> None:
        """Count since the last look; to be called when nothing is under way."""
        asked = self._server.requests[self._seen :]
        answered = {*map(digest, self._server.answered[self._answered :])}
        self._report.paid_again += sum(digest(body) in self._kept for body in asked)
        with closing(sqlite3.connect(self._file)) as database:
            rows = database.execute("SELECT request FROM completions").fetchall()
        self._kept = {digest(json.loads(text)) for (text,) in rows}
        self._report.in_flight += len(answered - self._kept)
        self._seen += len(asked)
        self._answered = len(self._server.answered)


def drive(folder: Path, url: str, count: int) -> None:
    """A run that can be killed: what is not in its results is asked for and written there."""
    path = folder / "results.jsonl"
    done = {result["number"] for result in _read_results(path)}
    bill = Bill(budget=1.0)

    async def ask(asker: Asker, number: int) -> None:
        try:
            answer = (await asker.ask(_ask_for(number), Answer, max_tokens=50)).model_dump()
        except EndpointFailed as error:
            answer = {"error": str(error)}
        line = json.dumps({"number": number, "answer": answer})
        with path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    async def run() -> None:
        with Replies(folder / "replies.sqlite") as replies:
            async with ChatClient(Endpoint(url, MODEL), replies=replies, bill=bill) as client:
                asker = Asker(client)
                missing = [number for number in range(count) if number not in done]
                await asyncio.gather(*(ask(asker, number) for number in missing))

    asyncio.run(run())
    results = sorted(_read_results(path), key=lambda result: int(result["number"]))
    text = "".join(json.dumps(result) + "\n" for result in results)
    (folder / "final.jsonl").write_text(text, encoding="utf-8")


def _read_results(path: Path) -> list[dict[str, Any]]:
    """The results of a file; a line that a kill cut off is taken away."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        path.write_text(whole, encoding="utf-8")
    return [json.loads(line) for line in whole.splitlines()]


def _tell(took: Took) -> str:
    return ", ".join(f"{times} {end}" for end, times in sorted(took.ends.items()))


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--drive", nargs=3, metavar=("FOLDER", "URL", "COUNT"))
    options = parser.parse_args()
    if options.drive:
        drive(Path(options.drive[0]), options.drive[1], int(options.drive[2]))
        return
    for name, value in measure(options.count, options.kills):
        print(f"{name:<52}  {value}", flush=True)


def measure(count: int, kills: int) -> Iterator[tuple[str, str]]:
    """The rows of the table."""
    ideal = count * 0.2 / CEILING
    with _serve(latency=0.2) as url:
        bare = measure_bare(url, count)
    yield f"bare loop, no faults, 200 ms (ideal {ideal:.1f} s)", f"{bare.seconds:.1f} s"
    with _serve(latency=0.2, limited=0.05, broken=0.02, malformed=0.01) as url:
        took = measure_engine(url, count)
    yield (
        "engine, 200 ms, 5 % 429, 2 % 500, 1 % malformed",
        f"{took.seconds:.1f} s: {took.seconds / ideal:.2f} x ideal, "
        f"{took.seconds / bare.seconds:.2f} x bare without faults; {_tell(took)}",
    )
    ideal = count * 0.05 / 8
    with _serve(latency=0.05, capacity=8) as url:
        bare = measure_bare(url, count, ceiling=8)
        took = measure_engine(url, count, ceiling=32)
    yield f"bare loop, 8 at a time, 50 ms (ideal {ideal:.1f} s)", f"{bare.seconds:.1f} s"
    yield (
        "engine, ceiling 32, server takes 8",
        f"{took.seconds:.1f} s: {took.seconds / ideal:.2f} x ideal, "
        f"{took.seconds / bare.seconds:.2f} x bare that knows the 8; {_tell(took)}",
    )
    with _serve(latency=0.01) as url:
        pairs = [(measure_engine(url, count), measure_bare(url, count)) for _ in range(3)]
    ours, theirs = (
        statistics.median(took.cpu_ms for took in each) for each in zip(*pairs, strict=True)
    )
    yield (
        "client CPU a request, engine and bare loop",
        f"{ours:.2f} ms and {theirs:.2f} ms: {ours / theirs:.2f} x",
    )
    with tempfile.TemporaryDirectory() as folder:
        report = kill_and_resume(Path(folder), count=20 * kills, kills=kills, seed=1)
    yield (
        f"{report.kills} kills and resumes, {20 * kills} requests",
        f"{report.lost} lost, {report.doubled} doubled, {report.other_bytes} other bytes",
    )
    yield (
        "paid again after a kill",
        f"{report.paid_again} that were kept; {report.answered_again} of the "
        f"{report.in_flight} in flight",
    )
    yield "requests of a finished run started again", str(report.requests_when_finished)


if __name__ == "__main__":
    main()
