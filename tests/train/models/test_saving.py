"""A model is saved whole or not at all."""

import errno
import pathlib

import pytest

from tool_catalog.errors import UserMistake
from train.models.saving import save_model, save_untrained, saving


class _Saved:
    """Writes a file, as a model, a trainer and a tokenizer do; or finds no room."""

    def __init__(self, name, full=False):
        self.name, self.full = name, full

    def save_pretrained(self, folder):
        with pathlib.Path(f"{folder}/{self.name}").open("w", encoding="utf-8") as file:
            file.write("new")
            if self.full:
                raise OSError(errno.ENOSPC, "No space left on device")

    save_model = save_pretrained


@pytest.mark.parametrize("save", [save_model, save_untrained])
def test_a_model_and_its_tokenizer_are_saved_beside_the_log(tmp_path, save):
    (tmp_path / "sft.jsonl").write_text("{}", encoding="utf-8")
    save(_Saved("model"), _Saved("tokenizer"), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "sft.jsonl", "tokenizer"]


@pytest.mark.parametrize("full", ["model", "tokenizer"])
@pytest.mark.parametrize("save", [save_model, save_untrained])
def test_a_full_disk_is_one_line_and_leaves_no_part(tmp_path, save, full):
    (tmp_path / "model").write_text("old", encoding="utf-8")
    with pytest.raises(UserMistake) as raised:
        save(_Saved("model", full == "model"), _Saved("tokenizer", full == "tokenizer"), tmp_path)
    said = str(raised.value)
    assert said.startswith(f"{tmp_path}: cannot be saved to (")
    assert said.endswith(
        " MB free): No space left on device; make room, then run the same command again"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert (tmp_path / "model").read_text(encoding="utf-8") == "old"


def test_what_safetensors_says_of_a_full_disk_is_one_line_too(tmp_path):
    from safetensors import SafetensorError

    with pytest.raises(UserMistake, match="I/O error"), saving(tmp_path / "part"):
        raise SafetensorError("Error while serializing: I/O error: No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_not_mixed_in(tmp_path):
    (tmp_path / ".tmp-model").mkdir()
    (tmp_path / ".tmp-model" / "half").write_text("old", encoding="utf-8")
    save_untrained(_Saved("model"), _Saved("tokenizer"), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "tokenizer"]
