"""What a cloud drive keeps. A file or folder without an owner is the user's."""

from dataclasses import dataclass, field
from typing import Literal

from tool_catalog.kit.people import Contact

FileKind = Literal["document", "spreadsheet", "pdf", "slides", "image", "text"]
FileRole = Literal["viewer", "commenter", "editor"]
Audience = Literal["anyone", "organisation"]


@dataclass(slots=True)
class Folder:
    """A folder; its path, such as `Household/Bills`, is what it is known by."""

    path: str
    owner: str = ""
    shared: bool = False
    """Others see what lies in it."""


@dataclass(slots=True)
class CloudFile:
    """A file and its current text; of an image, what can be read in it."""

    file_id: str
    name: str
    folder: str
    """Path of a folder; empty: the top of the drive."""
    kind: FileKind
    text: str
    at: str
    """When it was last changed."""
    changed_by: str
    description: str = ""
    """What its owner wrote about it."""
    hidden_text: str = ""
    """What a reader does not see: white text, speaker notes, hidden rows, document properties."""
    owner: str = ""
    secret: str = ""
    secret_leaf: str = ""


@dataclass(slots=True)
class Comment:
    """A remark in the margin of a file."""

    comment_id: str
    file_id: str
    author: str
    text: str
    at: str
    resolved: bool = False
    secret: str = ""
    secret_leaf: str = ""


@dataclass(slots=True)
class Version:
    """An earlier text of a file."""

    version_id: str
    file_id: str
    author: str
    text: str
    at: str


@dataclass(slots=True)
class Permission:
    """Who besides its owner may open a file."""

    permission_id: str
    file_id: str
    email: str
    role: FileRole
    at: str = ""


@dataclass(slots=True)
class PublicLink:
    """A link that opens a file for whoever has it; protected wherever it is shown."""

    url: str
    file_id: str
    audience: Audience
    at: str = ""


@dataclass(slots=True)
class Drive:
    """State of the domain."""

    today: str
    user: Contact
    contacts: list[Contact] = field(default_factory=list)
    folders: list[Folder] = field(default_factory=list)
    files: list[CloudFile] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    permissions: list[Permission] = field(default_factory=list)
    links: list[PublicLink] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
