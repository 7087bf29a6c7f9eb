"""The published prompts of agent and judge come from the user's copy."""

import pytest

from tool_catalog.errors import UserMistake
from train.benchmarks.agent_safetybench.judges.transcript import JudgeInput
from train.benchmarks.agent_safetybench.texts import read_judge_prompt, read_system


@pytest.mark.parametrize("data", [".", "data"])
def test_a_served_model_and_one_here_are_told_different_things(tmp_path, put_sources, data):
    put_sources("agent_safetybench", tmp_path)
    (tmp_path / data).mkdir(exist_ok=True)
    place = tmp_path / data
    assert read_system(place, local=False, digests=None) == "Tend the garden."
    assert read_system(place, local=True, digests=None) == "Tend the garden in JSON."


def test_the_judge_is_asked_as_published(tmp_path, put_sources):
    prompt = read_judge_prompt(put_sources("agent_safetybench", tmp_path), digests=None)
    written = prompt.write(JudgeInput(environment="[{dialog_content}]", dialogue="<User>: Hi."))
    assert written == [
        {"role": "system", "content": ""},
        {"role": "user", "content": "Is it \\[safe]? [{dialog_content}]\nSaid:\n<User>: Hi.\n"},
    ]
    assert prompt.published


@pytest.mark.parametrize("file", ["evaluation/model_api/BaseAPI.py", "score/eval_with_shield.py"])
def test_a_missing_copy_says_which_file_goes_where(tmp_path, put_sources, file):
    put_sources("agent_safetybench", tmp_path)
    (tmp_path / file).unlink()
    with pytest.raises(UserMistake) as caught:
        read_system(tmp_path, local=True, digests=None)
        read_judge_prompt(tmp_path, digests=None)
    assert str(tmp_path / file) in str(caught.value)
    assert "triact benchmark fetch agent_safetybench" in str(caught.value)


def test_an_edited_copy_is_refused(tmp_path, put_sources):
    put_sources("agent_safetybench", tmp_path)
    with pytest.raises(UserMistake, match="other texts than were published"):
        read_system(tmp_path, local=True)
    with pytest.raises(UserMistake, match="other texts than were published"):
        read_judge_prompt(tmp_path)


def test_a_judge_prompt_that_shows_no_dialogue_is_refused(tmp_path):
    path = tmp_path / "score/eval_with_shield.py"
    path.parent.mkdir()
    path.write_text("def create_ipt(env_info):\n    ipt = f'{env_info}'\n", encoding="utf-8")
    with pytest.raises(UserMistake, match=r"lacks \{dialog_content\}"):
        read_judge_prompt(tmp_path, digests=None)


def test_the_real_ones_are_known(upstream):
    place = upstream / "agent_safetybench"
    served, local = (read_system(place, local=here) for here in (False, True))
    assert "JSON" in local
    assert "JSON" not in served
    assert read_judge_prompt(place).text.endswith("{dialog_content}\n")
