"""Print how fast triact is on this machine. Medians; ratios are taken in the same run.

python tests/bench/run.py                 a few minutes
python tests/bench/run.py --memory 200000 also peak memory while generating so many records
"""

import argparse
import multiprocessing
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent))

import pyarrow.parquet as pq
from floor import write_floor

from gen.cli.commands import resolve_config
from gen.episode import SHIPPED, open_episode
from gen.runs.generate import generate
from gen.runs.plan import plan_shards
from gen.runs.rows import read_records
from gen.sets.source import load_source
from tool_catalog.catalog import load_domain
from tool_catalog.domain import draw_setting
from tool_catalog.sandbox import Sandbox
from tool_catalog.sandbox.user import Intent, WantedCall
from train.reward import score

ROUNDS = 3


def measure_generation(folder: Path, size: int) -> dict[str, float]:
    """Records a second with one and two workers, and the floor's, in turn."""
    times: dict[str, list[float]] = {"one": [], "two": [], "floor": []}
    config = resolve_config(size, 1, [], [], "default", [])
    count = 0
    for _ in range(ROUNDS):
        for name, workers in (("one", 1), ("two", 2)):
            run = folder / name
            shutil.rmtree(run, ignore_errors=True)
            start = time.perf_counter()
            count = generate(config, run, workers=workers).total
            times[name].append(time.perf_counter() - start)
        rows = _mean_sizes(folder / "one")
        times["floor"].append(write_floor(folder / "floor.parquet", count, *rows))
    return {name: count / statistics.median(values) for name, values in times.items()}


def _mean_sizes(run: Path) -> tuple[int, int]:
    """Mean characters of a request and of a record's JSON."""
    path = sorted((run / "data/records").glob("train-*.parquet"))[0]
    table = pq.read_table(path, columns=["request", "record"])
    requests, records = (table.column(n).to_pylist() for n in ("request", "record"))
    return sum(map(len, requests)) // len(requests), sum(map(len, records)) // len(records)


def measure_sandbox(episodes: int = 4000) -> float:
    """Episodes a second: reset, four calls, log, state hash."""
    domain = load_domain("banking")
    world = domain.new_world(Random(1), *draw_setting(Random(1)))
    state = world.clone()
    payee = state.payees[0]
    pay = {"to_iban": payee.iban, "amount": 20, "memo": "lunch"}
    intent = Intent(wanted=(WantedCall("banking.transfer_funds", pay),))

    def play() -> None:
        sandbox = Sandbox([world], intent=intent)
        sandbox.call("list_transactions", {"account_id": "checking"})
        sandbox.call("search_payee", {"query": payee.name})
        sandbox.ask_user("Shall I?", "transfer_funds", pay)
        sandbox.call("transfer_funds", pay)
        sandbox.finish("Done.")
        sandbox.state_hash()

    return _rate(play, episodes)


def measure_scored(run: Path, episodes: int = 3000) -> float:
    """Episodes a second from a stored record: reset, its own calls, verdict, reward, state hash."""
    found = (r for r in read_records(run, "train") if len(r.reference) >= 4)
    records = [r for r in found if len(r.scenario.turns) == 1][:50]
    pairs = [(record, SHIPPED.read_worlds(record.scenario)) for record in records]
    numbers = iter(range(10**9))

    def play() -> None:
        record, worlds = pairs[next(numbers) % len(pairs)]
        episode = open_episode(record.scenario, worlds=worlds)
        for step in record.reference[:4]:
            for use in step.calls:
                episode.act(use.tool, dict(use.arguments))
        score(episode.finish(record.reference[-1].text))
        episode.sandbox.state_hash()

    return _rate(play, episodes)


def _rate(play: Callable[[], None], count: int) -> float:
    play()
    rates = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(count):
            play()
        rates.append(count / (time.perf_counter() - start))
    return statistics.median(rates)


def measure_command(*arguments: str) -> float:
    """Seconds of a whole process."""
    times = []
    for _ in range(ROUNDS + 1):  # the first warms the disk cache
        start = time.perf_counter()
        subprocess.run([shutil.which("triact") or "triact", *arguments], check=True,
                       capture_output=True)  # fmt: skip
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def measure_memory(folder: Path, size: int) -> tuple[float, float]:
    """Peak MB of all processes at the end and after a tenth of a run with two workers."""
    import psutil

    config = resolve_config(size, 2, [], [], "default", [])
    job = multiprocessing.get_context("spawn").Process(
        target=generate, args=(config, folder / "memory"), kwargs={"workers": 2}
    )
    job.start()
    assert job.pid is not None
    peak = early = 0.0
    total = len(plan_shards(load_source(config)))
    while job.is_alive():
        try:
            parent = psutil.Process(job.pid)
            family = [parent, *parent.children(recursive=True)]
            used = sum(p.memory_info().rss for p in family) / 1e6
        except psutil.Error:
            used = 0.0
        peak = max(peak, used)
        if len(list((folder / "memory/ledger").glob("*.json"))) <= total // 10:
            early = peak
        time.sleep(0.2)
    job.join()
    return peak, early


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=6000)
    parser.add_argument("--memory", type=int, default=0)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    small = ("generate", "--size", "100", "--out", str(folder / "small"), "--force")
    try:
        speed = measure_generation(folder, options.size)
        rows = [
            ("generate, one worker", f"{speed['one']:.0f} records/s"),
            ("generate, two workers", f"{speed['two'] / speed['one']:.2f} x one"),
            ("floor (nothing executed)", f"{speed['floor']:.0f} rows/s"),
            ("time per record over the floor's", f"{speed['floor'] / speed['one']:.1f} x"),
            ("sandbox: reset, 4 calls, log, hash", f"{measure_sandbox():.0f} episodes/s"),
            ("episode: the same with score", f"{measure_scored(folder / 'one'):.0f} episodes/s"),
            ("triact --help", f"{measure_command('--help'):.2f} s"),
            ("triact generate --size 100", f"{measure_command(*small):.2f} s"),
        ]  # fmt: skip
        if options.memory:
            peak, early = measure_memory(folder, options.memory)
            rows.append((f"peak memory, {options.memory} records, all processes",
                         f"{peak:.0f} MB ({early:.0f} MB in the first tenth)"))  # fmt: skip
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name:<{width}}  {value}")


if __name__ == "__main__":
    main()
