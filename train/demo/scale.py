"""How much of everything a demo makes, learns and plays."""

from dataclasses import dataclass

FEW = ("banking", "calendar", "email")
"""As many domains as are learned anything of in minutes; one is held out of training."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A size of the demo; equal scales and seeds give equal results on one machine."""

    preset: str
    records: int
    sft_rows: int
    rl_steps: int
    test_sets: int
    """Contrast sets of the test split that are played."""
    ood_sets: int
    """Contrast sets of each out-of-distribution split that is played."""
    ood_splits: tuple[str, ...] = ("ood_domain",)
    benchmark_cases: int = 0
    """Cases of each benchmark of other people's; 0 leaves them out."""
    domains: tuple[str, ...] = FEW
    """Whose tasks there are; all when none are named."""
    checked: bool = True
    """Whether the data must have the shares asked; a few records cannot."""


FULL = Scale("smollm2-135m-quick", 6000, 330, 5, 3, 1, benchmark_cases=6)
SMOKE = Scale("tiny", 1000, 60, 1, 1, 1, checked=False)
SCRATCH = Scale("tiny", 24000, 11000, 12, 12, 6)
LONG = Scale(
    "smollm2-135m", 40000, 6000, 60, 8, 2, benchmark_cases=30, domains=(),
    ood_splits=("ood_technique", "ood_template", "ood_encoding", "ood_domain"),
)  # fmt: skip
SCALES = {"demo": FULL, "smoke": SMOKE, "scratch": SCRATCH, "long": LONG}
