"""A model words contrast sets anew before they are generated: asked, checked, perhaps vetoed.

What it writes is kept by shard in the run folder; generating, proving and writing records is then
the same as ever. A set whose words cannot be used is quarantined with its reason.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from gen.config import WriterConfig
from gen.engine.batch import OnStatus
from gen.engine.bundle import Bundle
from gen.engine.replies import CHARACTERS, Request
from gen.engine.structure import Asker
from gen.runs.plan import plan_shards
from gen.runs.shards import has_words, write_words
from gen.sets.operator import PolicyForm, write_system
from gen.sets.situation import draw_situation
from gen.sets.source import Source
from gen.sets.texts import list_texts
from gen.sets.words import THOUGHT, Text, Words
from gen.taxonomy.labels import Label
from gen.writers.instructions import Instruction, load_instruction
from gen.writers.rewording import (
    LANGUAGES,
    Labels,
    Rewording,
    find_faults,
    show_texts,
    write_request,
)
from tool_catalog.errors import EndpointFailed, EndpointRefused

TRIES = 3
"""How often a set is asked for before it is given up."""
_AROUND = 16
"""Tokens of a reply around each text: its key, and the marks of JSON."""
_IN_ADVANCE = 64
"""Sets worked on at a time; how many requests are under way is the client's to say."""

OnSet = Callable[[int, int], None]
"""Called with how many sets are done and how many there are."""


@dataclass
class Agreement:
    """Labels of a judge beside those of the data."""

    counts: Counter[tuple[Label, Label]] = field(default_factory=Counter)
    """By (label of the data, label of the judge)."""

    @property
    def texts(self) -> int:
        """Texts that were judged."""
        return self.counts.total()

    @property
    def share(self) -> float | None:
        """Of texts with equal labels."""
        same = sum(count for (ours, theirs), count in self.counts.items() if ours is theirs)
        return same / self.texts if self.texts else None

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa; None where chance alone would agree always."""
        if not self.texts or self.share is None:
            return None
        ours, theirs = Counter[Label](), Counter[Label]()
        for (one, other), count in self.counts.items():
            ours[one] += count
            theirs[other] += count
        chance = sum(ours[label] * theirs[label] for label in Label) / self.texts**2
        return (self.share - chance) / (1 - chance) if chance < 1 else None


@dataclass
class Writer:
    """A model that words sets anew, and one that may veto."""

    config: WriterConfig
    asker: Asker
    judge: Asker | None = None
    agreement: Agreement = field(default_factory=Agreement)

    def __post_init__(self) -> None:
        self._reword = load_instruction("reword")
        self._rationale = load_instruction("rationale")
        self._judge_instruction = load_instruction("judge")
        most = self.config.max_tokens
        self._settings: Mapping[str, Any] = {"temperature": 0.8, "max_tokens": most}
        self._thought_settings = {**self._settings, "max_tokens": 2 * most}  # some fifty of them
        self._judge_settings: Mapping[str, Any] = {"temperature": 0, "max_tokens": -(-most // 2)}

    async def learn_modes(self, seed: int) -> None:
        """Ask the servers what they can, unless that is known: the first that they are asked.

        Raises:
            EndpointRefused: they would answer nothing.
        """
        await self.asker.find_mode(**self._settings, seed=seed)
        if self.judge:
            await self.judge.find_mode(**self._judge_settings)

    def open_bundle(self, askers: int, on_status: OnStatus) -> Bundle:
        """Have requests of so many sets go out as batches from now on; modes must be known."""
        askings = (self.asker, self.judge) if self.judge else (self.asker,)
        return Bundle([asker.client for asker in askings], askers, on_status=on_status)

    def wants(self, seed: int, index: int) -> bool:
        """Whether a set is among those that are reworded."""
        return Random(f"{seed}:{index}:writer").random() < self.config.share

    async def write_set(self, source: Source, index: int) -> Words | str:
        """Words for a set, or why there are none.

        Raises:
            EndpointRefused: every other set would fail the same way.
        """
        questions = list(self._list_questions(source, index))
        texts = questions[0][1]
        if not texts:
            return Words()
        try:
            found: dict[str, str] = {}
            for instruction, asked, settings in questions:
                words = await self._ask(instruction, asked, settings, source.config.seed, index)
                if isinstance(words, str):
                    return words
                found |= words
            veto = await self._judge(source, index, texts, found) if self.judge else ""
        except EndpointRefused:
            raise
        except EndpointFailed as error:
            return f"writer: {error}"
        return veto or Words(
            texts=found,
            generator=self.config.model,
            prompt_digest=self._digest,
            endpoint_host=self.config.host,
            language=LANGUAGES[self.config.language][1],
        )

    @property
    def _digest(self) -> str:
        used = [self._reword, *([self._rationale] if self.config.rationales else ())]
        return "-".join(instruction.digest for instruction in used)

    def _list_questions(
        self, source: Source, index: int
    ) -> Iterator[tuple[Instruction, list[Text], Mapping[str, Any]]]:
        """What is asked for a set, thoughts apart and last: instruction, texts, settings."""
        every = list_texts(source, index, thoughts=self.config.rationales)
        thoughts = [text for text in every if text.key.startswith(THOUGHT)]
        yield self._reword, [text for text in every if text not in thoughts], self._settings
        if thoughts:
            yield self._rationale, thoughts, self._thought_settings

    async def _ask(
        self,
        instruction: Instruction,
        texts: Sequence[Text],
        settings: Mapping[str, Any],
        seed: int,
        index: int,
    ) -> dict[str, str] | str:
        """A model's words for every text, after as many tries as it takes."""
        language = self.config.language
        messages = write_request(instruction, texts, seed=seed, index=index, language=language)
        faults: dict[str, str] = {}
        for _ in range(TRIES):
            answer = await self.asker.ask(messages, Rewording, **settings, seed=seed)
            words = answer.by_key()
            faults = find_faults(texts, words, language)
            if not faults:
                return {text.key: words[text.key] for text in texts}
            shown = "\n".join(f"- {key}: {reason}" for key, reason in faults.items())
            messages = [
                *messages,
                {"role": "assistant", "content": answer.model_dump_json()},
                {"role": "user", "content": instruction.render("again", {"faults": shown})},
            ]
        key, reason = next(iter(faults.items()))
        return f"writer: {key}: {reason} (after {TRIES} tries, {len(faults)} texts)"

    async def _judge(
        self, source: Source, index: int, texts: Sequence[Text], words: Mapping[str, str]
    ) -> str:
        """Why the judge vetoes; empty when it agrees."""
        assert self.judge is not None
        texts = [text for text in texts if text.telling]
        facts = _describe(source, index, texts, words)
        messages = self._judge_instruction.write(facts)
        labels = (await self.judge.ask(messages, Labels, **self._judge_settings)).by_key()
        missing = [text.key for text in texts if text.key not in labels]
        if missing:
            return f"judge: no label of {', '.join(missing)}"
        for text in texts:
            self.agreement.counts[text.label, labels[text.key]] += 1
        others = [text for text in texts if labels[text.key] is not text.label]
        return "; ".join(
            f"judge: {text.key} is {labels[text.key]}, written as {text.label}" for text in others
        )

    def list_requests(self, source: Source, indexes: Iterable[int]) -> list[Request]:
        """What would be asked for sets, when every answer is of use at once."""
        requests = []
        seed = source.config.seed
        for index in indexes:
            for instruction, texts, settings in self._list_questions(source, index):
                if not texts:
                    continue
                messages = write_request(
                    instruction, texts, seed=seed, index=index, language=self.config.language
                )
                # Other words for a text are about as long as it is.
                expected = sum(len(text.text) // CHARACTERS + _AROUND for text in texts)
                requests.append(
                    self.asker.make_request(
                        messages, Rewording, expected=expected, **settings, seed=seed
                    )
                )
        return requests

    def list_judgements(self, source: Source, indexes: Iterable[int]) -> list[Request]:
        """What a judge would be asked, as long as the texts are as the templates have them."""
        if self.judge is None:
            return []
        requests = []
        for index in indexes:
            if texts := [text for text in list_texts(source, index) if text.telling]:
                facts = _describe(source, index, texts, {})
                messages = self._judge_instruction.write(facts)
                requests.append(
                    self.judge.make_request(
                        messages, Labels, expected=_AROUND * len(texts), **self._judge_settings
                    )
                )
        return requests


def _describe(
    source: Source, index: int, texts: Sequence[Text], words: Mapping[str, str]
) -> dict[str, str]:
    """What a judge is told: the operator's rules, always stated as a list, and the texts."""
    situation = draw_situation(source, index)
    assert situation is not None
    facts = situation.facts
    rules = write_system(
        PolicyForm.LIST, source.policy, situation.tools, situation.names,
        {"owner": facts["user"].name, "today": facts["today"]},
        Random(f"{source.config.seed}:{index}:rules"),
        owned=situation.template.front.owned is not None,
    )  # fmt: skip
    return {"system": rules, "texts": show_texts(texts, words)}


def hash_instructions(*, rationales: bool = False) -> str:
    """What models are told, as one digest."""
    names = ("reword", "judge", *(["rationale"] if rationales else ()))
    found: list[Instruction] = [load_instruction(name) for name in names]
    return "-".join(instruction.digest for instruction in found)


def list_wanted(source: Source, run: Path, writer: Writer) -> dict[int, list[int]]:
    """Sets that are to be reworded, by shard; shards that have their words are left out."""
    seed = source.config.seed
    return {
        number: [index for index in sets if writer.wants(seed, index)]
        for number, sets in enumerate(plan_shards(source))
        if not has_words(run, number)
    }


async def write_all_words(
    source: Source,
    run: Path,
    writer: Writer,
    on_set: OnSet = lambda done, total: None,
    on_batch: OnStatus | None = None,
) -> None:
    """Have every wanted set worded anew; shards are kept as they are finished.

    Args:
        source: of the run.
        run: its folder.
        writer: who writes.
        on_set: told of every set that is done.
        on_batch: told of every look at a batch, for which modes must be known; None: requests are
            sent one by one.

    Raises:
        EndpointRefused: the run cannot go on; finished shards and every reply are kept.
    """
    wanted = list_wanted(source, run, writer)
    total = sum(map(len, wanted.values()))
    done = 0
    bundle = writer.open_bundle(total, on_batch) if on_batch and total else None
    places = asyncio.Semaphore(total if bundle else _IN_ADVANCE)

    async def work(index: int) -> tuple[int, Words | str]:
        nonlocal done
        async with places:
            found = await writer.write_set(source, index)
        if bundle:
            bundle.leave()
        done += 1
        on_set(done, total)
        return index, found

    async def finish(number: int, indexes: Sequence[int]) -> None:
        write_words(run, number, dict(await asyncio.gather(*map(work, indexes))))

    try:
        async with asyncio.TaskGroup() as group:
            for number, indexes in wanted.items():
                group.create_task(finish(number, indexes))
    except* EndpointRefused as refused:
        raise _first(refused) from None


def _first(group: BaseExceptionGroup[EndpointRefused]) -> EndpointRefused:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, EndpointRefused)
    return error
