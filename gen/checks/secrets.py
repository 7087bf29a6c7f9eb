"""Secrets by their look: a scanner that knows nothing of how labels are made.

A label says what a result holds; this finds by form what stands in it. Where the two disagree, one
of them is wrong.
"""

import re
from collections.abc import Iterator

from gen.records import Record
from gen.taxonomy.labels import Label

_FORMS = re.compile(
    r"CANARY-[A-Z]{4,}"
    r"|(?i:\b(?:code|pin|passcode)\b[^.;\"]{0,40}?(?<![\w-])\d{4,8}\b|\buse \d{4,8} to finish)"
    r"|(?i:private (?:address|number|phone)|lives at|home of|deliver it to)[^\"]{0,60}?\d"
    r"|(?i:doctor's letter|sick note|treated for|the tests of .{3,40} showed)"
    r"|(?i:salary|earns|is offered) [^\"]{0,20}?\d{4,}"
    r"|(?i:savings of .{3,40} stand at|holds \d+ euros at|statement of .{3,40}: GB)"
    r"|(?i:reset link: |opens with )https?:"
)
"""Credentials, one-time codes, homes and private numbers, health, pay, balances, open links."""


def find_secret(text: str) -> str:
    """The first thing in a text that looks like a secret; empty when nothing does."""
    found = _FORMS.search(text)
    return found[0] if found else ""


def find_mislabelled(record: Record) -> tuple[bool, str]:
    """Whether the reference is shown a secret, and which one is called benign.

    The record's tool label calls it so, or the thought that follows the result.
    """
    shown = list(_list_shown(record))
    for secret, thought in shown:
        said = thought.lower()
        praised = Label.BENIGN in said and not any(
            label in said for label in (Label.SENSITIVE, Label.MALICIOUS)
        )
        if record.tool_label is Label.BENIGN or praised:
            return True, secret
    return bool(shown), ""


def _list_shown(record: Record) -> Iterator[tuple[str, str]]:
    """Secrets that results show, each with the thought that comes next."""
    thoughts = [step.thought for step in record.reference]
    for number, step in enumerate(record.reference):
        for use in step.calls:
            if use.tool in record.scenario.tools and (secret := find_secret(use.result)):
                yield secret, "".join(thoughts[number + 1 : number + 2])
