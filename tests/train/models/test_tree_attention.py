"""Trained on a tree, a model learns exactly what it learns from the rows one by one."""

import random
from typing import Any

import pytest
import torch
import transformers
from torch.nn.functional import cross_entropy

from train.models.prefix_tree import Weighed, plant
from train.models.tree_attention import NAME, hear_trees, read_tree

SIZE = {
    "vocab_size": 50, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3,
    "num_attention_heads": 4, "num_key_value_heads": 2,
}  # fmt: skip
KINDS = ("Llama", "Qwen2", "Qwen3")


def make_model(kind: str) -> Any:
    torch.manual_seed(0)
    config = getattr(transformers, f"{kind}Config")(**SIZE)
    return getattr(transformers, f"{kind}ForCausalLM")(config)


def make_rows() -> list[Weighed]:
    """Rows that part at two places, one of them twice."""
    dice = random.Random(0)
    start = [dice.randrange(50) for _ in range(9)]
    rows: list[Weighed] = []
    for number in range(6):
        ids = start[: 9 if number < 3 else 5]
        ids = ids + [dice.randrange(3) for _ in range(dice.randrange(3, 9))]
        rows.append((ids, [0.0] * 4 + [1.0] * (len(ids) - 4)))
    return [*rows, rows[0]]


def learn_rows(model: Any, rows: list[Weighed]) -> Any:
    total = torch.zeros(())
    for ids, weights in rows:
        logits = model(torch.tensor([ids])).logits[0, :-1]
        losses = cross_entropy(logits, torch.tensor(ids[1:]), reduction="none")
        total = total + (losses * torch.tensor(weights[1:])).sum()
    return total


def learn_tree(model: Any, rows: list[Weighed]) -> Any:
    tree = plant(rows, once=False)
    with hear_trees(model):
        logits = model.lm_head(read_tree(model, tree)[tree.sources])
    losses = cross_entropy(logits, torch.tensor(tree.targets), reduction="none")
    return (losses * torch.tensor(tree.weights)).sum()


@pytest.mark.parametrize("kind", KINDS)
def test_loss_and_gradient_are_those_of_the_rows(kind: str) -> None:
    model, rows, found = make_model(kind), make_rows(), []
    for learn in (learn_rows, learn_tree):
        model.zero_grad()
        loss = learn(model, rows)
        loss.backward()
        found.append((loss.detach(), [p.grad.clone() for p in model.parameters()]))
    (loss, grads), (tree_loss, tree_grads) = found
    torch.testing.assert_close(loss, tree_loss)
    for grad, tree_grad in zip(grads, tree_grads, strict=True):
        torch.testing.assert_close(grad, tree_grad, atol=1e-4, rtol=1e-4)


def test_a_sibling_is_not_heard() -> None:
    model = make_model("Llama")
    first, second = ([1, 2, 3, 4], [1.0] * 4), ([1, 2, 5, 6], [1.0] * 4)
    tree = plant([first, second], once=True)
    with hear_trees(model), torch.no_grad():
        both = read_tree(model, tree)
        alone = read_tree(model, plant([second], once=True))
    torch.testing.assert_close(both[[0, 1, 4, 5]], alone)


def test_a_model_attends_as_before_when_all_is_read() -> None:
    model = make_model("Llama")
    before = model.config._attn_implementation
    with hear_trees(model):
        assert model.config._attn_implementation == NAME
    assert model.config._attn_implementation == before
