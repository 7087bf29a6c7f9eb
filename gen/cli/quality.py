"""`triact check --quality`: a run or a file of texts measured, shown, and kept beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from gen.cli.console import console, print_json, show_plain
from gen.cli.progress import show_progress
from tool_catalog.errors import UserMistake

if TYPE_CHECKING:
    from gen.checks.quality.figure import QualityFigure
    from gen.checks.quality.panel import Panel
    from gen.checks.quality.sample import Sample

FOLDER = "quality"
"""Where it is kept: in the run, or beside the file with the file's name before it."""
_STYLES = {"pass": "green", "fail": "red", "not measured": "dim"}


def measure_quality(
    source: Path, compare: Sequence[Path], out: Path | None, workers: int, *, as_json: bool
) -> list[str]:
    """Measure, print one table a set, write `quality.json` and plots; names what fails.

    Args:
        source: a run folder, or a JSONL file of labelled texts.
        compare: JSONL files of others' texts.
        out: folder to write into.
        workers: processes.
        as_json: print data instead of tables.

    Raises:
        UserMistake: a source cannot be used, or what measures is not installed.
    """
    from gen.checks.quality.learners import require_learning
    from gen.checks.quality.panel import measure_beside, measure_sample
    from gen.checks.quality.texts_file import read_texts

    require_learning()
    foreign = {_name_file(path, compare): read_texts(path) for path in compare}
    sample = _read_sample(source)
    with show_progress("quality", "measures", quiet=as_json) as on_update:
        panel = measure_sample(
            sample, str(source), foreign, workers, lambda done, total: on_update(done, total, "")
        )
        beside = [measure_beside(texts, name) for name, texts in foreign.items()]
    files = _write_panel(panel, beside, out or _name_folder(source))
    if as_json:
        print_json(write_panels(panel, beside))
    else:
        _print_panels(panel, beside, files)
    return [figure.name for figure in panel.failed]


def write_panels(panel: Panel, beside: Sequence[Panel]) -> dict[str, Any]:
    """Panels as data."""
    return {
        "source": panel.source,
        "passed": panel.passed,
        "figures": [_write_figure(figure) for figure in panel.figures],
        "beside": {
            other.source: [_write_figure(figure) for figure in other.figures] for other in beside
        },
    }


def _write_figure(figure: QualityFigure) -> dict[str, Any]:
    found = figure.estimate
    return {
        "id": figure.id, "name": figure.name, "value": found.value, "low": found.low,
        "high": found.high, "count": found.count, "bound": figure.bound,
        "at_least": figure.at_least, "judgement": figure.judgement, "note": figure.note,
        "parts": [{"name": p.name, "value": p.estimate.value, "low": p.estimate.low,
                   "high": p.estimate.high, "count": p.estimate.count} for p in figure.parts],
    }  # fmt: skip


def _read_sample(source: Path) -> Sample:
    if source.is_file():
        from gen.checks.quality.texts_file import check_labels, make_text_sample, read_texts

        rows = read_texts(source)
        check_labels(rows, str(source))
        return make_text_sample(rows)
    from gen.checks.quality.sample import make_sample
    from gen.runs.folder import open_run
    from gen.runs.rows import read_records
    from tool_catalog.errors import BadRun

    open_run(source)
    sample = make_sample(read_records(source))
    if not sample.views:
        raise BadRun(f"{source} has no records; generate some")
    return sample


def _name_file(path: Path, paths: Sequence[Path]) -> str:
    """How a file is called: in short, unless two would be called alike."""
    return path.stem if [other.stem for other in paths].count(path.stem) == 1 else str(path)


def _name_folder(source: Path) -> Path:
    return source.with_name(f"{source.stem}-{FOLDER}") if source.is_file() else source / FOLDER


def _write_panel(panel: Panel, beside: Sequence[Panel], folder: Path) -> list[Path]:
    from gen.checks.quality.plots import draw_panel

    path = folder / "quality.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(write_panels(panel, beside), ensure_ascii=False, indent=1)
        path.write_text(f"{text}\n", encoding="utf-8")
        return [path, *draw_panel(panel, beside, folder)]
    except OSError as error:
        raise UserMistake(f"cannot write into {folder}: {error.strerror or error}") from error


def _print_panels(panel: Panel, beside: Sequence[Panel], files: Sequence[Path]) -> None:
    for one in (panel, *beside):
        console.print(_make_table(one, judged=one is panel))
    failed = len(panel.failed)
    counts = {word: sum(f.judgement == word for f in panel.figures) for word in _STYLES}
    told = ", ".join(f"{count} {word}" for word, count in counts.items())
    console.print(f"{panel.source}: {told}", style="red" if failed else "green", highlight=False)
    console.print("written: " + ", ".join(map(str, files)), highlight=False, soft_wrap=True)


def _make_table(panel: Panel, *, judged: bool) -> Table:
    table = Table(title=show_plain(panel.source) if judged else f"beside it: {panel.source}")
    table.add_column("id", no_wrap=True)
    table.add_column("measure")
    for name in ("value", "interval", "bound"):
        table.add_column(name, justify="right", no_wrap=True)
    if judged:
        table.add_column("", no_wrap=True)
    for figure in panel.figures:
        measure = Text(figure.name)
        if figure.note:
            measure.append(f"\n  {show_plain(figure.note)}", style="dim")
        found = figure.estimate
        interval = "" if found.low is None else f"{_show(found.low)} - {_show(found.high)}"
        bound = f"{'>=' if figure.at_least else '<='} {_show(figure.bound)}"
        row = [Text(figure.id), measure, *map(Text, (_show(found.value), interval, bound))]
        verdict = Text(figure.judgement, style=_STYLES[figure.judgement])
        table.add_row(*row, *([verdict] if judged else []))
    return table


def _show(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.3f}"
