"""A pretrained model cut down to what two cores can train in minutes.

Layers are left out, the vocabulary is that of the texts, and the marks of turns, thoughts, calls
and results become tokens of their own. Texts are written with the tokens that they had, but for
those marks; what the rows do not hold is spelt out in smaller pieces. The model says nothing
sensible until it has been trained: the same training that teaches it heals it.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tool_catalog.errors import UserMistake
from train.models.rendering import render_rows
from train.models.template import fit_chat
from train.presets import Preset

_ROWS = 4000
"""Of these the vocabulary is taken; what others hold besides is spelt out."""
_MARKS = (
    "<think>\n", "\n</think>", '<tool_call>\n{"name": "', '", "arguments": {"', "}}\n</tool_call>",
    "<tool_response>\n", "\n</tool_response>",
)  # fmt: skip
"""What the short template says at every turn, some six tokens each in a vocabulary that was not
made for it. Other markup keeps its tokens: of those the model knows what they mean."""


def cut_model(model: Any, tokenizer: Any, preset: Preset, rows: Any, seed: int) -> tuple[Any, Any]:
    """The model with what its preset leaves of it, and its tokenizer.

    Args:
        model: with all its weights; is changed.
        tokenizer: of the model, a BPE over bytes, ready for conversations.
        preset: what is left, and how conversations are written.
        rows: of training, whose tokens stay where the vocabulary is cut.
        seed: of what marks are before training.

    Raises:
        UserMistake: the preset keeps a layer that the model does not have.
    """
    if preset.cut.layers:
        _keep_layers(model, preset)
    if preset.cut.vocabulary:
        some = rows.select(range(min(_ROWS, len(rows))))
        texts = [row.text for row in render_rows(tokenizer.chat_template, some)]
        tokenizer, kept = _cut_vocabulary(tokenizer, texts)
        fit_chat(tokenizer, preset.chat, preset.name)
        _keep_tokens(model, kept, seed)
        for settings in (model.config, model.generation_config):
            settings.eos_token_id = tokenizer.eos_token_id
            settings.pad_token_id = tokenizer.pad_token_id
            settings.bos_token_id = tokenizer.bos_token_id
    return model, tokenizer


def _keep_layers(model: Any, preset: Preset) -> None:
    """Leave only these layers, in this order; each knows its new place in a cache."""
    from torch.nn import ModuleList

    kept, count = preset.cut.layers, len(model.model.layers)
    if not all(0 <= number < count for number in kept):
        raise UserMistake(
            f"preset {preset.name}: cut.layers: the model has layers 0 to {count - 1}"
        )
    layers = ModuleList([model.model.layers[number] for number in kept])
    for place, layer in enumerate(layers):
        layer.self_attn.layer_idx = place
    model.model.layers = layers
    model.config.num_hidden_layers = len(layers)
    if getattr(model.config, "layer_types", None):
        model.config.layer_types = [model.config.layer_types[number] for number in kept]


def _cut_vocabulary(tokenizer: Any, texts: Iterable[str]) -> tuple[Any, list[int]]:
    """A tokenizer of what texts need, marks last, and what its other tokens were before.

    Every kept token keeps a way to be merged from bytes, so that the texts, marks aside, are
    written with the same tokens as before, and any other text can be written too.
    """
    data = json.loads(tokenizer.backend_tokenizer.to_str())
    old = dict(data["model"]["vocab"])
    names = {number: name for name, number in old.items()}
    used = {names[n] for ids in tokenizer(list(texts), add_special_tokens=False)["input_ids"]
            for n in ids if n in names}  # fmt: skip
    special = [item["content"] for item in data["added_tokens"]]
    kept = used | {name for name in old if len(name) == 1} | set(special)
    for one, other in reversed(data["model"]["merges"]):
        if one + other in kept:
            kept |= {one, other}
    vocabulary = sorted(kept, key=old.__getitem__)
    data["model"]["vocab"] = {name: number for number, name in enumerate(vocabulary)}
    data["model"]["merges"] = [
        pair for pair in data["model"]["merges"] if {*pair, "".join(pair)} <= kept
    ]
    for item in data["added_tokens"]:
        item["id"] = data["model"]["vocab"][item["content"]]
    data["added_tokens"] += [
        {"id": number, "content": mark, "single_word": False, "lstrip": False, "rstrip": False,
         "normalized": False, "special": False}
        for number, mark in enumerate(_MARKS, len(vocabulary))
    ]  # fmt: skip
    return _make_tokenizer(tokenizer, data), [old[name] for name in vocabulary]


def _make_tokenizer(tokenizer: Any, data: dict[str, Any]) -> Any:
    """A tokenizer of other data and the same settings."""
    from transformers import AutoTokenizer

    with TemporaryDirectory() as folder:
        tokenizer.save_pretrained(folder)
        (Path(folder) / "tokenizer.json").write_text(json.dumps(data), encoding="utf-8")
        return AutoTokenizer.from_pretrained(folder)


def _keep_tokens(model: Any, kept: Sequence[int], seed: int) -> None:
    """Embeddings, and outputs where they are not tied, of tokens that stay, then of the marks.

    A mark starts as a token that might be: drawn around the mean of all. The mean of its pieces
    would lie among them, where no layer can tell it from them (Hewitt, "Initializing New Word
    Embeddings for Pretrained Language Models", 2021).
    """
    import torch

    dice = torch.Generator().manual_seed(seed)

    def gather(weight: Any) -> Any:
        drawn = torch.randn(len(_MARKS), weight.shape[1], generator=dice)
        return torch.cat([weight[list(kept)], weight.mean(0) + weight.std(0) * drawn])

    with torch.no_grad():
        inputs = gather(model.get_input_embeddings().weight)
        tied = model.config.tie_word_embeddings
        outputs = inputs if tied else gather(model.get_output_embeddings().weight)
        model.resize_token_embeddings(len(inputs), mean_resizing=False)
        model.get_input_embeddings().weight.copy_(inputs)
        model.get_output_embeddings().weight.copy_(outputs)
