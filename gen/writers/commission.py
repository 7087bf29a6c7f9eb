"""Words commissioned from a model for a run: who writes, who judges, what it costs and did."""

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from gen.config import RunConfig, WriterConfig
from gen.engine.batch import OnStatus
from gen.engine.bill import Bill, Estimate, Progress, estimate, load_prices
from gen.engine.endpoint import TIMEOUT, ChatClient, Endpoint
from gen.engine.replies import Replies, Request
from gen.engine.structure import Asker
from gen.engine.throttle import Pace
from gen.engine.wire import show_url
from gen.runs.generate import check_folder, prepare_folder
from gen.runs.lock import hold_folder
from gen.sets.source import load_source
from gen.writers.language import LANGUAGES
from gen.writers.run_words import list_wanted, read_yield, write_all_words, write_pilot
from gen.writers.writing import Writer, hash_instructions
from gen.writers.yield_report import YieldReport
from tool_catalog.errors import UnknownName, UserMistake

REPLIES = Path("outputs/replies.sqlite")
WRITERS = ("template", "llm", "mixed")
NOBODY = "none"
"""As a judge's name: what the rules let through is taken."""

T = TypeVar("T")
Work = Callable[[Writer, Bill, Replies], Awaitable[T]]

OnProgress = Callable[[int, int, Progress], None]
"""Called with sets done, sets in all, and what was used so far."""


@dataclass(frozen=True, slots=True)
class Commission:
    """What the user asks for."""

    writer: str = "template"
    share: float = 0.3
    """Of the contrast sets that a mixed run has reworded."""
    endpoint: str | None = None
    model: str | None = None
    judge_endpoint: str | None = None
    judge: str | None = None
    """Who compares rewordings with their texts: a model's name; none; the writer unless named."""
    language: str = "en"
    budget: float | None = None
    prices: Path | None = None
    replies: Path = REPLIES
    concurrency: int = 16
    requests_a_minute: int | None = None
    tokens_a_minute: int | None = None
    rationales: bool = False
    """Have the agent's thoughts worded anew too."""
    max_tokens: int = 1000
    """Most tokens of a reply for a text."""
    least: float = 0.0
    """Share of the first sets that must be worded, or the run stops."""
    timeout: float = TIMEOUT
    """Seconds for one request."""
    batch: bool = False
    """Send requests by the Batch API: cheaper, and answered within a day."""

    def make_config(self) -> WriterConfig | None:
        """What of it a run's bytes hang on; None for templates alone.

        Raises:
            UserMistake: an option is missing or cannot be.
        """
        if self.writer not in WRITERS:
            raise UnknownName("writer", self.writer, WRITERS)
        if self.writer == "template" and self.rationales:
            raise UserMistake("--rationales needs a model: --writer llm or mixed")
        if self.writer == "template" and self.batch:
            raise UserMistake("--batch needs a model: --writer llm or mixed")
        if self.writer == "template":
            return None
        if self.endpoint is None or self.model is None:
            raise UserMistake(f"--writer {self.writer} needs --endpoint URL and --model NAME")
        if not self.endpoint.startswith(("http://", "https://")):
            raise UserMistake(
                f"--endpoint {show_url(self.endpoint)!r}: give a URL, up to and with /v1"
            )
        if not 0 < self.share <= 1:
            raise UserMistake(f"--llm-share must be above 0 and at most 1, got {self.share}")
        if self.language not in LANGUAGES:
            raise UnknownName("language", self.language, LANGUAGES)
        if self.judge_endpoint is not None and self.judge in (None, NOBODY):
            raise UserMistake("--judge-endpoint needs --judge NAME")
        return WriterConfig(
            model=self.model,
            host=urlsplit(self.endpoint).hostname or "",
            share=1.0 if self.writer == "llm" else self.share,
            language=self.language,
            judge=self.judge or self.model,
            rationales=self.rationales,
            max_tokens=self.max_tokens,
            instructions=hash_instructions(rationales=self.rationales, judged=self.judge != NOBODY),
        )


@dataclass(frozen=True, slots=True)
class Account:
    """What the words of a run took, and what became of what was asked."""

    sets: int
    """Asked for now."""
    requests: int
    cached: int
    tokens_in: int
    tokens_out: int
    money: float | None
    seconds: float
    bad_replies: dict[str, int]
    tally: YieldReport
    """Of the whole run; of a pilot, of its sets."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {**dataclasses.asdict(self), "tally": self.tally.to_dict()}


def commission_words(
    commission: Commission,
    config: RunConfig,
    run: Path,
    *,
    resume: bool,
    force: bool,
    on_progress: OnProgress,
    on_batch: OnStatus = lambda status, done, rows: None,
) -> Account:
    """Have a run's words written into its folder; it can then be generated with `resume`.

    Raises:
        BadRun: the folder is there, or holds another run.
        UserMistake: domains, templates or prices cannot be used.
        CheckFailed: too few of the first sets could be worded.
        EndpointRefused: the endpoint answers nothing, or the budget is spent; what is finished
            and every reply is kept.
    """
    source = load_source(config)
    check_folder(config, run, resume=resume, force=force)

    async def work(writer: Writer, bill: Bill, replies: Replies) -> Account:
        def on_set(done: int, total: int) -> None:
            on_progress(done, total, bill.show(total - done))

        if force or any(list_wanted(source, run, writer).values()):
            await writer.learn_modes(config.seed)  # nothing is made, or replaced, for a wrong key
        with hold_folder(run):
            prepare_folder(config, run, resume=resume, force=force)
            wanted = sum(map(len, list_wanted(source, run, writer).values()))
            batched = on_batch if commission.batch else None
            await write_all_words(source, run, writer, on_set, batched, commission.least)
            return _account(wanted, bill, begun, read_yield(source, run))

    begun = time.monotonic()
    return asyncio.run(_with_writer(commission, config, work))


def commission_pilot(
    commission: Commission, config: RunConfig, count: int, on_progress: OnProgress
) -> Account:
    """Have the first sets of a run worded, to see what comes of them; only the replies are kept.

    Raises:
        EndpointRefused: as `commission_words`.
    """
    source = load_source(config)

    async def work(writer: Writer, bill: Bill, replies: Replies) -> Account:
        def on_set(done: int, total: int) -> None:
            on_progress(done, total, bill.show(total - done))

        await writer.learn_modes(config.seed)
        tally = await write_pilot(source, writer, count, on_set)
        return _account(tally.sets.total(), bill, begun, tally)

    begun = time.monotonic()
    return asyncio.run(_with_writer(commission, config, work))


def _account(sets: int, bill: Bill, begun: float, tally: YieldReport) -> Account:
    return Account(
        sets=sets, requests=bill.requests, cached=bill.cached, tokens_in=bill.tokens_in,
        tokens_out=bill.tokens_out, money=bill.money, seconds=time.monotonic() - begun,
        bad_replies=dict(bill.bad), tally=tally,
    )  # fmt: skip


def estimate_words(commission: Commission, config: RunConfig, run: Path) -> list[Estimate]:
    """What the words of a run will take, of the writer and of the judge; nothing is sent."""
    source = load_source(config)

    async def work(writer: Writer, bill: Bill, replies: Replies) -> list[Estimate]:
        indexes = [i for sets in list_wanted(source, run, writer).values() for i in sets]
        asked = [(writer.asker, writer.list_requests(source, indexes))]
        if writer.judge is not None:
            asked.append((writer.judge, writer.list_judgements(source, indexes)))
        return [foresee(asker, requests, commission, replies) for asker, requests in asked]

    return asyncio.run(_with_writer(commission, config, work))


def foresee(
    asker: Asker, requests: Sequence[Request], commission: Commission, replies: Replies
) -> Estimate:
    """What requests to one model will take."""
    client = asker.client
    return estimate(
        requests, client.endpoint.url, client.price, replies=replies, batched=commission.batch
    )


async def _with_writer(commission: Commission, config: RunConfig, work: Work[T]) -> T:
    """Do something with the writer while its clients are open."""
    assert config.writer is not None
    async with open_desk(commission, config.seed) as desk:
        writer = Writer(config.writer, desk.asker, desk.judge)
        return await work(writer, desk.bill, desk.replies)


@dataclass(frozen=True, slots=True)
class Desk:
    """The open clients of a commission, and what they share."""

    asker: Asker
    judge: Asker | None
    bill: Bill
    replies: Replies


@asynccontextmanager
async def open_desk(commission: Commission, seed: int) -> AsyncIterator[Desk]:
    """Open the clients of a commission and the file of its replies; nothing is sent.

    Raises:
        UserMistake: prices cannot be read, or there is a budget and no price.
    """
    commission.replies.parent.mkdir(parents=True, exist_ok=True)
    bill = Bill(load_prices(commission.prices), budget=commission.budget)
    async with AsyncExitStack() as stack:
        replies = stack.enter_context(Replies(commission.replies))

        async def open_asker(url: str | None, model: str | None) -> Asker:
            pace = Pace(commission.requests_a_minute, commission.tokens_a_minute)
            client = ChatClient(
                Endpoint(_url(url), model or "", timeout=commission.timeout),
                replies=replies,
                bill=bill,
                pace=pace,
                ceiling=commission.concurrency,
                seed=seed,
            )
            return Asker(await stack.enter_async_context(client))

        asker = await open_asker(commission.endpoint, commission.model)
        judge: Asker | None = asker
        if commission.judge == NOBODY:
            judge = None
        elif commission.judge is not None:
            url = commission.judge_endpoint or commission.endpoint
            judge = await open_asker(url, commission.judge)
        yield Desk(asker, judge, bill, replies)


def _url(url: str | None) -> str:
    assert url is not None
    return url
