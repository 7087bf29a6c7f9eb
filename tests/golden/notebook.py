"""docs/api.ipynb, executed without Jupyter; run this file to write its outputs anew.

Its records change with the templates: look at the difference before you keep it.
"""

import io
import json
import os
import tempfile
from contextlib import chdir, redirect_stdout
from pathlib import Path
from typing import Any

PATH = Path(__file__).resolve().parents[2] / "docs" / "api.ipynb"


def read_notebook() -> dict[str, Any]:
    """The notebook as it is stored."""
    return dict(json.loads(PATH.read_text(encoding="utf-8")))


def list_code(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """Its code cells, in order."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def execute(notebook: dict[str, Any], folder: Path) -> list[str]:
    """What each code cell prints, executed in one namespace in a folder."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    printed = []
    with chdir(folder):
        for number, cell in enumerate(list_code(notebook), 1):
            out = io.StringIO()
            with redirect_stdout(out):
                exec(compile("".join(cell["source"]), f"cell {number}", "exec"), namespace)
            printed.append(out.getvalue())
    return printed


def read_outputs(cell: dict[str, Any]) -> str:
    """What is stored as printed by a cell."""
    return "".join(line for output in cell["outputs"] for line in output["text"])


def write_outputs() -> None:
    """Execute the notebook and store what it prints."""
    notebook = read_notebook()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TRIACT_STATE"] = folder
        printed = execute(notebook, Path(folder))
    for number, (cell, text) in enumerate(zip(list_code(notebook), printed, strict=True), 1):
        lines = text.splitlines(keepends=True)
        stream = {"name": "stdout", "output_type": "stream", "text": lines}
        cell["execution_count"], cell["outputs"] = number, [stream] if lines else []
    text = json.dumps(notebook, indent=1, ensure_ascii=False)
    PATH.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_outputs()
