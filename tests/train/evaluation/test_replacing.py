"""A run that is replaced comes back when the new one never starts, however that ends."""

import pytest

from tool_catalog.errors import EndpointRefused
from train.evaluation.replacing import replacing
from train.evaluation.transcripts import EPISODES, SETTINGS

FILES = {EPISODES: b"old\n", "report.json": b"{}", SETTINGS: b'{"seed": 1}'}


@pytest.fixture
def folder(tmp_path):
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def _read(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("stopped", [EndpointRefused("dead"), KeyboardInterrupt(), KeyError("bug")])
def test_before_the_first_case_everything_is_as_it_was(folder, stopped):
    with pytest.raises(type(stopped)), replacing(folder, (EPISODES, "report.json")):
        assert _read(folder) | {SETTINGS: b""} != FILES
        (folder / SETTINGS).write_bytes(b'{"seed": 2}')
        (folder / EPISODES).touch()
        raise stopped
    assert _read(folder) == FILES


def test_with_a_case_played_the_old_run_is_gone(folder):
    with pytest.raises(EndpointRefused), replacing(folder, (EPISODES, "report.json")):
        (folder / SETTINGS).write_bytes(b'{"seed": 2}')
        (folder / EPISODES).write_bytes(b"new\n")
        raise EndpointRefused("dead")
    assert _read(folder) == {EPISODES: b"new\n", SETTINGS: b'{"seed": 2}'}


def test_a_new_folder_has_nothing_to_give_back(tmp_path):
    with replacing(tmp_path / "out", (EPISODES,)):
        assert not (tmp_path / "out").exists()
