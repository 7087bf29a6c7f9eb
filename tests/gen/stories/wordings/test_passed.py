"""A story file is checked once, and again when anything that the check depends on has changed."""

from datetime import date
from pathlib import Path

import pytest

from gen.stories import story_file
from gen.stories.story_file import read_story
from gen.stories.wordings.passed import Passed
from tool_catalog.catalog import load_domain
from tool_catalog.errors import BadTemplate


@pytest.fixture
def domains():
    return [load_domain("email")]


def test_what_passed_is_not_checked_again(tmp_path: Path, domains, write_story, monkeypatch):
    path = write_story().source
    known = {domain.name: domain for domain in domains}
    first = Passed(domains, tmp_path / "cache")
    story = read_story(path, known, first)
    first.save()

    monkeypatch.delattr(story_file._StoryCheck, "run")
    again = read_story(path, known, Passed(domains, tmp_path / "cache"))
    assert again.front == story.front


def test_a_file_that_changed_is_checked(tmp_path: Path, domains, write_story):
    known = {domain.name: domain for domain in domains}
    passed = Passed(domains, tmp_path / "cache")
    path = write_story().source
    read_story(path, known, passed)
    path.write_text(path.read_text().replace("fact: day", "fact: hour"), encoding="utf-8")
    with pytest.raises(BadTemplate, match="no fact 'hour'"):
        read_story(path, known, passed)


def test_what_failed_fails_every_time(tmp_path: Path, domains, write_story):
    known = {domain.name: domain for domain in domains}
    path = write_story().source
    path.write_text(path.read_text().replace("fact: day", "fact: hour"), encoding="utf-8")
    passed = Passed(domains, tmp_path / "cache")
    for _ in range(2):
        with pytest.raises(BadTemplate):
            read_story(path, known, passed)
        passed.save()


def test_other_domains_are_another_check(tmp_path: Path, domains):
    passed = Passed(domains, tmp_path)
    passed.add("text", "email/x", {"a": 1})
    passed.save()
    assert Passed(domains, tmp_path).find("text", "email/x") == {"a": 1}
    assert Passed([load_domain("banking")], tmp_path).find("text", "email/x") is None


@pytest.mark.parametrize("front", [{"on": date(2026, 1, 2)}, {1: "a key that is no text"}])
def test_what_json_would_change_is_not_kept(tmp_path: Path, domains, front):
    passed = Passed(domains, tmp_path)
    passed.add("text", "email/x", front)
    assert passed.find("text", "email/x") is None


def test_a_damaged_cache_is_an_empty_one(tmp_path: Path, domains):
    passed = Passed(domains, tmp_path)
    passed.add("text", "email/x", {"a": 1})
    passed.save()
    (file,) = (tmp_path / "stories").iterdir()
    file.write_text("{", encoding="utf-8")
    assert Passed(domains, tmp_path).find("text", "email/x") is None


def test_a_folder_that_cannot_be_written_stops_nobody(tmp_path: Path, domains):
    (tmp_path / "stories").write_text("a file where the folder would be", encoding="utf-8")
    passed = Passed(domains, tmp_path)
    passed.add("text", "email/x", {"a": 1})
    passed.save()
    assert passed.find("text", "email/x") == {"a": 1}


def test_the_oldest_are_forgotten(tmp_path: Path):
    names = [
        "email",
        "banking",
        "calendar",
        "web",
        "travel",
        "shopping",
        "messaging",
        "crm_support",
    ]
    for name in names:
        passed = Passed([load_domain(name)], tmp_path)
        passed.add("text", f"{name}/x", {"a": 1})
        passed.save()
    assert len(list((tmp_path / "stories").glob("*.json"))) == 6
