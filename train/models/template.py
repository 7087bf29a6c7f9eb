"""A pretrained tokenizer made ready to train on: its chat template, its end, how replies are read.

What is chosen is tried before it is used: a conversation is written, split where the agent speaks,
and read back. What does not come back as it was cannot be learned.
"""

from typing import Any

from jinja2 import TemplateError

from tool_catalog.errors import UserMistake
from train.models.chat import ChatMessage, encode_prompt, encode_suffix, read_reply
from train.models.family import (
    FAMILIES,
    MARKS,
    find_family,
    take_end,
    write_response,
    write_template,
)
from train.presets import Chat

_CALL = {"name": "look_up", "arguments": {"id": "A-7", "names": ["Zoë O'Hara", "<b>"], "sum": 12.5}}
_ASKED: tuple[ChatMessage, ...] = (
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "Look up A-7, please."},
)
_SAID: ChatMessage = {
    "role": "assistant",
    "content": "<think>\nbenign: a look.\n</think>\n\n",
    "tool_calls": [{"type": "function", "function": _CALL}],
}
_TOLD: ChatMessage = {"role": "tool", "name": "look_up", "content": '{"sum": 12.5}'}
_TOOL = {
    "type": "function",
    "function": {
        "name": "look_up",
        "description": "Looks up.",
        "parameters": {"type": "object", "properties": {"id": {"type": "string"}}},
    },
}


def fit_chat(tokenizer: Any, chat: Chat, source: str) -> None:
    """Give a tokenizer what training and playing need; one that has been trained on keeps its own.

    Args:
        tokenizer: is changed.
        chat: what the preset says.
        source: the model, for messages.

    Raises:
        UserMistake: it cannot be trained on; the message is one line that says why.
    """
    if is_fitted(tokenizer):
        return
    if chat.template not in ("auto", "short"):
        _take_given(tokenizer, chat, source)
    elif chat.template == "short" or not _take_own(tokenizer):
        _take_short(tokenizer, chat, source)
    _set_tokens(tokenizer, chat, source)
    try:
        _try_chat(tokenizer, source)
    except (TemplateError, TypeError, ValueError) as error:
        raise UserMistake(f"{source}: its chat template cannot be used: {error}") from error


def is_fitted(tokenizer: Any) -> bool:
    """Whether `fit_chat` has been here, or the tokenizer came with everything."""
    from trl.chat_template_utils import has_generation_markers

    template = tokenizer.chat_template
    read = getattr(tokenizer, "response_template", None)
    return bool(template and read and has_generation_markers(template))


def _set_tokens(tokenizer: Any, chat: Chat, source: str) -> None:
    """End and pad token: those of the preset, else of the family, else as they are."""
    known = tokenizer.get_vocab()
    family = find_family(tokenizer)
    if family is not None and family.end in tokenizer.chat_template:
        tokenizer.eos_token = family.end  # a base model ends texts, not turns
        pads = [token for token in family.pads if token in known]
        tokenizer.pad_token = pads[0] if pads else tokenizer.pad_token
    for kind, token in (("end", chat.end_token), ("pad", chat.pad_token)):
        if token and token not in known:
            raise UserMistake(f"{source}: chat.{kind}_token {token!r} is not in its vocabulary")
    tokenizer.eos_token = chat.end_token or tokenizer.eos_token
    tokenizer.pad_token = chat.pad_token or tokenizer.pad_token
    for kind, token in (("end", tokenizer.eos_token), ("pad", tokenizer.pad_token)):
        if token is None:
            raise UserMistake(
                f"{source}: has no {kind} token; name one as chat.{kind}_token in a preset"
            )


def _take_own(tokenizer: Any) -> bool:
    """Make the model's own template fit for training; whether TRL can do that and read replies."""
    from trl import chat_template_utils as trl

    own = tokenizer.chat_template
    if not own or not trl.supports_tool_calling(tokenizer):
        return False
    try:
        if getattr(tokenizer, "response_template", None) is None:
            trl.add_response_schema(tokenizer)
        patched = trl.get_training_chat_template(tokenizer)
    except ValueError:  # it knows templates by their text, and not this one
        tokenizer.response_template = None
        return False
    tokenizer.chat_template = patched or own
    return True


def _take_given(tokenizer: Any, chat: Chat, source: str) -> None:
    """Take the model's own template, or that of the preset."""
    from trl import chat_template_utils as trl

    if chat.template != "own":
        tokenizer.chat_template = chat.template
    if not tokenizer.chat_template:
        raise UserMistake(f"{source}: has no chat template; set chat.template: short in a preset")
    marked = trl.has_generation_markers(tokenizer.chat_template)
    if not (_take_own(tokenizer) or (chat.response and marked)):
        raise UserMistake(
            f"{source}: TRL cannot train on this chat template; mark what is learned in it with "
            "{% generation %} and name what reads it as chat.response, or set chat.template: short"
        )
    if chat.response:
        tokenizer.response_template = _name_response(chat.response)


def _name_response(name: str) -> dict[str, Any]:
    from trl import chat_template_utils as trl

    known = {
        key.removesuffix("_template"): value
        for key, value in vars(trl).items()
        if key.endswith("_template") and isinstance(value, dict)
    }
    if name not in known:
        raise UserMistake(
            f"chat.response {name!r}: TRL reads replies by {', '.join(sorted(known))}"
        )
    return dict(known[name])


def _take_short(tokenizer: Any, chat: Chat, source: str) -> None:
    """The short template with the marks of the model's family."""
    found = find_family(tokenizer)
    family = FAMILIES[chat.family] if chat.family else found
    if family is None:
        lack = "no chat template" if not tokenizer.chat_template else "a chat template TRL lacks"
        raise UserMistake(
            f"{source}: has {lack}, and no family's marks ({', '.join(FAMILIES)}); "
            "name one as chat.family in a preset, or give chat.template and chat.response"
        )
    if family != found or chat.end_token:
        end = chat.end_token or tokenizer.eos_token
        if end is None:
            raise UserMistake(f"{source}: has no end token; name one as chat.end_token in a preset")
        family = take_end(family, end)
    tokenizer.chat_template = write_template(family)
    tokenizer.response_template = write_response(family)


def _try_chat(tokenizer: Any, source: str) -> None:
    """Write a turn that thinks and calls, and read it back."""
    for mark in MARKS:
        if mark in tokenizer.chat_template and _write_and_read(tokenizer, mark) != mark:
            raise UserMistake(f"{source}: its vocabulary cannot write the mark {mark}")
    prompt = encode_prompt(tokenizer, _ASKED, [_TOOL], reasoning=True)
    suffix = encode_suffix(tokenizer, [_TOLD], reasoning=True)
    whole = list(
        tokenizer.apply_chat_template(
            [*_ASKED, _SAID, _TOLD], tools=[_TOOL], add_generation_prompt=True, return_dict=False
        )
    )
    said = whole[len(prompt) : -len(suffix)]
    if whole != prompt + said + suffix or said[-1:] != [tokenizer.eos_token_id]:
        raise UserMistake(
            f"{source}: its chat template writes a turn otherwise once the conversation goes on, "
            "so turns cannot be learned; set chat.template: short in a preset"
        )
    found = read_reply(tokenizer, said, prompt)
    if [call["function"] for call in found.get("tool_calls") or ()] != [_CALL]:
        raise UserMistake(
            f"{source}: a call in its chat template is not read back as it was written"
        )


def _write_and_read(tokenizer: Any, text: str) -> str:
    ids = tokenizer.encode(text, add_special_tokens=False)
    return str(tokenizer.decode(ids, clean_up_tokenization_spaces=False))
