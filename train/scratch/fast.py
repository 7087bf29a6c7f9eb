"""TRL's trainers made fit for a tiny model on a CPU; what they learn is the same.

What has no gradient is left out: logits of tokens that are not learned, episodes without advantage,
columns of padding. GRPO's completions come from `CachedDecoder`.
"""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from train.models.decoding.cached import CachedDecoder
from train.presets import RlSettings

_POOL = 50
"""Batches among whose rows those of like length are put together."""
_PROMPT = ("prompt_ids", "prompt_mask")
_COMPLETION = (
    "completion_ids",
    "completion_mask",
    "tool_mask",
    "old_per_token_logps",
    "ref_per_token_logps",
)


def make_sft_trainer(base: Any, label_tokens: Sequence[int] = (), label_weight: float = 1) -> Any:
    """A subclass of TRL's `SFTTrainer` for rows that come with labels, padded on the right.

    Args:
        base: `SFTTrainer`.
        label_tokens: what a thought names a channel with.
        label_weight: how much more each of them counts; a channel's label is one token of some
            hundred in a row, and all that follows hangs on it.
    """

    class FastSftTrainer(base):  # type: ignore[misc]  # its base is untyped
        """See `make_sft_trainer`."""

        def _get_train_sampler(self, train_dataset: Any = None) -> Any:
            lengths = [len(ids) for ids in self.train_dataset["input_ids"]]
            return order_by_length(lengths, self.args.per_device_train_batch_size, self.args.seed)

        def compute_loss(
            self,
            model: Any,
            inputs: Any,
            return_outputs: bool = False,
            num_items_in_batch: Any = None,
        ) -> Any:
            import torch
            from torch.nn.functional import cross_entropy

            labels = inputs["labels"][:, 1:]
            learned = labels != -100
            # Without a mask: padding stands behind what is learned, and attention looks back only.
            hidden = model.model(input_ids=inputs["input_ids"], use_cache=False).last_hidden_state
            logits, wanted = model.lm_head(hidden[:, :-1][learned]), labels[learned]
            count = len(wanted) if num_items_in_batch is None else num_items_in_batch
            right = (logits.detach().argmax(-1) == wanted).float().mean()
            self._metrics["train"]["mean_token_accuracy"].append(right.item())
            weights = torch.ones_like(logits[:, 0])
            weights[torch.isin(wanted, wanted.new_tensor(label_tokens))] = label_weight
            losses = cross_entropy(logits, wanted, reduction="none")
            return (losses * weights).sum() / weights.mean() / count

    return FastSftTrainer


def order_by_length(lengths: Sequence[int], size: int, seed: int) -> list[int]:
    """Indices such that rows of a batch are of like length, the batches in random order.

    transformers' own order by length goes from long to short, over and over: a tiny model forgets
    how to call tools while it sees nothing but refusals, the shortest rows.
    """
    dice = Random(f"{seed}:order")
    rest = list(range(len(lengths)))
    dice.shuffle(rest)
    order: list[int] = []
    while rest:
        pool, rest = rest[: size * _POOL], rest[size * _POOL :]
        pool.sort(key=lengths.__getitem__)
        batches = [pool[i : i + size] for i in range(0, len(pool), size)]
        last = batches.pop() if len(batches[-1]) < size else []
        dice.shuffle(batches)
        order += [index for batch in batches for index in batch] + last
    return order


def make_grpo_trainer(base: Any, tokenizer: Any, settings: RlSettings) -> Any:
    """A subclass of TRL's `GRPOTrainer`."""

    class FastGrpoTrainer(base):  # type: ignore[misc]  # its base is untyped
        """See `make_grpo_trainer`."""

        _decoder: CachedDecoder | None = None
        _decoded = -1
        _learned: Any = None

        def _generate_single_turn(self, prompt_ids: Any, *_: Any, **__: Any) -> tuple[Any, None]:
            if self._decoder is None:
                plain = self.accelerator.unwrap_model(self.model)
                self._decoder = _open_decoder(plain, tokenizer, settings, self.args.seed)
            if self._decoded != self.state.global_step:
                self._decoder.refresh()
                self._decoded = self.state.global_step
            return self._decoder.complete(prompt_ids), None

        def _compute_loss(self, model: Any, inputs: Any) -> Any:
            share = 1.0
            if settings.loss != "bnpo":  # which divides by the tokens of the rows that are there
                size = len(inputs["advantages"])
                inputs = trim(inputs)
                if settings.loss != "dapo":  # a mean over rows
                    share = len(inputs["advantages"]) / size
            own = inputs.get("tool_mask", 1)  # episodes of one turn have none
            self._learned = (inputs["completion_mask"] * own).bool()
            loss = super()._compute_loss(model, inputs)
            self._learned = None
            return loss * share

        def _get_per_token_logps_and_entropies(
            self,
            model: Any,
            input_ids: Any,
            attention_mask: Any,
            logits_to_keep: int,
            *_: Any,
            **__: Any,
        ) -> Any:
            learned = self._learned
            if learned is None:  # asked for by other than the loss: as it was, or a reference
                learned = attention_mask[:, -logits_to_keep:].bool()
            found = _measure_tokens(model, self.temperature, input_ids, attention_mask, learned)
            return (*found, None)

    return FastGrpoTrainer


def _open_decoder(model: Any, tokenizer: Any, settings: RlSettings, seed: int) -> CachedDecoder:
    limit, temperature = settings.max_new_tokens, settings.temperature
    return CachedDecoder(model, tokenizer, max_new_tokens=limit, temperature=temperature, seed=seed)


def _measure_tokens(
    model: Any, temperature: float, input_ids: Any, attention_mask: Any, learned: Any
) -> tuple[Any, Any]:
    """Log-probability and entropy of each learned token of the completions; 0 for the others."""
    count = learned.shape[1]
    hidden = model.model(
        input_ids=input_ids, attention_mask=attention_mask, use_cache=False
    ).last_hidden_state[:, -count - 1 : -1]
    shares = (model.lm_head(hidden[learned]) / temperature).log_softmax(-1)
    tokens = input_ids[:, -count:][learned]
    chosen = shares.gather(-1, tokens[:, None]).squeeze(1)
    entropies = -(shares.exp() * shares).sum(-1).detach()
    empty = hidden.new_zeros(learned.shape)
    return empty.masked_scatter(learned, chosen), empty.masked_scatter(learned, entropies)


def trim(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """A batch without rows that teach nothing and columns that are padding in every row.

    What is left out adds zero to the loss; where that is a mean, its divisor must be put right.
    """
    rows = inputs["advantages"] != 0
    if not rows.any():
        rows[0] = True
    size = len(rows)
    kept = {
        key: value[rows] if getattr(value, "ndim", 0) and len(value) == size else value
        for key, value in inputs.items()
    }
    start = int(kept["prompt_mask"].any(0).int().argmax())
    used = kept["completion_mask"].any(0).nonzero()
    end = int(used[-1]) + 1 if len(used) else 1
    for key in _PROMPT:
        kept[key] = kept[key][:, start:]
    for key in _COMPLETION:
        if kept.get(key) is not None:
            kept[key] = kept[key][:, :end]
    return kept
