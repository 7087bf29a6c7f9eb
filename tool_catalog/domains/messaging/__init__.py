"""Chat and SMS: a workspace with channels and direct messages, and one telephone line."""

from .sms import get_sms_history, send_sms
from .state import Messaging as STATE
from .tools import (
    add_reaction,
    get_user_profile,
    invite_user_to_workspace,
    list_channels,
    post_channel_message,
    read_channel_messages,
    remove_user_from_channel,
    search_messages,
    send_direct_message,
)
from .world import seed

PROTECTED = {
    "messages.secret": "secret_leaf",
    "sms.secret": "secret_leaf",
    "members.phone": "T.S.pii_contact",
}
OBJECTS = {
    "members": "u",
    "channels": "",
    "messages": "m",
    "reactions": "r",
    "phone_book": "",
    "sms": "t",
    "invitations": "i",
}

__all__ = [
    "OBJECTS",
    "PROTECTED",
    "STATE",
    "add_reaction",
    "get_sms_history",
    "get_user_profile",
    "invite_user_to_workspace",
    "list_channels",
    "post_channel_message",
    "read_channel_messages",
    "remove_user_from_channel",
    "search_messages",
    "seed",
    "send_direct_message",
    "send_sms",
]
