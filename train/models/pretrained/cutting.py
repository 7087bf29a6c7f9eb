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
    "<tool_response>\n", "\n</tool_response>", '{"results": [{"', '", "', '": "',
)  # fmt: skip
"""What the short template and JSON repeat at every turn, some three tokens each in a vocabulary
that was not made for them."""


def cut_model(model: Any, tokenizer: Any, preset: Preset, rows: Any) -> tuple[Any, Any]:
    """The model with what its preset leaves of it, and its tokenizer.

    Args:
        model: with all its weights; is changed.
        tokenizer: of the model, a BPE over bytes, ready for conversations.
        preset: what is left, and how conversations are written.
        rows: of training, whose tokens stay where the vocabulary is cut.

    Raises:
        UserMistake: the preset keeps a layer that the model does not have.
    """
    if preset.cut.layers:
        _keep_layers(model, preset)
    if preset.cut.vocabulary:
        some = rows.select(range(min(_ROWS, len(rows))))
        texts = [row.text for row in render_rows(tokenizer.chat_template, some)]
        tokenizer, pieces = _cut_vocabulary(tokenizer, texts)
        fit_chat(tokenizer, preset.chat, preset.name)
        _keep_tokens(model, pieces)
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


def _cut_vocabulary(tokenizer: Any, texts: Iterable[str]) -> tuple[Any, list[list[int]]]:
    """A tokenizer of what texts need, and for each of its tokens the old ones it stands for.

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
    pieces = [[old[name]] for name in vocabulary]
    data["model"]["vocab"] = {name: number for number, name in enumerate(vocabulary)}
    data["model"]["merges"] = [
        pair for pair in data["model"]["merges"] if {*pair, "".join(pair)} <= kept
    ]
    for item in data["added_tokens"]:
        item["id"] = data["model"]["vocab"][item["content"]]
    for mark in _MARKS:
        pieces.append(tokenizer.encode(mark, add_special_tokens=False))
        data["added_tokens"].append({
            "id": len(pieces) - 1, "content": mark, "single_word": False, "lstrip": False,
            "rstrip": False, "normalized": False, "special": False,
        })  # fmt: skip
    return _make_tokenizer(tokenizer, data), pieces


def _make_tokenizer(tokenizer: Any, data: dict[str, Any]) -> Any:
    """A tokenizer of other data and the same settings."""
    from transformers import AutoTokenizer

    with TemporaryDirectory() as folder:
        tokenizer.save_pretrained(folder)
        (Path(folder) / "tokenizer.json").write_text(json.dumps(data), encoding="utf-8")
        return AutoTokenizer.from_pretrained(folder)


def _keep_tokens(model: Any, pieces: Sequence[Sequence[int]]) -> None:
    """Embeddings, and outputs where they are not tied, of new tokens: the mean of what each was."""
    import torch

    def gather(weight: Any) -> Any:
        return torch.stack([weight[list(old)].mean(0) for old in pieces])

    with torch.no_grad():
        inputs = gather(model.get_input_embeddings().weight)
        outputs = gather(model.get_output_embeddings().weight)
        model.resize_token_embeddings(len(pieces), mean_resizing=False)
        model.get_input_embeddings().weight.copy_(inputs)
        model.get_output_embeddings().weight.copy_(outputs)
