"""What the prompts of a training offer: turns are held to it, and choices are told from the rest.

A token that nothing else could have been is nobody's merit, and is not learned.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from train.models.decoding.guides import Guide, Guides


class Offers:
    """Guides of the turns that follow some prompts.

    Args:
        tokenizer: of the model.
        width: how many tokens the model knows.
        prompts: as text, as the trainer is given them.
        tools: what each of them offers, in OpenAI's form.
    """

    def __init__(
        self,
        tokenizer: Any,
        width: int,
        prompts: Sequence[str],
        tools: Sequence[Sequence[Mapping[str, Any]]],
    ) -> None:
        self._guides = Guides(tokenizer, width)
        ids = tokenizer(text=list(prompts))["input_ids"]
        self._tools = dict(zip(map(tuple, ids), tools, strict=True))

    def start(self, prompt: Sequence[int]) -> Guide | None:
        """The guide of a turn that follows a prompt, which must be one of those given."""
        return self._guides.start(self._tools[tuple(prompt)])

    def mark_choices(self, inputs: Mapping[str, Any]) -> Any:
        """Which tokens of a batch's completions could have been others; shaped as those, int."""
        marks = inputs["completion_mask"].clone()
        for row, (prompt, mask, said) in enumerate(
            zip(inputs["prompt_ids"], inputs["prompt_mask"], inputs["completion_ids"], strict=True)
        ):
            own = marks[row].bool()
            guide = self.start(prompt[mask.bool()].tolist())
            if guide is not None:
                forced = guide.find_forced(said[own].tolist())
                marks[row, own] = marks.new_tensor([not one for one in forced])
        return marks
