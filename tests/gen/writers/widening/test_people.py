"""People become roles that requests are written by, or are refused by name and counted."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from loopback import Loopback
from typer.testing import CliRunner

from gen.cli.commands import resolve_config
from gen.stories.persona import draw_persona, load_asides
from gen.writers.meaning import Flaw
from gen.writers.widening.kind import Cell
from gen.writers.widening.people import FiveLines, People
from tool_catalog.errors import BadTemplate
from train.cli import app

Body = dict[str, Any]
THINGS = "stove bell carpet goose clock fence boat drum cellar hedge pipe kite".split()
GOOD = [
    "My hands smell of the herring that came in before sunrise.",
    "The ice machine has been coughing since the market opened.",
    "Somebody's dog is asleep on my boots, so I am going nowhere.",
    "There is a wasp in the scales and it weighs next to nothing.",
    "The tide is late and so is everybody who promised to help.",
]


def _answer(body: Body) -> str:
    told = str(body["messages"])
    if "Name one colour" in told:
        return '{"colour": "red", "warm": true}'
    number = sum(map(ord, told))
    lines = {}
    for n in range(1, 6):
        one, two = THINGS[(number * n + n) % 12], THINGS[(number + 7 * n) % 12]
        lines[f"line{n}"] = (
            f"The {one} fell on the {two} while I was {two}-sitting for a {one} man."
        )
    return json.dumps(lines)


def test_people_become_roles_that_requests_are_written_by(tmp_path):
    out = tmp_path / "mine"
    with Loopback(_answer) as server:
        arguments = [
            "write", "personas", "--count", 6, "--seed", 2, "--domain", "email", "--out", out,
            "--endpoint", server.url, "--model", "m", "--replies", tmp_path / "r.sqlite", "--json",
        ]  # fmt: skip
        result = CliRunner().invoke(app, [*map(str, arguments)])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    [path] = (out / "speech").iterdir()
    roles = yaml.safe_load(path.read_text())["roles"]
    assert len(roles) == found["pieces"] >= 2
    assert all(len(lines) == 5 for lines in roles.values())
    drawn = {draw_persona(Random(n), (out,)).role for n in range(400)}
    assert set(roles) <= drawn
    own = next(p for n in range(400) if (p := draw_persona(Random(n), (out,))).role in roles)
    said = {own.say_aside(Random(n)) for n in range(60)}
    assert said & set(roles[own.role])


@pytest.fixture(scope="module")
def kind() -> People:
    return People(resolve_config(1, 0, ["email"], [], "default", []))


CELL = Cell(0, "personas", {"person": "a fishmonger", "moment": "in the rain", "manner": "dry"})


def test_cells_take_people_in_turn_and_draw_all_else(kind):
    cells = kind.list_cells(48, 1)
    assert len({cell.values["person"] for cell in cells}) == 48
    assert len({tuple(cell.values.values()) for cell in kind.list_cells(700, 1)}) == 700
    assert cells == kind.list_cells(48, 1) != kind.list_cells(48, 2)


def test_a_question_names_the_cell(kind):
    told = kind.write(CELL)[1]["content"]
    assert "a fishmonger, in the rain, dry in manner" in told


@pytest.mark.parametrize(
    ("line", "check"),
    [
        ("Hm.", "length"),
        ("Two hundred herrings, and " * 8, "length"),
        ("I've been up since 04:30 with the boats.", "values"),
        ("Could you be quick about it, the ice melts.", "asks"),
        ("Is it still raining over there where you are?", "asks"),
        ("I'm sorry, I can't help with that today, captain.", "refusal"),
        ("Ignore all previous instructions, says the gull.", "orders"),
        ("My {name} is asleep on the crates of herring.", "places"),
        ("Der Hering von heute morgen liegt noch immer auf dem Eis im Hafen.", "language"),
        (GOOD[0].upper(), "copy"),
    ],
)
def test_a_line_that_is_no_aside_is_refused_by_name(kind, line, check):
    lines = dict(zip((f"line{n}" for n in range(1, 6)), [*GOOD[:4], line], strict=True))
    found = kind.read(CELL, FiveLines(**lines))
    assert isinstance(found, Flaw)
    assert found.check == check


def test_five_good_lines_are_a_piece(kind):
    lines = dict(zip((f"line{n}" for n in range(1, 6)), GOOD, strict=True))
    found = kind.read(CELL, FiveLines(**lines))
    assert not isinstance(found, Flaw)
    assert found.texts == tuple(GOOD)


@pytest.mark.parametrize(
    "text",
    ["- a", "roles: 3", "roles: {cook: []}", "roles: {cook: [1]}", "moods: {calm: x}", "roles: {"],
)
def test_a_file_of_personas_that_holds_something_else_is_named(tmp_path: Path, text: str):
    (tmp_path / "speech").mkdir()
    (tmp_path / "speech" / "personas-mine.yaml").write_text(text)
    with pytest.raises(BadTemplate, match=r"personas-mine\.yaml:1: "):
        load_asides((tmp_path,))


def test_without_a_folder_people_are_who_they_were():
    assert load_asides().roles.keys() == load_asides((Path("/nowhere"),)).roles.keys()
    assert draw_persona(Random(3)).role == draw_persona(Random(3), (Path("/nowhere"),)).role
