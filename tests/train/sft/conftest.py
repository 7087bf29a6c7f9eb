"""A run folder with nine rows of three contrast sets."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gen.runs.messages import hide_thoughts

Row = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory, make_row: Row) -> Path:
    from datasets import Dataset

    folder = tmp_path_factory.mktemp("run")
    kinds = ("verify", "refuse", "execute")
    rows = [make_row(kind, 100 + i, before=i == 2) for i in range(3) for kind in kinds]
    kept = [
        {k: row[k] for k in ("prompt", "completion", "tools")} | {"contrast_set_id": f"7-{n // 3}"}
        for n, row in enumerate(rows)
    ]
    silent = [row | {"completion": hide_thoughts(row["completion"])} for row in kept]
    card = "configs:\n"
    for name, some in (("sft", kept), ("sft_no_thought", silent)):
        (folder / name).mkdir()
        table = Dataset.from_list(some, on_mixed_types="use_json")
        table.to_parquet(folder / name / "train.parquet")
        card += f"- config_name: {name}\n  data_files:\n  - split: train\n"
        card += f"    path: {name}/train.parquet\n"
    (folder / "README.md").write_text(f"---\n{card}\n---\n", encoding="utf-8")
    return folder
