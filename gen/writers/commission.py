"""Words commissioned from a model for a run: who writes, who judges, what it costs and did."""

import asyncio
import dataclasses
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
from gen.writers.rewording import LANGUAGES
from gen.writers.writing import Writer, hash_instructions, list_wanted, write_all_words
from tool_catalog.errors import UnknownName, UserMistake

REPLIES = Path("outputs/replies.sqlite")
WRITERS = ("template", "llm", "mixed")

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
    language: str = "en"
    budget: float | None = None
    prices: Path | None = None
    replies: Path = REPLIES
    concurrency: int = 16
    requests_a_minute: int | None = None
    tokens_a_minute: int | None = None
    rationales: bool = False
    """Have the agent's thoughts worded anew too."""
    max_tokens: int = 2400
    """Most tokens of a reply for a set."""
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
        if self.judge_endpoint is not None and self.judge is None:
            raise UserMistake("--judge-endpoint needs --judge NAME")
        return WriterConfig(
            model=self.model,
            host=urlsplit(self.endpoint).hostname or "",
            share=1.0 if self.writer == "llm" else self.share,
            language=self.language,
            judge=self.judge or "",
            rationales=self.rationales,
            max_tokens=self.max_tokens,
            instructions=hash_instructions(rationales=self.rationales),
        )


@dataclass(frozen=True, slots=True)
class Account:
    """What the words of a run took."""

    sets: int
    requests: int
    cached: int
    tokens_in: int
    tokens_out: int
    money: float | None
    bad_replies: dict[str, int]
    judged: int
    agreement: float | None
    kappa: float | None

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return dataclasses.asdict(self)


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
            await write_all_words(source, run, writer, on_set, batched)
        agreement = writer.agreement
        return Account(
            sets=wanted, requests=bill.requests, cached=bill.cached, tokens_in=bill.tokens_in,
            tokens_out=bill.tokens_out, money=bill.money, bad_replies=dict(bill.bad),
            judged=agreement.texts, agreement=agreement.share, kappa=agreement.kappa,
        )  # fmt: skip

    return asyncio.run(_with_writer(commission, config, work))


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
        judge = None
        if commission.judge is not None:
            url = commission.judge_endpoint or commission.endpoint
            judge = await open_asker(url, commission.judge)
        yield Desk(asker, judge, bill, replies)


def _url(url: str | None) -> str:
    assert url is not None
    return url
