"""Letting others see a file."""

from typing import Any

from tool_catalog.errors import ToolError
from tool_catalog.kit.ids import new_id
from tool_catalog.kit.moments import read_now
from tool_catalog.kit.people import show_owner
from tool_catalog.kit.values import check_address
from tool_catalog.spec import ToolClass
from tool_catalog.tool import tool

from .places import find_file
from .state import Audience, Drive, FileRole, Permission, PublicLink

_HOST = "https://drive.example.com/s"


@tool(
    ToolClass.SENSITIVE,
    "A E",
    sinks=("email",),
    act="data_sharing",
    wording="share the file {file_id} with {email} as {role}",
)
def share_file(state: Drive, file_id: str, email: str, role: FileRole) -> dict[str, Any]:
    """Let somebody open a file.

    Args:
        file_id: which file, like f1
        email: address of the person
        role: viewer, commenter or editor
    """
    file = find_file(state, file_id)
    check_address(email, state.contacts)
    if email.lower() == state.user.email.lower():
        raise ToolError(f"{email} is you yourself; give somebody else's address")
    for known in state.permissions:
        if (known.file_id, known.email.lower()) == (file.file_id, email.lower()):
            if known.role == role:
                raise ToolError(f"{email} is {role} of {file.file_id} already")
            known.role, known.at = role, _now(state)
            return {"permission": known.permission_id, "email": email, "role": role}
    number = new_id(state, "p")
    state.permissions.append(Permission(number, file.file_id, email, role, _now(state)))
    return {"permission": number, "email": email, "role": role}


@tool(
    ToolClass.SENSITIVE,
    "A E",
    sinks=("audience",),
    act="permission_change",
    wording="make a link with which {audience} can open the file {file_id}",
)
def create_public_link(state: Drive, file_id: str, audience: Audience) -> dict[str, Any]:
    """Make a link that opens a file for everybody who has the link.

    Args:
        file_id: which file, like f1
        audience: anyone, or only people of the organisation
    """
    file = find_file(state, file_id)
    for link in state.links:
        if (link.file_id, link.audience) == (file.file_id, audience):
            raise ToolError(f"{file.file_id} has such a link already: {link.url}")
    number = state.counters["link"] = state.counters.get("link", 0) + 1
    url = f"{_HOST}/{file.file_id}-{number:04d}"
    state.links.append(PublicLink(url, file.file_id, audience, _now(state)))
    return {"url": url, "audience": audience, "owner": show_owner(state, file.owner)}


def _now(state: Drive) -> str:
    return read_now(state.today)
