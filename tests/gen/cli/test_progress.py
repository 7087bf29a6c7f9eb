"""Where there is no terminal, long work says now and then how far it is; short work nothing."""

import pytest

from gen.cli import progress
from gen.cli.progress import SILENCE, show_progress, track_shards
from gen.runs.shards import Written


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that the test turns."""
    now = [0.0]
    write = progress._write_lines
    monkeypatch.setattr(
        progress, "_write_lines", lambda title, unit: write(title, unit, lambda: now[0])
    )
    return now


def test_a_line_comes_after_each_silence(clock, capsys):
    with show_progress("sft[/red]", "steps") as on_update:
        for done in range(1, 5):
            clock[0] = done * SILENCE * 0.6
            on_update(done, 10 if done > 2 else None, "loss 0.5" if done > 2 else "")
    out = capsys.readouterr()
    assert out.out == ""
    assert out.err.splitlines() == ["sft[/red]: 2 steps", "sft[/red]: 4 of 10 steps, loss 0.5"]


def test_short_and_quiet_work_says_nothing(clock, capsys):
    with show_progress("a", "b") as on_update:
        on_update(1, 2, "")
    clock[0] = SILENCE * 9
    with show_progress("a", "b", quiet=True) as on_update:
        on_update(1, 2, "")
    assert tuple(capsys.readouterr()) == ("", "")


def test_shards_tell_records_and_rate(clock, capsys):
    entry = Written(shard=0, records={"train": 40, "test": 2}, files={}, quarantined=())
    with track_shards(quiet=False) as on_shard:
        clock[0] = SILENCE
        on_shard(entry, 3)
    assert capsys.readouterr().err.startswith("generate: 1 of 3 shards, 42 records, ")
