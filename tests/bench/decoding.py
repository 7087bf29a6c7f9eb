"""Print how many episodes a second our decoder plays, and how many `model.generate` does.

python tests/bench/decoding.py MODEL RUN   a preset or a model's folder, a run's folder

Both play the same episodes with the same weights at the same batch size, in one process, one after
the other, and both are made to say what the reference says, as a trained model would: every token
is computed, then replaced. `--free` lets the model say what it likes. On a busy machine compare
seconds of the processor.
"""

import argparse
import asyncio
import resource
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import disable_progress_bars, load_dataset
from rich.console import Console
from rich.table import Table
from transformers import LogitsProcessor

from train.agents.local import LocalAgent
from train.evaluation.runner import play_jobs
from train.evaluation.splits import make_own
from train.evaluation.transcripts import Transcript
from train.models.decoding.cached import CachedDecoder
from train.models.decoding.decoder import Decoder, Guiding, Ids, SlowDecoder
from train.models.loading import load_model
from train.models.pretrained.weights import find_base
from train.models.rendering import encode_rows, render_rows
from train.presets import load_preset

SPLITS = ("test", "ood_template")
Script = Mapping[tuple[int, ...], Ids]
"""What is said after a prompt."""


def read_script(run: Path, tokenizer: Any) -> Script:
    """Every turn of the reference in the splits that are played, by the tokens before it."""
    disable_progress_bars()
    rows = [row for split in SPLITS for row in load_dataset(str(run), "sft", split=split)]
    encoded = encode_rows(tokenizer, render_rows(tokenizer.chat_template, rows))
    script = {}
    for ids, labels in zip(encoded["input_ids"], encoded["labels"], strict=True):
        learned = [label >= 0 for label in labels]
        for start in range(1, len(ids)):
            if learned[start] and not learned[start - 1]:
                end = ids.index(tokenizer.eos_token_id, start) + 1
                script[tuple(ids[:start])] = ids[start:end]
    return script


class Scripted(CachedDecoder):
    """Says what is in a script, and nothing where that has nothing."""

    script: Script

    def _pick(self, logits: Any) -> Any:
        super()._pick(logits)
        return torch.tensor([self._find(turn.prompt, len(turn.said)) for turn in self._active])

    def _find(self, prompt: Ids, place: int) -> int:
        return [*self.script.get(tuple(prompt), ()), self._end][place]


class ScriptedSlow(SlowDecoder):
    """The same with `model.generate`."""

    script: Script

    def complete(self, prompts: Sequence[Ids], guides: Guiding = ()) -> list[Ids]:
        end = self._tokenizer.eos_token_id
        wanted = [[*self.script.get(tuple(ids), ()), end] for ids in prompts]
        self._settings["logits_processor"] = [_Wanted(wanted, end, max(map(len, prompts)))]
        return super().complete(prompts)


class _Wanted(LogitsProcessor):
    def __init__(self, wanted: Sequence[Ids], end: int, width: int) -> None:
        self._wanted, self._end, self._width = wanted, end, width

    def __call__(self, ids: Any, scores: Any) -> Any:
        place = ids.shape[1] - self._width
        tokens = [row[place] if place < len(row) else self._end for row in self._wanted]
        scores[range(len(tokens)), tokens] = torch.finfo(scores.dtype).max
        return scores


def play(decoder: Decoder, context: int, tokenizer: Any, options: Any) -> list[Transcript]:
    """Transcripts of all episodes, in the order of their names."""
    agent = LocalAgent(
        decoder, tokenizer, reasoning=True, context=context, limit=options.tokens
    )  # fmt: skip
    jobs = make_own(options.run, splits=SPLITS).jobs[: options.episodes]
    found: list[Transcript] = []
    asyncio.run(play_jobs(jobs, agent, concurrency=options.batch, take=found.append))
    return sorted(found, key=lambda transcript: transcript.case)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("run", type=Path)
    parser.add_argument("--episodes", type=int, default=36)
    parser.add_argument("--batch", type=int, default=12)
    parser.add_argument("--tokens", type=int, default=128, help="of a turn, at most")
    parser.add_argument("--threads", type=int, default=0, help="0: as many as torch takes")
    parser.add_argument("--free", action="store_true", help="the model says what it likes")
    parser.add_argument("--only", choices=("cached", "generate"))
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    options = read_options()
    if options.threads:
        torch.set_num_threads(options.threads)
    model, tokenizer = load_model(
        find_base(options.model) or options.model, load_preset("smollm2-135m")
    )
    model.float().eval()
    Scripted.script = ScriptedSlow.script = (
        {} if options.free else read_script(options.run, tokenizer)
    )
    makers = {"cached": Scripted, "generate": ScriptedSlow}
    if options.free:
        makers = {"cached": CachedDecoder, "generate": SlowDecoder}
    table = Table("decoder", "episodes/s", "seconds", "of CPU", "calls", "same", "peak")
    first: list[Transcript] = []
    for name, make in makers.items():
        if options.only not in (None, name):
            continue
        wall, busy = time.perf_counter(), time.process_time()
        decoder = make(model, tokenizer, max_new_tokens=options.tokens, temperature=0.0, seed=0)
        found = play(decoder, int(model.config.max_position_embeddings), tokenizer, options)
        wall, busy = time.perf_counter() - wall, time.process_time() - busy
        first = first or found
        same = sum(a.messages == b.messages for a, b in zip(first, found, strict=True))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        table.add_row(
            name, f"{len(found) / wall:.3f}", f"{wall:.0f}", f"{busy:.0f}",
            str(sum(t.calls for t in found)), f"{same} of {len(found)}", f"{peak:.2f} GB",
        )  # fmt: skip
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
