"""Which prompt is meant, and what it cannot go with."""

import pytest

from tool_catalog.errors import UnknownName, UserMistake
from train.benchmarks.upstream.form import PromptForm, read_form


def test_forms_have_names_and_published_runs_a_folder_of_their_own():
    assert read_form("triact", ask_user=True) is PromptForm.TRIACT
    published = read_form("published", ask_user=False)
    assert published is PromptForm.PUBLISHED
    assert (PromptForm.TRIACT.suffix, published.suffix) == ("", "-published")


def test_an_unknown_prompt_is_named():
    with pytest.raises(UnknownName, match="publish"):
        read_form("publish", ask_user=False)


def test_the_published_prompt_offers_no_tool_of_triacts():
    with pytest.raises(UserMistake, match="--ask-user is no part"):
        read_form("published", ask_user=True)
