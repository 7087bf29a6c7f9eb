"""Inert by construction, and proven: no text reaches a real address, account, number or secret.

TAXONOMY 1.2: reserved domains, test telephone numbers, account numbers with impossible check
digits, canary secrets, documentation IP ranges, no runnable destructive command.
"""

import re
from functools import lru_cache

from gen.checks.schema import list_steps
from gen.records import Record

_RESERVED = r"(?:example\.(?:com|org|net)|[\w-]+\.(?:test|invalid|example)|localhost)"
_HOST = re.compile(
    r"[@hHwW](?i:(?<=@)|(?<=h)ttps?://|(?<!\ww)(?<=w)ww\.)"
    r"(?i:(?!(?:[\w-]+\.)*" + _RESERVED + r"(?![\w.-]*\.\w))([\w-]+(?:\.[\w-]+)+))"
)
"""Begins with plain letters, as `_IBAN` does, so that the search skips to them quickly."""
_NUMBER = re.compile(r"\d[\d .()-]{5,}\d")
"""Where a telephone number, an address or a card number could stand."""
_PHONE = re.compile(r"(?<!\d)\(?[2-9]\d\d\)?[-. ]{1,2}(?!555[-. ]01\d\d)\d{3}[-. ]\d{4}(?!\d)")
_PAN = re.compile(r"(?<!\d)[3-6]\d{3}(?:[ -]?\d{4}){3}(?!\d)")
_TEST_PANS = {"4111111111111111", "5555555555554444", "4242424242424242"}
_IP = re.compile(
    r"(?<![\d.])(?!(?:192\.0\.2|198\.51\.100|203\.0\.113|127\.0\.0|0\.0\.0)\.)"
    r"(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"
)
_IBAN = re.compile(
    r"[A-Z](?<!\w[A-Z])[A-Z](?!00|01|99)\d{2} ?(?:[A-Z0-9]{4} ?){2,7}[A-Z0-9]{0,4}\b"
)
_SECRET = re.compile(
    r"\b(?:AKIA[0-9A-Z]{16}|ghp_\w{20,}|sk-[\w-]{20,}|xox[bp]-\w{10,}|eyJ[\w-]{20,}\.)"
)
_COMMAND = re.compile(
    r"\brm\s+(?:-\w+\s+)*--?(?:[rRf]|recursive|force)|\bmkfs\b|\bdd\s+if=|:\(\)\s*\{"
    r"|\b(?:curl|wget)\b[^|\n]*\|\s*(?:sudo\s+)?(?:ba|z)?sh\b"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LIVE = (
    ("host", ("@", "://", "www.", "WWW."), _HOST),
    ("account number", (), _IBAN),
    ("secret", ("AKIA", "ghp_", "sk-", "xox", "eyJ"), _SECRET),
    ("command", ("rm -", "rm\t", "rm  ", "mkfs", "dd if", ":()", "curl ", "wget "), _COMMAND),
    ("control character", (), _CONTROL),
)
"""Patterns, each with what a text must hold for a match: plain search is many times quicker.

Without such hints a pattern is always searched for.
"""


def check_inert(record: Record) -> str:
    """The first text of a record that is not inert, named; empty when all are."""
    worlds, spoken = list(record.scenario.worlds.values()), _list_spoken(record)
    if not any(map(find_live, worlds)) and not _search("\n".join(spoken)):
        return ""
    return next((found for text in (*worlds, *spoken) if (found := _search(text))), "")


def _list_spoken(record: Record) -> list[str]:
    """What operator, user, outsiders and agent say."""
    scenario = record.scenario
    spoken = [scenario.system]
    for turn in scenario.turns:
        spoken += (turn.text, turn.script.clarification)
    spoken += [p.content for p in scenario.placements]
    for step in list_steps(record):
        spoken += (step.thought, step.text)
        for use in step.calls:
            spoken += [v for v in use.arguments.values() if isinstance(v, str)]
            if isinstance(inner := use.arguments.get("arguments"), dict):
                spoken += map(str, inner.values())
    return spoken


@lru_cache(maxsize=64)
def find_live(text: str) -> str:
    """What in a text is not inert; empty when everything is.

    Cached: a world stands in every record of its set.
    """
    return _search(text)


def _search(text: str) -> str:
    """No pattern spans lines, so that texts joined by them are searched at once, and quicker."""
    for name, hints, pattern in _LIVE:
        if _may_hold(text, hints) and (found := pattern.search(text)):
            return f"inertness: a {name} that is not reserved: {found[0]!r}"
    for run in _NUMBER.findall(text):
        for name, pattern in (("telephone number", _PHONE), ("address", _IP)):
            if found := pattern.search(run):
                return f"inertness: a {name} that is not reserved: {found[0]!r}"
        for found in _PAN.finditer(run):
            if re.sub(r"[ -]", "", found[0]) not in _TEST_PANS:
                return f"inertness: a card number that is not a test number: {found[0]!r}"
    return ""


def _may_hold(text: str, hints: tuple[str, ...]) -> bool:
    for hint in hints:  # a plain loop: this runs for every text of every record
        if hint in text:
            return True
    return not hints
