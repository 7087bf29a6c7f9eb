"""Keeping libraries from printing."""

from collections.abc import Iterator
from contextlib import contextmanager


def hide_bars() -> None:
    """Keep transformers from drawing bars while it loads and saves."""
    from transformers.utils import logging

    logging.disable_progress_bar()


@contextmanager
def keep_quiet() -> Iterator[None]:
    """Keep transformers from warning while this lasts."""
    from transformers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(before)
