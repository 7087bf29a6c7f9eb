"""A run folder with nine rows of three contrast sets."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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
    (folder / "sft").mkdir()
    Dataset.from_list(kept, on_mixed_types="use_json").to_parquet(folder / "sft" / "train.parquet")
    card = (
        "configs:\n- config_name: sft\n  data_files:\n  - split: train\n    path: sft/train.parquet"
    )
    (folder / "README.md").write_text(f"---\n{card}\n---\n", encoding="utf-8")
    return folder
