"""Task templates proposed by a model: asked for, tried, shown what is wrong, and filed away.

A proposal ends as a file that is proven, or as a refusal with its reason; neither is ever thrown
away. Equal replies give equal files.
"""

import asyncio
import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count as count_from
from pathlib import Path
from typing import Any

from gen.config import RunConfig
from gen.engine.bill import Estimate
from gen.engine.replies import Request
from gen.engine.structure import Asker
from gen.templating.task import TaskTemplate
from gen.writers.brief import Brief
from gen.writers.commission import Commission, foresee, open_desk
from gen.writers.instructions import load_instruction
from gen.writers.proposal import Proposal, list_faults, write_template
from gen.writers.trial import SETS, Ground, compare_templates, load_ground
from tool_catalog.errors import (
    BudgetSpent,
    EndpointFailed,
    EndpointRefused,
    UserMistake,
    find_first,
)

TRIES = 3
"""How often a proposal is asked for before it is given up."""
REJECTED = "rejected"
_SETTINGS: Mapping[str, Any] = {"temperature": 0.8, "max_tokens": 6000}


@dataclass(frozen=True, slots=True)
class ProposalOutcome:
    """What became of one proposal."""

    name: str
    text: str
    """Of the file; empty when no answer had the form."""
    reason: str = ""
    """Why it is refused; empty: it is accepted."""
    template: TaskTemplate | None = None
    """None: it could not be loaded."""
    path: Path | None = None

    @property
    def accepted(self) -> bool:
        """Whether it is a file that can be used."""
        return not self.reason

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        members = self.template.front.members if self.template else {}
        return {
            "name": self.name,
            "path": str(self.path),
            "accepted": self.accepted,
            "reason": self.reason,
            "leaves": {name: member.leaf for name, member in members.items()},
            "calls": {name: [c.tool for c in member.calls] for name, member in members.items()},
            "wordings": self.count_wordings(),
            "sets": SETS if self.accepted else 0,
        }

    def count_wordings(self) -> int:
        """Of the request block that has the fewest."""
        if self.template is None:
            return 0
        blocks = self.template.body.blocks
        return min((blocks[n].wordings for n in self.template.front.members if n in blocks),
                   default=0)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Harvest:
    """What all proposals came to."""

    outcomes: tuple[ProposalOutcome, ...]
    requests: int
    cached: int
    tokens_in: int
    tokens_out: int
    money: float | None

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        used = dataclasses.asdict(replace(self, outcomes=()))
        return {**used, "outcomes": [outcome.to_dict() for outcome in self.outcomes]}


class Proposer:
    """A model that proposes templates for one domain."""

    def __init__(self, ground: Ground, asker: Asker, model: str) -> None:
        instruction = load_instruction("task_template")
        self._ground, self._asker, self._instruction = ground, asker, instruction
        self._brief = Brief(ground, instruction)
        self._note = f"proposed by {model}, instruction {instruction.digest}"

    def make_request(self, number: int) -> Request:
        """What `propose` asks first."""
        return self._asker.make_request(
            self._brief.write(number), Proposal, **self._settings(number)
        )

    def _settings(self, number: int) -> dict[str, Any]:
        return {**_SETTINGS, "seed": self._ground.config.seed + number}

    async def propose(self, number: int) -> ProposalOutcome:
        """One proposal, after as many tries as it takes.

        Raises:
            EndpointRefused: every other one would fail the same way.
        """
        opening = messages = self._brief.write(number)
        outcome = ProposalOutcome(f"proposal_{number}", "", "no answer")
        for _ in range(TRIES):
            try:
                answer = await self._asker.ask(messages, Proposal, **self._settings(number))
            except EndpointRefused:
                raise
            except EndpointFailed as error:
                reason = f"{outcome.reason}; then {error}" if outcome.text else str(error)
                return replace(outcome, reason=reason)
            outcome, faults = self._try(answer)
            if not faults:
                return outcome
            shown = "\n".join(f"- {fault}" for fault in faults)
            messages = [
                *opening,
                {"role": "assistant", "content": _dump(answer)},
                {"role": "user", "content": self._instruction.render("again", {"faults": shown})},
            ]
        return outcome

    def _try(self, proposal: Proposal) -> tuple[ProposalOutcome, Sequence[str]]:
        """What a proposal is worth, and its faults."""
        text = write_template(proposal, self._ground.domain.name, self._note)
        if faults := list_faults(proposal, self._ground.domains):
            return ProposalOutcome(proposal.name, text, "; ".join(faults)), faults
        trial = self._ground.try_template(next(_list_stems(proposal.name, self._ground)), text)
        reason = "; ".join(trial.faults)
        return ProposalOutcome(proposal.name, text, reason, trial.template), trial.faults


def propose_templates(commission: Commission, config: RunConfig, count: int, out: Path) -> Harvest:
    """Have templates proposed for the first domain of a config, and file them away.

    Args:
        commission: who is asked.
        config: the domain, others that templates may reach into, and folders of templates.
        count: how many proposals.
        out: accepted ones go to `tasks/<domain>`, others to `rejected`; nothing is overwritten.

    Raises:
        UserMistake: the domain, a folder or the prices cannot be used.
        EndpointRefused: the endpoint answers nothing, or the budget is spent; replies are kept.
    """
    commission.make_config()
    if out.exists() and not out.is_dir():
        raise UserMistake(f"{out} is a file; name a folder with --out")
    return asyncio.run(_propose_all(commission, load_ground(config), count, out))


def estimate_templates(commission: Commission, config: RunConfig, count: int) -> Estimate:
    """What asking for so many templates will take; nothing is sent."""
    commission.make_config()
    return asyncio.run(_foresee_all(commission, load_ground(config), count))


async def _foresee_all(commission: Commission, ground: Ground, count: int) -> Estimate:
    async with open_desk(commission, ground.config.seed) as desk:
        proposer = Proposer(ground, desk.asker, commission.model or "")
        asked = [proposer.make_request(number) for number in range(1, count + 1)]
        return foresee(desk.asker, asked, commission, desk.replies)


async def _propose_all(commission: Commission, ground: Ground, count: int, out: Path) -> Harvest:
    async with open_desk(commission, ground.config.seed) as desk:
        proposer = Proposer(ground, desk.asker, commission.model or "")
        refusal: Exception | None = None
        try:
            async with asyncio.TaskGroup() as group:
                numbers = range(1, count + 1)
                tasks = [group.create_task(proposer.propose(number)) for number in numbers]
        except* EndpointRefused as refused:
            refusal = find_first(refused)
        if refusal is not None:
            raise _explain(refusal, commission)
        outcomes = _refuse_copies([task.result() for task in tasks])
        bill = desk.bill
        return Harvest(
            outcomes=tuple(_file_away(outcome, ground, out) for outcome in outcomes),
            requests=bill.requests, cached=bill.cached, tokens_in=bill.tokens_in,
            tokens_out=bill.tokens_out, money=bill.money,
        )  # fmt: skip


def _explain(refusal: Exception, commission: Commission) -> Exception:
    """The same, in the words of a command that has nothing to resume."""
    if not isinstance(refusal, BudgetSpent):
        return refusal
    return BudgetSpent(
        f"the budget of ${commission.budget or 0.0:.2f} does not cover another request; every "
        "reply is kept: give the same command a higher --budget"
    )


def _refuse_copies(outcomes: Sequence[ProposalOutcome]) -> list[ProposalOutcome]:
    """The same outcomes; what an earlier one has already is nothing new."""
    kept: list[TaskTemplate] = []
    found = []
    for outcome in outcomes:
        if outcome.accepted and outcome.template is not None:
            copies = (compare_templates(outcome.template, other) for other in kept)
            outcome = replace(outcome, reason=next(filter(None, copies), ""))
            kept += [outcome.template] if outcome.accepted and outcome.template else []
        found.append(outcome)
    return found


def _file_away(outcome: ProposalOutcome, ground: Ground, out: Path) -> ProposalOutcome:
    """Write the outcome's file; its path says where."""
    folder, suffix, text = out / "tasks" / ground.domain.name, ".j2", outcome.text
    if not outcome.accepted:
        folder, suffix, text = out / REJECTED, ".txt", f"{outcome.reason}\n\n{outcome.text}"
    paths = (folder / f"{stem}{suffix}" for stem in _list_stems(outcome.name, ground))
    path = next(p for p in paths if not p.exists() or p.read_text(encoding="utf-8") == text)
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return replace(outcome, name=path.stem, path=path)


def _list_stems(name: str, ground: Ground) -> Iterator[str]:
    """A name and the same with numbers, without those of the domain's templates."""
    taken = {template.id for template in ground.known}
    for number in count_from(1):
        stem = name if number == 1 else f"{name}_{number}"
        if f"{ground.domain.name}.{stem}" not in taken:
            yield stem


def _dump(proposal: Proposal) -> str:
    data = proposal.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return json.dumps(data, ensure_ascii=False)
