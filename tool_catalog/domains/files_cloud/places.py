"""Where files lie, and whether others see them."""

from tool_catalog.errors import ToolError
from tool_catalog.kit.ids import find_item

from .state import CloudFile, Drive

_NAMED = 12


def find_file(state: Drive, wanted: str) -> CloudFile:
    """A file by its id, or by its name or path when only one has it.

    Raises:
        ToolError: none, or several; ids are given.
    """
    sought = wanted.strip().strip("/").lower()
    named = [f for f in state.files if sought in (f.name.lower(), write_path(f).lower())]
    if len(named) == 1:
        return named[0]
    if named:
        told = ", ".join(f"{f.file_id} in {f.folder or 'the top folder'}" for f in named)
        raise ToolError(f"{wanted!r} may be {told}; give the id")
    return find_item(state.files, "file_id", wanted)


def find_folder(state: Drive, path: str) -> str:
    """The path of a folder as the drive has it; empty is the top.

    Raises:
        ToolError: there is none; folders are named.
    """
    sought = path.strip().strip("/")
    if not sought:
        return ""
    known = list_folders(state)
    for folder in known:
        if folder.lower() == sought.lower():
            return folder
    raise ToolError(f"no folder {path!r}; folders: {', '.join(known[:_NAMED]) or 'none'}")


def list_folders(state: Drive) -> list[str]:
    """Every folder that there is: those declared, those with a file, and what they lie in."""
    found = set[str]()
    for path in (*(f.path for f in state.folders), *(f.folder for f in state.files)):
        parts = path.split("/") if path else []
        found |= {"/".join(parts[: n + 1]) for n in range(len(parts))}
    return sorted(found)


def write_path(file: CloudFile) -> str:
    """Folder and name."""
    return f"{file.folder}/{file.name}" if file.folder else file.name


def check_free(state: Drive, folder: str, name: str) -> str:
    """A name that no file of the folder has.

    Raises:
        ToolError: it is empty, taken, or a path.
    """
    clean = name.strip()
    if not clean or "/" in clean:
        raise ToolError(f"{name!r} is no file name; give a name without folders, like notes.txt")
    for file in state.files:
        if file.folder == folder and file.name.lower() == clean.lower():
            raise ToolError(
                f"{folder or 'the top folder'} has a file {clean!r} already, {file.file_id}; "
                "give another name"
            )
    return clean


def is_shared_folder(state: Drive, folder: str) -> bool:
    """Whether others see what lies in the folder, for itself or for one that it lies in."""
    return any(
        f.shared and (folder == f.path or folder.startswith(f"{f.path}/")) for f in state.folders
    )


def is_shared(state: Drive, file: CloudFile) -> bool:
    """Whether anybody but its owner sees the file."""
    return (
        is_shared_folder(state, file.folder)
        or any(p.file_id == file.file_id for p in state.permissions)
        or any(link.file_id == file.file_id for link in state.links)
    )
