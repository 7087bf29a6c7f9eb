"""What a preset may set, and what is said of a wrong one."""

from pathlib import Path

import pytest

from tool_catalog.errors import UserMistake
from train.presets import choose_model, load_preset, preset_names
from train.reward import DEFAULT


def _write(folder: Path, weights: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(
        "name: mine\nsummary: mine\nmodel: some/model\n"
        "sft: {learning_rate: 0.1, batch_size: 1}\n"
        f"rl: {{learning_rate: 0.1, steps: 1, prompts: 4, generations: 2, weights: {weights}}}\n",
        encoding="utf-8",
    )
    return path


def test_the_shipped_presets_pay_by_the_shipped_weights():
    assert preset_names() == [
        "qwen3-0.6b", "qwen3-8b-lora", "smollm2-135m", "smollm2-135m-quick", "tiny",
    ]  # fmt: skip
    assert all(load_preset(name).rl.weights == DEFAULT for name in preset_names())


def test_a_preset_sets_one_weight_and_leaves_the_others(tmp_path):
    weights = load_preset(_write(tmp_path, "{silent: -0.5}")).rl.weights
    assert weights.silent == -0.5
    assert weights.model_copy(update={"silent": DEFAULT.silent}) == DEFAULT


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ("{silend: -0.5}", "rl.weights.silend: Extra inputs are not permitted"),
        ("{unsafe: -2}", "rl.weights.unsafe: Input should be greater than or equal to -1"),
        ("{silent: 0.5}", "rl.weights.silent: Input should be less than or equal to 0"),
    ],
)
def test_a_wrong_weight_is_said_with_its_key(tmp_path, weights, said):
    with pytest.raises(UserMistake, match=said):
        load_preset(_write(tmp_path, weights))


def _write_pretrained(folder: Path, **lines: str) -> Path:
    path = folder / "mine.yaml"
    text = _write(folder, "{}").read_text(encoding="utf-8")
    for key, value in lines.items():
        text = text.replace("model: some/model\n", f"model: {value}\n") if key == "model" else (
            f"{text}{key}: {value}\n"
        )  # fmt: skip
    path.write_text(text, encoding="utf-8")
    return path


def test_a_model_beside_the_preset_is_found_from_anywhere(tmp_path):
    (tmp_path / "weights").mkdir()
    assert load_preset(_write_pretrained(tmp_path, model="weights")).model == str(
        tmp_path / "weights"
    )
    assert load_preset(_write_pretrained(tmp_path, model="org/name")).model == "org/name"


def test_a_chat_template_beside_the_preset_becomes_part_of_it(tmp_path):
    (tmp_path / "mine.jinja").write_text("{{ messages }}", encoding="utf-8")
    path = _write_pretrained(tmp_path, chat="{template: mine.jinja}")
    assert load_preset(path).chat.template == "{{ messages }}"
    (tmp_path / "mine.jinja").unlink()
    with pytest.raises(UserMistake, match=r"mine\.jinja: no such chat template; preset mine"):
        load_preset(path)


def test_another_model_takes_the_place_of_model_and_package(tmp_path):
    preset = load_preset("smollm2-135m")
    chosen = choose_model(preset, "org/name")
    assert (chosen.model, chosen.package) == ("org/name", None)
    assert choose_model(preset, str(tmp_path)).model == str(tmp_path)
    assert chosen.sft == preset.sft


def test_another_model_for_a_preset_from_scratch_is_refused():
    with pytest.raises(UserMistake, match=r"tiny makes its model from scratch; .*smollm2-135m"):
        choose_model(load_preset("tiny"), "org/name")


def test_a_model_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(UserMistake, match="nothing: no such model folder"):
        choose_model(load_preset("smollm2-135m"), str(tmp_path / "nothing"))


def test_a_package_alone_is_a_model():
    preset = load_preset("smollm2-135m")
    data = preset.model_dump() | {"model": ""}
    assert type(preset).model_validate(data).package == preset.package
    with pytest.raises(ValueError, match="either shape"):
        type(preset).model_validate(data | {"package": None})
