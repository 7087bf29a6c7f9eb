"""Conversations as tokens: prompts, what is appended between two turns, and replies read back."""

from collections.abc import Mapping, Sequence
from typing import Any

ChatMessage = dict[str, Any]
_DUMMY: tuple[ChatMessage, ...] = (
    {"role": "user", "content": "dummy"},
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"type": "function", "function": {"name": "dummy", "arguments": {}}}],
    },
)


def encode_prompt(
    tokenizer: Any,
    messages: Sequence[ChatMessage],
    tools: Sequence[Mapping[str, Any]],
    *,
    reasoning: bool,
) -> list[int]:
    """An opening, up to where the agent speaks."""
    return list(
        tokenizer.apply_chat_template(
            list(messages),
            tools=list(tools),
            add_generation_prompt=True,
            tokenize=True,
            return_dict=False,
            enable_thinking=reasoning,
        )
    )


def encode_suffix(tokenizer: Any, messages: Sequence[ChatMessage], *, reasoning: bool) -> list[int]:
    """What follows the end of an agent's turn: results or a user's turn, up to the next turn.

    Found by rendering a dummy conversation with and without the messages, as TRL does, so that it
    holds for any prefix-preserving template.
    """
    before = tokenizer.apply_chat_template(list(_DUMMY), tokenize=False)
    after = tokenizer.apply_chat_template(
        [*_DUMMY, *messages],
        add_generation_prompt=True,
        tokenize=False,
        enable_thinking=reasoning,
    )
    end = before.rindex(tokenizer.eos_token) + len(tokenizer.eos_token)
    return list(tokenizer.encode(after[end:], add_special_tokens=False))


def read_reply(tokenizer: Any, ids: Sequence[int], prefix: Sequence[int]) -> ChatMessage:
    """The agent's turn as a message; a malformed call stays in its content.

    Args:
        tokenizer: with a response template.
        ids: what the agent said.
        prefix: tokens before it, at least from the start of the agent's turn.
    """
    from trl.chat_template_utils import parse_response

    message: ChatMessage = parse_response(tokenizer, list(ids), prefix=list(prefix))
    return message


def show_think(message: ChatMessage) -> ChatMessage:
    """A parsed message with its thought put back into its content, as in the data."""
    thought = message.get("reasoning_content")
    if not thought:
        return message
    kept = {key: value for key, value in message.items() if key != "reasoning_content"}
    return {**kept, "content": f"<think>\n{thought}\n</think>\n\n{message.get('content', '')}"}


def hide_think(message: ChatMessage) -> ChatMessage:
    """A message of the data without its thought."""
    content = message.get("content") or ""
    if message.get("role") != "assistant" or "</think>" not in content:
        return message
    return {**message, "content": content.split("</think>", 1)[1].lstrip("\n")}
