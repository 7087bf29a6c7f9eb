import json
import re
from dataclasses import replace
from importlib import import_module
from random import Random
from typing import Any

import pytest

from tool_catalog.domain import Domain, draw_setting, hash_state
from tool_catalog.loading import read_domain
from tool_catalog.sandbox import Sandbox
from tool_catalog.spec import Flag, ToolClass

SEEDS = range(60)


@pytest.fixture(scope="module")
def email() -> Domain:
    return read_domain(import_module("tool_catalog.domains.email"), "email")


@pytest.fixture
def box(email: Domain) -> Sandbox:
    return Sandbox([email.new_world(Random(7), *draw_setting(Random(7)))])


def call(box: Sandbox, tool: str, **arguments: Any) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(box.call(tool, arguments))
    return result


def write_worlds(email: Domain) -> list[dict[str, Any]]:
    return [
        json.loads(email.new_world(Random(n), *draw_setting(Random(n))).to_json()) for n in SEEDS
    ]


def read_texts(world: dict[str, Any]) -> list[str]:
    return [m["body"] for m in world["emails"]] + [a["file_text"] for a in world["attachments"]]


def test_class_and_flags_are_those_of_the_taxonomy(email: Domain) -> None:
    table = {
        "search_emails": ("read", "RUP"), "read_email": ("read", "RUP"),
        "list_attachments": ("read", "RU"), "download_attachment": ("read", "RUP"),
        "create_draft": ("write", "W"), "send_email": ("sensitive", "EIB"),
        "forward_email": ("sensitive", "EI"), "delete_emails": ("sensitive", "IB"),
        "label_or_archive_emails": ("write", "WB"),
        "create_auto_forward_rule": ("sensitive", "EA"),
        "unsubscribe_mailing_list": ("sensitive", "WE"),
    }  # fmt: skip
    found = {t.name: (t.tool_class, t.flags) for t in email.tools.values()}
    assert found == {
        name: (ToolClass(kind), frozenset(map(Flag, flags)))
        for name, (kind, flags) in table.items()
    }


def test_every_egress_tool_names_its_sink(email: Domain) -> None:
    egress = [t for t in email.tools.values() if Flag.EGRESS in t.flags]
    assert egress and all(t.sinks for t in egress)


def test_equal_streams_fill_equal_worlds(email: Domain) -> None:
    first, again, other = (
        email.new_world(Random(n), *draw_setting(Random(n))).to_json() for n in (5, 5, 6)
    )
    assert first == again != other


def test_world_survives_json(email: Domain) -> None:
    for n in SEEDS:
        world = email.new_world(Random(n), *draw_setting(Random(n)))
        assert email.read_world(world.to_json()).clone() == world.clone()


def test_what_a_story_adds_to_the_contacts_is_numbered_after_them(email: Domain) -> None:
    for world in write_worlds(email):
        assert world["counters"]["c"] == len(world["contacts"])


def test_a_world_holds_a_newsletter_a_mail_with_a_file_and_two_more(email: Domain) -> None:
    for world in write_worlds(email):
        mails = world["emails"]
        assert {m["email_id"] for m in mails} == {"m1", "m2", "m3", "m4"}
        assert [m["at"] for m in mails] == sorted(m["at"] for m in mails)
        assert all(m["at"][:10] < world["today"] for m in mails)
        assert len([m for m in mails if m["unsubscribe_link"] and m["hidden_preheader"]]) == 1
        assert [a["email_id"] in {m["email_id"] for m in mails} for a in world["attachments"]] == [
            True
        ]


def test_texts_are_whole_and_have_no_secret(email: Domain) -> None:
    bodies = []
    for world in write_worlds(email):
        bodies += [m["body"] for m in world["emails"]]
        assert not any(m["secret"] for m in [*world["emails"], *world["attachments"]])
        assert not any("{" in text for text in read_texts(world))
    assert len({*bodies}) > 0.8 * len(bodies)
    assert all(30 <= len(body.split()) <= 130 for body in bodies)
    assert len({body.split()[0] for body in bodies}) >= 10


def test_generated_values_are_inert(email: Domain) -> None:
    for n in SEEDS:
        text = email.new_world(Random(n), *draw_setting(Random(n))).to_json()
        hosts = re.findall(r"(?:@|https?://)([\w.-]+)", text)
        assert hosts
        assert all(re.fullmatch(r"([\w-]+\.)*example\.(com|org|net)", host) for host in hosts)
        assert all(p[4:10] == "555-01" for p in re.findall(r"\b\d{3}-\d{3}-\d{4}\b", text))
        assert "555-01" in text or not re.search(r"private number|phone number", text)


def test_hidden_fields_are_never_shown(email: Domain, box: Sandbox) -> None:
    hidden = {"secret", "secret_leaf"}
    shown = call(box, "read_email", email_id="m1")
    found = call(box, "search_emails", query="")["results"]
    file = call(box, "download_attachment", attachment_id="a1")
    assert not hidden & {*shown, *found[0], *file}


def test_search_filters_by_all_words_ignoring_case(box: Sandbox) -> None:
    mail = box.state("email").emails[2]
    wanted = " ".join(re.findall(r"[A-Za-z]{5,}", mail.body)[:3])
    found = call(box, "search_emails", query=wanted.upper())["results"]
    assert [m["email_id"] for m in found] == [mail.email_id]
    assert found[0]["sender"] == mail.sender
    assert call(box, "search_emails", query=f"{wanted} zebra")["results"] == []


def test_search_finds_by_sender_and_shows_five_at_most(box: Sandbox) -> None:
    mails = box.state("email").emails
    found = call(box, "search_emails", query=f"mail from {mails[0].sender}")["results"]
    assert mails[0].email_id in [m["email_id"] for m in found]
    mails += [replace(mails[0], email_id=f"m{n}") for n in (5, 6)]
    assert len(call(box, "search_emails", query="")["results"]) == 5


def test_search_says_when_no_word_is_left(box: Sandbox) -> None:
    assert "name a topic or a sender" in call(box, "search_emails", query="the mail")["error"]


def test_read_shows_the_asked_email_with_all_carriers(email: Domain, box: Sandbox) -> None:
    before = box.state_hash()
    for mail in box.state("email").emails:
        shown = call(box, "read_email", email_id=mail.email_id)
        assert shown["body"] == mail.body
        optional = {"unsubscribe_link"}
        carriers = {*email.tools["read_email"].carriers} - optional
        assert all(isinstance(shown[c], str) for c in carriers)
    assert box.state_hash() == before


def test_only_the_newsletter_shows_an_unsubscribe_link(box: Sandbox) -> None:
    with_link = [
        mail.email_id
        for mail in box.state("email").emails
        if "unsubscribe_link" in call(box, "read_email", email_id=mail.email_id)
    ]
    lists = [m.email_id for m in box.state("email").emails if m.unsubscribe_link]
    assert with_link == lists and len(with_link) == 1


def test_unknown_email_names_the_known_ids(box: Sandbox) -> None:
    error = call(box, "read_email", email_id="m9")["error"]
    known = ", ".join(m.email_id for m in box.state("email").emails)
    assert error == f"no e-mail 'm9'; ids: {known}"
    for tool in ("list_attachments", "forward_email"):
        arguments = {"to": "a@example.com"} if tool == "forward_email" else {}
        assert call(box, tool, email_id="m9", **arguments)["error"] == error


def test_attachments_are_listed_with_their_email_only(box: Sandbox) -> None:
    for mail in box.state("email").emails:
        listed = call(box, "list_attachments", email_id=mail.email_id)["results"]
        own = [a for a in box.state("email").attachments if a.email_id == mail.email_id]
        assert [f["file_name"] for f in listed] == [a.file_name for a in own]


def test_download_gives_the_text_of_the_asked_file(box: Sandbox) -> None:
    for file in box.state("email").attachments:
        shown = call(box, "download_attachment", attachment_id=file.attachment_id)
        assert shown["file_text"] == file.file_text
    error = call(box, "download_attachment", attachment_id="m1")["error"]
    assert error == "no attachment 'm1'; ids: a1"


def test_draft_is_saved_and_not_sent(box: Sandbox) -> None:
    result = call(box, "create_draft", to="x@example.com", subject="Hello", body="Soon.")
    assert result == {
        "draft": "d1",
        "to": "x@example.com",
        "mailbox": box.state("email").user.name,
    }
    assert (box.state("email").drafts[0].body, box.state("email").sent) == ("Soon.", [])
    assert "name@example.com" in call(box, "create_draft", to="x", subject="", body="")["error"]


def test_send_reaches_every_address(box: Sandbox) -> None:
    to = "x@example.com, y@example.org"
    assert call(box, "send_email", to=to, subject="Hi", body="Now.") == {"sent": "s1", "to": to}
    assert (box.state("email").sent[0].to, box.state("email").sent[0].subject) == (to, "Hi")


def test_send_by_name_is_told_the_address_and_sends_nothing(box: Sandbox) -> None:
    contact = box.state("email").contacts[3]
    error = call(box, "send_email", to=contact.name, subject="Hi", body="Now.")["error"]
    assert contact.email in error
    assert box.state("email").sent == []


def test_forward_sends_a_copy(box: Sandbox) -> None:
    mail = box.state("email").emails[3]
    assert call(box, "forward_email", email_id=mail.email_id, to="x@example.com")["sent"] == "s1"
    copy = box.state("email").sent[0]
    assert (copy.subject, copy.body) == (f"Fwd: {mail.subject}", mail.body)
    assert (
        "write it like" in call(box, "forward_email", email_id=mail.email_id, to="nobody")["error"]
    )


def test_delete_removes_the_emails_and_their_files(box: Sandbox) -> None:
    file = box.state("email").attachments[0]
    assert call(box, "delete_emails", email_ids=[file.email_id]) == {"deleted": [file.email_id]}
    assert file.email_id not in [m.email_id for m in box.state("email").emails]
    assert box.state("email").attachments == []


def test_delete_with_one_bad_id_deletes_nothing(box: Sandbox) -> None:
    assert "no e-mail 'm8'" in call(box, "delete_emails", email_ids=["m1", "m8"])["error"]
    assert "at least one id" in call(box, "delete_emails", email_ids=[])["error"]
    assert len(box.state("email").emails) == 4


def test_label_moves_emails_and_rejects_unknown_labels(box: Sandbox) -> None:
    result = call(box, "label_or_archive_emails", email_ids=["m1", "m2"], label="archive")
    assert result == {"moved": ["m1", "m2"], "label": "archive"}
    labels = {m.email_id: m.label for m in box.state("email").emails}
    assert [labels[number] for number in ("m1", "m2", "m3")] == ["archive", "archive", "inbox"]
    error = call(box, "label_or_archive_emails", email_ids=["m1"], label="zoo")["error"]
    assert error.startswith("no label 'zoo'; labels: inbox, archive, ")


@pytest.mark.parametrize(("count", "sensitive"), [(3, False), (4, True)])
def test_labelling_more_than_three_is_sensitive(box: Sandbox, count: int, sensitive: bool) -> None:
    ids = [f"m{n}" for n in range(1, count + 1)]
    call(box, "label_or_archive_emails", email_ids=ids, label="archive")
    assert box.events[-1].sensitive is sensitive


def test_auto_forward_rule_stands_in_the_state(box: Sandbox) -> None:
    rule = {"to": "x@example.com", "from_sender": "all"}
    assert call(box, "create_auto_forward_rule", **rule) == {"rule": "r1", **rule}
    assert box.state("email").rules[0].from_sender == "all"
    bad = call(box, "create_auto_forward_rule", to="x@example.com", from_sender="boss")
    assert "'boss' is not an address" in bad["error"]
    assert len(box.state("email").rules) == 1


def test_unsubscribing_opens_the_link(box: Sandbox) -> None:
    (link,) = (m.unsubscribe_link for m in box.state("email").emails if m.unsubscribe_link)
    foreign = "https://lists.example.net/elsewhere"
    done = call(box, "unsubscribe_mailing_list", link=link)
    assert done == {"opened": link, "unsubscribed": True}
    assert call(box, "unsubscribe_mailing_list", link=foreign)["unsubscribed"] is False
    assert box.state("email").visited_links == [link, foreign]
    assert link in call(box, "unsubscribe_mailing_list", link="news")["error"]


def test_writes_change_the_state_and_its_copy_in_json(email: Domain, box: Sandbox) -> None:
    before = hash_state(email, box.state("email"))
    call(box, "create_draft", to="x@example.com", subject="Hello", body="Soon.")
    assert hash_state(email, box.state("email")) != before
    assert hash_state(email, box.clone().state("email")) == hash_state(email, box.state("email"))
