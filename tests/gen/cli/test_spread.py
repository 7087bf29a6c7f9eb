"""A group of options is options of the command."""

from dataclasses import dataclass, field
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from gen.cli.spread import spread


@dataclass(frozen=True)
class Size:
    long: Annotated[int, typer.Option(min=1, help="How long.")]
    names: Annotated[list[str], typer.Option("--name")] = field(default_factory=list)


app = typer.Typer()


@app.command()
@spread
def make(context: typer.Context, place: str, size: Size, wide: int = 3) -> None:
    """Make it."""
    typer.echo(f"{place} {size} {wide} {context.get_parameter_source('wide').name}")


def _call(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


def test_fields_are_given_one_by_one():
    code, said = _call("here", "--long", "2", "--name", "a", "--name", "b", "--wide", "5")
    assert (code, said) == (0, "here Size(long=2, names=['a', 'b']) 5 COMMANDLINE\n")


def test_defaults_are_those_of_the_group_and_shared_by_no_two_calls():
    assert _call("here", "--long", "2") == (0, "here Size(long=2, names=[]) 3 DEFAULT\n")
    _call("here", "--long", "2", "--name", "a")
    assert _call("here", "--long", "2") == (0, "here Size(long=2, names=[]) 3 DEFAULT\n")


@pytest.mark.parametrize("arguments", [["here"], ["here", "--long", "0"], ["here", "--size", "2"]])
def test_what_a_field_does_not_take_is_refused(arguments):
    assert _call(*arguments)[0] == 2


def test_help_has_every_option():
    code, said = _call("--help")
    assert code == 0
    assert all(name in said for name in ("--long", "--name", "--wide", "How long."))
