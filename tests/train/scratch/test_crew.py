from pathlib import Path

import pytest

from train.scratch.crew import deal_rows

ROWS = [[7] * n for n in (3, 9, 1, 4, 8, 2, 5)]


def test_rows_are_dealt_so_that_the_nth_of_all_parts_are_of_like_length() -> None:
    parts = deal_rows({"input_ids": ROWS, "labels": [list(map(str, row)) for row in ROWS]}, 2)
    lengths = [[len(row) for row in part["input_ids"]] for part in parts]
    assert lengths == [[2, 4, 8], [3, 5, 9]]
    for part in parts:
        assert [len(row) for row in part["labels"]] == [len(row) for row in part["input_ids"]]


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_every_part_has_as_many_rows(count: int) -> None:
    parts = deal_rows({"input_ids": ROWS, "labels": ROWS}, count)
    assert {len(part["input_ids"]) for part in parts} == {len(ROWS) // count}
    dealt = [len(row) for part in parts for row in part["input_ids"]]
    assert len(set(dealt)) == len(dealt)


@pytest.mark.slow
def test_averaged_gradients_keep_the_weights_of_all_processes_equal(tmp_path: Path) -> None:
    from torch import multiprocessing

    multiprocessing.start_processes(_step_apart, args=(tmp_path,), nprocs=2, start_method="spawn")
    one, two = ((tmp_path / str(rank)).read_text() for rank in range(2))
    assert one == two


def _step_apart(rank: int, folder: Path) -> None:
    import torch
    from torch import distributed

    from train.scratch.crew import make_averager

    distributed.init_process_group("gloo", f"file://{folder}/meet", rank=rank, world_size=2)
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 2)
    model(torch.full((1, 3), float(rank + 1))).sum().backward()
    make_averager(2).on_pre_optimizer_step(None, None, None, model=model)
    assert model.weight.grad is not None
    assert torch.allclose(model.weight.grad, torch.full((2, 3), 1.5))
    torch.optim.SGD(model.parameters(), 0.1).step()
    (folder / str(rank)).write_text(str(model.weight.detach().tolist()))
    distributed.destroy_process_group()
