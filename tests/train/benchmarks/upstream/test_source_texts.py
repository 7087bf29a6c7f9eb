"""Texts are read from a syntax tree: literals, and nothing that would have to be run."""

import pytest

from tool_catalog.errors import UserMistake
from train.benchmarks.upstream.digest import compute_digest
from train.benchmarks.upstream.source_texts import fill, open_source

SOURCE = r'''
FIRST = "a" "b"
SECOND = FIRST + "c"
THIRD = {"x": (SECOND, ["d", 1]), "y": f"{FIRST} {{braces}} {value['k']}"}
COMPUTED = str(1)
NOT_A_SUM = SECOND * 2
AGAIN = "old"
AGAIN = "new"
ODD = "\["
class Kit:
    def __init__(self):
        self.inner = """text"""
        def deeper():
            inner = "deeper"
def tell(value):
    if value:
        value += f"last {value!r}"
        return "first"
    return value
open("/nowhere")
'''


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "kit.py"
    path.write_text(SOURCE, encoding="utf-8")
    return open_source([tmp_path / "missing.py", path], "fetch it")


@pytest.mark.parametrize(
    ("name", "scope", "value"),
    [
        ("FIRST", "", "ab"),
        ("SECOND", "", "abc"),
        ("THIRD", "", {"x": ["abc", ["d", 1]], "y": "{FIRST} {braces} {value['k']}"}),
        ("AGAIN", "", "new"),
        ("ODD", "", "\\["),
        ("inner", "Kit.__init__", "text"),
        ("inner", "Kit.__init__.deeper", "deeper"),
    ],
)
def test_literals_are_read_by_name_and_scope(source, name, scope, value):
    assert source.read(name, scope) == value


@pytest.mark.parametrize(
    ("name", "scope"),
    [("COMPUTED", ""), ("NOT_A_SUM", ""), ("MISSING", ""), ("inner", ""), ("FIRST", "Nobody"),
     ("inner", "Kit.nobody")],
)  # fmt: skip
def test_what_is_no_literal_there_is_a_mistake_that_names_it(source, name, scope):
    with pytest.raises(UserMistake, match=r"kit\.py holds no \w+.* as published; fetch it$"):
        source.read(name, scope)


def test_texts_of_a_function_come_in_the_order_of_its_lines(source):
    assert source.list_texts("tell") == ["last {value}", "first"]


def test_only_the_published_texts_pass_where_they_are_known(source):
    source.check(["a"], None)
    source.check(["a"], compute_digest(["a"]))
    with pytest.raises(UserMistake, match="other texts than were published; fetch it"):
        source.check(["b"], compute_digest(["a"]))


def test_a_missing_file_is_named_with_the_way_to_get_it(tmp_path):
    with pytest.raises(UserMistake) as caught:
        open_source([tmp_path / "a.py", tmp_path / "b.py"], "fetch it")
    assert str(caught.value) == (
        f"--prompt published reads {tmp_path / 'a.py'}: No such file or directory; fetch it"
    )


def test_what_is_no_python_is_a_mistake(tmp_path):
    (tmp_path / "a.py").write_text("def (", encoding="utf-8")
    with pytest.raises(UserMistake, match=r"a\.py is no Python .*; fetch it"):
        open_source([tmp_path / "a.py"], "fetch it")


def test_only_the_named_places_are_filled():
    filled = fill("{a['b']} {c} {a}", {"a['b']": "{c}", "a": "1"})
    assert filled == "{c} {c} 1"
