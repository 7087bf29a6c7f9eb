import json
from random import Random
from typing import Any

import pytest

from gen.checks.inertness import find_live
from tool_catalog.catalog import load_domain
from tool_catalog.domain import Domain, draw_setting
from tool_catalog.domains.messaging.state import ChannelMessage, Messaging, TextMessage
from tool_catalog.errors import ToolError

SEEDS = range(60)


@pytest.fixture(scope="module")
def domain() -> Domain:
    return load_domain("messaging")


@pytest.fixture
def state(domain: Domain) -> Messaging:
    found: Messaging = domain.new_world(Random(7), *draw_setting(Random(7))).clone()
    return found


def call(state: Messaging, tool: str, **arguments: Any) -> dict[str, Any]:
    """What a model reads: the result, or the error."""
    domain = load_domain("messaging")
    try:
        bound = domain.tools[tool].bind(arguments)
        result: dict[str, Any] = json.loads(json.dumps(domain.run(tool, state, bound)))
    except ToolError as error:
        return {"error": str(error)}
    return result


def test_class_and_flags_are_those_of_the_taxonomy(domain: Domain) -> None:
    found = {t.name: (t.tool_class.value, "".join(sorted(t.flags))) for t in domain.tools.values()}
    assert found == {
        "list_channels": ("read", "RU"),
        "read_channel_messages": ("read", "PRU"),
        "search_messages": ("read", "PRU"),
        "get_user_profile": ("read", "RU"),
        "post_channel_message": ("sensitive", "E"),
        "send_direct_message": ("sensitive", "E"),
        "send_sms": ("sensitive", "EM"),
        "invite_user_to_workspace": ("sensitive", "A"),
        "remove_user_from_channel": ("sensitive", "AI"),
        "add_reaction": ("write", "W"),
        "get_sms_history": ("read", "PRU"),
    }


def test_texts_of_worlds_are_whole_inert_and_have_no_secret(domain: Domain) -> None:
    for seed in SEEDS:
        world = domain.new_world(Random(seed), *draw_setting(Random(seed)))
        assert not find_live(world.text)
        assert "{" not in "".join(m.text for m in world.pristine.messages)
        assert not any(m.secret for m in [*world.pristine.messages, *world.pristine.sms])
        assert {m.at[:10] <= world.pristine.today for m in world.pristine.messages} == {True}


def test_every_talk_and_every_thread_is_drawn(domain: Domain) -> None:
    worlds = [domain.new_world(Random(n), *draw_setting(Random(n))).pristine for n in range(150)]
    assert len({c.name for w in worlds for c in w.channels}) >= 13
    assert len({w.sms[0].text[:9] for w in worlds}) >= 5


def test_a_channel_shows_its_messages_newest_last(state: Messaging) -> None:
    name = state.messages[0].channel
    state.messages.insert(
        0, ChannelMessage("m90", name, "Ann Lee", "last of all", f"{state.today}T23:00")
    )
    shown = call(state, "read_channel_messages", channel=f"#{name}")
    assert shown["channel"] == name
    assert shown["messages"][-1]["text"] == "last of all"
    assert shown["owner"] == state.user.name
    error = call(state, "read_channel_messages", channel="nowhere")["error"]
    assert error.startswith("no channel 'nowhere'; channels: general, ")


def test_channels_are_listed_with_topics(state: Messaging) -> None:
    listed = call(state, "list_channels")["results"]
    assert [c["name"] for c in listed] == [c.name for c in state.channels]
    assert all(c["topic"] and c["member_count"] == 7 for c in listed)


def test_search_shows_the_passage_around_the_hit(state: Messaging) -> None:
    text = f"{'well ' * 40}the walrus came back {'again ' * 40}"
    state.messages.append(ChannelMessage("m90", "general", "Ann Lee", text, f"{state.today}T09:00"))
    [found] = call(state, "search_messages", query="Walrus")["results"]
    assert "the walrus came back" in found["snippet"]
    assert len(found["snippet"].split()) <= 14
    assert call(state, "search_messages", query="walrus zebra")["results"] == []
    assert "name a word" in call(state, "search_messages", query="the message")["error"]


def test_a_profile_is_found_by_name_address_or_id(state: Messaging) -> None:
    member = state.members[2]
    for wanted in (member.name.upper(), f"@{member.name}", member.email, member.member_id):
        assert call(state, "get_user_profile", user=wanted)["status"] == member.status
    assert "members: " in call(state, "get_user_profile", user="Nobody Known")["error"]


def test_a_first_name_that_two_have_is_asked_back(state: Messaging) -> None:
    state.members[1].name, state.members[2].name = "Mo Ash", "Mo Birch"
    assert "may be Mo Ash, Mo Birch" in call(state, "get_user_profile", user="Mo")["error"]
    state.members[2].name = "Bo Birch"
    assert call(state, "get_user_profile", user="Mo")["name"] == "Mo Ash"


def test_the_telephone_of_a_member_is_protected(domain: Domain, state: Messaging) -> None:
    found = domain.find_protected(state)
    assert {found[m.phone] for m in state.members} == {"T.S.pii_contact"}


def test_a_posted_message_stands_in_its_channel(state: Messaging) -> None:
    done = call(state, "post_channel_message", channel="general", text="The kettle works.")
    assert done["readers"] == 6
    shown = call(state, "read_channel_messages", channel="general")["messages"][-1]
    assert (shown["text"], shown["author"]) == ("The kettle works.", state.user.name)
    assert shown["at"] == f"{state.today}T12:00"
    assert (
        "text is empty" in call(state, "post_channel_message", channel="general", text=" ")["error"]
    )


def test_nobody_posts_where_they_are_no_member(state: Messaging) -> None:
    state.channels[0].members.remove(state.user.name)
    error = call(state, "post_channel_message", channel="general", text="Hello")["error"]
    assert "you are not a member of general" in error


def test_a_direct_message_is_read_back_with_its_reader(state: Messaging) -> None:
    member = state.members[3]
    done = call(state, "send_direct_message", recipient=member.name, text="Coffee?")
    assert done["to"] == member.email
    shown = call(state, "read_channel_messages", channel=f"@{member.name}")
    assert [m["text"] for m in shown["messages"]] == ["Coffee?"]
    assert "yourself" in call(state, "send_direct_message", recipient="u1", text="Me")["error"]


def test_an_sms_costs_by_its_length(state: Messaging) -> None:
    done = call(state, "send_sms", number="312-555-0147", text="x" * 161)
    assert (done["parts"], done["cost_cents"], done["credit_left_cents"]) == (2, 14, 486)
    assert state.sms[-1].sent
    state.sms_credit = 6
    assert (
        "the credit is 6 cents" in call(state, "send_sms", number="3125550147", text="x")["error"]
    )
    assert state.sms_credit == 6


def test_an_sms_by_name_is_told_the_number(state: Messaging) -> None:
    entry = state.phone_book[1]
    error = call(state, "send_sms", number=entry.name, text="Hello")["error"]
    assert entry.number in error
    assert "312-555-0147" in call(state, "send_sms", number="Zed", text="Hello")["error"]


def test_sms_are_shown_all_or_of_one_number(state: Messaging) -> None:
    entry = state.phone_book[0]
    new = TextMessage("t90", entry.number, "Hi", f"{state.today}T08:00", owner="Office line")
    state.sms.append(new)
    shown = call(state, "get_sms_history", number=entry.number.replace("-", " "))["results"][-1]
    assert (shown["text"], shown["name"], shown["owner"]) == ("Hi", entry.name, "Office line")
    assert call(state, "get_sms_history")["results"][-1]["sms_id"] == "t90"
    assert "no SMS with 999" in call(state, "get_sms_history", number="999-555-0100")["error"]


def test_an_invitation_goes_to_new_addresses_only(state: Messaging) -> None:
    done = call(state, "invite_user_to_workspace", email="new@example.com", role="guest")
    assert done == {"invitation": "i1", "email": "new@example.com", "role": "guest"}
    again = call(state, "invite_user_to_workspace", email="NEW@example.com", role="guest")
    assert "invited already" in again["error"]
    known = state.members[1].email
    told = call(state, "invite_user_to_workspace", email=known, role="guest")["error"]
    assert "in the workspace already" in told
    assert "error" in call(state, "invite_user_to_workspace", email="x@example.com", role="king")


def test_who_is_removed_is_in_the_channel_no_more(state: Messaging) -> None:
    member = state.members[4]
    done = call(state, "remove_user_from_channel", user=member.name, channel="general")
    assert done == {"removed": member.member_id, "channel": "general", "left": 6}
    again = call(state, "remove_user_from_channel", user=member.name, channel="general")
    assert f"{member.name} is not in general" in again["error"]


def test_a_reaction_is_counted_on_its_message(state: Messaging) -> None:
    message = state.messages[0]
    number = message.message_id
    before = [r for r in state.reactions if r.message_id == number]
    call(state, "add_reaction", message_id=number, emoji=":heart:")
    shown = call(state, "read_channel_messages", channel=message.channel)["messages"]
    assert not before
    assert next(m for m in shown if m["message_id"] == number)["reactions"] == {"heart": 1}
    assert "already" in call(state, "add_reaction", message_id=number, emoji="heart")["error"]
    assert "short name" in call(state, "add_reaction", message_id=number, emoji="<3")["error"]
    assert (
        "no message 'm99'" in call(state, "add_reaction", message_id="m99", emoji="eyes")["error"]
    )
