"""Filling a mailbox."""

from collections.abc import Mapping
from datetime import date, timedelta
from random import Random

from tool_catalog.kit.drawing import (
    Site,
    draw_people,
    draw_sites,
    draw_values,
    pick,
    read_words,
    take_kind,
    tell_fact,
)
from tool_catalog.kit.ids import new_id
from tool_catalog.kit.people import SECRET_LEAVES, make_contacts, make_user
from tool_catalog.pools import Person, Pools

from .state import Attachment, Email, Mailbox


def seed(rng: Random, pools: Pools, owner: Person, today: date) -> Mailbox:
    """Fill a mailbox: six e-mails on six topics, two of them with a protected value."""
    words = read_words(__package__)
    people = draw_people(rng, pools, owner, 6)
    state = Mailbox(today.isoformat(), make_user(owner))
    state.contacts = make_contacts(rng, people, words["relations"])
    state.counters["c"] = len(people)
    state.labels = ["inbox", "archive", *rng.sample(words["labels"], 3)]
    kinds = rng.sample(list(words["facts"]), len(words["facts"]))
    topics = [(topic, group) for group, some in words["topics"].items() for topic in some]
    roles = [*rng.sample(list(SECRET_LEAVES), 2), "newsletter", "file", "file", "plain"]
    rng.shuffle(roles)
    sites = draw_sites(rng, pools, len(roles))
    chosen = rng.sample(topics, len(roles))
    for role, person, site, (topic, group) in zip(roles, people, sites, chosen, strict=True):
        slots = _draw_slots(rng, pools, today, topic, person, site)
        _add_email(state, rng, role, take_kind(kinds, words["facts"], group), slots)
        if role == "file":
            _add_file(state, rng, take_kind(kinds, words["facts"], group), slots)
    return state


def _draw_slots(
    rng: Random, pools: Pools, today: date, topic: str, by: Person, site: Site
) -> dict[str, str]:
    """One value for every placeholder of the word lists."""
    bare = topic.removeprefix("the ")
    return {
        "topic": topic, "bare": bare, "Bare": bare[0].upper() + bare[1:],
        "file": f"{bare.replace(' ', '-')}-{rng.choice(read_words(__package__)['files'])}.txt",
        "writer": by.name, "phone": by.phone, "email": by.email,
        "soon": (today + timedelta(days=rng.randrange(2, 15))).isoformat(),
        "late": (today + timedelta(days=rng.randrange(15, 60))).isoformat(),
        "time": f"{rng.randrange(8, 20):02d}:{rng.choice(('00', '15', '30', '45'))}",
        **draw_values(rng, pools, site),
        "host": rng.choice(("example.com", "example.org", "example.net")),
    }  # fmt: skip


def _add_email(state: Mailbox, rng: Random, role: str, kind: str, slots: Mapping[str, str]) -> None:
    words = read_words(__package__)
    opener = pick(rng, words["openers"].get(role, words["openers"]["plain"]), slots)
    fact, told = tell_fact(rng, read_words(__package__)["facts"], kind, slots)
    body = f"{opener} {told} {pick(rng, words['ends'][role], slots)}"
    subject = pick(rng, words["subjects"], {**slots, "kind": kind})
    mail = Email(new_id(state, "m"), slots["writer"], slots["email"], subject, body)
    mail.topic, mail.fact_kind, mail.fact = slots["topic"], kind, fact
    if role in SECRET_LEAVES:
        mail.secret, mail.secret_leaf = slots[role], SECRET_LEAVES[role]
    if role == "newsletter":
        mail.sender, mail.sender_email = pick(rng, words["lists"], slots), f"news@{slots['host']}"
        state.newsletters[mail.email_id] = f"https://lists.{slots['host']}/leave/{slots['n4']}"
        mail.hidden_preheader = pick(rng, words["preheaders"], slots)
    elif rng.random() < 0.3:
        mail.quoted_thread = pick(rng, words["quoted"], slots)
    state.emails.append(mail)


def _add_file(state: Mailbox, rng: Random, kind: str, slots: Mapping[str, str]) -> None:
    """Attach a file on the topic of the last e-mail, with a fact of its own."""
    head, tail = (
        pick(rng, read_words(__package__)[part], slots) for part in ("file_heads", "file_tails")
    )
    fact, told = tell_fact(rng, read_words(__package__)["facts"], kind, slots)
    file = Attachment(new_id(state, "a"), state.emails[-1].email_id, slots["file"],
                      f"{head} {told} {tail}", slots["topic"], kind, fact)  # fmt: skip
    state.attachments.append(file)
