"""Several processes that fine-tune one tiny model together, one thread each.

The operations of a tiny model are too small to be shared by threads: two threads are hardly faster
than one. Two processes are. Each takes its own rows, and gradients are averaged before every step,
so that all of them hold the same weights. Rows are dealt out by length, so that nobody waits.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from train.models.loading import OnStep, load_model
from train.presets import Preset

Fit = Callable[..., dict[str, float]]
"""Trains `(model, tokenizer, rows, out, preset, seed, ...)`; a function of a module."""


def train_together(
    fit: Fit,
    model: Any,
    tokenizer: Any,
    encoded: Mapping[str, Sequence[Sequence[int]]],
    out: Path,
    preset: Preset,
    seed: int,
    on_progress: OnStep | None,
) -> dict[str, float]:
    """Train in `preset.sft.processes` processes; the first of them saves the model and its log.

    Raises:
        torch.multiprocessing.ProcessRaisedException: a process failed; with its traceback.
    """
    from torch import multiprocessing

    count = preset.sft.processes
    parts = deal_rows(encoded, count)
    with TemporaryDirectory() as name:
        folder = Path(name)
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        messages = multiprocessing.get_context("spawn").SimpleQueue()
        crew = multiprocessing.start_processes(
            _work,
            args=(fit, folder, parts, out, preset, seed, messages),
            nprocs=count,
            join=False,
            start_method="spawn",
        )
        result: dict[str, float] = {}
        while not crew.join(timeout=0.5):
            _listen(messages, result, on_progress)
        _listen(messages, result, on_progress)
        return result


def deal_rows(
    encoded: Mapping[str, Sequence[Sequence[int]]], count: int
) -> list[dict[str, list[Sequence[int]]]]:
    """Parts with equally many rows, the n-th rows of all parts being of like length.

    Up to `count - 1` of the shortest rows are left over.
    """
    ids = encoded["input_ids"]
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    order = order[len(order) % count :]
    return [
        {key: [rows[i] for i in order[part::count]] for key, rows in encoded.items()}
        for part in range(count)
    ]


def _listen(messages: Any, result: dict[str, float], on_progress: OnStep | None) -> None:
    while not messages.empty():
        kind, *content = messages.get()
        if kind == "result":
            result.update(content[0])
        elif on_progress is not None:
            on_progress(*content)


def _work(
    rank: int,
    fit: Fit,
    folder: Path,
    parts: Sequence[Mapping[str, Any]],
    out: Path,
    preset: Preset,
    seed: int,
    messages: Any,
) -> None:
    """What each process runs."""
    import torch
    from datasets import Dataset, disable_progress_bars
    from torch import distributed
    from transformers.utils import logging

    torch.set_num_threads(1)
    disable_progress_bars()
    logging.disable_progress_bar()
    logging.set_verbosity_error()  # it warns of a group that is not its own
    meeting = f"file://{folder / 'meeting'}"
    distributed.init_process_group("gloo", meeting, rank=rank, world_size=len(parts))
    model, tokenizer = load_model(folder, preset)
    rows = Dataset.from_dict(dict(parts[rank]))

    def report(*progress: Any) -> None:
        if rank == 0:
            messages.put(("progress", *progress))

    own = out if rank == 0 else folder / f"out-{rank}"
    result = fit(model, tokenizer, rows, own, preset, seed, report, [make_averager(len(parts))])
    if rank == 0:
        messages.put(("result", result))
    distributed.barrier()
    distributed.destroy_process_group()


def make_averager(count: int) -> Any:
    """A trainer callback that averages gradients over the processes before every step."""
    import torch
    from torch import distributed
    from transformers import TrainerCallback

    class Averager(TrainerCallback):  # type: ignore[misc]  # its base is untyped
        """See `make_averager`."""

        def on_pre_optimizer_step(
            self, args: Any, state: Any, control: Any, model: Any = None, **_: Any
        ) -> None:
            grads = [p.grad for p in model.parameters() if p.grad is not None]
            flat = torch.cat([grad.flatten() for grad in grads])
            distributed.all_reduce(flat)
            flat /= count
            for grad, part in zip(grads, flat.split([g.numel() for g in grads]), strict=True):
                grad.copy_(part.view_as(grad))

    return Averager()
