from typing import Any

import pytest
import torch

from train.muon import MuonFactory, orthogonalize


@pytest.mark.parametrize("shape", [(3, 8, 8), (2, 4, 16), (2, 16, 4)])
def test_orthogonalizing_brings_singular_values_near_one(shape: tuple[int, ...]) -> None:
    values = torch.linalg.svdvals(orthogonalize(torch.randn(shape)))
    assert values.min() > 0.5
    assert values.max() < 1.5


@pytest.fixture
def net() -> Any:
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(6, 6), torch.nn.Linear(6, 2))
    net.add_module("embed", torch.nn.Embedding(3, 6))
    return net


def test_matrices_go_to_muon_and_the_rest_to_adamw(net: Any) -> None:
    optimizer = MuonFactory()(net, lr=0.1, matrix_lr=0.2)
    muon, adamw = optimizer.param_groups
    assert {id(p) for p in muon["params"]} == {id(net[0].weight), id(net[1].weight)}
    assert {id(p) for p in adamw["params"]} == {
        id(net[0].bias), id(net[1].bias), id(net.embed.weight),
    }  # fmt: skip
    assert (muon["lr"], adamw["lr"]) == (0.2, 0.1)


def test_a_schedule_moves_both_rates_and_state_survives_saving(net: Any) -> None:
    optimizer = MuonFactory()(net, lr=0.1, matrix_lr=0.2)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.5**step)
    net[1](net[0](torch.randn(4, 6))).sum().backward()
    optimizer.step()
    schedule.step()
    assert [g["lr"] for g in optimizer.param_groups] == [0.1, 0.05]
    again = MuonFactory()(net, lr=0.1, matrix_lr=0.2)
    again.load_state_dict(optimizer.state_dict())
    momentum = again.state[net[0].weight]["momentum"]
    assert momentum.equal(optimizer.state[net[0].weight]["momentum"])


def test_it_learns_a_linear_map(net: Any) -> None:
    inputs, wanted = torch.randn(64, 6), torch.randn(64, 2) * 0.01
    optimizer = MuonFactory()(net, lr=0.01, matrix_lr=0.02)
    losses = []
    for _ in range(60):
        loss = (net[1](net[0](inputs)) - wanted).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 10
