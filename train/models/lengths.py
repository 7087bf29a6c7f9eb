"""Rows against the tokens that a model takes: said before training, not cut off in it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tool_catalog.errors import UserMistake


def check_lengths(lengths: Sequence[int], context: int, max_length: int, source: str) -> None:
    """Refuse rows that would be cut: what is cut off is the decision.

    Args:
        lengths: tokens of each row.
        context: tokens that the model takes.
        max_length: tokens of a row that the preset allows.
        source: the model, for the message.

    Raises:
        UserMistake: a row does not fit; the longest, the limit and how many do not are in it.
    """
    limit = min(context, max_length)
    over = sum(length > limit for length in lengths)
    if not over:
        return
    longest = max(lengths)
    if longest <= context:
        cure = f"set sft.max_length to {longest} or more in a preset"
    else:
        cure = "choose a model that takes more, or generate with a shorter --length"
    raise UserMistake(
        f"{source}: {over} of {len(lengths)} rows do not fit: the longest has {longest} tokens, "
        f"the model takes {context} and sft.max_length is {max_length}; {cure}"
    )


def count_tokens(tokenizer: Any, rows: Iterable[Mapping[str, Any]]) -> list[int]:
    """Tokens of each row as its chat template writes it."""
    return [
        len(
            tokenizer.apply_chat_template(
                [*row["prompt"], *row["completion"]], tools=row["tools"], return_dict=False
            )
        )
        for row in rows
    ]
