"""The number type in which this machine's CPU runs linear layers fastest, found by trying."""

import time
from collections.abc import Callable
from functools import cache
from typing import Any

_ROWS, _INPUTS, _OUTPUTS = 64, 576, 1536
"""A small language model's layer with a batch of conversations."""
_ROUNDS = 5
_MARGIN = 1.2
"""How much faster a half-precision layer must be to be worth its rounding."""


@cache
def choose_linear_dtype(timer: Callable[[], float] = time.perf_counter) -> Any:
    """`torch.bfloat16` or `torch.float32`: which one linear layers on the CPU should have.

    Processors with instructions for bfloat16 multiply it about four times faster than float32,
    others ten times slower, so a layer is run with both: a tenth of a second, once a process.

    Args:
        timer: a clock in seconds.
    """
    import torch

    full = _time_layer(torch.float32, timer)
    half = _time_layer(torch.bfloat16, timer)
    return torch.bfloat16 if half * _MARGIN < full else torch.float32


def _time_layer(dtype: Any, timer: Callable[[], float]) -> float:
    """Seconds of the fastest of some rounds; a first one, which prepares kernels, is not timed."""
    import torch
    from torch.nn.functional import linear

    inputs = torch.ones(_ROWS, _INPUTS, dtype=dtype)
    weight = torch.ones(_OUTPUTS, _INPUTS, dtype=dtype)
    times = []
    with torch.inference_mode():
        linear(inputs, weight)
        for _ in range(_ROUNDS):
            start = timer()
            linear(inputs, weight)
            times.append(timer() - start)
    return min(times)
