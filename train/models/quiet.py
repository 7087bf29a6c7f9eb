"""Keeping libraries from printing."""


def hide_bars() -> None:
    """Keep transformers from drawing bars while it loads and saves."""
    from transformers.utils import logging

    logging.disable_progress_bar()
