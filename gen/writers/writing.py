"""A model words contrast sets anew before they are generated: asked, checked, compared, counted.

Each text is asked for by itself, in the style of its set. What passes is kept, the rest is asked
for again, sentence by sentence at last. A set of which a text is left over keeps the templates'
words whole, so that who wrote a text never tells its label.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from gen.config import WriterConfig
from gen.engine.batch import OnStatus
from gen.engine.bundle import Bundle
from gen.engine.replies import CHARACTERS, Request
from gen.engine.structure import Asker
from gen.sets.situation import draw_situation
from gen.sets.source import Source
from gen.sets.texts import list_texts
from gen.sets.words import THOUGHT, Text, Words
from gen.writers.instructions import Instruction, load_instruction
from gen.writers.judging import Sameness, split_sentences, write_comparison
from gen.writers.language import LANGUAGES
from gen.writers.masking import BadPlaces, Masked, fill
from gen.writers.meaning import Flaw, find_flaw
from gen.writers.rewording import Question, choose_style, name_kind, write_question
from gen.writers.yield_report import FAILED, PIECEWISE, WORDED, YieldReport
from tool_catalog.errors import BadReply, EndpointFailed, EndpointRefused

TRIES = 3
"""How often a text is asked for before it is tried sentence by sentence."""
_TOGETHER = 8
"""Notes in one question: a set has some fifty of them, of a dozen words each."""
_AROUND = 16
"""Tokens of a reply around each text: its key, and the marks of JSON."""
_VERDICT = 40
"""Tokens of a judge's reply."""


@dataclass(frozen=True, slots=True)
class Reworded:
    """What a set came to."""

    words: Words | str
    """Words; or why there are none, when its writer could not be reached."""
    tally: YieldReport


@dataclass
class Writer:
    """A model that words sets anew, and one that compares; the same, unless another is named."""

    config: WriterConfig
    asker: Asker
    judge: Asker | None = None
    """`None`: nobody compares."""

    def __post_init__(self) -> None:
        self._reword = load_instruction("reword")
        self._rationale = load_instruction("rationale")
        self._same = load_instruction("same")
        most = self.config.max_tokens
        self._settings: Mapping[str, Any] = {"temperature": 0.8, "max_tokens": most}
        self._judge_settings: Mapping[str, Any] = {"temperature": 0, "max_tokens": most}

    async def learn_modes(self, seed: int) -> None:
        """Ask the servers what they can, unless that is known: the first that they are asked.

        Raises:
            EndpointRefused: they would answer nothing.
        """
        await self.asker.find_mode(**self._settings, seed=seed)
        if self.judge:
            await self.judge.find_mode(**self._judge_settings)

    def open_bundle(self, askers: int, on_status: OnStatus) -> Bundle:
        """Have requests of so many questions go out as batches from now on; modes must be known."""
        askings = (self.asker, self.judge) if self.judge else (self.asker,)
        clients = dict.fromkeys(asking.client for asking in askings)
        return Bundle([*clients], askers, on_status=on_status)

    def wants(self, seed: int, index: int) -> bool:
        """Whether a set is among those that are reworded."""
        return Random(f"{seed}:{index}:writer").random() < self.config.share

    def count_questions(self, source: Source, index: int) -> int:
        """How many questions of a set are under way side by side."""
        return len(list(self._group(source, index)))

    async def write_set(self, source: Source, index: int, bundle: Bundle | None = None) -> Reworded:
        """Words for a set.

        Raises:
            EndpointRefused: every other set would fail the same way.
        """
        tally = YieldReport()
        groups = list(self._group(source, index))
        job = _Job(self, source, index, tally)
        found = await asyncio.gather(*(_leave(job.word(*group), bundle) for group in groups))
        if not groups:
            return Reworded(Words(), tally)
        if error := next((one for one in found if isinstance(one, str)), ""):
            return Reworded(error, YieldReport())
        words: dict[str, str] = {}
        for some in found:
            words |= some if isinstance(some, dict) else {}
        wanted = sum(len(texts) for _, texts in groups)
        tally.sets[WORDED if len(words) == wanted else FAILED] += 1
        if len(words) < wanted:
            return Reworded(Words(), tally)
        return Reworded(self._sign(words), tally)

    def _sign(self, words: Mapping[str, str]) -> Words:
        used = [self._reword, *([self._rationale] if self.config.rationales else ())]
        return Words(
            texts=words,
            generator=self.config.model,
            prompt_digest="-".join(instruction.digest for instruction in used),
            endpoint_host=self.config.host,
            language=LANGUAGES[self.config.language][1],
        )

    def _group(self, source: Source, index: int) -> Iterator[tuple[Instruction, list[Text]]]:
        """The texts of a set as they are asked for: one by one, notes some together; shuffled."""
        every = list_texts(source, index, thoughts=self.config.rationales)
        Random(f"{source.config.seed}:{index}:order").shuffle(every)
        thoughts = [text for text in every if text.key.startswith(THOUGHT)]
        for text in every:
            if not text.key.startswith(THOUGHT):
                yield self._reword, [text]
        for start in range(0, len(thoughts), _TOGETHER):
            yield self._rationale, thoughts[start : start + _TOGETHER]

    def write_question(
        self, instruction: Instruction, texts: Sequence[Text], source: Source, index: int
    ) -> Question:
        """What is asked for some texts of a set."""
        seed, language = source.config.seed, self.config.language
        return write_question(instruction, texts, seed=seed, index=index, language=language)

    async def answer(
        self, question: Question, again: Sequence[Any], seed: int
    ) -> tuple[list[str], str]:
        """What the model says for each text of a question, its values hidden; and all it said."""
        messages = [*question.messages, *again]
        reply = await self.asker.ask(messages, question.schema, **self._settings, seed=seed)
        return reply.read(), reply.model_dump_json()

    async def compare(self, text: Text, masked_words: str, seed: int, index: int) -> Flaw | None:
        """What a judge finds to be another thing than in the text."""
        if self.judge is None or text.key.startswith(THOUGHT):
            return None  # a note's kind, tools and quotation are hidden, so it cannot change them
        messages = write_comparison(self._same, text, masked_words, seed=seed, index=index)
        try:
            verdict = await self.judge.ask(messages, Sameness, **self._judge_settings)
        except BadReply as bad:
            return Flaw("judge reply", f"nobody could say whether it means the same: {bad}")
        return verdict.find_flaw()

    def say_again(self, question: Question, said: str, faults: Sequence[Flaw]) -> list[Any]:
        """What is added to a question whose answer cannot be used."""
        reasons = "; ".join(dict.fromkeys(fault.reason for fault in faults))
        instruction = self._rationale if question.texts[0].key.startswith(THOUGHT) else self._reword
        return [
            {"role": "assistant", "content": said},
            {"role": "user", "content": instruction.render("again", {"faults": reasons})},
        ]

    def list_requests(self, source: Source, indexes: Iterable[int]) -> list[Request]:
        """What would be asked for sets, when every answer is of use at once."""
        requests = []
        seed = source.config.seed
        for index in indexes:
            for instruction, texts in self._group(source, index):
                question = self.write_question(instruction, texts, source, index)
                # Other words for a text are about as long as it is.
                expected = sum(len(text.text) // CHARACTERS + _AROUND for text in texts)
                requests.append(
                    self.asker.make_request(
                        question.messages, question.schema, expected=expected,
                        **self._settings, seed=seed,
                    )
                )  # fmt: skip
        return requests

    def list_judgements(self, source: Source, indexes: Iterable[int]) -> list[Request]:
        """What a judge would be asked, as long as the texts are as the templates have them."""
        if self.judge is None:
            return []
        requests = []
        seed = source.config.seed
        for index in indexes:
            for text in list_texts(source, index):
                messages = write_comparison(self._same, text, text.text, seed=seed, index=index)
                requests.append(
                    self.judge.make_request(
                        messages, Sameness, expected=_VERDICT, **self._judge_settings
                    )
                )
        return requests


async def _leave(work: Any, bundle: Bundle | None) -> Any:
    """Do a question's work, and tell a bundle when it is done."""
    try:
        return await work
    finally:
        if bundle:
            bundle.leave()


class _Job:
    """The texts of one set on their way."""

    def __init__(self, writer: Writer, source: Source, index: int, tally: YieldReport) -> None:
        self._writer, self._source, self._index, self._tally = writer, source, index, tally
        self._seed, self._language = source.config.seed, writer.config.language
        situation = draw_situation(source, index)
        self._template = situation.template.id if situation else ""

    async def word(self, instruction: Instruction, texts: Sequence[Text]) -> dict[str, str] | str:
        """Words by key for as many of some texts as there are; or why nobody could be asked."""
        style = choose_style(instruction, self._seed, self._index)
        try:
            words = await self._try_whole(instruction, texts)
            for text in texts:
                outcome = WORDED if text.key in words else FAILED
                if text.key not in words and (new := await self._try_pieces(instruction, text)):
                    words[text.key], outcome = new, PIECEWISE
                self._tally.count(
                    outcome, kind=name_kind(text), label=text.label.value,
                    template=self._template, style=style,
                )  # fmt: skip
        except EndpointRefused:
            raise
        except EndpointFailed as error:
            return f"writer: {error}"
        return words

    async def _try_whole(self, instruction: Instruction, texts: Sequence[Text]) -> dict[str, str]:
        """Ask for texts, and again for those that cannot be used, a few times."""
        words: dict[str, str] = {}
        rest, again = list(texts), list[Any]()
        for attempt in range(TRIES):
            question = self._writer.write_question(instruction, rest, self._source, self._index)
            seed = self._seed + attempt  # who says the same wrong thing twice is asked otherwise
            try:
                masked_words, said = await self._writer.answer(question, again, seed)
            except BadReply as bad:  # which was asked for again already
                self._tally.refused[f"reply {bad.reason}"] += 1
                break
            faults: dict[str, Flaw] = {}
            for text, masked, new in zip(rest, question.masked, masked_words, strict=True):
                found = await self._check(text, masked, new)
                if isinstance(found, Flaw):
                    faults[text.key] = found
                    self._tally.refused[found.check] += 1
                else:
                    words[text.key] = found
            rest = [text for text in rest if text.key in faults]
            if not rest:
                break
            again = self._writer.say_again(question, said, [*faults.values()])
        return words

    async def _check(self, text: Text, masked: Masked, new: str) -> str | Flaw:
        """The words with their values, or why they cannot be used."""
        try:
            words = fill(new, masked)
        except BadPlaces as wrong:
            return Flaw("places", str(wrong))
        fault = find_flaw(text, words, self._language)
        return fault or await self._compare(text, new) or words

    async def _compare(self, text: Text, masked_words: str) -> Flaw | None:
        return await self._writer.compare(text, masked_words, self._seed, self._index)

    async def _try_pieces(self, instruction: Instruction, text: Text) -> str:
        """A text of several sentences with as many of them worded anew as can be; empty if none."""
        sentences = list(split_sentences(text.text))
        if len(sentences) == 1 or text.key.startswith(THOUGHT):
            return ""
        found = []
        for sentence in sentences:
            kept = tuple(value for value in text.kept if value in sentence)
            piece = replace(text, text=sentence, kept=kept)
            words = await self._try_piece(instruction, piece)
            found.append(words or sentence)
        new = " ".join(found)
        return "" if new == " ".join(sentences) or find_flaw(text, new, self._language) else new

    async def _try_piece(self, instruction: Instruction, piece: Text) -> str:
        question = self._writer.write_question(instruction, [piece], self._source, self._index)
        try:
            masked_words, _ = await self._writer.answer(question, (), self._seed)
        except BadReply as bad:
            self._tally.refused[f"reply {bad.reason}"] += 1
            return ""
        found = await self._check(piece, question.masked[0], masked_words[0])
        if isinstance(found, Flaw):
            self._tally.refused[found.check] += 1
            return ""
        return found


def hash_instructions(*, rationales: bool = False, judged: bool = True) -> str:
    """What models are told, as one digest."""
    names = ("reword", *(["same"] if judged else ()), *(["rationale"] if rationales else ()))
    found: list[Instruction] = [load_instruction(name) for name in names]
    return "-".join(instruction.digest for instruction in found)
