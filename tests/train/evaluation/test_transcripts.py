"""Episodes on disk: whole lines, the last one of a case counts, foreign folders are left alone."""

import json

import pytest

from tool_catalog.errors import BadRun, UnknownName, UserMistake
from train.evaluation.transcripts import Store, Transcript, open_folder, pick_episodes

SETTINGS = {"benchmark": "own", "seed": 1}


def _episode(case: str, **more) -> Transcript:
    return Transcript(case=case, part=more.pop("part", "p"), group="g", **more)


def _keep(store: Store, *episodes: Transcript) -> None:
    with store.appending() as append:
        for episode in episodes:
            append(episode)


def test_what_is_appended_is_read_and_the_last_counts(tmp_path):
    store = Store(tmp_path)
    _keep(
        store,
        _episode("a", outcome="error", reason="no"),
        _episode("b"),
        _episode("a", measures={"x": 1.0}),
    )
    assert store.read() == {"a": _episode("a", measures={"x": 1.0}), "b": _episode("b")}


def test_a_line_that_a_kill_cut_is_dropped(tmp_path):
    store = open_folder(tmp_path / "run", SETTINGS, resume=False, force=False)
    _keep(store, _episode("a"))
    with (tmp_path / "run" / "episodes.jsonl").open("a") as file:
        file.write('{"case": "b", "par')
    store = open_folder(tmp_path / "run", SETTINGS, resume=True, force=False)
    _keep(store, _episode("c"))
    assert list(store.read()) == ["a", "c"]


def test_half_a_character_is_kept(tmp_path):
    episode = _episode("a", messages=[{"role": "assistant", "content": "\ud83d"}])
    _keep(Store(tmp_path), episode)
    assert Store(tmp_path).read() == {"a": episode}


def test_a_damaged_line_is_named(tmp_path):
    store = Store(tmp_path)
    _keep(store, _episode("a"))
    path = tmp_path / "episodes.jsonl"
    path.write_text("{broken}\n" + path.read_text())
    with pytest.raises(BadRun, match=r"episodes\.jsonl:1"):
        store.read()


def test_a_folder_is_neither_replaced_nor_mixed_unasked(tmp_path):
    folder = tmp_path / "run"
    _keep(open_folder(folder, SETTINGS, resume=False, force=False), _episode("a"))
    with pytest.raises(BadRun, match="--resume, replace it with --force"):
        open_folder(folder, SETTINGS, resume=False, force=False)
    with pytest.raises(BadRun, match="was run with seed 1, not 2"):
        open_folder(folder, {**SETTINGS, "seed": 2}, resume=True, force=False)
    assert open_folder(folder, SETTINGS, resume=True, force=False).read()
    assert not open_folder(folder, SETTINGS, resume=False, force=True).read()


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(BadRun, match="holds no benchmark run"):
        open_folder(tmp_path, SETTINGS, resume=False, force=True)
    with pytest.raises(BadRun, match="is a file"):
        open_folder(tmp_path / "letter.txt", SETTINGS, resume=False, force=True)
    assert (tmp_path / "letter.txt").read_text() == "dear"


def test_a_run_of_another_schema_is_refused(tmp_path):
    open_folder(tmp_path, SETTINGS, resume=False, force=False)
    (tmp_path / "settings.json").write_text(json.dumps({**SETTINGS, "schema": 0}))
    with pytest.raises(BadRun, match="schema 0"):
        open_folder(tmp_path, SETTINGS, resume=True, force=False)


@pytest.fixture
def run(tmp_path):
    store = open_folder(tmp_path / "run", SETTINGS, resume=False, force=False)
    _keep(
        store,
        _episode("a", part="x", measures={"held": 1.0}),
        _episode("b", part="y", measures={"held": 0.0}),
        _episode("c", part="y", measures={"held": 0.0}, outcome="empty", reason="silent"),
    )
    return tmp_path / "run"


@pytest.mark.parametrize(
    ("wanted", "cases"),
    [
        ({}, "abc"),
        ({"limit": 2}, "ab"),
        ({"cases": ["c"]}, "c"),
        ({"part": "y"}, "bc"),
        ({"measure": "held"}, "a"),
        ({"measure": "held=0"}, "b"),
        ({"outcomes": ["empty"]}, "c"),
        ({"outcomes": ["empty", "scored"]}, "abc"),
        ({"outcomes": ["cut"]}, ""),
    ],
)
def test_episodes_are_picked_by_every_condition(run, wanted, cases):
    assert "".join(e.case for e in pick_episodes(run, **wanted)) == cases


@pytest.mark.parametrize(
    "wanted", [{"cases": ["d"]}, {"part": "z"}, {"measure": "helt"}, {"outcomes": ["fine"]}]
)
def test_a_name_that_is_not_there_is_a_mistake(run, wanted):
    with pytest.raises(UnknownName):
        pick_episodes(run, **wanted)


def test_a_value_that_is_no_number_is_a_mistake(run):
    with pytest.raises(UserMistake, match="give a number"):
        pick_episodes(run, measure="held=yes")


def test_of_many_options_the_one_that_differs_is_named(tmp_path):
    first, second = ({"agent": {"model": "m", "max_tokens": tokens}} for tokens in (9, 8))
    open_folder(tmp_path, first, resume=False, force=False)
    with pytest.raises(BadRun, match="was run with agent's max_tokens 9, not 8; give"):
        open_folder(tmp_path, second, resume=True, force=False)
