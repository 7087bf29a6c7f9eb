"""Print what the benchmark loop costs beside the endpoint's own time, and how fast scoring is.

python tests/bench/benchmark.py           the loop, against a server on this machine
TRIACT_BENCHMARKS=DIR python ...          scoring of the stored outputs too
"""

import argparse
import asyncio
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console
from rich.table import Table

from gen.engine.endpoint import ChatClient, Endpoint
from gen.engine.replies import Replies
from train.agents.endpoint import EndpointAgent
from train.agents.loop import Agent, Talk
from train.evaluation.runner import CaseResult, Job, run_jobs
from train.evaluation.transcripts import Store

CASES, CONCURRENCY, LATENCY = 1000, 32, 0.1
ROUNDS = 5
_TOOLS = [
    {
        "type": "function",
        "function": {
            "name": f"tool_{number}",
            "description": "Looks something up and says what it found, or why there is nothing.",
            "parameters": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "count": {"type": "integer"}},
                "required": ["name"],
            },
        },
    }
    for number in range(3)
]


def _make_messages(number: int) -> list[dict[str, Any]]:
    return [
        {"role": "system", "content": "You are the assistant of somebody. " * 20},
        {"role": "user", "content": f"Request {number}: " + "please look this up for me. " * 10},
    ]


def _make_job(number: int) -> Job:
    messages = _make_messages(number)

    async def play(agent: Agent) -> CaseResult:
        said = await agent.speak(Talk(messages, _TOOLS))
        return CaseResult([*messages, said.to_message()], {"calls": len(said.calls)}, {"held": 1.0})

    return Job(f"c{number}", "all", f"g{number % 17}", play)


async def _run(url: str, folder: Path) -> float:
    jobs = [_make_job(number) for number in range(CASES)]
    with Replies(folder / "replies.sqlite") as replies:
        client = ChatClient(
            Endpoint(url, "m"), replies=replies, ceiling=CONCURRENCY, first=CONCURRENCY
        )
        async with client:
            await client.complete([{"role": "user", "content": "warm up"}])
            agent = EndpointAgent(client, {"max_tokens": 100, "seed": 0, "temperature": 0})
            start = time.perf_counter()
            await run_jobs(jobs, agent, Store(folder), concurrency=CONCURRENCY)
            return time.perf_counter() - start


async def _run_bare(url: str) -> float:
    """The same requests from a loop that reads, keeps and retries nothing."""
    messages = [_make_messages(number) for number in range(CASES)]
    waiting = iter(messages)
    async with aiohttp.ClientSession() as session:

        async def work() -> None:
            for each in waiting:
                body = {"model": "m", "messages": each, "tools": _TOOLS}
                async with session.post(f"{url}/chat/completions", json=body) as reply:
                    await reply.read()

        start = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(CONCURRENCY)))
        return time.perf_counter() - start


def measure_loop() -> tuple[float, float]:
    """Median seconds of our loop and of the bare one, taken in turns."""
    server = Path(__file__).parents[1] / "loopback.py"
    process = subprocess.Popen(
        [sys.executable, str(server), "--port", "0", "--latency", str(LATENCY)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        ours, bare = [], []
        for _ in range(ROUNDS):
            with tempfile.TemporaryDirectory() as name:
                ours.append(asyncio.run(_run(url, Path(name))))
            bare.append(asyncio.run(_run_bare(url)))
        return statistics.median(ours), statistics.median(bare)
    finally:
        process.terminate()
        process.wait()


def measure_scoring(data: Path) -> list[tuple[str, int, float]]:
    """What, how many rows, and the seconds that scoring them took."""
    from train.benchmarks.bfcl.scoring import score_rows as score_bfcl
    from train.benchmarks.injecagent.scores import score_rows as score_injecagent

    found = []
    for name, file, score in (
        ("injecagent", "conformance_outputs_base.jsonl", score_injecagent),
        ("bfcl", "conformance_ast_checker.jsonl", score_bfcl),
    ):
        path = data / name / file
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        start = time.perf_counter()
        score(rows, data / name)
        found.append((name, len(rows), time.perf_counter() - start))
    return found


def main() -> None:
    """Measure and print."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    table = Table("what", "measured")
    ideal = math.ceil(CASES / CONCURRENCY) * LATENCY
    taken, bare = measure_loop()
    table.add_row(
        f"{CASES} cases of one turn, {1000 * LATENCY:.0f} ms a reply, {CONCURRENCY} at a time",
        f"{taken:.2f} s; {taken / ideal - 1:.1%} over the latencies alone ({ideal:.2f} s), "
        f"{taken / bare - 1:.1%} over a bare aiohttp loop ({bare:.2f} s)",
    )
    data = os.environ.get("TRIACT_BENCHMARKS")
    for name, count, seconds in measure_scoring(Path(data)) if data else ():
        table.add_row(f"score {count} outputs of {name}", f"{seconds:.2f} s")
    Console().print(table)


if __name__ == "__main__":
    main()
