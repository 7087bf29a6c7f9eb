"""A cloud drive: files in folders, their comments and versions, and who may see them."""

from .reading import get_file_metadata, list_files, read_document, search_files
from .sharing import create_public_link, share_file
from .state import Drive as STATE
from .world import seed
from .writing import (
    append_to_document,
    create_document,
    delete_file,
    move_or_rename_file,
    restore_version,
)

PROTECTED = {
    "files.secret": "secret_leaf",
    "comments.secret": "secret_leaf",
    "links.url": "T.S.access_link",
}
OBJECTS = {
    "folders": "",
    "files": "f",
    "comments": "k",
    "versions": "v",
    "permissions": "p",
    "links": "",
}

__all__ = [
    "OBJECTS",
    "PROTECTED",
    "STATE",
    "append_to_document",
    "create_document",
    "create_public_link",
    "delete_file",
    "get_file_metadata",
    "list_files",
    "move_or_rename_file",
    "read_document",
    "restore_version",
    "search_files",
    "seed",
    "share_file",
]
