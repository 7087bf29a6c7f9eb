"""Published data: pinned, checked before they are written, and never fetched twice."""

import hashlib

import pytest

from tool_catalog.errors import CheckFailed, EndpointFailed, UnknownName
from train.benchmarks import download
from train.benchmarks.download import DataSource, Wanted, fetch_files, list_wanted, read_sources

CONTENT = {"a.json": b"[1]", "sub/b.json": b"[2]"}


@pytest.fixture(autouse=True)
def sources(monkeypatch):
    files = {path: hashlib.sha256(data).hexdigest() for path, data in CONTENT.items()}
    found = {"x": DataSource(url="http://h/x", license="MIT", files=files,
                         moved={"a.json": "data/a.json"})}  # fmt: skip
    monkeypatch.setattr(download, "read_sources", lambda: found)


def _read(url: str) -> bytes:
    return CONTENT[url.removeprefix("http://h/x/").removeprefix("data/")]


def test_everything_is_fetched_once(tmp_path):
    wanted = list_wanted(tmp_path)
    assert [w.url for w in wanted] == ["http://h/x/data/a.json", "http://h/x/sub/b.json"]
    fetch_files(wanted, _read)
    assert (tmp_path / "x" / "sub" / "b.json").read_bytes() == b"[2]"
    assert list_wanted(tmp_path) == []


def test_an_edited_file_is_fetched_anew(tmp_path):
    fetch_files(list_wanted(tmp_path), _read)
    (tmp_path / "x" / "a.json").write_bytes(b"[9]")
    assert [w.path.name for w in list_wanted(tmp_path)] == ["a.json"]


def test_a_wrong_checksum_is_an_error_and_nothing_is_written(tmp_path):
    with pytest.raises(CheckFailed, match=r"a\.json: SHA-256 is .* nothing written"):
        fetch_files(list_wanted(tmp_path), lambda url: b"[tampered]")
    assert not (tmp_path / "x").exists()


def test_an_unreachable_source_is_an_error_that_names_it(tmp_path):
    wanted = [Wanted("http://127.0.0.1:9/a.json", tmp_path / "a.json", "0")]
    with pytest.raises(EndpointFailed, match=r"127\.0\.0\.1:9/a\.json"):
        fetch_files(wanted)


def test_an_unknown_benchmark_is_named(tmp_path):
    with pytest.raises(UnknownName, match="no benchmark 'y'"):
        list_wanted(tmp_path, ["y"])


def test_shipped_sources_are_pinned_by_commit_and_digest():
    shipped = read_sources()
    assert set(shipped) == {"injecagent", "bfcl", "agent_safetybench"}
    for source in shipped.values():
        assert any(len(part) == 40 for part in source.url.split("/"))
        assert all(len(digest) == 64 for digest in source.files.values())


def _check_digests(folder, *, code: bool):
    for name, source in read_sources().items():
        for path, digest in source.files.items():
            if path.endswith(".py") is code:
                data = (folder / name / path).read_bytes()
                assert hashlib.sha256(data).hexdigest() == digest, path


def test_the_shipped_digests_are_those_of_the_data(benchmarks):
    _check_digests(benchmarks, code=False)


def test_the_shipped_digests_are_those_of_upstreams_files(upstream):
    _check_digests(upstream, code=True)


def test_what_is_read_for_prompts_lies_beside_the_data_at_the_source(tmp_path, monkeypatch):
    monkeypatch.setattr(download, "read_sources", read_sources)
    found = {w.path.relative_to(tmp_path).as_posix(): w.url for w in list_wanted(tmp_path)}
    at = {path: url for path, url in found.items() if path.endswith(".py")}
    assert not any("/../" in url for url in found.values())
    for path, tail in (
        (
            "injecagent/src/prompts/agent_prompts.py",
            "21af27703ad4e591b8fc686ab9d79249d299a0e8/src/prompts/agent_prompts.py",
        ),
        ("bfcl/bfcl_eval/model_handler/utils.py", "/bfcl_eval/model_handler/utils.py"),
        (
            "agent_safetybench/score/eval_with_shield.py",
            "/AgentSafetyBench/score/eval_with_shield.py",
        ),
    ):
        assert at[path].endswith(tail)
    assert "data/data" not in "".join(found.values())
