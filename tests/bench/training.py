"""Print how many tokens a second SFT learns on prefix trees, and how many TRL alone does.

python tests/bench/training.py MODEL RUN   a preset or a model's folder, a run's folder

Both learn the same rows of the same contrast sets with the same weights, in one process, one after
the other; a token is one of a row, however often it was computed. On a busy machine compare seconds
of the processor.
"""

import argparse
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from train.models.lengths import count_tokens
from train.models.loading import open_pretrained
from train.models.pretrained.weights import find_base
from train.presets import Preset, load_preset
from train.sft.groves import plant_rows
from train.sft.rows import gather_sets, read_rows
from train.sft.training import fit


def make_preset(options: Any, tree_tokens: int) -> Preset:
    """The preset of the pretrained learner, for one epoch of these rows."""
    preset = load_preset("smollm2-135m")
    sft = preset.sft.model_copy(
        update={"tree_tokens": tree_tokens, "batch_size": options.batch, "accumulate": 1,
                "learn_once": False, "decision_weight": 1.0}
    )  # fmt: skip
    return preset.model_copy(
        update={"model": find_base(options.model) or options.model, "sft": sft}
    )


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("run", type=Path)
    parser.add_argument("--rows", type=int, default=24)
    parser.add_argument("--batch", type=int, default=2, help="rows of a batch, where TRL makes it")
    parser.add_argument("--tree", type=int, default=2500, help="tokens of a tree")
    parser.add_argument("--only", choices=("trees", "rows"))
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    options = read_options()
    rows = read_rows(options.run, seed=0, reasoning=True)
    sets = gather_sets(rows["contrast_set_id"], 0, options.rows)
    table = Table("by", "tokens/s", "seconds", "of CPU", "rows", "tokens", "peak")
    for name in ("trees", "rows"):
        if options.only not in (None, name):
            continue
        preset = make_preset(options, options.tree if name == "trees" else 0)
        model, tokenizer = open_pretrained(preset)
        chosen = rows.select([index for indices in sets for index in indices])
        tokens = sum(count_tokens(tokenizer, chosen))
        given = plant_rows(model, tokenizer, rows, sets, preset) if name == "trees" else chosen
        wall, busy = time.perf_counter(), time.process_time()
        with TemporaryDirectory() as out:
            fit(model, tokenizer, given, Path(out), preset, 0, None)
        wall, busy = time.perf_counter() - wall, time.process_time() - busy
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        table.add_row(
            name, f"{tokens / wall:.0f}", f"{wall:.0f}", f"{busy:.0f}", str(len(chosen)),
            str(tokens), f"{peak:.2f} GB",
        )  # fmt: skip
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
