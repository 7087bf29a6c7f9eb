"""What replies cost: tokens and money counted, foreseen, and stopped before they pass a budget.

Money is US dollars by a table of prices; a model that is not in it has no price, and a server on
one's own machine costs nothing.
"""

import asyncio
import re
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from gen.engine.replies import Replies, Request, Usage
from tool_catalog.errors import BudgetSpent, UserMistake
from tool_catalog.yaml_text import read_yaml

_LOCAL = {"localhost", "127.0.0.1", "::1", "0.0.0.0"}
_DATE = re.compile(r"-20\d\d-\d\d-\d\d$")
_LIKELY = 0.1
"""Share of the tokens that a reply may have that it is thought to have, before any was seen."""
_RECENT = 200
"""Replies that the rate is taken from."""


class Price(BaseModel):
    """Dollars for a million tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: float = Field(ge=0, allow_inf_nan=False)
    output: float = Field(ge=0, allow_inf_nan=False)
    batch: float = Field(default=1.0, gt=0, le=1)
    """Share of it that the Batch API asks."""

    def cost(self, usage: Usage, *, batched: bool = False) -> float:
        """Dollars."""
        whole = (self.input * usage.tokens_in + self.output * usage.tokens_out) / 1e6
        return whole * self.batch if batched else whole


_FREE = Price(input=0, output=0)
_Table = TypeAdapter(dict[str, Price])


def load_prices(path: Path | None = None) -> dict[str, Price]:
    """The prices that triact ships, by model; those of a file in their place.

    Raises:
        UserMistake: the file cannot be read or is no such table.
    """
    prices = _Table.validate_python(
        read_yaml(files("gen.engine").joinpath("prices.yaml").read_text(encoding="utf-8"))
    )
    if path is None:
        return prices
    try:
        return prices | _Table.validate_python(read_yaml(path.read_text(encoding="utf-8")) or {})
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserMistake(f"--prices {path}: cannot be read: {error}".replace("\n", " ")) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise UserMistake(
            f"--prices {path}: {where}: {first['msg']}; write lines like "
            "`my-model: {input: 0.5, output: 1.5}`"
        ) from error


def find_price(prices: Mapping[str, Price], url: str, model: str) -> Price | None:
    """A model's price at an address; a date at the end of its name may be missing in the table."""
    known = prices.get(model) or prices.get(_DATE.sub("", model))
    return known or (_FREE if urlsplit(url).hostname in _LOCAL else None)


@dataclass(slots=True)
class Budget:
    """Dollars that may be spent, by this run and the ones it continues."""

    limit: float
    spent: float = 0.0
    reserved: float = 0.0
    """By requests under way, at the most that they can cost."""
    under_way: int = 0
    """Requests that have reserved something."""
    _waiting: list[asyncio.Future[None]] = field(default_factory=list)

    def reserve(self, most: float) -> None:
        """Take what a request may cost at most.

        Raises:
            BudgetSpent: it could pass the limit.
        """
        if self._sum(most) > self.limit:
            raise BudgetSpent(
                f"the budget of ${self.limit:.2f} does not cover another request of up to "
                f"${most:.4f}: ${self.spent:.4f} is spent and ${self.reserved:.4f} under way; "
                "everything paid for is kept: go on with --resume and a higher --budget"
            )
        self.reserved += most
        self.under_way += most > 0

    def settle(self, most: float, cost: float) -> None:
        """A request that had taken `most` has cost so much."""
        self.under_way -= most > 0
        self.reserved = self.reserved - most if self.under_way else 0.0
        self.spent += cost
        waiting, self._waiting = self._waiting, []
        for turn in waiting:
            if not turn.done():
                turn.set_result(None)

    async def wait(self, most: float) -> None:
        """Return when a request that may cost so much fits, or will not: others may cost little."""
        while self.under_way and self.spent + most <= self.limit < self._sum(most):
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn

    def _sum(self, most: float) -> float:
        return self.spent + self.reserved + most


@dataclass(frozen=True, slots=True)
class Progress:
    """Numbers to show while a run goes on."""

    requests: int
    cached: int
    tokens_in: int
    tokens_out: int
    estimated: bool
    money: float | None
    """None: a price is not known."""
    rate: float
    """Replies a second, lately."""
    seconds_left: float | None


class Bill:
    """What a run has cost; endpoints share one.

    Args:
        prices: by model; those that triact ships unless given.
        budget: dollars that are never passed; None: any number.
        clock: seconds, for the rate.
    """

    def __init__(
        self,
        prices: Mapping[str, Price] | None = None,
        *,
        budget: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.prices = load_prices() if prices is None else prices
        self.budget = None if budget is None else Budget(budget)
        self.requests = self.cached = self.tokens_in = self.tokens_out = 0
        self.estimated = 0
        """Replies whose tokens the server did not count."""
        self.lost = 0
        """Requests whose reply never came: they may have been paid for, and the budget has them."""
        self.money: float | None = 0.0
        self.bad: Counter[str] = Counter()
        """Replies that were no use, by reason."""
        self._clock = clock
        self._times: deque[float] = deque(maxlen=_RECENT)
        self._carried: set[tuple[str, str]] = set()

    def open(self, url: str, model: str, replies: Replies | None = None) -> Price | None:
        """The price of a model; what was paid for it earlier is taken from the budget.

        Raises:
            UserMistake: there is a budget and no price.
        """
        price = find_price(self.prices, url, model)
        if self.budget is None:
            return price
        if price is None:
            raise UserMistake(
                f"--budget needs the price of {model!r}, which is not known; give --prices FILE "
                f"with a line `{model}: {{input: DOLLARS, output: DOLLARS}}` for a million tokens"
            )
        if replies is not None and (url, model) not in self._carried:
            self._carried.add((url, model))
            for tally in replies.count(url, model):
                self.budget.spent += price.cost(tally.usage, batched=tally.batched)
        return price

    def hold(self, price: Price | None, request: Request, *, batched: bool = False) -> "Hold":
        """Reserve the most that a request can cost.

        Raises:
            BudgetSpent: it could pass the budget.
            ValueError: there is a budget, and the request has no `max_tokens`.
        """
        most = self._foresee(price, request, batched=batched)
        if self.budget is not None:
            self.budget.reserve(most)
        return Hold(self, price, most, batched)

    async def wait_and_hold(self, price: Price | None, request: Request) -> "Hold":
        """As `hold`; while others under way may still leave enough, it waits for them."""
        if self.budget is not None:
            await self.budget.wait(self._foresee(price, request))
        return self.hold(price, request)

    def _foresee(self, price: Price | None, request: Request, *, batched: bool = False) -> float:
        """The most that a request can cost; 0 without a budget, which asks nobody."""
        if self.budget is None or price is None:
            return 0.0
        if request.longest is None:
            raise ValueError("with a budget every request needs max_tokens")
        # The prompt at twice its estimate: code and rare scripts have shorter tokens than prose.
        return price.cost(Usage(2 * request.size, request.longest), batched=batched)

    def add(self, price: Price | None, usage: Usage, *, batched: bool = False) -> float:
        """Count a reply and give its cost, 0 when that is not known."""
        self._times.append(self._clock())
        self.requests += 1
        self.tokens_in += usage.tokens_in
        self.tokens_out += usage.tokens_out
        self.estimated += usage.estimated
        if price is None or self.money is None:
            self.money = None
            return 0.0
        cost = price.cost(usage, batched=batched)
        self.money += cost
        return cost

    def show(self, left: int | None = None) -> Progress:
        """How far a run is, with so many requests to come."""
        seconds = self._clock() - self._times[0] if self._times else 0.0
        rate = len(self._times) / seconds if seconds > 0 else 0.0
        return Progress(
            requests=self.requests, cached=self.cached, tokens_in=self.tokens_in,
            tokens_out=self.tokens_out, estimated=self.estimated > 0, money=self.money, rate=rate,
            seconds_left=left / rate if left is not None and rate else None,
        )  # fmt: skip


class Hold:
    """What one request has reserved; used in `with`, it is lost unless settled or freed inside."""

    def __init__(self, bill: Bill, price: Price | None, most: float, batched: bool) -> None:
        self._bill, self._price, self._most, self._batched = bill, price, most, batched
        self._open = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._open:
            self._bill.lost += 1
            self._close(self._most)

    def settle(self, usage: Usage) -> None:
        """The reply is there."""
        self._close(self._bill.add(self._price, usage, batched=self._batched))

    def free(self) -> None:
        """Nothing is paid: the server said no. Nothing changes for one that is settled."""
        if self._open:
            self._close(0.0)

    def _close(self, cost: float) -> None:
        self._open = False
        if self._bill.budget is not None:
            self._bill.budget.settle(self._most, cost)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What requests will take; asked again for bad replies not counted."""

    requests: int
    cached: int
    """Answered already: they cost nothing."""
    tokens_in: int
    tokens_out_low: int
    tokens_out_high: int | None
    """None: a request does not limit its reply."""
    money_low: float | None
    """None: the price is not known."""
    money_high: float | None


def estimate(
    requests: Iterable[Request],
    url: str,
    price: Price | None,
    *,
    replies: Replies | None = None,
    batched: bool = False,
) -> Estimate:
    """Foresee what requests to one model will take, less those answered already.

    A reply is thought to be as long as who asks expects, else as those kept so far, else a tenth of
    what it may be; at most it is as long as it may be.
    """
    asked = {request.key(url): request for request in requests}
    new = [
        request for key, request in asked.items() if replies is None or replies.find(key) is None
    ]
    limits = [request.longest for request in new]
    known = [limit for limit in limits if limit is not None]
    high = sum(known) if len(known) == len(limits) else None
    low = _guess_replies(new, url, replies)
    low = low if high is None else min(low, high)
    tokens_in = sum(request.size for request in new)

    def cost(tokens_out: int | None) -> float | None:
        if price is None or tokens_out is None:
            return None
        return price.cost(Usage(tokens_in, tokens_out), batched=batched)

    cached = len(asked) - len(new)
    return Estimate(len(new), cached, tokens_in, low, high, cost(low), cost(high))


def _guess_replies(requests: Sequence[Request], url: str, replies: Replies | None) -> int:
    """Tokens of all replies together."""
    expected = [request.expected for request in requests if request.expected is not None]
    if len(expected) == len(requests):
        return sum(expected)
    model = str(requests[0].body.get("model"))
    tallies = replies.count(url, model) if replies else []
    if count := sum(tally.replies for tally in tallies):
        return round(len(requests) * sum(tally.usage.tokens_out for tally in tallies) / count)
    return round(sum(request.longest or 0 for request in requests) * _LIKELY)
