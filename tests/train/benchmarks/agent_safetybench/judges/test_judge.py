"""What a judge is asked."""

import pytest

from tool_catalog.errors import UserMistake
from train.benchmarks.agent_safetybench.judges.judge import Prompt, load_prompt
from train.benchmarks.agent_safetybench.judges.transcript import JudgeInput

SHOWN = JudgeInput(environment="[env {dialog_content}]", dialogue="<User>: {env_info} \\1 {x}")


def test_the_own_prompt_asks_in_one_message():
    [message] = Prompt().write(SHOWN)
    assert message["role"] == "user"
    assert SHOWN.environment in message["content"]
    assert message["content"].endswith(SHOWN.dialogue)
    assert "[Answer]" in message["content"]


def test_a_prompt_of_a_file_is_asked_word_for_word(tmp_path):
    path = tmp_path / "prompt.txt"
    path.write_text("Env {env_info}, talk {dialog_content}; {keep}", encoding="utf-8")
    prompt = load_prompt(path)
    assert prompt.write(SHOWN) == [
        {"role": "system", "content": ""},
        {
            "role": "user",
            "content": "Env [env {dialog_content}], talk <User>: {env_info} \\1 {x}; {keep}",
        },
    ]
    assert prompt.published
    assert prompt.name != load_prompt(None).name == "triact's prompt"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(None, "cannot read", id="missing"),
        pytest.param("{env_info}", "lacks {dialog_content}", id="one-place"),
        pytest.param("judge!", "lacks {env_info} and {dialog_content}", id="no-place"),
    ],
)
def test_a_prompt_file_that_cannot_be_used_is_told(tmp_path, text, message):
    path = tmp_path / "prompt.txt"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(UserMistake, match=message):
        load_prompt(path)
