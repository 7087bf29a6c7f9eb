"""What the leaderboard says comes from the user's copy of its package, wherever that lies."""

import sys

import pytest

from tool_catalog.errors import UserMistake
from train.benchmarks.bfcl.prompting.texts import ForeignHints, read_texts
from train.benchmarks.bfcl.schema_types import CodeLanguage


@pytest.fixture
def copy(tmp_path, put_sources):
    return put_sources("bfcl", tmp_path / "copy")


def test_every_text_is_found(copy):
    texts = read_texts(copy, digest=None)
    assert texts.languages == {
        CodeLanguage.JAVA: " (Java)", CodeLanguage.JAVASCRIPT: " (JavaScript)",
        CodeLanguage.PYTHON: " (Python)",
    }  # fmt: skip
    assert texts.hints[CodeLanguage.JAVA] == ForeignHints(
        " Any Java.", " Java {value['type']}.", " Of Java {value['items']['type']}."
    )
    javascript = texts.hints[CodeLanguage.JAVASCRIPT]
    assert javascript.entries == " With {json.dumps(value['properties'])}."
    assert texts.float_hint == " A float."
    assert texts.types["tuple"] == "array"
    assert texts.system == (
        "You brew. Brew well.\nWrite [pour(cup=1)].\nGo on.\nIn json:\n{functions}\n"
    )
    assert (texts.notice, texts.worded_notice) == ("There is more.", "{functions}\nThere is more.")


@pytest.mark.parametrize("place", ["named", "beside-the-data", "around-the-data"])
def test_the_copy_lies_where_it_is_named_or_by_the_data(copy, tmp_path, place):
    empty = tmp_path / "empty"
    empty.mkdir()
    if place == "named":
        texts = read_texts(empty, copy, digest=None)
    elif place == "beside-the-data":
        texts = read_texts(copy, empty, digest=None)
    else:
        (copy / "bfcl_eval" / "data").mkdir()
        texts = read_texts(copy / "bfcl_eval" / "data", digest=None)
    assert texts.notice == "There is more."


def test_a_missing_copy_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserMistake) as caught:
        read_texts(tmp_path)
    assert str(tmp_path / "bfcl_eval/constants/default_prompts.py") in str(caught.value)
    assert "triact benchmark fetch bfcl" in str(caught.value)


def test_an_installed_package_will_do(copy, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(copy))
    assert read_texts(tmp_path, digest=None).notice == "There is more."


def test_an_edited_copy_is_refused(copy):
    with pytest.raises(UserMistake, match="other texts than were published"):
        read_texts(copy)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("utils.py", 'return " (Java)"', "return None"),
        ("model_handler/utils.py", "+=", "="),
        ("constants/default_prompts.py", "style=plain", "style=other"),
        ("constants/default_prompts.py", "{persona}", "{person}"),
    ],
)
def test_a_copy_of_another_form_is_refused(copy, path, old, new):
    file = copy / "bfcl_eval" / path
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(UserMistake, match=r"other texts than were published \(.*pip install"):
        read_texts(copy, digest=None)


def test_nothing_of_it_is_imported(copy):
    read_texts(copy, digest=None)
    assert not [name for name in sys.modules if name.startswith("bfcl_eval.utils")]


def test_the_real_ones_are_known(upstream):
    assert "{functions}" in read_texts(upstream / "bfcl").system
