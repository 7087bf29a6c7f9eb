"""Families of pretrained models: the marks of their turns, and conversations written with them.

The short chat template is one text for all; a family gives it its marks. What it writes is read
back by TRL's response template of Qwen3 with the same marks.
"""

import re
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

MARKS = (
    "<think>",
    "</think>",
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "</tool_response>",
)
"""What the short template sets off thoughts, calls and results with, in whatever family."""


@dataclass(frozen=True, slots=True)
class Family:
    """How turns are set apart."""

    name: str
    start: str
    """Before the role."""
    mid: str
    """Between role and content."""
    end: str
    """Ends a turn; one token, which is the tokenizer's end token."""
    after: str = ""
    """Between a turn and the next."""
    begin: str = ""
    """Before everything."""
    pads: tuple[str, ...] = ()
    """Tokens that may stand for padding, first choice first."""


CHATML = Family(
    "chatml", "<|im_start|>", "\n", "<|im_end|>", after="\n", pads=("<|endoftext|>", "<|pad|>")
)
LLAMA3 = Family(
    "llama3",
    "<|start_header_id|>",
    "<|end_header_id|>\n\n",
    "<|eot_id|>",
    begin="<|begin_of_text|>",
    pads=("<|finetune_right_pad_id|>", "<|end_of_text|>"),
)
FAMILIES = {family.name: family for family in (CHATML, LLAMA3)}


def find_family(tokenizer: Any) -> Family | None:
    """The family whose marks the vocabulary has, each as one token; `None` if there is none."""
    known = tokenizer.get_vocab()
    for family in FAMILIES.values():
        parts = (family.begin, family.start, family.mid.strip(), family.end)
        if all(part in known for part in parts if part):
            return family
    return None


def take_end(family: Family, token: str) -> Family:
    """The family with another token at the end of a turn."""
    return replace(family, end=token)


def write_template(family: Family) -> str:
    """The short chat template with a family's marks; it preserves prefixes and marks our turns."""
    text = files("train.models").joinpath("short_chat.jinja").read_text(encoding="utf-8")
    marks = (family.begin, family.start, family.mid, family.end + family.after)
    line = f"set begin, start, mid, end = {', '.join(map(_quote, marks))} %}}"
    return re.sub(r"set begin, .* %\}", lambda _: line, text, count=1)


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"


def write_response(family: Family) -> dict[str, Any]:
    """The response template that reads what the short chat template of a family writes."""
    from trl.chat_template_utils import qwen3_template

    content = {
        **qwen3_template["fields"]["content"],
        "close_pattern": re.escape(family.end) + r"\s*",
    }
    return {
        **qwen3_template,
        "start_anchor": f"{family.start}assistant{family.mid}",
        "fields": {**qwen3_template["fields"], "content": content},
    }
