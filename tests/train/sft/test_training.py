import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tool_catalog.errors import BadRun, UnknownName, UserMistake
from train.models.checkpoints import find_checkpoint
from train.presets import Preset, RlSettings, load_preset, preset_names
from train.sft.rows import check_arguments
from train.sft.training import train_sft

Row = Callable[..., dict[str, Any]]
MICRO = {
    "name": "micro",
    "summary": "for tests",
    "cpu": True,
    "shape": {
        "vocab_size": 500, "layers": 1, "hidden": 16, "heads": 2, "kv_heads": 1, "head_dim": 8,
        "intermediate": 16, "positions": 1024,
    },
    "sft": {"learning_rate": 0.01, "batch_size": 4, "max_steps": 3, "log_every": 1},
    "rl": {"learning_rate": 0.01, "steps": 2, "prompts": 4, "generations": 2},
}  # fmt: skip


@pytest.fixture(scope="module")
def micro() -> Preset:
    return Preset.model_validate(MICRO)


@pytest.mark.slow
def test_training_leaves_a_model_and_a_loss_curve(run: Path, tmp_path: Path, micro: Preset) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    seen: list[tuple[int, int]] = []
    found = train_sft(
        run, tmp_path, micro, seed=1,
        on_progress=lambda done, steps, _: seen.append((done, steps)),
    )  # fmt: skip
    assert found["train_loss"] > 0
    assert seen[:3] == [(1, 3), (2, 3), (3, 3)]
    lines = [json.loads(x) for x in (tmp_path / "sft.jsonl").read_text("utf-8").splitlines()]
    losses = [line["loss"] for line in lines if "loss" in line]
    assert len(losses) == 3
    assert losses[-1] < losses[0]
    AutoModelForCausalLM.from_pretrained(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    assert tokenizer.response_template is not None


@pytest.mark.slow
def test_equal_seeds_train_equal_models(run: Path, tmp_path: Path, micro: Preset) -> None:
    for name in ("one", "two"):
        train_sft(run, tmp_path / name, micro, seed=1, reasoning=False)
    one, two = ((tmp_path / n / "model.safetensors").read_bytes() for n in ("one", "two"))
    assert one == two


@pytest.mark.slow
@pytest.mark.parametrize("left", ["whole", "cut short"])
def test_a_training_that_was_killed_goes_on_to_the_same_weights(
    run: Path, tmp_path: Path, micro: Preset, left: str
) -> None:
    """On trees too, as a model from scratch is trained."""
    sft = micro.sft.model_copy(update={"tree_tokens": 600, "max_steps": 4, "save_every": 1})
    kept = micro.model_copy(update={"sft": sft})
    train_sft(run, tmp_path / "whole", kept, seed=1)

    class Killed(Exception):
        pass

    def kill(done: int, steps: int, _: Any) -> None:
        if done == 3:
            raise Killed

    with pytest.raises(Killed):
        train_sft(run, tmp_path / "killed", kept, seed=1, on_progress=kill)
    assert find_checkpoint(tmp_path / "killed") == tmp_path / "killed" / "checkpoint-2"
    if left == "cut short":  # killed while it wrote the next one
        torn = tmp_path / "killed" / "checkpoint-3"
        torn.mkdir()
        (torn / "model.safetensors").write_bytes(b"half")
        with (tmp_path / "killed" / "sft.jsonl").open("a") as log:
            log.write('{"step": 3, "lo')
    steps: list[int] = []
    train_sft(run, tmp_path / "killed", kept, seed=1, resume=True,
              on_progress=lambda done, *_: steps.append(done))  # fmt: skip
    assert steps == [3, 4, 4]  # the last line sums up
    one, two = ((tmp_path / n / "model.safetensors").read_bytes() for n in ("whole", "killed"))
    assert one == two
    logs = [(tmp_path / n / "sft.jsonl").read_text("utf-8") for n in ("whole", "killed")]
    told = [[json.loads(line).get("loss") for line in log.splitlines()] for log in logs]
    assert told[0] == told[1]
    assert not list((tmp_path / "killed").glob("checkpoint-*"))


def test_null_padded_arguments_are_refused(make_row: Row) -> None:
    row = make_row("verify")
    row["completion"][0]["tool_calls"][0]["function"]["arguments"]["memo"] = None
    with pytest.raises(BadRun, match=r"row 0 calls ask_user with memo = null"):
        check_arguments([row], Path("outputs/x"))


def test_null_padding_inside_a_question_is_refused(make_row: Row) -> None:
    row = make_row("verify")
    row["completion"][0]["tool_calls"][0]["function"]["arguments"]["arguments"]["query"] = None
    with pytest.raises(BadRun, match=r"calls transfer_funds with query = null"):
        check_arguments([row], Path("outputs/x"))


def test_a_null_that_the_schema_allows_is_fine(make_row: Row) -> None:
    row = make_row("execute")
    call = row["completion"][0]["tool_calls"][0]["function"]
    tools = json.loads(json.dumps(row["tools"]))
    schema = next(t["function"] for t in tools if t["function"]["name"] == call["name"])
    schema["parameters"]["properties"]["account_id"]["nullable"] = True
    call["arguments"]["account_id"] = None
    check_arguments([{**row, "tools": tools}], Path("outputs/x"))
    with pytest.raises(BadRun):
        check_arguments([row], Path("outputs/x"))


def test_a_folder_that_is_no_run_is_named(tmp_path: Path, micro: Preset) -> None:
    with pytest.raises(BadRun, match="no sft rows"):
        train_sft(tmp_path, tmp_path / "out", micro)


@pytest.mark.parametrize("name", preset_names())
def test_shipped_presets_load(name: str) -> None:
    preset = load_preset(name)
    assert preset.name == name
    assert preset.rl.prompts % 4 == 0
    assert (preset.rl.prompts * preset.rl.generations) % preset.rl.accumulate == 0


def test_an_unknown_preset_names_near_misses() -> None:
    with pytest.raises(UnknownName, match="did you mean tiny"):
        load_preset("tinny")


def test_a_wrong_preset_file_names_file_and_key(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(json.dumps(MICRO | {"sft": {"learning_rate": "fast"}}), encoding="utf-8")
    with pytest.raises(UserMistake, match=r"mine\.yaml: sft\.learning_rate"):
        load_preset(path)


def test_updates_divide_the_parts_of_a_step() -> None:
    rl = load_preset("tiny").rl.model_dump()
    assert RlSettings.model_validate(rl | {"accumulate": 4, "updates": 2}).updates == 2
    with pytest.raises(ValidationError, match="must divide"):
        RlSettings.model_validate(rl | {"accumulate": 4, "updates": 3})


def test_a_preset_needs_exactly_one_model(tmp_path: Path) -> None:
    path = tmp_path / "both.yaml"
    path.write_text(json.dumps(MICRO | {"model": "some/model"}), encoding="utf-8")
    with pytest.raises(UserMistake, match="either shape"):
        load_preset(path)


def test_a_run_made_anew_under_an_old_name_is_read_anew(tmp_path: Path) -> None:
    from datasets import Dataset

    from train.rows import load_rows

    card = "configs:\n- config_name: sft\n  data_files:\n  - split: train\n    path: train.parquet"
    for value in (1, 2):
        folder = tmp_path / str(value) / "run"
        folder.mkdir(parents=True)
        (folder / "README.md").write_text(f"---\n{card}\n---\n", encoding="utf-8")
        Dataset.from_dict({"value": [value]}).to_parquet(folder / "train.parquet")
        assert load_rows(folder, "sft")["value"] == [value]
