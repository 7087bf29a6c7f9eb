"""A demo goes on where it was killed, and only with the options that it was begun with."""

import json

import pytest

from tool_catalog.errors import BadRun
from train.demo.journal import JOURNAL, Journal

STAGES = ("bake", "eat")


def _play(journal, fails=""):
    done = []
    for name in STAGES:
        with journal.stage(name) as due:
            if due:
                if name == fails:
                    raise KeyboardInterrupt
                done.append(name)
                journal.found[name] = len(name)
    return done


def test_stages_that_ended_are_not_done_again(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        _play(Journal(tmp_path, {"seed": 7}, STAGES), fails="eat")
    again = Journal(tmp_path, {"seed": 7}, STAGES)
    again.resume()
    assert list(again.timings) == ["bake"]
    assert again.found == {"bake": 4}
    assert _play(again) == ["eat"]
    assert json.loads((tmp_path / JOURNAL).read_text())["found"] == {"bake": 4, "eat": 3}


def test_without_being_asked_to_go_on_everything_is_done_anew(tmp_path):
    assert _play(Journal(tmp_path, {}, STAGES)) == list(STAGES)
    assert _play(Journal(tmp_path, {}, STAGES)) == list(STAGES)


def test_a_demo_killed_before_its_first_stage_ended_begins_there(tmp_path):
    journal = Journal(tmp_path, {}, STAGES)
    journal.resume()
    assert _play(journal) == list(STAGES)


def test_another_seed_is_another_demo(tmp_path):
    _play(Journal(tmp_path, {"size": "long", "domains": ("a", "b"), "seed": 7}, STAGES))
    Journal(tmp_path, {"size": "long", "domains": ("a", "b"), "seed": 7}, STAGES).resume()
    other = Journal(tmp_path, {"size": "long", "domains": ("a", "b"), "seed": 8}, STAGES)
    with pytest.raises(BadRun, match=r"was made with seed 7, not 8; give the same options"):
        other.resume()


def test_a_damaged_journal_is_named(tmp_path):
    (tmp_path / JOURNAL).write_text("{")
    with pytest.raises(BadRun, match=r"demo\.json: not readable; start anew with --force"):
        Journal(tmp_path, {}, STAGES).resume()
