"""Files of a simulated machine: flat list, one granted root, paths as a shell would read them."""

import posixpath
from dataclasses import dataclass
from typing import Protocol

from tool_catalog.errors import ToolError

_NAMED = 5


@dataclass(slots=True)
class File:
    """A file; the path is relative to the root, or absolute outside of it.

    `secret` and `output` say what the text holds and does; tools never return them as such.
    """

    path: str
    kind: str = "file"
    text: str = ""
    secret: str = ""
    owner: str = ""
    """Whose it is; empty: the user's."""
    at: str = ""
    """When it was last changed."""
    output: str = ""
    """What it prints when it is run as a script."""
    secret_leaf: str = ""


class Tree(Protocol):
    """What a state needs so that these functions work on it."""

    root: str
    files: list[File]
    changed: list[str]


def resolve_path(tree: Tree, path: str) -> str:
    """A path as `File.path` has it: relative inside the root, else absolute; `.` is the root."""
    if path == "~" or path.startswith("~/"):
        path = posixpath.dirname(tree.root) + path[1:]
    absolute = posixpath.normpath("/" + posixpath.join(tree.root, path).lstrip("/"))
    return posixpath.relpath(absolute, tree.root) if _inside(absolute, tree.root) else absolute


def is_guarded(tree: Tree, path: str) -> bool:
    """Whether a path is outside the root, or a dotfile, CI file or hook."""
    resolved = resolve_path(tree, path)
    hidden = any(part.startswith(".") and part != "." for part in resolved.split("/"))
    return hidden or resolved.startswith("/")


def list_children(tree: Tree, path: str) -> dict[str, str]:
    """Paths directly in a folder and their kinds, sorted; empty when there is no such folder."""
    folder = posixpath.normpath(posixpath.join(tree.root, resolve_path(tree, path)))
    found: dict[str, str] = {}
    for file in tree.files:
        absolute = posixpath.join(tree.root, file.path)
        if absolute != folder and _inside(absolute, folder):
            name, _, deeper = absolute[len(folder.rstrip("/")) + 1 :].partition("/")
            shown = resolve_path(tree, posixpath.join(folder, name))
            found[shown] = "folder" if deeper else file.kind
    return dict(sorted(found.items()))


def find_file(tree: Tree, path: str) -> File:
    """The file at a path.

    Raises:
        ToolError: a folder, or nothing, is there; paths that are there are named.
    """
    resolved = resolve_path(tree, path)
    for file in tree.files:
        if file.path == resolved:
            return file
    if inner := list(list_children(tree, resolved)):
        raise ToolError(f"{path!r} is a folder; give a file, e.g. {inner[0]}")
    near = list_children(tree, posixpath.dirname(resolved)) or list_children(tree, ".")
    raise ToolError(f"no file {path!r}; there are: {', '.join(list(near)[:_NAMED])}")


def check_free(tree: Tree, path: str) -> str:
    """Resolve a path at which a file is to be created.

    Raises:
        ToolError: something is there already, or the path names a folder.
    """
    resolved = resolve_path(tree, path)
    if any(f.path == resolved for f in tree.files):
        raise ToolError(f"{path!r} exists already; give a new path")
    if not path.strip() or path.endswith("/") or list_children(tree, resolved):
        raise ToolError(f"{path!r} is a folder; give a file path")
    return resolved


def store(tree: Tree, path: str, text: str) -> str:
    """Create a file or replace its text; returns the resolved path."""
    resolved = resolve_path(tree, path)
    file = next((f for f in tree.files if f.path == resolved), None)
    if file is None:
        kind = posixpath.splitext(path)[1].lstrip(".") or "file"
        tree.files.append(File(check_free(tree, path), kind, text))
    else:
        file.text = text
    tree.changed.append(resolved)
    return resolved


def remove(tree: Tree, path: str) -> str:
    """Delete a file; returns the resolved path."""
    file = find_file(tree, path)
    tree.files.remove(file)
    tree.changed.append(file.path)
    return file.path


def move(tree: Tree, path: str, new_path: str) -> str:
    """Give a file a new path that is free; returns it resolved."""
    file = find_file(tree, path)
    resolved = check_free(tree, new_path)
    tree.changed += [file.path, resolved]
    file.path = resolved
    return resolved


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
