"""Calls become source of which nothing is a model's own text but literals."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from train.benchmarks.bfcl.checking.decode import DecodedCall
from train.benchmarks.bfcl.multi_turn.call_source import UNKNOWN, is_plain, read_step, write_source

KNOWN = {"brew"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)  # fmt: skip


def test_a_call_of_a_known_function_is_written_with_its_arguments():
    call = DecodedCall("brew", {"leaf": "it's", "cups": 2, "hot": True, "for": ["a", None]})
    assert write_source(DecodedCall("brew", {}), KNOWN).text == "brew()"
    assert write_source(call, KNOWN).refusal == (
        "Error during execution: 'for' cannot be the name of an argument"
    )
    kept = DecodedCall("brew", {k: v for k, v in call.arguments.items() if k != "for"})
    assert write_source(kept, KNOWN).text == 'brew(leaf="it\'s",cups=2,hot=True)'


@settings(max_examples=40)
@given(arguments=st.dictionaries(st.text(), JSON, max_size=3))
def test_what_is_evaluated_is_one_call_of_literals_with_the_same_values(arguments):
    source = write_source(DecodedCall("brew", arguments), KNOWN)
    node = ast.parse(source.text, mode="eval").body
    assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    if source.refusal is not None:
        assert source.text == UNKNOWN
        return
    assert not node.args
    found = [ast.literal_eval(keyword.value) for keyword in node.keywords]
    assert found == list(arguments.values())


@pytest.mark.parametrize(
    "call",
    [
        pytest.param(DecodedCall("__import__", {"name": "os"}), id="a-builtin"),
        pytest.param(DecodedCall("open", {"file": "x", "mode": "w"}), id="another"),
        pytest.param(DecodedCall("importlib.import_module", {"name": "os"}), id="dots"),
        pytest.param(DecodedCall("", {}), id="no-name"),
        pytest.param(DecodedCall("brew(); brew", {}), id="more-than-a-name"),
        pytest.param(DecodedCall("brew", {"a=exit(), b": 1}), id="a-name-with-code"),
        pytest.param(DecodedCall("brew", {"": 1}), id="an-argument-without-name"),
        pytest.param(DecodedCall("brew", {"**": "x"}), id="unpacked"),
        pytest.param(DecodedCall("brew", {"a b": 1}), id="space"),
        pytest.param(DecodedCall("brew", {"n": 10**5000}), id="too-long-a-number"),
    ],
)
def test_any_other_call_is_never_evaluated(call):
    source = write_source(call, KNOWN)
    assert source.text == UNKNOWN
    assert source.refusal is not None and source.refusal.startswith("Error during execution: ")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("brew()", True),
        ("brew('a', cups=-2, leaves=['a', {'b': (1, None)}])", True),
        ("fry()", False),
        ("brew(cups=len('a'))", False),
        ("brew(open('x'))", False),
        ("brew(**{'cups': 1})", False),
        ("brew(*[1])", False),
        ("brew().serve()", False),
        ("brew() or brew()", False),
        ("brew", False),
        ("brew(", False),
        ("", False),
    ],
)
def test_published_source_is_one_call_of_literals(text, plain):
    assert is_plain(text, KNOWN) is plain


@pytest.mark.parametrize(
    ("output", "texts"),
    [
        pytest.param([{"name": "brew", "arguments": '{"cups": 2}'}], ["brew(cups=2)"], id="native"),
        pytest.param("[brew(cups=2), fry()]", ["brew(cups=2)", UNKNOWN], id="text"),
        pytest.param("[brew(cups=exit())]", ["brew(cups='exit()')"], id="code-is-text"),
        pytest.param([], [], id="no-call"),
        pytest.param("All done.", [], id="prose"),
        pytest.param([{"name": "brew", "arguments": "{cups"}], [], id="broken-json"),
        pytest.param([{"name": "brew", "arguments": "[2]"}], [], id="a-list"),
        pytest.param(None, [], id="nothing"),
    ],
)
def test_a_step_is_read_as_a_whole_or_not(output, texts):
    assert [source.text for source in read_step(output, KNOWN)] == texts
