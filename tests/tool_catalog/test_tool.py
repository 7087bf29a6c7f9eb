"""Tools of nested types, from functions and from JSON schemas."""

import copy
import pickle
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from pydantic import BaseModel
from typing_extensions import TypedDict

from tool_catalog.errors import BadDomainFile, ToolError
from tool_catalog.foreign_tool import read_tool
from tool_catalog.spec import Origin, ResultField, ToolClass, ToolSpec
from tool_catalog.tool import describe_tool, make_run, tool


@dataclass
class Place:
    """Where."""

    city: str
    number: int = 1


class Guest(BaseModel):
    name: str
    place: Place | None = None


class Options(TypedDict):
    title: str
    loud: bool


@tool(
    ToolClass.SENSITIVE,
    "E",
    sinks=("guests",),
    act="outbound_message",
    third_party=("sent.note",),
    from_user=("sent.title",),
    from_operator=("rule",),
    sensitive=("sent.note", "code"),
    wording="invite {guests} to {where}, {kind}",
)
def invite(
    state: list[Any],
    where: Place,
    guests: list[Guest],
    options: Options,
    kind: Literal["party", "meeting"] = "party",
    extra: dict[str, int] = {},  # noqa: B006
    limit: int | str | None = None,
) -> dict[str, Any]:
    """Invite guests
    to a place.

    More about it.

    Args:
        where: the place
        guests: who comes,
            each with a name
        options: how
        kind: what it is
        extra: numbers: by name
        limit: the limit

    Raises:
        ToolError: never
    """
    state.append((where, guests, options, kind, extra, limit))
    return {"sent": len(guests)}


SPEC = describe_tool(invite, "desk")
GIVEN = {
    "where": {"city": "Bonn"},
    "guests": [{"name": "Ann", "place": {"city": "Ulm", "number": 4}}],
    "options": {"title": "x", "loud": True},
}
BOOK = {
    "name": "book-table",
    "description": "Book a table.",
    "inputSchema": {
        "type": "object",
        "properties": {
            "at": {"$ref": "#/$defs/time"},
            "seats": {"type": "integer", "minimum": 1, "default": 2},
            "name": {"type": ["string", "null"]},
        },
        "required": ["at"],
        "$defs": {"time": {"type": "string", "pattern": r"^\d\d:\d\d$"}},
    },
}


def test_nested_types_become_a_schema_with_references() -> None:
    parameters = SPEC.parameters
    assert SPEC.description == "Invite guests to a place."
    assert list(parameters["properties"]) == list(SPEC.argument_names)
    assert SPEC.required == ("where", "guests", "options")
    assert parameters["$defs"]["Place"]["properties"] == {
        "city": {"type": "string"}, "number": {"type": "integer", "default": 1},
    }  # fmt: skip
    assert parameters["properties"]["guests"]["description"] == "who comes, each with a name"
    assert parameters["properties"]["extra"]["description"] == "numbers: by name"
    assert parameters["$defs"]["Options"]["properties"]["title"] == {"type": "string"}
    assert parameters["properties"]["kind"]["enum"] == ["party", "meeting"]
    shown = SPEC.json_schema()["function"]["parameters"]
    assert "default" not in shown["properties"]["kind"]


def test_the_function_gets_objects_and_the_record_plain_json() -> None:
    state: list[Any] = []
    bound = SPEC.bind(GIVEN)
    assert bound == {**GIVEN, "kind": "party", "extra": {}, "limit": None}
    assert make_run(invite)(state, bound) == {"sent": 1}
    where, guests, options, *_ = state[0]
    assert where == Place("Bonn", 1)
    assert guests == [Guest(name="Ann", place=Place("Ulm", 4))]
    assert options == {"title": "x", "loud": True}


def test_what_is_bound_is_shared_with_nobody() -> None:
    bound, again = SPEC.bind(GIVEN), SPEC.bind(GIVEN)
    bound["extra"]["a"] = 1
    bound["where"]["city"] = "Ulm"
    assert again["extra"] == {}
    assert GIVEN["where"] == {"city": "Bonn"}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"where": {"city": 5}}, "argument 'where.city' must be a string, got 5"),
        ({"guests": [{}]}, "argument 'guests[0].name' is missing"),
        ({"limit": 1.5}, "argument 'limit' must be an integer or a string or null, got 1.5"),
        ({"extra": {"a": "b"}}, "argument 'extra.a' must be an integer, got 'b'"),
    ],
)
def test_a_nested_mistake_is_told_with_its_place(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(ToolError) as caught:
        SPEC.bind({**GIVEN, **changed})
    assert str(caught.value) == f"invite: {told}"


def test_a_value_nested_without_end_is_the_models_mistake() -> None:
    spec = read_tool(
        {"name": "f", "parameters": {"properties": {"x": {"$ref": "#/$defs/n"}}, "$defs": {
            "n": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"$ref": "#/$defs/n"}}]}
        }}},
        "d",
        tool_class=ToolClass.READ,
    )  # fmt: skip
    deep: Any = "x"
    for _ in range(5000):
        deep = [deep]
    assert spec.bind({"x": [["x"]]}) == {"x": [["x"]]}
    with pytest.raises(ToolError, match="f: an argument is nested too deep"):
        spec.bind({"x": deep})


def test_marks_say_who_wrote_what() -> None:
    assert SPEC.fields == {
        "sent.note": ResultField(origin=Origin.THIRD_PARTY, sensitive=True),
        "sent.title": ResultField(origin=Origin.USER),
        "rule": ResultField(origin=Origin.OPERATOR),
        "code": ResultField(origin=Origin.SYSTEM, sensitive=True),
    }
    assert SPEC.carriers == ("sent.note",)
    assert SPEC.find_field("sent.title").origin is Origin.USER
    assert SPEC.find_field("other") == ResultField()


@pytest.mark.parametrize("spec", [SPEC, read_tool(BOOK, "desk", tool_class=ToolClass.WRITE)])
def test_a_spec_is_data_that_comes_back_equal(spec: ToolSpec) -> None:
    spec.bind({**GIVEN} if spec is SPEC else {"at": "10:00"})
    text = spec.model_dump_json()
    again = ToolSpec.model_validate_json(text)
    assert again == spec
    assert again.model_dump_json() == text
    for twin in (pickle.loads(pickle.dumps(spec)), copy.deepcopy(spec)):
        assert twin == spec
        assert twin.json_schema() == spec.json_schema()
        assert twin.argument_names == spec.argument_names


def test_a_call_is_worded_with_its_values() -> None:
    spec = read_tool(BOOK, "desk", tool_class=ToolClass.WRITE, wording="book {seats} seats at {at}")
    assert spec.word({"at": "10:00"}) == "book 2 seats at 10:00"
    assert spec.word({"at": "10:00", "seats": 5}) == "book 5 seats at 10:00"
    plain = read_tool(BOOK, "desk", tool_class=ToolClass.WRITE)
    said = plain.word({"at": "10:00", "name": None})
    assert said == "book-table with seats 2, at 10:00, name nothing"
    assert SPEC.word(GIVEN).startswith('invite [{"name": "Ann"')


def test_a_schema_of_openai_and_of_mcp_give_the_same_tool() -> None:
    inner = {
        "name": BOOK["name"],
        "description": "Book a table.",
        "parameters": BOOK["inputSchema"],
    }
    made = [
        read_tool(schema, "desk", tool_class=ToolClass.WRITE, flags="W")
        for schema in (BOOK, inner, {"type": "function", "function": inner})
    ]
    assert made[0] == made[1] == made[2]
    spec = made[0]
    assert spec.key == "desk.book-table"
    assert spec.bind({"at": "10:00"}) == {"at": "10:00", "seats": 2}
    assert spec.bind({"at": "10:00", "name": None})["name"] is None
    with pytest.raises(ToolError, match=r"'at' must be a string that matches .*, got '10'"):
        spec.bind({"at": "10"})
    with pytest.raises(ToolError, match="no argument 'time'"):
        spec.bind({"at": "10:00", "time": "x"})


def test_other_arguments_are_welcome_only_when_the_schema_says_so() -> None:
    open_schema = {"name": "f", "parameters": {"additionalProperties": {"type": "integer"}}}
    spec = read_tool(open_schema, "d", tool_class=ToolClass.READ)
    assert spec.bind({"a": 1}) == {"a": 1}
    with pytest.raises(ToolError, match="f: argument 'a' must be an integer, got 'x'"):
        spec.bind({"a": "x"})


def test_what_is_said_of_all_arguments_together_is_checked() -> None:
    either = {"properties": {"a": {}, "b": {}}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}
    spec = read_tool({"name": "f", "parameters": either}, "d", tool_class=ToolClass.READ)
    assert spec.bind({"a": 1}) == {"a": 1}
    with pytest.raises(ToolError, match="f: these arguments do not go together"):
        spec.bind({"a": 1, "b": 2})


@pytest.mark.parametrize(
    ("schema", "more", "told"),
    [
        ({}, {}, "d: a tool's schema has no name"),
        ({"name": "f", "parameters": 5}, {}, "d.f: its parameters must be a JSON schema"),
        ({"name": "f", "parameters": {"type": "string"}}, {}, "of type object"),
        ({"name": "f", "parameters": {"$ref": "https://example.com/a.json"}}, {}, "is not local"),
        ({"name": "f", "parameters": {"properties": {"a": {"type": "f"}}}}, {}, "no type 'f'"),
        ({"name": "f", "parameters": {"properties": {"a": {"enum": [{1}]}}}}, {}, "are no JSON"),
        ({"name": "f"}, {"sinks": ("to",)}, "d.f: sinks name no argument: to"),
        ({"name": "f"}, {"wording": "do {it}"}, "d.f: wording names no argument: 'it'"),
        ({"name": "f"}, {"tool_class": ToolClass.RESTRICTED}, "a restricted tool must say act="),
    ],
)  # fmt: skip
def test_a_schema_that_cannot_be_used_is_one_line(
    schema: dict[str, Any], more: dict[str, Any], told: str
) -> None:
    with pytest.raises(BadDomainFile) as caught:
        read_tool(schema, "d", **{"tool_class": ToolClass.READ, **more})
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
