"""What the documents say can be typed is accepted, and what they point to or quote is there."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from train.cli import app

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
DOCUMENTS = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
DESK = ROOT / "docs" / "appointment_desk"
SHELVES = sorted(str(p.parent.relative_to(ROOT)) for p in (ROOT / "train").rglob("__init__.py"))
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#\s]+)\)")


def _blocks(document: Path, *languages: str) -> list[str]:
    found = _BLOCK.findall(document.read_text(encoding="utf-8"))
    return [text for language, text in found if language in languages]


def _commands() -> list[list[str]]:
    """Every `triact ...` line of the README's shell blocks, as arguments."""
    lines = "\n".join(_blocks(README, "sh")).replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("triact ")]


def _parse(arguments: list[str]) -> None:
    """Parse a command down to its leaf without running it; click raises when it cannot."""
    command: Any = typer.main.get_command(app)
    name, context = "triact", None
    while hasattr(command, "resolve_command"):
        context = command.make_context(name, [arguments[0]], parent=context)
        name, command, _ = command.resolve_command(context, arguments)
        arguments = arguments[1:]
    command.make_context(name, list(arguments), parent=context)


@pytest.mark.parametrize("arguments", _commands(), ids=" ".join)
def test_a_command_of_the_readme_parses(arguments: list[str]) -> None:
    _parse(arguments)
    shown = CliRunner().invoke(app, [*arguments, "--help"])
    assert shown.exit_code == 0, shown.output


@pytest.mark.parametrize(
    "arguments",
    [["generate", "--no-such-option"], ["check"], ["no-such-command"], ["train", "dpo", "run"]],
    ids=" ".join,
)
def test_a_command_that_does_not_exist_would_be_found(arguments: list[str]) -> None:
    with pytest.raises(Exception, match=r"[Nn]o such|Missing parameter"):
        _parse(arguments)


def test_the_readme_shows_the_main_commands() -> None:
    shown = {arguments[0] for arguments in _commands()}
    assert shown >= {"generate", "preview", "check", "audit", "train", "evaluate", "push"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_linked_is_there(document: Path) -> None:
    links = _LINK.findall(document.read_text(encoding="utf-8"))
    missing = [
        link for link in links if "://" not in link and not (document.parent / link).exists()
    ]
    assert missing == []


def test_the_quoted_lines_stand_in_the_example() -> None:
    files = [path for path in DESK.rglob("*") if path.suffix in (".py", ".j2", ".yaml")]
    there = {line for path in files for line in path.read_text(encoding="utf-8").splitlines()}
    section = README.read_text(encoding="utf-8").split("## Your own domain")[1].split("\n## ")[0]
    quoted = [
        line
        for language, text in _BLOCK.findall(section)
        if language != "sh"
        for line in text.splitlines()
    ]
    assert len(quoted) > 20
    assert [line for line in quoted if line not in there] == []


def test_the_place_for_measured_results_is_marked_once() -> None:
    text = README.read_text(encoding="utf-8")
    assert text.count("<!-- demo table -->") == text.count("<!-- end demo table -->") == 1
    assert text.index("<!-- demo table -->") < text.index("<!-- end demo table -->")


@pytest.mark.parametrize("module", ["tool_catalog", "gen", *SHELVES])
def test_architecture_names_every_module(module: str) -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    names = {path.stem for path in (ROOT / module).glob("*.py")} - {"__init__"}
    assert {name for name in names if f"`{name}`" not in text} == set()


def test_the_table_of_configs_names_every_config() -> None:
    from gen.runs.features import FEATURES

    for document in (README, ROOT / "docs" / "data.md"):
        text = document.read_text(encoding="utf-8")
        assert [name for name in FEATURES if f"| `{name}` |" not in text] == []
