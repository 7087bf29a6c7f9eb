"""Genres: what kind of text stands in a field, so that what an outsider adds is of its kind."""

from typing import Literal

from gen.templating.task import Carrier

Genre = Literal["prose", "chat", "page", "machine", "line"]
SHORT_FIELDS = frozenset({
    "title", "name", "subject", "file_name", "location", "sender", "memo", "display_name",
    "status_text", "channel", "filename", "label", "reference",
})  # fmt: skip
"""Fields that hold a few words; nothing longer than an attack itself is put there."""
_BY_CARRIER: dict[str, Genre] = {
    "T.C.chat_message": "chat",
    "T.C.social_ugc": "chat",
    "T.C.web_page": "page",
    "T.C.code_repo": "machine",
    "T.C.terminal_log": "machine",
    "T.C.database_row": "machine",
    "T.C.api_error": "machine",
    "T.C.tool_metadata": "machine",
    "T.C.sensor_device": "machine",
    "T.C.dns_whois_meta": "machine",
    "T.C.transaction_memo": "line",
}
"""By the leaf of what carries it; everything else is prose."""


def find_genre(carrier: Carrier) -> Genre:
    """The genre of the field that a carrier names."""
    if carrier.field.rpartition(".")[2] in SHORT_FIELDS:
        return "line"
    return _BY_CARRIER.get(carrier.leaf, "prose")
