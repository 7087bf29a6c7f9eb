import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from tool_catalog.domain import Domain, draw_setting, hash_state
from tool_catalog.errors import BadDomainFile
from tool_catalog.loading import read_domain_file

SEEDED = """
from random import Random
from tool_catalog.catalog import domain_names, load_domain
from tool_catalog.domain import draw_setting
for name in domain_names():
    print(name, load_domain(name).new_world(Random("5"), *draw_setting(Random("5"))).initial_hash)
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_users_file_becomes_a_domain(toy: Domain) -> None:
    assert toy.name == "toy_notes"
    assert toy.summary == "Notes: a desk with three notes."
    assert list(toy.tools) == [
        "read_note", "list_notes", "add_note", "drop_notes", "send_note", "break_down",
    ]  # fmt: skip
    assert toy.source.name == "toy_notes.py"


def test_a_world_goes_through_json_and_back(toy: Domain) -> None:
    world = toy.new_world(Random(1), *draw_setting(Random(1)))
    again = toy.read_world(world.to_json())
    assert again.to_json() == world.to_json()
    assert again.initial_hash == world.initial_hash
    assert json.loads(world.to_json())["user"] == draw_setting(Random(1))[0].name


def test_clones_are_equal_and_independent(toy: Domain) -> None:
    world = toy.new_world(Random(1), *draw_setting(Random(1)))
    one, other = world.clone(), world.clone()
    assert one == other
    one.notes[0].text = "changed"
    assert one != other
    assert world.is_pristine()
    assert hash_state(toy, one) != world.initial_hash == hash_state(toy, other)


def test_a_changed_shared_clone_is_found(toy: Domain) -> None:
    world = toy.new_world(Random(1), *draw_setting(Random(1)))
    world.pristine.sent.append("x")
    assert not world.is_pristine()


def test_equal_streams_give_equal_worlds_and_others_do_not(toy: Domain) -> None:
    hashes = {toy.new_world(Random(n), *draw_setting(Random(n))).initial_hash for n in range(40)}
    assert len(hashes) > 20
    assert (
        toy.new_world(Random(3), *draw_setting(Random(3))).text
        == toy.new_world(Random(3), *draw_setting(Random(3))).text
    )


def test_state_hash_does_not_depend_on_the_hash_seed() -> None:
    said = [
        subprocess.run(
            [sys.executable, "-c", SEEDED],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0].count("\n") >= 4
    assert said[0] == said[1]


def test_state_must_be_a_dataclass(tmp_path: Path, toy_text: str) -> None:
    path = write(tmp_path, "no_state", toy_text.replace("STATE = Desk", "STATE = dict"))
    with pytest.raises(BadDomainFile, match=r"no_state\.py: STATE must be the dataclass"):
        read_domain_file(path)


def test_seed_must_be_there(tmp_path: Path, toy_text: str) -> None:
    path = write(tmp_path, "no_seed", toy_text.replace("def seed(", "def plant("))
    with pytest.raises(
        BadDomainFile, match=r"no_seed\.py: define seed\(rng, pools, owner, today\)"
    ):
        read_domain_file(path)


def test_a_domain_needs_a_tool(tmp_path: Path, toy_text: str) -> None:
    path = write(tmp_path, "no_tool", toy_text.partition("@tool(ToolClass.READ")[0])
    with pytest.raises(BadDomainFile, match=r"no_tool\.py: no tool; put @tool"):
        read_domain_file(path)


def test_imported_tools_are_not_the_domains_own(tmp_path: Path, toy_text: str) -> None:
    text = toy_text.partition("@tool(ToolClass.READ")[0]
    text += "from tool_catalog.domains.email import read_email\n"
    with pytest.raises(BadDomainFile, match="no tool"):
        read_domain_file(write(tmp_path, "borrowed", text))


def test_a_syntax_error_names_file_and_line(tmp_path: Path) -> None:
    path = write(tmp_path, "typo", '"""Typo."""\n\ndef seed(:\n')
    with pytest.raises(BadDomainFile, match=r"typo\.py:3: "):
        read_domain_file(path)


def test_an_import_that_fails_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, "broken", '"""Broken."""\n\nSTATE = missing\n')
    with pytest.raises(BadDomainFile, match=r"broken\.py: cannot be imported: NameError"):
        read_domain_file(path)


def test_a_bad_tool_is_a_bad_domain_file(tmp_path: Path, toy_text: str) -> None:
    path = write(tmp_path, "mute", toy_text.replace('    """List all notes."""\n', ""))
    with pytest.raises(BadDomainFile, match=r"mute\.list_notes: write a one-line docstring"):
        read_domain_file(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadDomainFile, match=r"gone\.py: no such domain file"):
        read_domain_file(tmp_path / "gone.py")
