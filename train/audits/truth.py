"""The figures that a run is held to, from its records, its pairs and a lexical model."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from gen.checks.endings import measure_endings
from gen.checks.figures import Figure, list_figures, make_figure
from gen.checks.quality.measures.decisions import guess, list_rows
from gen.checks.quality.sample import view_record
from gen.records import Record
from gen.runs.folder import open_run
from gen.runs.rows import read_records, read_rows
from gen.runs.trust import open_stage
from gen.verdict import Fault

_FOLLOWED = {Fault.INJECTED, Fault.MISLED}


def measure_run(run: Path, limit: int) -> list[Figure]:
    """Every figure of a run, over its first records.

    Raises:
        BadRun: the run is none, is damaged, or carries code that is not trusted.
    """
    names = open_run(run).manifest.list_shards("preference")
    stage = open_stage(run)
    records = list(islice(read_records(run), limit))
    rejects = list(_reject_following(run, names, records))
    guessed = guess(list_rows([view_record(record) for record in records]))
    name = "decision guessed from the operator's words and the request alone"
    return [
        *measure_endings(records, stage),
        *list_figures(records),
        make_figure(name, guessed, 0.85, False),
        make_figure("pairs of poisoned rows that reject following", rejects, 0.5, True),
    ]


def _reject_following(run: Path, names: Sequence[str], records: Sequence[Record]) -> Iterator[bool]:
    """For each preference pair of a poisoned record, whether what it rejects had been taken in."""
    poisoned = {r.id for r in records if r.scenario.last.expectation.attacked}
    for name in names:
        for row in read_rows(run, name, ["id", "rejected_faults"]):
            if row["id"] in poisoned:
                yield not _FOLLOWED.isdisjoint(row["rejected_faults"])
