"""A run holds the records asked for, in few files, whatever its templates and workers."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gen.config import RunConfig, WriterConfig
from gen.runs import plan
from gen.runs.folder import read_manifest
from gen.runs.generate import generate
from gen.runs.plan import plan_more, plan_shards
from gen.sets.pipeline import generate_set
from gen.sets.roles import count_members
from gen.sets.source import Source, load_source


def _with(source: Source, **changes: object) -> Source:
    return replace(source, config=source.config.model_copy(update=changes))


@pytest.fixture
def members(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], int]:
    """Sets of 8 to 20 members, as the index says."""

    def count(index: int) -> int:
        return 8 + index * 7 % 13

    monkeypatch.setattr(plan, "count_members", lambda source, index: count(index))
    return count


@pytest.mark.parametrize("size", [1, 8, 9, 300, 2001, 20_000])
@pytest.mark.parametrize("width", [None, 1, 64])
def test_shards_cover_the_records_asked_for_and_no_set_more(source, members, size, width):
    planned = plan_shards(_with(source, size=size, sets_per_shard=width))
    sets = [index for shard in planned for index in shard]
    assert sets == list(range(len(sets)))
    records = sum(map(members, sets))
    assert records >= size > records - members(sets[-1])


@pytest.mark.parametrize(
    ("size", "least", "most"), [(1, 1, 1), (2001, 1, 1), (20_000, 16, 16), (400_000, 75, 85)]
)
def test_shards_grow_with_the_run(source, members, size, least, most):
    assert least <= len(plan_shards(_with(source, size=size))) <= most


def test_members_are_counted_without_drawing_a_world(source, contrast_sets):
    assert len({len(members) for members in contrast_sets.values()}) > 1
    for index, members in contrast_sets.items():
        assert count_members(source, index) == len(members)


def test_sets_that_no_world_fits_are_made_up_for(source, members):
    sized = _with(source, size=100, sets_per_shard=3)
    planned = plan_shards(sized)
    assert plan_more(sized, planned, 100) == []
    more = plan_more(sized, planned, 61)
    assert more[0].start == planned[-1].stop
    assert sum(members(index) for shard in more for index in shard) >= 39


def test_a_run_that_never_fills_ends(source, members):
    sized = _with(source, size=100, sets_per_shard=3)
    planned = plan_shards(sized)
    while more := plan_more(sized, planned, 0):
        planned += more
    assert planned[-1].stop <= 12 * len(plan_shards(sized)) * 3


def test_a_model_is_asked_for_no_set_beyond_the_plan(source, members):
    writer = WriterConfig(model="m", host="example.org", share=1.0, instructions="x")
    sized = _with(source, size=100, writer=writer)
    assert plan_more(sized, plan_shards(sized), 0) == []


def test_the_records_asked_for_are_there_and_two_workers_write_the_same(tmp_path):
    desk = Path(__file__).resolve().parents[3] / "docs" / "appointment_desk"
    config = RunConfig(
        size=30, seed=3, domains=("desk", "banking"), domain_files=(desk / "desk.py",),
        template_folders=(desk / "templates",), sets_per_shard=1,
    )  # fmt: skip
    summary = generate(config, tmp_path / "one")
    assert summary.asked == 30 <= summary.total
    assert summary.total == sum(read_manifest(tmp_path / "one").records.values())
    generate(config, tmp_path / "two", workers=2)
    one, two = (read_manifest(tmp_path / name).files for name in ("one", "two"))
    assert one == two


def test_a_gap_that_quarantine_leaves_is_filled_and_resumes_to_equal_bytes(tmp_path, monkeypatch):
    config = RunConfig(size=28, seed=1, domains=("banking",), sets_per_shard=1)
    source = load_source(config)
    kept = {index: list(generate_set(source, index)) for index in range(4)}
    kept[0] = []
    monkeypatch.setattr("gen.runs.shards.generate_set", lambda source, index, words: kept[index])
    summary = generate(config, tmp_path / "run")
    assert summary.total >= 28
    assert summary.shards > len(plan_shards(source))
    before = (tmp_path / "run" / "manifest.json").read_bytes()
    last = max((tmp_path / "run" / "ledger").iterdir())
    last.unlink()
    generate(config, tmp_path / "run", resume=True)
    assert (tmp_path / "run" / "manifest.json").read_bytes() == before


def test_a_small_run_is_one_file_a_config_and_split(tmp_path):
    generate(RunConfig(size=40, domains=("banking",)), tmp_path / "run")
    manifest = read_manifest(tmp_path / "run")
    for config, splits in manifest.rows.items():
        assert len(manifest.list_shards(config)) == len(splits)
