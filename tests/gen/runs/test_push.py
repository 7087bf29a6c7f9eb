"""Publishing: exactly the run's own files, and every refusal said in a line."""

from pathlib import Path
from typing import Any

import pytest

from gen.runs.push import list_upload, push_run
from gen.runs.review import read_manifest
from tool_catalog.errors import BadRun, UserMistake


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A Hub that takes everything and remembers it."""
    import huggingface_hub

    taken: dict[str, Any] = {}

    def create(self: Any, repo_id: str, **options: Any) -> str:
        taken["created"] = (repo_id, options)
        return f"https://hub.example.org/{repo_id}"

    def upload(self: Any, **options: Any) -> None:
        taken["uploaded"] = options

    monkeypatch.setenv("HF_TOKEN", "CANARY-token")
    monkeypatch.setattr(huggingface_hub.HfApi, "create_repo", create)
    monkeypatch.setattr(huggingface_hub.HfApi, "upload_folder", upload)
    return taken


def test_an_upload_is_the_manifests_files_and_what_describes_them(run):
    files = list_upload(run)
    beside = {"README.md", "config.json", "manifest.json", "quarantine.jsonl"}
    assert files.keys() == beside | read_manifest(run)["files"].keys()
    assert files == {name: (run / name).stat().st_size for name in files}


def test_a_push_uploads_those_files_alone(run, hub):
    assert push_run(run, "me/data", private=True) == "https://hub.example.org/me/data"
    assert hub["created"] == (
        "me/data", {"repo_type": "dataset", "private": True, "exist_ok": True},
    )  # fmt: skip
    assert hub["uploaded"]["allow_patterns"] == list(list_upload(run))
    assert hub["uploaded"]["folder_path"] == run


def test_a_push_without_a_token_says_how_to_get_one(run, monkeypatch, tmp_path):
    import huggingface_hub.constants

    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.delenv("HUGGING_FACE_HUB_TOKEN", raising=False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    with pytest.raises(UserMistake, match="no Hub token; set HF_TOKEN or run: hf auth login"):
        push_run(run, "me/data")


def test_a_push_while_offline_says_what_is_switched_off(run, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "CANARY-token")
    with pytest.raises(UserMistake, match="switched off by HF_HUB_OFFLINE; unset it to push"):
        push_run(run, "me/data")


@pytest.mark.parametrize("repo", ["a/b/c", "me/da ta", "-x/y"])
def test_a_repository_name_that_is_none_is_refused(run, monkeypatch, repo):
    monkeypatch.setenv("HF_TOKEN", "CANARY-token")
    with pytest.raises(UserMistake, match="is no repository name; give owner/name"):
        push_run(run, repo)


@pytest.mark.parametrize("message", ["403 Forbidden\nYou may not write here", ""])
def test_a_refusal_of_the_hub_is_a_line(run, hub, monkeypatch, message):
    import huggingface_hub

    def refuse(self: Any, **options: Any) -> None:
        raise ConnectionError(message)

    monkeypatch.setattr(huggingface_hub.HfApi, "upload_folder", refuse)
    with pytest.raises(UserMistake, match="the Hub said no: ") as raised:
        push_run(run, "me/data")
    assert str(raised.value) == f"the Hub said no: {message.split(chr(10))[0] or 'ConnectionError'}"


def test_an_error_of_the_network_client_is_a_line(run, hub, monkeypatch):
    import huggingface_hub
    from huggingface_hub.errors import HfHubHTTPError

    def lose(self: Any, **options: Any) -> None:
        raise HfHubHTTPError.__bases__[0]("no route to host")

    monkeypatch.setattr(huggingface_hub.HfApi, "upload_folder", lose)
    with pytest.raises(UserMistake, match="the Hub said no: no route to host"):
        push_run(run, "me/data")


def test_nothing_is_pushed_of_an_unfinished_run(tmp_path, run):
    config = (run / "config.json").read_bytes()
    (tmp_path / "config.json").write_bytes(config)
    with pytest.raises(BadRun, match=r"unfinished \(no manifest\.json\)"):
        list_upload(tmp_path)
    (tmp_path / "manifest.json").write_bytes((run / "manifest.json").read_bytes())
    first = min(read_manifest(run)["files"])
    with pytest.raises(BadRun, match=f"{first} is missing; triact generate --resume"):
        list_upload(Path(tmp_path))
