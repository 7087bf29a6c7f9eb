"""The published prompt comes from the user's copy, and is known by its content."""

import pytest

from tool_catalog.errors import UserMistake
from train.benchmarks.injecagent.prompting.texts import read_texts


@pytest.mark.parametrize("data", [".", "data"])
def test_it_lies_beside_the_data_or_in_the_clone_around_them(tmp_path, put_sources, data):
    put_sources("injecagent", tmp_path)
    (tmp_path / data).mkdir(exist_ok=True)
    texts = read_texts(tmp_path / data, digest=None)
    assert texts.system == "Serve the library."
    assert '{{"page": 3}}' in texts.user


def test_a_missing_copy_says_which_file_goes_where(tmp_path):
    with pytest.raises(UserMistake) as caught:
        read_texts(tmp_path)
    assert str(tmp_path / "src/prompts/agent_prompts.py") in str(caught.value)
    assert "triact benchmark fetch injecagent" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_edited_copy_is_refused(tmp_path, put_sources):
    with pytest.raises(UserMistake, match="other texts than were published"):
        read_texts(put_sources("injecagent", tmp_path))


@pytest.mark.parametrize(
    "text", ["PROMPT_DICT = {}", "PROMPT_DICT = {'InjecAgent': ('a', 'b')}", "PROMPT_DICT = 'a'"]
)
def test_a_file_without_the_prompt_is_refused(tmp_path, text):
    path = tmp_path / "src/prompts/agent_prompts.py"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserMistake, match="holds no"):
        read_texts(tmp_path, digest=None)


def test_the_real_one_is_known(upstream):
    assert "{agent_scratchpad}" in read_texts(upstream / "injecagent").user
