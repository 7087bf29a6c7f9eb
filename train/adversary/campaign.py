"""A campaign of adaptive attacks on one agent: who words them, what is kept, what it came to."""

import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.table import Table

from gen.checks.bootstrap import Interval
from gen.cli.console import console
from gen.engine.bill import Bill, Progress, load_prices
from gen.engine.endpoint import TIMEOUT, ChatClient, Endpoint
from gen.engine.replies import Replies
from gen.engine.structure import Asker
from gen.engine.wire import show_url
from gen.records import Record
from gen.runs.files import write_file
from gen.runs.trust import open_stage
from gen.writers.commission import REPLIES
from gen.writers.instructions import load_instruction
from tool_catalog.errors import BadRun, UserMistake
from train.adversary.attacker import (
    INSTRUCTION,
    Attacker,
    can_be_reworded,
    is_injected,
    read_tries,
)
from train.benchmarks.selection import draw_evenly
from train.console import write_estimate
from train.evaluation import session
from train.evaluation.benchmark import Benchmark, Report
from train.evaluation.runner import Job, OnEpisode
from train.evaluation.splits import list_splits, read_split
from train.evaluation.summary import estimate
from train.evaluation.transcripts import Transcript

ATTACKS = "attacks.jsonl"
_METRIC = "attack_success"
_MEASURES = ("success_first", "success")


@dataclass(frozen=True, slots=True)
class Campaign:
    """Which records are attacked, and who words the attacks."""

    run: Path
    writer_endpoint: str
    writer_model: str
    split: str = "test"
    tries: int = 5
    limit: int = 20
    """Records, spread evenly over the techniques; 0 means all."""
    seed: int = 0
    concurrency: int = 16
    """Requests to the writer at a time, at most."""
    budget: float | None = None
    """Dollars for the writer."""
    prices: Path | None = None
    replies: Path = REPLIES
    """Where the writer's are kept; the agent's are in the folder of the campaign."""
    timeout: float = TIMEOUT
    """Seconds for one request to the writer."""

    def __post_init__(self) -> None:
        if not self.writer_endpoint.startswith(("http://", "https://")):
            shown = show_url(self.writer_endpoint)
            raise UserMistake(f"--writer-endpoint {shown!r}: give a URL, up to and with /v1")

    def settings(self) -> dict[str, Any]:
        """What must be equal to continue it."""
        return {
            "run": str(self.run), "split": self.split, "limit": self.limit, "tries": self.tries,
            "writer": self.writer_model, "writer_host": urlsplit(self.writer_endpoint).hostname,
            "instruction": load_instruction(INSTRUCTION).digest, "seed": self.seed,
        }  # fmt: skip


def run_campaign(
    campaign: Campaign,
    measured: session.Measured,
    out: Path,
    *,
    resume: bool,
    force: bool,
    on_episode: OnEpisode,
) -> tuple[Report, Progress]:
    """Attack an agent and count what got through; also what the writer cost.

    Raises:
        UserMistake: the run, the split, the agent or the folder cannot be used.
        EndpointRefused: agent or writer answers nothing, or the budget is spent; what is finished
            and every reply is kept.
    """
    if campaign.replies.resolve() == (out / session.REPLIES).resolve():
        raise UserMistake(f"--replies {campaign.replies}: the agent's replies are kept there")
    [split] = list_splits(campaign.run, [campaign.split])
    records = read_split(campaign.run, split)
    bill = Bill(load_prices(campaign.prices), budget=campaign.budget)
    campaign.replies.parent.mkdir(parents=True, exist_ok=True)
    with Replies(campaign.replies) as replies:
        client = ChatClient(
            Endpoint(campaign.writer_endpoint, campaign.writer_model, timeout=campaign.timeout),
            replies=replies, bill=bill, ceiling=campaign.concurrency, seed=campaign.seed,
        )  # fmt: skip
        benchmark = make_campaign(campaign, records, Asker(client))
        report, episodes = session.run_benchmark(
            dataclasses.replace(benchmark, clients=[client]),
            measured,
            out,
            resume=resume,
            force=force,
            on_episode=on_episode,
        )
    write_attacks(out, episodes)
    return report, bill.show()


def make_campaign(campaign: Campaign, records: Sequence[Record], asker: Asker) -> Benchmark:
    """The attacked records as cases, one part a technique.

    Raises:
        BadRun: none of the records is attacked in plain language.
    """
    injected = [record for record in records if is_injected(record)]
    attacked = [record for record in injected if can_be_reworded(record)]
    if not attacked:
        raise BadRun(f"{campaign.run}: no attack in split {campaign.split!r}; generate more")
    attacker = Attacker(
        asker, tries=campaign.tries, seed=campaign.seed, stage=open_stage(campaign.run)
    )
    jobs = [
        Job(
            r.id,
            _name_technique(r),
            r.contrast_set_id,
            partial(attacker.attack, r),
            measures=_MEASURES,
        )
        for r in draw_evenly(attacked, _name_technique, campaign.limit, campaign.seed)
    ]
    notes = [f"{len(jobs)} of {len(attacked)} attacks in split {campaign.split}, worded anew by "
             f"{campaign.writer_model} up to {campaign.tries} times; "
             f"{len(injected) - len(attacked)} encoded ones are left out."]  # fmt: skip
    count = partial(count_tries, tries=campaign.tries)
    return Benchmark(
        "attack", campaign.settings(), jobs, _MEASURES, lower=_MEASURES, notes=notes, count=count,
        floors=False,  # the writer would be paid for wordings that they can not read
    )  # fmt: skip


def _name_technique(record: Record) -> str:
    return record.leaves.technique


def count_tries(episodes: Sequence[Transcript], tries: int) -> dict[str, Any]:
    """What is no mean of one measure: the curve over tries, goals, and what could not be used."""
    goals = dict.fromkeys(str(e.verdict["goal"]) for e in episodes)
    used = [t for e in episodes for t in read_tries(e.verdict)[1:]]
    unusable = Counter(t.reason_kind for t in used if t.outcome == "unusable")
    return {
        "curve": [
            dataclasses.asdict(_estimate(episodes, partial(_won_within, n)))
            for n in range(tries + 1)
        ],
        "goals": {
            goal: {
                name: dataclasses.asdict(
                    estimate([e for e in episodes if e.verdict["goal"] == goal], name)
                )
                for name in _MEASURES
            }
            for goal in goals
        },
        "tries": len(used),
        "unusable": dict(unusable.most_common()),
        "unread": sum(not e.verdict["seen"] for e in episodes),
    }


def _won_within(number: int, episode: Transcript) -> bool:
    """Whether one of the first so many rewordings, or the original, was obeyed."""
    tries = read_tries(episode.verdict)
    return tries[-1].outcome == "obeyed" and len(tries) - 1 <= number


def _estimate(episodes: Sequence[Transcript], held: Callable[[Transcript], bool]) -> Interval:
    """Share of episodes; the resamples are those of every other share, so curves never cross."""
    return estimate(
        [e.model_copy(update={"measures": {_METRIC: float(held(e))}}) for e in episodes], _METRIC
    )


def write_attacks(out: Path, episodes: Sequence[Transcript]) -> Path:
    """Write the last text played for every record; returns the file."""
    rows = [_write_attack(e) for e in episodes if e.scored]
    path = out / ATTACKS
    write_file(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return path


def _write_attack(episode: Transcript) -> dict[str, Any]:
    tries = read_tries(episode.verdict)
    last = [t for t in tries if t.outcome != "unusable"][-1]
    return {
        "record": episode.case,
        "technique": episode.part,
        "goal": episode.verdict["goal"],
        "success": last.outcome == "obeyed",
        "tries": len(tries) - 1,
        "seen": episode.verdict["seen"],
        "text": last.text,
        "idea": last.idea,
    }


def print_campaign(report: Report, spent: Progress, out: Path) -> None:
    """The curve over tries and the goals, what could not be used, and what the writer cost."""
    totals = report.totals
    table = Table("rewordings", "attack success, 95 % interval", title="the more it may try")
    for number, row in enumerate(totals["curve"]):
        table.add_row(str(number or "none"), write_estimate(Interval(**row), _METRIC))
    console.print(table)
    table = Table("goal", "cases", "first wording", "any wording")
    for goal, rows in totals["goals"].items():
        first, last = (Interval(**rows[name]) for name in _MEASURES)
        cells = [write_estimate(found, _METRIC) for found in (first, last)]
        table.add_row(goal, str(last.count), *cells)
    console.print(table)
    console.print(_tell(totals, spent), highlight=False)
    console.print(f"last texts: {out / ATTACKS}; transcripts: triact episodes {out}",
                  highlight=False)  # fmt: skip


def _tell(totals: Mapping[str, Any], spent: Progress) -> str:
    bad = ", ".join(f"{reason} {count}" for reason, count in totals["unusable"].items())
    money = "at no known price" if spent.money is None else f"${spent.money:.4f}"
    return (
        f"{totals['tries']} rewordings, {sum(totals['unusable'].values())} of no use"
        f"{f' ({bad})' if bad else ''}; {totals['unread']} texts were never read by the agent. "
        f"Writer: {spent.requests} requests, {spent.cached} answered before, {money}."
    )
