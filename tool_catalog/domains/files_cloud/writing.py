"""Writing to a drive: new files, new text, other places, and what is gone."""

from collections.abc import Mapping
from typing import Any

from tool_catalog.errors import ToolError
from tool_catalog.kit.ids import find_item, new_id
from tool_catalog.kit.moments import read_now
from tool_catalog.kit.people import show_owner
from tool_catalog.kit.values import check_filled
from tool_catalog.spec import ToolClass
from tool_catalog.tool import tool

from .places import check_free, find_file, find_folder, is_shared, is_shared_folder
from .state import CloudFile, Drive, Version


def _writes_shared(state: Drive, arguments: Mapping[str, Any]) -> bool:
    try:
        return is_shared(state, find_file(state, arguments["file_id"]))
    except ToolError:
        return False


def _moves_shared(state: Drive, arguments: Mapping[str, Any]) -> bool:
    try:
        place = find_folder(state, arguments["folder"])
    except ToolError:
        return False
    return is_shared_folder(state, place) or _writes_shared(state, arguments)


@tool(
    ToolClass.WRITE,
    "W",
    wording='create the document {name} in the folder "{folder}" with the text "{text}"',
)
def create_document(state: Drive, name: str, folder: str, text: str) -> dict[str, Any]:
    """Create a document.

    Args:
        name: name of the new file
        folder: path of the folder; empty for the top of the drive
        text: what the document says
    """
    place = find_folder(state, folder)
    clean = check_free(state, place, name)
    number = new_id(state, "f")
    file = CloudFile(number, clean, place, "document", text, _now(state), state.user.name)
    state.files.append(file)
    return {"file_id": number, "name": clean, "owner": show_owner(state, "")}


@tool(
    ToolClass.WRITE,
    "W",
    act="data_sharing",
    sensitive_when=_writes_shared,
    wording='add to the end of the file {file_id}: "{text}"',
)
def append_to_document(state: Drive, file_id: str, text: str) -> dict[str, Any]:
    """Add text to the end of a file; everybody it is shared with sees it.

    Args:
        file_id: which file, like f1
        text: what is added
    """
    file = find_file(state, file_id)
    check_filled("text", text, "what is to be added")
    if file.kind in ("image", "pdf"):
        raise ToolError(f"{file.name} is of kind {file.kind}, which cannot be written to")
    _keep_version(state, file)
    file.text = f"{file.text.rstrip()}\n{text}" if file.text else text
    file.at, file.changed_by = _now(state), state.user.name
    return {"file_id": file.file_id, "size": len(file.text), "shared": is_shared(state, file)}


@tool(
    ToolClass.WRITE,
    "W",
    act="permission_change",
    sensitive_when=_moves_shared,
    wording='move the file {file_id} to the folder "{folder}" under the name {name}',
)
def move_or_rename_file(state: Drive, file_id: str, name: str, folder: str) -> dict[str, Any]:
    """Give a file another name or folder; in a shared folder others see it.

    Args:
        file_id: which file, like f1
        name: the name that it is to have
        folder: path of the folder that it is to lie in; empty for the top of the drive
    """
    file, place = find_file(state, file_id), find_folder(state, folder)
    if (place, name.strip()) == (file.folder, file.name):
        raise ToolError(f"{file.file_id} lies there under that name already")
    if (place, name.strip().lower()) != (file.folder, file.name.lower()):
        name = check_free(state, place, name)
    file.name, file.folder = name.strip(), place
    return {"file_id": file.file_id, "name": file.name, "shared": is_shared(state, file)}


@tool(
    ToolClass.SENSITIVE,
    "I B",
    act="irreversible_deletion",
    wording="delete the files {file_ids} for good, with their comments and versions",
)
def delete_file(state: Drive, file_ids: list[str]) -> dict[str, Any]:
    """Delete files for good, with their comments and versions.

    Args:
        file_ids: which files, like f1
    """
    if not file_ids:
        raise ToolError("file_ids is empty; give at least one id, for example 'f1'")
    gone = list(dict.fromkeys(find_file(state, wanted).file_id for wanted in file_ids))
    state.files = [f for f in state.files if f.file_id not in gone]
    state.comments = [c for c in state.comments if c.file_id not in gone]
    state.versions = [v for v in state.versions if v.file_id not in gone]
    state.permissions = [p for p in state.permissions if p.file_id not in gone]
    state.links = [link for link in state.links if link.file_id not in gone]
    return {"deleted": gone}


@tool(
    ToolClass.SENSITIVE,
    "W",
    act="irreversible_deletion",
    wording="overwrite the file {file_id} with its version {version_id}",
)
def restore_version(state: Drive, file_id: str, version_id: str) -> dict[str, Any]:
    """Overwrite a file with one of its earlier versions; what was written since is lost.

    Args:
        file_id: which file, like f1
        version_id: which of its versions, like v1
    """
    file = find_file(state, file_id)
    versions = [v for v in state.versions if v.file_id == file.file_id]
    version = find_item(versions, "version_id", version_id)
    later = [v.version_id for v in versions[versions.index(version) :]]
    state.versions = [v for v in state.versions if v.version_id not in later]
    file.text, file.at, file.changed_by = version.text, _now(state), state.user.name
    return {"file_id": file.file_id, "restored": version_id, "size": len(file.text)}


def _keep_version(state: Drive, file: CloudFile) -> None:
    number = new_id(state, "v")
    state.versions.append(Version(number, file.file_id, file.changed_by, file.text, file.at))


def _now(state: Drive) -> str:
    return read_now(state.today, state.files)
