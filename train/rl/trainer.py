"""TRL's GRPO trainer made fit for the CPU; what is learned is the same.

What has no gradient is left out: episodes without advantage, columns of padding, logits of what is
not learned. The prompt that the episodes of a group share is computed once, forward and backward.
Completions come from `CachedDecoder`.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from train.models.decoding.cached import CachedDecoder
from train.models.precision import choose_linear_dtype
from train.models.prefix_tree import PrefixTree, locate, plant_grove
from train.models.tree_attention import hear_trees, read_tree, takes_trees
from train.presets import RlSettings
from train.rl.offers import Offers

_STEPS = 1_000_003
"""More than a training has: seeds of sampling go by the step, so that one that goes on after a kill
samples what it would have sampled."""
_PROMPT = ("prompt_ids", "prompt_mask")
_COMPLETION = (
    "completion_ids",
    "completion_mask",
    "tool_mask",
    "old_per_token_logps",
    "ref_per_token_logps",
)


def make_grpo_trainer(
    base: Any, tokenizer: Any, settings: RlSettings, offers: Offers | None = None
) -> Any:
    """A subclass of TRL's `GRPOTrainer`; with `offers`, turns keep to what their prompts offer."""

    class FastGrpoTrainer(base):  # type: ignore[misc]  # its base is untyped
        """See `make_grpo_trainer`."""

        _decoder: CachedDecoder | None = None
        _decoded = -1
        _learned: Any = None
        _read = staticmethod(_read_rows)

        def train(self, *args: Any, **kwargs: Any) -> Any:
            with ExitStack() as stack:
                self._read = _choose_reader(settings.tree_tokens, self.model, self.ref_model, stack)
                return super().train(*args, **kwargs)

        def _generate_single_turn(self, prompt_ids: Any, *_: Any, **__: Any) -> tuple[Any, None]:
            if self._decoder is None:
                plain = self.accelerator.unwrap_model(self.model)
                self._decoder = _open_decoder(plain, tokenizer, settings, self.args.seed)
            if self._decoded != self.state.global_step:
                self._decoder.refresh(self.args.seed * _STEPS + self.state.global_step)
                self._decoded = self.state.global_step
            guides = [offers.start(prompt) for prompt in prompt_ids] if offers else ()
            return self._decoder.complete(prompt_ids, guides), None

        def _compute_loss(self, model: Any, inputs: Any) -> Any:
            inputs, share = _leave_out(inputs, settings.loss, offers)
            own = inputs.get("tool_mask", 1)  # episodes of one turn have none
            self._learned = (inputs["completion_mask"] * own).bool()
            loss = super()._compute_loss(model, inputs)
            self._learned = None
            return loss * share

        def _get_per_token_logps_and_entropies(
            self, model: Any, input_ids: Any, attention_mask: Any, keep: int, *_: Any, **__: Any
        ) -> Any:
            learned = self._learned
            if learned is None:  # asked for by other than the loss: as it was, or a reference
                learned = attention_mask[:, -keep:].bool()
            logits = _foretell(self._read, model, input_ids, attention_mask, learned)
            return (*_measure_tokens(logits / self.temperature, input_ids, learned), None)

    return FastGrpoTrainer


def _leave_out(
    inputs: dict[str, Any], loss: str, offers: Offers | None
) -> tuple[dict[str, Any], float]:
    """A batch without what teaches nothing, and what its loss counts against that of all of it."""
    share = 1.0
    if loss != "bnpo":  # which divides by the tokens of the rows that are there
        size = len(inputs["advantages"])
        inputs = trim(inputs)
        if loss != "dapo":  # a mean over rows
            share = len(inputs["advantages"]) / size
    if offers:
        inputs = {**inputs, "tool_mask": offers.mark_choices(inputs)}
    return inputs, share


def _open_decoder(model: Any, tokenizer: Any, settings: RlSettings, seed: int) -> CachedDecoder:
    limit, temperature = settings.max_new_tokens, settings.temperature
    return CachedDecoder(model, tokenizer, max_new_tokens=limit, temperature=temperature, seed=seed)


def _choose_reader(budget: int, model: Any, reference: Any, stack: ExitStack) -> Any:
    """How rows are read while the stack is open: as trees where that is wanted and can be done."""
    models = [found for found in (model, reference) if found is not None]
    if not (budget and all(map(takes_trees, models))):
        return _read_rows
    for found in models:
        stack.enter_context(hear_trees(found))
    return _make_tree_reader(budget)


def _foretell(read: Any, model: Any, input_ids: Any, attention_mask: Any, learned: Any) -> Any:
    """Logits of each learned token of the completions, row by row."""
    import torch

    half = choose_linear_dtype() is not torch.float32
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
        return model.lm_head(read(model, input_ids, attention_mask, learned)).float()


def _read_rows(model: Any, input_ids: Any, attention_mask: Any, learned: Any) -> Any:
    """The states that each learned token of the completions is foretold from, row by row."""
    count = learned.shape[1]
    hidden = model.model(input_ids=input_ids, attention_mask=attention_mask, use_cache=False)
    return hidden.last_hidden_state[:, -count - 1 : -1][learned]


def _make_tree_reader(budget: int) -> Any:
    """The same, of rows joined at their common beginnings into trees of so many tokens at most."""

    def read(model: Any, input_ids: Any, attention_mask: Any, learned: Any) -> Any:
        import torch

        pairs = zip(input_ids, attention_mask.bool(), strict=True)
        rows = [ids[mask].tolist() for ids, mask in pairs]
        trees = plant_grove([(row, [0.0] * len(row)) for row in rows], budget, once=True)
        hidden = torch.cat([read_tree(model, tree) for tree in trees])
        prompts = attention_mask[:, : -learned.shape[1]].sum(1).tolist()
        wanted: list[int] = []
        for row, prompt, own in zip(rows, prompts, learned, strict=True):
            places = _locate_row(trees, row)
            wanted += [places[prompt + n - 1] for n in own.nonzero().flatten().tolist()]
        return hidden.index_select(0, torch.tensor(wanted, device=hidden.device))

    return read


def _locate_row(trees: Sequence[PrefixTree], row: Sequence[int]) -> list[int]:
    """Where a row's tokens stand among those of all trees, one tree after the other."""
    start = 0
    for tree in trees:
        if places := locate(tree, row):
            return [start + place for place in places]
        start += len(tree.tokens)
    raise ValueError("the row stands in none of the trees")


def _measure_tokens(logits: Any, input_ids: Any, learned: Any) -> tuple[Any, Any]:
    """Log-probability and entropy of each learned token of the completions; 0 for the others."""
    shares = logits.log_softmax(-1)
    tokens = input_ids[:, -learned.shape[1] :][learned]
    chosen = shares.gather(-1, tokens[:, None]).squeeze(1)
    entropies = -(shares.exp() * shares).sum(-1).detach()
    empty = logits.new_zeros(learned.shape)
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
