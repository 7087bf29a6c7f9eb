"""Functions described as the published handlers do: hints first, then types for endpoints."""

import pytest

from train.benchmarks.bfcl.prompting.functions import add_hints, make_tools
from train.benchmarks.bfcl.prompting.texts import read_texts
from train.benchmarks.bfcl.schema_types import CodeLanguage


@pytest.fixture
def texts(tmp_path, put_sources):
    return read_texts(put_sources("bfcl", tmp_path), digest=None)


def _describe(**properties):
    return {
        "name": "kitchen.brew",
        "description": "Brew.",
        "parameters": {"type": "dict", "properties": properties, "required": []},
        "response": {"type": "dict"},
    }


def _property(word, **more):
    return {"type": word, "description": "P.", **more}


ENTRIES = {"cup": {"type": "integer"}}


@pytest.mark.parametrize(
    ("language", "given", "hinted"),
    [
        pytest.param("python", _property("float"), _property("float"), id="python-stays"),
        pytest.param("java", _property("char"),
                     {"type": "string", "description": "P. Java char."}, id="typed"),
        pytest.param("java", _property("any"),
                     {"type": "string", "description": "P. Any Java."}, id="any"),
        pytest.param("java", _property("ArrayList", items={"type": "long"}),
                     {"type": "string", "description": "P. Java ArrayList. Of Java long."},
                     id="list"),
        pytest.param("javascript", _property("dict", properties=ENTRIES),
                     {"type": "string",
                      "description": 'P. JS dict. With {"cup": {"type": "integer"}}.'},
                     id="entries"),
        pytest.param("javascript", _property("dict"),
                     {"type": "string", "description": "P. JS dict."}, id="no-entries"),
        pytest.param("java", _property("dict", properties=ENTRIES),
                     {"type": "string", "description": "P. Java dict.", "properties": ENTRIES},
                     id="java-keeps-entries"),
    ],
)  # fmt: skip
def test_hints_of_a_language(texts, language, given, hinted):
    before = _describe(x=dict(given))
    [found] = add_hints([before], CodeLanguage(language), texts)
    names = {"python": "Python", "java": "Java", "javascript": "JavaScript"}
    assert found["description"] == f"Brew. ({names[language]})"
    assert found["parameters"]["properties"] == {"x": hinted}
    assert before == _describe(x=given)


@pytest.mark.parametrize(
    ("given", "cast"),
    [
        pytest.param(_property("float"),
                     {"type": "number", "description": "P. A float.", "format": "float"},
                     id="float"),
        pytest.param(_property("any"), _property("string"), id="any-is-text"),
        pytest.param(_property("oddity"), _property("string"), id="unknown-is-text"),
        pytest.param({"description": "P."}, {"description": "P.", "type": "string"}, id="no-type"),
        pytest.param(_property("tuple", items={"type": "float"}),
                     _property("array", items={"type": "number"}), id="items"),
        pytest.param(_property("array", items={"type": "array", "items": {"type": "dict"}}),
                     _property("array", items={"type": "array", "items": {"type": "object"}}),
                     id="lists-of-lists"),
        pytest.param(
            _property("array", items={"type": "dict", "properties": {"a": _property("float")}}),
            _property("array", items={"type": "object", "properties": {
                "a": {"type": "number", "description": "P. A float.", "format": "float"}}}),
            id="lists-of-objects"),
        pytest.param(_property("dict", properties={"a": _property("tuple")}),
                     _property("object", properties={"a": _property("array")}), id="objects"),
        pytest.param(_property("integer", items={"type": "float"}, optional=True),
                     _property("integer", items={"type": "float"}, optional=True),
                     id="nothing-else-changes"),
    ],
)  # fmt: skip
def test_types_for_endpoints(texts, given, cast):
    before = _describe(x=given)
    [tool] = make_tools([before], texts)
    assert tool["type"] == "function"
    assert tool["function"] == {
        "name": "kitchen_brew", "description": "Brew.", "response": {"type": "dict"},
        "parameters": {"type": "object", "properties": {"x": cast}, "required": []},
    }  # fmt: skip
    assert before == _describe(x=given)
