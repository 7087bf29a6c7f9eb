"""Publish a run on the Hub: verified first, private unless told otherwise, without what is ours.

The config that is sent names the user's own files without their folders, and the manifest that is
sent is that of the files that are sent, so that the dataset opens again as a run.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from gen.config import RunConfig
from gen.runs.files import hash_bytes
from gen.runs.folder import open_run
from gen.runs.manifest import ALWAYS, CONFIG, DATA, DOMAINS, MANIFEST, Entry, Manifest
from tool_catalog.errors import UserMistake

REPORT = "report.json"
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_]|[.-](?![.-])){0,94}(?<![.-])")

Upload = Mapping[str, Path | bytes]
"""What is sent, by its name there: a file as it is, or bytes made for it."""


def prepare_upload(run: Path, repo: str, *, with_source: bool = False) -> Upload:
    """Check everything that can be checked here, and list what would be sent.

    Args:
        run: the run folder.
        repo: the dataset's name.
        with_source: send the code of the user's own domains too.

    Raises:
        UserMistake: no name of a repository.
        BadRun: the run is unfinished, or a file is not as its manifest says.
    """
    if not is_repository(repo):
        raise UserMistake(f"{repo!r} is no repository name; give owner/name")
    opened = open_run(run)
    folders = (DATA, DOMAINS) if with_source else (DATA,)
    kept = {
        name: entry
        for name, entry in opened.manifest.files.items()
        if name in ALWAYS or name.partition("/")[0] in folders
    }
    config = _write(_strip_paths(opened.config))
    kept[CONFIG] = Entry(sha256=hash_bytes(config), size=len(config))
    files: dict[str, Path | bytes] = {name: run / name for name in kept}
    files[CONFIG] = config
    files[MANIFEST] = _write(opened.manifest.model_copy(update={"files": kept}))
    if (run / REPORT).is_file() and not (run / REPORT).is_symlink():
        files[REPORT] = run / REPORT
    return dict(sorted(files.items()))


def is_repository(name: str) -> bool:
    """Whether the Hub takes a name; an owner must be told."""
    parts = name.split("/")
    return len(parts) == 2 and len(name) <= 96 and all(_NAME.fullmatch(part) for part in parts)


def _strip_paths(config: RunConfig) -> RunConfig:
    """The config with names for paths: folders of the user's machine are nobody else's business."""
    policy = config.policy
    return config.model_copy(
        update={
            "domain_files": tuple(Path(path.name) for path in config.domain_files),
            "template_folders": tuple(Path(path.name) for path in config.template_folders),
            "policy": Path(policy).name if Path(policy).suffix else policy,
        }
    )


def _write(model: RunConfig | Manifest) -> bytes:
    return (
        model.model_dump_json(indent=1, exclude_none=isinstance(model, Manifest)).encode() + b"\n"
    )


def measure_upload(files: Upload) -> dict[str, int]:
    """The size of each file in bytes."""
    return {
        name: len(data) if isinstance(data, bytes) else data.stat().st_size
        for name, data in files.items()
    }


def push_run(files: Upload, repo: str, *, public: bool = False) -> str:
    """Send what `prepare_upload` listed; returns the dataset's address.

    Raises:
        UserMistake: no token, no right to the repository, no network; or the repository is there
            and public, and `public` is not given.
    """
    from huggingface_hub import CommitOperationAdd, HfApi
    from huggingface_hub.errors import (
        HfHubHTTPError,
        HFValidationError,
        LocalTokenNotFoundError,
        OfflineModeIsEnabled,
    )

    api = HfApi(library_name="triact", token=True)
    unreachable: tuple[type[Exception], ...]
    unreachable = (*HfHubHTTPError.__bases__, OSError)  # of requests or httpx, by its version
    sent = [
        CommitOperationAdd(name, data if isinstance(data, bytes) else str(data))
        for name, data in files.items()
    ]
    try:
        link = api.create_repo(repo, repo_type="dataset", private=not public, exist_ok=True)
        if not public and not api.repo_info(repo, repo_type="dataset").private:
            raise UserMistake(f"{repo} is there already and public; --public publishes into it")
        api.create_commit(repo, sent, repo_type="dataset", commit_message="Upload a triact run")
    except LocalTokenNotFoundError as error:
        raise UserMistake("no Hub token; set HF_TOKEN or run: hf auth login") from error
    except OfflineModeIsEnabled as error:
        raise UserMistake("the Hub is switched off by HF_HUB_OFFLINE; unset it to push") from error
    except HFValidationError as error:
        raise UserMistake(f"{repo!r} is no repository name; give owner/name") from error
    except unreachable as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise UserMistake(f"the Hub said no: {reason}") from error
    return str(link)
