"""Calls that keep to the offered tools while they are decoded: no other name, argument or type.

Text is free until a call begins; from there on only tokens are left that can still become a call of
a tool that is there, with every argument that it needs. What a call looks like is read off the chat
template. The grammars are those of `llguidance`.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tool_catalog.errors import UserMistake
from train.models.chat import ChatMessage

_NAME, _VALUE = "triactname", {"triactkey": "triactvalue"}
_SAMPLE = 'look at this: {"name": "look_up", "sum": 12.5}'
_JSON = {
    "item_separator": ", ",
    "key_separator": ": ",
    "whitespace_flexible": False,
    "lenient": True,  # what values cannot be held to is left out
}


class Guide:
    """What may be said next in one turn.

    Args:
        matcher: llguidance's, at the turn's start.
        width: how many tokens the model knows.
    """

    def __init__(self, matcher: Any, width: int) -> None:
        self._matcher, self._width = matcher, width

    def show(self) -> Any:
        """Which tokens may follow; shape (width,), bool."""
        import numpy

        bits = numpy.frombuffer(self._matcher.compute_bitmask(), numpy.uint8)
        if self._matcher.is_error():
            raise RuntimeError(f"a grammar failed: {self._matcher.get_error()}")
        return numpy.unpackbits(bits, count=self._width, bitorder="little").astype(bool)

    def take(self, token: int) -> None:
        """Go on by a token that may follow."""
        if not self._matcher.consume_token(token):
            raise RuntimeError(f"a grammar failed: {self._matcher.get_error()}")

    def find_forced(self, ids: Sequence[int]) -> list[bool]:
        """For each token of a turn that kept to this, whether nothing else could have been said."""
        forced = []
        for token in ids:
            forced.append(int(self.show().sum()) == 1)
            self.take(token)
        return forced


class Guides:
    """Guides of turns, for the tools that are offered.

    Args:
        tokenizer: of the model, with the template that its calls are written by.
        width: how many tokens the model knows.

    Raises:
        UserMistake: llguidance is missing, or the template gives calls no mark to begin with.
    """

    def __init__(self, tokenizer: Any, width: int) -> None:
        self._form = _read_form(tokenizer)
        self._tokenizer = _read_tokens(tokenizer, width)
        self._width = width
        self._known: dict[str, Any] = {}

    def start(self, tools: Sequence[Mapping[str, Any]]) -> Guide | None:
        """A guide for a turn; `None` where no tool is offered, so that there is nothing to keep to.

        Args:
            tools: in OpenAI's form.
        """
        if not tools:
            return None
        key = json.dumps(tools, sort_keys=True)
        if key not in self._known:
            self._known[key] = self._compile(tools)
        return Guide(self._known[key].deep_copy(), self._width)

    def _compile(self, tools: Sequence[Mapping[str, Any]]) -> Any:
        from llguidance import LLMatcher

        shapes = {str(tool["function"]["name"]): _close(tool["function"]["parameters"] or {})
                  for tool in tools}  # fmt: skip
        grammar = self._write(shapes)
        if LLMatcher.validate_grammar(grammar, self._tokenizer):
            # A schema that is none, as other people's tools have: its arguments are any object.
            shapes = {name: shape if self._can_hold(name, shape) else {"type": "object"}
                      for name, shape in shapes.items()}  # fmt: skip
            grammar = self._write(shapes)
        matcher = LLMatcher(self._tokenizer, grammar)
        if matcher.is_error():
            raise RuntimeError(f"no grammar of {', '.join(shapes)}: {matcher.get_error()}")
        return matcher

    def _can_hold(self, name: str, shape: Mapping[str, Any]) -> bool:
        from llguidance import LLMatcher

        return not LLMatcher.validate_grammar(self._write({name: shape}), self._tokenizer)

    def _write(self, shapes: Mapping[str, Mapping[str, Any]]) -> str:
        from llguidance import StructTag

        begin, between, end = self._form
        trigger = begin.partition("\n")[0]
        tags = [
            StructTag(
                trigger=trigger,
                begin=f"{begin}{name}{between}",
                grammar={**shape, "x-guidance": _JSON},
                end=end,
            )
            for name, shape in shapes.items()
        ]
        return str(StructTag.to_grammar(tags, assume_special=False))


class _Spelling:
    """A vocabulary as llguidance takes one: the bytes of each token, and which are no text.

    It would itself take any added token in angle brackets for no text, marks of calls included.
    """

    def __init__(self, tokenizer: Any, plain: Any, width: int) -> None:
        self._plain = plain
        self.eos_token_id, self.bos_token_id = int(tokenizer.eos_token_id), None
        hidden = {*tokenizer.all_special_ids, *range(len(tokenizer), width)}
        self.special_token_ids = sorted(hidden)
        self.tokens = [plain.decode_bytes([token]) for token in range(width)]
        for token, mark in tokenizer.added_tokens_decoder.items():
            if token not in hidden:
                self.tokens[token] = str(mark).encode()

    def __call__(self, text: bytes) -> list[int]:
        return list(self._plain.tokenize_bytes(text, parse_special=True))


def _read_tokens(tokenizer: Any, width: int) -> Any:
    try:
        from llguidance import LLTokenizer, TokenizerWrapper
        from llguidance.hf import from_tokenizer
    except ImportError as error:
        raise UserMistake(
            "calls are held to schemas by llguidance, which is missing: pip install "
            "'triact[train]', or give --calls free, or constrain_calls: false in the preset"
        ) from error
    spelling = _Spelling(tokenizer, from_tokenizer(tokenizer, width), width)
    ids = tokenizer.encode(_SAMPLE, add_special_tokens=False)
    if b"".join(spelling.tokens[token] for token in ids).strip() != _SAMPLE.encode():
        raise UserMistake(
            "calls cannot be held to schemas: what a token of this vocabulary says depends on the "
            "tokens around it; give --calls free, or constrain_calls: false in the preset"
        )
    return LLTokenizer(TokenizerWrapper(spelling), width)


def _read_form(tokenizer: Any) -> tuple[str, str, str]:
    """What a template writes before a call's name, between name and arguments, and after them."""
    call = {"type": "function", "function": {"name": _NAME, "arguments": _VALUE}}
    messages: list[ChatMessage] = [
        {"role": "user", "content": "?"},
        {"role": "assistant", "content": "", "tool_calls": [call, call]},
    ]
    try:
        text = str(tokenizer.apply_chat_template(messages, tokenize=False))
        _, between, again = text.split(_NAME)
        value = json.dumps(_VALUE)
        between, _, rest = between.partition(value)
        end = again.partition(value)[2].partition(tokenizer.eos_token)[0].rstrip()
        begin = rest.removeprefix(end).lstrip()
    except Exception as error:  # whatever a stranger's template raises
        raise UserMistake(_NO_FORM) from error
    if not (begin and rest.startswith(end)):
        raise UserMistake(_NO_FORM)
    return begin, between, end


_NO_FORM = (
    "calls cannot be held to schemas: the model's chat template does not write several calls of a "
    "turn alike; give --calls free, or constrain_calls: false in the preset"
)


def _close(schema: Any) -> Any:
    """A schema whose objects have no properties but those that it names, if it names any."""
    if isinstance(schema, Mapping):
        inner = {key: _close(value) for key, value in schema.items()}
        closed = "properties" in schema and "additionalProperties" not in schema
        return {**inner, "additionalProperties": False} if closed else inner
    return [_close(value) for value in schema] if isinstance(schema, list | tuple) else schema
