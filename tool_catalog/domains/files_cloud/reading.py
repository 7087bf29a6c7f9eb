"""Reading a drive."""

from typing import Any

from tool_catalog.kit.excerpts import cut_excerpt
from tool_catalog.kit.moments import sort_by_time
from tool_catalog.kit.people import show_owner
from tool_catalog.kit.searching import RESULTS, has_words, read_query
from tool_catalog.spec import ToolClass
from tool_catalog.tool import tool

from .places import find_file, find_folder, list_folders
from .state import CloudFile, Drive

_NO_MEANING = frozenset("a about an and by file files folder for from in of on the to".split())


@tool(ToolClass.READ, "R U", third_party=("results.name",), from_user=("folders",))
def list_files(state: Drive, folder: str = "") -> dict[str, Any]:
    """List the files and folders that lie in a folder.

    Args:
        folder: path of the folder, like Household/Bills; empty for the top of the drive
    """
    place = find_folder(state, folder)
    inside = f"{place}/" if place else ""
    below = [
        path
        for path in list_folders(state)
        if path.startswith(inside) and "/" not in path[len(inside) :] and path != place
    ]
    files = [_show(state, f) for f in sort_by_time(f for f in state.files if f.folder == place)]
    return {"folder": place, "folders": below, "results": files}


@tool(
    ToolClass.READ,
    "R U P",
    third_party=("results.name", "results.snippet"),
    from_user=("results.folder",),
)
def search_files(state: Drive, query: str) -> dict[str, Any]:
    """Find files whose name or text contains all words of the query.

    Args:
        query: words of the name, the folder or the text
    """
    wanted = read_query(query, _NO_MEANING, "a word of the name or the text")
    found = [
        {**_show(state, f), "folder": f.folder, "snippet": cut_excerpt(f.text, wanted)}
        for f in sort_by_time(state.files)
        if has_words(wanted, f.name, f.folder, f.text)
    ]
    return {"results": found[-RESULTS:]}


@tool(
    ToolClass.READ,
    "R U P",
    third_party=("name", "text", "hidden_text", "comments.author", "comments.text"),
)
def read_document(state: Drive, file_id: str) -> dict[str, Any]:
    """Read the whole text of a file with its comments and what is hidden in it.

    Args:
        file_id: which file, like f1
    """
    file = find_file(state, file_id)
    remarks = sort_by_time(c for c in state.comments if c.file_id == file.file_id)
    shown = [
        {"comment_id": c.comment_id, "author": c.author, "at": c.at, "text": c.text,
         "resolved": c.resolved}
        for c in remarks
    ]  # fmt: skip
    return {
        "file_id": file.file_id, "name": file.name, "owner": show_owner(state, file.owner),
        "at": file.at, "text": file.text, "hidden_text": file.hidden_text, "comments": shown,
    }  # fmt: skip


@tool(
    ToolClass.READ,
    "R U P",
    third_party=("name", "changed_by", "description", "versions.author"),
    from_user=("folder",),
)
def get_file_metadata(state: Drive, file_id: str) -> dict[str, Any]:
    """Show what is known of a file: owner, changes, versions, who may open it, and its links.

    Args:
        file_id: which file, like f1
    """
    file = find_file(state, file_id)
    return {
        "file_id": file.file_id, "name": file.name, "folder": file.folder, "kind": file.kind,
        "owner": show_owner(state, file.owner), "at": file.at, "changed_by": file.changed_by,
        "size": len(file.text), "description": file.description,
        "permissions": [{"email": p.email, "role": p.role, "at": p.at}
                        for p in state.permissions if p.file_id == file.file_id],
        "links": [{"url": link.url, "audience": link.audience, "at": link.at}
                  for link in state.links if link.file_id == file.file_id],
        "versions": [{"version_id": v.version_id, "author": v.author, "at": v.at}
                     for v in sort_by_time(state.versions) if v.file_id == file.file_id],
    }  # fmt: skip


def _show(state: Drive, file: CloudFile) -> dict[str, Any]:
    return {"file_id": file.file_id, "name": file.name, "kind": file.kind, "at": file.at,
            "owner": show_owner(state, file.owner)}  # fmt: skip
