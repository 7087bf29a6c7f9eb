"""Publishing: verified first, private, nothing of the user's machine, every refusal a line."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gen.config import RunConfig
from gen.runs.folder import open_run, read_manifest
from gen.runs.generate import generate
from gen.runs.publishing.push import is_repository, measure_upload, prepare_upload, push_run
from tool_catalog.errors import BadRun, DamagedRun, UserMistake

DESK = Path(__file__).resolve().parents[4] / "docs" / "appointment_desk"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A Hub that takes everything and remembers it."""
    import huggingface_hub

    taken: dict[str, Any] = {"private": True}

    def create(self: Any, repo_id: str, **options: Any) -> str:
        taken["created"] = (repo_id, options)
        return f"https://hub.example.org/{repo_id}"

    def commit(self: Any, repo_id: str, operations: Any, **options: Any) -> None:
        taken["sent"] = {o.path_in_repo: o.path_or_fileobj for o in operations}

    def tell(self: Any, repo_id: str, **options: Any) -> Any:
        return SimpleNamespace(private=taken["private"])

    monkeypatch.setenv("HF_TOKEN", "CANARY-token")
    monkeypatch.setattr(huggingface_hub.HfApi, "create_repo", create)
    monkeypatch.setattr(huggingface_hub.HfApi, "create_commit", commit)
    monkeypatch.setattr(huggingface_hub.HfApi, "repo_info", tell)
    return taken


@pytest.fixture
def mine(run: Path, tmp_path: Path) -> Path:
    """A copy of the run, to damage."""
    return Path(shutil.copytree(run, tmp_path / "mine"))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run over a domain, templates and a policy of the user's own."""
    folder = tmp_path_factory.mktemp("desk") / "run"
    config = RunConfig(
        size=14, domains=("desk",), domain_files=(DESK / "desk.py",),
        template_folders=(DESK / "templates",), policy=str(DESK / "policy.yaml"),
    )  # fmt: skip
    generate(config, folder)
    return folder


def test_an_upload_is_the_data_and_what_describes_it(run):
    files = prepare_upload(run, "me/data")
    beside = {"README.md", "config.json", "manifest.json", "quarantine.jsonl"}
    shards = {name for name in read_manifest(run).files if name.startswith("data/")}
    assert files.keys() == beside | shards
    sizes = measure_upload(files)
    assert all(sizes[name] == (run / name).stat().st_size for name in shards)


def test_a_push_is_private_and_sends_those_files_alone(run, hub):
    files = prepare_upload(run, "me/data")
    assert push_run(files, "me/data") == "https://hub.example.org/me/data"
    assert hub["created"] == (
        "me/data", {"repo_type": "dataset", "private": True, "exist_ok": True},
    )  # fmt: skip
    assert hub["sent"].keys() == files.keys()


def test_a_push_is_public_when_told(run, hub):
    hub["private"] = False
    push_run(prepare_upload(run, "me/data"), "me/data", public=True)
    assert hub["created"][1]["private"] is False


def test_a_repository_that_is_public_already_is_not_filled_by_accident(run, hub):
    hub["private"] = False
    with pytest.raises(UserMistake, match="me/data is there already and public; --public"):
        push_run(prepare_upload(run, "me/data"), "me/data")
    assert "sent" not in hub


@pytest.mark.parametrize("with_source", [False, True])
def test_nothing_of_the_users_machine_is_sent(desk, with_source):
    files = prepare_upload(desk, "me/data", with_source=with_source)
    for name, data in files.items():
        text = data if isinstance(data, bytes) else data.read_bytes()
        assert str(DESK.parent).encode() not in text, name
        assert str(desk).encode() not in text, name
    assert ("domains/desk.py" in files) == with_source
    assert not any(name.startswith("ledger/") for name in files)


def _take(files: Any, folder: Path) -> Path:
    """What a stranger finds on the Hub."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.read_bytes())
    return folder


@pytest.mark.parametrize("with_source", [False, True])
def test_what_was_sent_opens_as_a_run(desk, tmp_path, with_source):
    files = prepare_upload(desk, "me/data", with_source=with_source)
    opened = open_run(_take(files, tmp_path / "there"))
    assert opened.config.domain_files == (Path("desk.py"),)
    assert opened.config.template_folders == (Path("templates"),)
    assert opened.config.policy == "policy.yaml"


@pytest.mark.parametrize(
    "repo",
    ["data", "a/b/c", "me/da ta", "-x/y", "me/", "/data", "me/..", "me/a--b", "me/x.", "", "me/\n",
     "m" * 60 + "/" + "d" * 60],
)  # fmt: skip
def test_a_repository_name_that_is_none_is_refused_before_anything_else(tmp_path, repo):
    assert not is_repository(repo)
    with pytest.raises(UserMistake, match="is no repository name; give owner/name"):
        prepare_upload(tmp_path / "nowhere", repo)


@pytest.mark.parametrize("repo", ["me/data", "An-Org/my_data.v2", "a/b"])
def test_repository_names_are_taken(repo):
    assert is_repository(repo)


def test_a_damaged_run_is_not_sent(mine):
    shard = read_manifest(mine).list_shards("sft")[0]
    data = (mine / shard).read_bytes()
    for edited in (data[:-1], data[:-1] + b"x", data + b"x"):
        (mine / shard).write_bytes(edited)
        with pytest.raises(DamagedRun, match=shard):
            prepare_upload(mine, "me/data")
    (mine / shard).unlink()
    with pytest.raises(DamagedRun, match=f"{shard}: the file is missing"):
        prepare_upload(mine, "me/data")


def test_a_file_outside_the_run_is_not_sent(mine, tmp_path):
    (tmp_path / "secret").write_text("CANARY-key", encoding="utf-8")
    data = json.loads((mine / "manifest.json").read_text(encoding="utf-8"))
    data["files"]["../secret"] = {"sha256": "0" * 64, "size": 10}
    (mine / "manifest.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(DamagedRun, match=r"'\.\./secret' is no name of a file of a run"):
        prepare_upload(mine, "me/data")


def test_a_report_behind_a_link_is_left_out(mine, tmp_path):
    (tmp_path / "secret").touch()
    (mine / "report.json").symlink_to(tmp_path / "secret")
    assert "report.json" not in prepare_upload(mine, "me/data")
    Path(mine / "report.json").unlink()
    (mine / "report.json").write_text("{}", encoding="utf-8")
    assert "report.json" in prepare_upload(mine, "me/data")


def test_nothing_is_pushed_of_an_unfinished_run(mine):
    (mine / "manifest.json").unlink()
    with pytest.raises(BadRun, match=r"unfinished \(no manifest\.json\)"):
        prepare_upload(mine, "me/data")


def test_a_push_without_a_token_says_how_to_get_one(run, monkeypatch, tmp_path):
    import huggingface_hub.constants

    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.delenv("HUGGING_FACE_HUB_TOKEN", raising=False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    with pytest.raises(UserMistake, match="no Hub token; set HF_TOKEN or run: hf auth login"):
        push_run(prepare_upload(run, "me/data"), "me/data")


def test_a_push_while_offline_says_what_is_switched_off(run, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "CANARY-token")
    with pytest.raises(UserMistake, match="switched off by HF_HUB_OFFLINE; unset it to push"):
        push_run(prepare_upload(run, "me/data"), "me/data")


@pytest.mark.parametrize("message", ["403 Forbidden\nYou may not write here", ""])
def test_a_refusal_of_the_hub_is_a_line(run, hub, monkeypatch, message):
    import huggingface_hub

    def refuse(self: Any, *given: Any, **options: Any) -> None:
        raise ConnectionError(message)

    monkeypatch.setattr(huggingface_hub.HfApi, "create_commit", refuse)
    with pytest.raises(UserMistake, match="the Hub said no: ") as raised:
        push_run(prepare_upload(run, "me/data"), "me/data")
    assert str(raised.value) == f"the Hub said no: {message.split(chr(10))[0] or 'ConnectionError'}"


def test_an_error_of_the_network_client_is_a_line(run, hub, monkeypatch):
    import huggingface_hub
    from huggingface_hub.errors import HfHubHTTPError

    def lose(self: Any, *given: Any, **options: Any) -> None:
        raise HfHubHTTPError.__bases__[0]("no route to host")

    monkeypatch.setattr(huggingface_hub.HfApi, "create_commit", lose)
    with pytest.raises(UserMistake, match="the Hub said no: no route to host"):
        push_run(prepare_upload(run, "me/data"), "me/data")
