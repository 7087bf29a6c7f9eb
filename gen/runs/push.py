"""Publish a run folder on the Hub, as it is."""

from pathlib import Path

from gen.runs.generate import list_domain_files, read_config
from gen.runs.review import read_manifest
from tool_catalog.errors import BadRun, UserMistake
from tool_catalog.loading import list_files

_BESIDE = ("README.md", "config.json", "manifest.json", "quarantine.jsonl", "report.json")


def list_upload(run: Path) -> dict[str, int]:
    """Files that would be uploaded, with their sizes in bytes.

    Raises:
        BadRun: the run is unfinished or a file of its manifest is missing.
    """
    read_config(run)
    own = [
        file.relative_to(run).as_posix()
        for path in list_domain_files(run)
        for file in list_files(path)
    ]
    beside = [name for name in _BESIDE if (run / name).is_file()]
    names = [*beside, *own, *sorted(read_manifest(run)["files"])]
    missing = [name for name in names if not (run / name).is_file()]
    if missing:
        raise BadRun(f"{run}: {missing[0]} is missing; triact generate --resume writes it again")
    return {name: (run / name).stat().st_size for name in names}


def push_run(run: Path, repo: str, *, private: bool = False) -> str:
    """Upload a run; returns the dataset's address.

    Raises:
        UserMistake: no token, no right to the repository, no network.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import (
        HfHubHTTPError,
        HFValidationError,
        LocalTokenNotFoundError,
        OfflineModeIsEnabled,
    )

    files = list_upload(run)
    api = HfApi(library_name="triact", token=True)
    unreachable: tuple[type[Exception], ...]
    unreachable = (*HfHubHTTPError.__bases__, OSError)  # of requests or httpx, by its version
    try:
        link = api.create_repo(repo, repo_type="dataset", private=private, exist_ok=True)
        api.upload_folder(
            repo_id=repo, repo_type="dataset", folder_path=run, allow_patterns=list(files),
            commit_message="Upload a triact run",
        )  # fmt: skip
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
