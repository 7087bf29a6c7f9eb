from collections.abc import Callable, Iterable

import torch

from train.models.precision import choose_linear_dtype


def _make_clock(durations: Iterable[float]) -> Callable[[], float]:
    """Rounds that take so long, one after the other."""
    times = [time for duration in durations for time in (0.0, duration)]
    return iter(times).__next__


def test_half_precision_is_chosen_where_it_is_clearly_faster() -> None:
    assert choose_linear_dtype(_make_clock([4.0] * 5 + [1.0] * 5)) == torch.bfloat16
    assert choose_linear_dtype(_make_clock([1.0] * 5 + [4.0] * 5)) == torch.float32
    assert choose_linear_dtype(_make_clock([1.0] * 5 + [0.95] * 5)) == torch.float32


def test_a_round_that_was_disturbed_does_not_count() -> None:
    assert choose_linear_dtype(_make_clock([1.0] * 5 + [9, 9, 0.2, 9, 9])) == torch.bfloat16
    assert choose_linear_dtype(_make_clock([9, 0.2, 9, 9, 9] + [1.0] * 5)) == torch.float32


def test_a_process_measures_once() -> None:
    clock = _make_clock([4.0] * 5 + [1.0] * 5)
    assert choose_linear_dtype(clock) is choose_linear_dtype(clock)  # it would run out


def test_the_machine_at_hand_is_measured() -> None:
    assert choose_linear_dtype() in (torch.bfloat16, torch.float32)
