from collections.abc import Callable
from random import Random
from typing import Any, Literal

import pytest

from tool_catalog.domain import Domain
from tool_catalog.errors import BadDomainFile, ToolError
from tool_catalog.misfit import describe
from tool_catalog.spec import Flag, ToolClass
from tool_catalog.tool import describe_tool, is_tool, tool


def read_all(state: Any, note_id: str) -> dict[str, Any]:
    """Read it.

    Args:
        note_id: which one
    """
    return {}


def mark(function: Any = read_all, **more: Any) -> Any:
    return tool(more.pop("kind", ToolClass.READ), more.pop("flags", "R"), **more)(function)


def test_schema_comes_from_signature_and_docstring(toy: Domain) -> None:
    schema = toy.tools["send_note"].json_schema()
    assert schema["type"] == "function"
    function = schema["function"]
    assert function["name"] == "send_note"
    assert function["description"] == "Send a note."
    assert function["parameters"]["required"] == ["to", "text"]
    assert function["parameters"]["properties"] == {
        "to": {"type": "string", "description": "who gets it"},
        "text": {"type": "string", "description": "what it says, in words"},
        "copies": {"type": "array", "items": {"type": "string"}, "description": "who else"},
        "subject": {"type": "string", "nullable": True, "description": "its subject"},
        "speed": {"type": "string", "enum": ["slow", "fast"], "description": "how fast"},
        "times": {"type": "integer", "description": "how often"},
        "weight": {"type": "number", "description": "in grams"},
        "sealed": {"type": "boolean", "description": "closed"},
    }


def test_tool_without_arguments_has_an_empty_object_schema(toy: Domain) -> None:
    parameters = toy.tools["list_notes"].json_schema()["function"]["parameters"]
    assert parameters == {"type": "object", "properties": {}, "required": []}


def test_marks_are_read(toy: Domain) -> None:
    spec = toy.tools["send_note"]
    assert (spec.domain, spec.tool_class, spec.act) == (
        "toy_notes", ToolClass.SENSITIVE, "outbound_message",
    )  # fmt: skip
    assert spec.flags == {Flag.EGRESS, Flag.IRREVERSIBLE}
    assert spec.sinks == ("to",)
    assert spec.changes_state
    assert not toy.tools["read_note"].changes_state
    assert toy.tools["list_notes"].carriers == ("notes.text",)


def test_scope_makes_a_write_sensitive(toy: Domain) -> None:
    assert not toy.is_sensitive("drop_notes", None, {"ids": ["n1"]})
    assert toy.is_sensitive("drop_notes", None, {"ids": ["n1", "n2"]})
    assert toy.tools["drop_notes"].scoped
    assert toy.is_sensitive("send_note", None, {})
    assert not toy.is_sensitive("add_note", None, {})
    assert not toy.tools["add_note"].scoped


def test_bind_fills_defaults_in_signature_order(toy: Domain) -> None:
    bound = toy.tools["send_note"].bind({"text": "hi", "to": "Bo"})
    assert list(bound.items()) == [
        ("to", "Bo"), ("text", "hi"), ("copies", []), ("subject", None), ("speed", "slow"),
        ("times", 1), ("weight", 1.0), ("sealed", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"to": None}, "argument 'to' must be a string, got null"),
        ({"to": 5}, "argument 'to' must be a string, got 5"),
        ({"times": None}, "argument 'times' must be an integer, got null"),
        ({"times": True}, "argument 'times' must be an integer, got True"),
        ({"times": 1.5}, "argument 'times' must be an integer, got 1.5"),
        ({"weight": "1"}, "argument 'weight' must be a number, got '1'"),
        ({"weight": False}, "argument 'weight' must be a number, got False"),
        ({"sealed": 1}, "argument 'sealed' must be a boolean, got 1"),
        ({"speed": "faster"}, "argument 'speed' must be one of 'slow', 'fast', got 'faster'"),
        ({"speed": []}, "argument 'speed' must be one of 'slow', 'fast', got []"),
        ({"copies": "Bo"}, "argument 'copies' must be a list, got 'Bo'"),
        ({"copies": ["Bo", None]}, "argument 'copies[1]' must be a string, got null"),
        ({"subject": 1}, "argument 'subject' must be a string or null, got 1"),
        ({"two": 1, "cc": 2}, "no argument 'cc', 'two'"),
    ],
)
def test_bind_says_what_is_wrong(toy: Domain, changed: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ToolError) as caught:
        toy.tools["send_note"].bind({"to": "Bo", "text": "hi", **changed})
    assert str(caught.value) == f"send_note: {complaint}"


def test_bind_names_a_missing_argument(toy: Domain) -> None:
    with pytest.raises(ToolError, match="send_note: argument 'text' is missing"):
        toy.tools["send_note"].bind({"to": "Bo"})


def test_bind_accepts_null_only_where_the_type_does(toy: Domain) -> None:
    bound = toy.tools["send_note"].bind({"to": "Bo", "text": "hi", "subject": None, "weight": 2})
    assert bound["subject"] is None
    assert bound["weight"] == 2


def test_only_a_marked_function_is_a_tool() -> None:
    def plain(state: Any) -> None:
        """Do nothing."""

    assert not is_tool(plain)
    assert is_tool(tool(ToolClass.READ, "R")(plain))


def test_an_unknown_flag_letter_is_refused() -> None:
    with pytest.raises(ValueError, match="'Q'"):
        tool(ToolClass.READ, "R Q")


def test_a_sensitive_tool_must_say_its_act() -> None:
    with pytest.raises(BadDomainFile, match=r"desk\.read_all: a sensitive tool must say act="):
        describe_tool(mark(kind=ToolClass.SENSITIVE), "desk")


def test_a_sink_must_be_an_argument() -> None:
    with pytest.raises(BadDomainFile, match="sinks name no argument: to"):
        describe_tool(mark(sinks=("to",)), "desk")


def test_a_tool_needs_a_docstring() -> None:
    def mute(state: Any) -> None:
        pass

    with pytest.raises(BadDomainFile, match=r"desk\.mute: write a one-line docstring"):
        describe_tool(mark(mute), "desk")


def test_an_argument_needs_a_type_and_a_line() -> None:
    def untold(state: Any, note_id: str) -> None:
        """Read."""

    def untyped(state: Any, note_id) -> None:  # type: ignore[no-untyped-def]
        """Read.

        Args:
            note_id: which one
        """

    for function in (untold, untyped):
        with pytest.raises(BadDomainFile, match="argument 'note_id' needs a type and a line"):
            describe_tool(mark(function), "desk")


@pytest.mark.parametrize("hint", [Random, Callable[[], int]])
def test_a_type_without_schema_is_named(hint: Any) -> None:
    def odd(state: Any, value: Any) -> None:
        """Read.

        Args:
            value: odd
        """

    odd.__annotations__["value"] = hint
    with pytest.raises(BadDomainFile, match=r"desk\.odd\(value\): no JSON schema for type"):
        describe_tool(mark(odd), "desk")


def test_describe_puts_a_schema_in_words() -> None:
    assert describe({"type": "array"}) == "a list"
    assert describe({"type": "boolean", "nullable": True}) == "a boolean or null"
    assert describe({"type": "string", "enum": ["a", "b"]}) == "one of 'a', 'b'"


def test_literals_in_a_list_are_checked() -> None:
    def paint(state: Any, colours: list[Literal["red", "blue"]]) -> None:
        """Paint.

        Args:
            colours: which ones
        """

    spec = describe_tool(mark(paint), "desk")
    assert spec.bind({"colours": ["red"]}) == {"colours": ["red"]}
    with pytest.raises(
        ToolError, match=r"'colours\[1\]' must be one of 'red', 'blue', got 'green'"
    ):
        spec.bind({"colours": ["red", "green"]})
