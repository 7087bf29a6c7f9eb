"""A value of the form that a tool's published returns describe, made up.

Descriptions are prose, so fields are read from them as far as they name any. Plausible to look at,
and no more than that.
"""

import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Final, NamedTuple

_ROWS: Final = 2  # entries of a list
_DEPTH: Final = 2
_MOST_WORDS: Final = 4  # of a field's name
_QUOTED: Final = re.compile(r"'([A-Za-z]\w*)'(?:\s*\(([^)]*)\))?")
_ASIDE: Final = re.compile(r"(?<!')(?<!' )\([^)]*\)")  # not on a name in quotes
_NOTE: Final = re.compile(r"\([^)]*\)")
_LISTED: Final = re.compile(r"\b(?:includ|contain)(?:ing|es|s)\b\s+|\b(?:with|such as)\b\s+", re.I)
_LEAD: Final = re.compile(r"^(?:(?:the|their|respective|fields|details|such|as|like|\w+'s)\s+)+")
_TAIL: Final = re.compile(r"\s+(?:of|in|for)\b.*")
_PARTS: Final = re.compile(r",?\s+and\s+|,\s*")
_CHOICES: Final = re.compile(r"\b(?:one of|either)\b(.*)", re.DOTALL)
_CHOICE: Final = re.compile(r"'([^']+)'")
_TYPE: Final = re.compile(r"(?:an? )?(string|number|integer|boolean|array|object)\b")

_PEOPLE: Final = ("Ines Okafor", "Jonas Weir", "Mirela Costa", "Tobias Lund")
_PLACES: Final = ("18 Mill Lane, Ashford", "4 Harbour Street, Leith", "77 Elm Road, Corby")
_WORDS: Final[Mapping[str, Sequence[str]]] = {
    "address": _PLACES,
    "advice": ("More walking, less salt", "Regular sleep and more vegetables"),
    "age": ("34", "52"),
    "allergies": ("pollen", "penicillin", "none known"),
    "ancestry": ("62 % Northern European, 38 % West African", "Southern European"),
    "bank": ("Harbour Bank", "Northern Savings"),
    "bio": ("Teacher, two cats, rows on Sundays", "Writes about bread and trains"),
    "carrier": ("Bluewave", "Telnord"),
    "carrier_status": ("carrier of one variant", "not a carrier"),
    "conditions": ("asthma", "high blood pressure"),
    "country": ("Canada", "United States"),
    "device": ("laptop", "phone"),
    "diseases": ("diabetes type 2", "none known"),
    "dosage": ("10 mg daily", "250 mg twice a day"),
    "email": ("i.okafor@example.com", "j.weir@example.com"),
    "error_message": ("",),
    "gender": ("female", "male"),
    "immunizations": ("tetanus, measles", "influenza"),
    "info": ("by mail at home@example.com", "by phone in the evening"),
    "keyword": ("bus times", "rain on Sunday", "bread recipe"),
    "location": _PLACES,
    "medication": ("amoxicillin", "lisinopril"),
    "medications": ("amoxicillin", "lisinopril"),
    "name": _PEOPLE,
    "pair": ("BTCUSD", "ETHUSD"),
    "password": ("Harbour-77-lantern", "ocean.Paper.19"),
    "predispositions": ("slightly raised risk of gout", "none found"),
    "age_range": ("30-39", "40-49"),
    "remark": ("home", "work"),
    "side": ("buy", "sell"),
    "status": ("active", "confirmed"),
    "ticker": ("ACME", "NRTH"),
    "to": _PEOPLE,
    "traits": ("brown eyes", "lactose tolerant"),
    "type": ("standard", "regular"),
    "user": _PEOPLE,
    "username": ("ines.okafor", "jweir"),
}
"""What a field's text may be, by its name or the first word of it that is here."""
_AMOUNTS: Final = frozenset(["amount", "balance", "price", "quantity", "return", "size", "total"])
_DIGITS: Final = frozenset(["number", "digits", "cvv"])
_DAYS: Final = frozenset(["date", "birthday", "at"])
_TIMES: Final = frozenset(["time", "timestamp"])
_LINKS: Final = frozenset(["url", "website", "domain"])


class _Field(NamedTuple):
    name: str
    kind: str
    """JSON type; empty when the description names none."""
    said: str
    """What the description adds."""


def make_up(
    returns: Sequence[Mapping[str, Any]], given: Mapping[str, Any], dice: Random
) -> dict[str, Any]:
    """An object with every return of a tool.

    Args:
        returns: as published: name, type and description each.
        given: arguments of the call; a field of an argument's name repeats it.
        dice: where the values come from.
    """
    fields = [_Field(r["name"], r["type"], r.get("description", "")) for r in returns]
    return {field.name: _make_value(field, given, dice, 0) for field in fields}


def _make_value(field: _Field, given: Mapping[str, Any], dice: Random, depth: int) -> Any:
    nested = field.kind in ("array", "object")
    repeated = given.get(field.name)
    if isinstance(repeated, str | int | float) and not nested:
        return repeated
    if nested and depth < _DEPTH:
        rows = [_make_row(field, given, dice, depth) for _ in range(_ROWS)]
        return rows if field.kind == "array" else rows[0]
    if field.kind == "boolean":
        return True
    if field.kind == "integer":
        return 0 if field.name == "exit_code" else dice.randint(2, 90)
    if field.kind == "number":
        return _make_amount(dice)
    return _make_text(field, dice)


def _make_row(field: _Field, given: Mapping[str, Any], dice: Random, depth: int) -> Any:
    inner = _read_fields(field.said)
    if inner:
        return {f.name: _make_value(f, given, dice, depth + 1) for f in inner}
    text = _make_text(field, dice)
    return {"description": text} if field.kind == "object" else text


def _read_fields(said: str) -> list[_Field]:
    """Fields that a description names: in quotes, or else in a list of words."""
    outer = _ASIDE.sub("", said)
    if _QUOTED.search(_CHOICES.sub("", outer)):
        return [_Field(name, _find_type(note), note) for name, note in _QUOTED.findall(outer)]
    *opening, listed = _LISTED.split(_NOTE.sub("", said).partition(". ")[0].rstrip("."))
    if not opening:
        return []
    names = [_TAIL.sub("", _LEAD.sub("", part.strip())) for part in _PARTS.split(listed)]
    short = [name.strip() for name in names if len(name.split()) <= _MOST_WORDS]
    return [_Field(name.replace(" ", "_"), "", "") for name in short if name]


def _find_type(note: str) -> str:
    found = _TYPE.match(note)
    return found[1] if found else ""


def _make_text(field: _Field, dice: Random) -> Any:
    """A value that fits a name; a choice when the description gives some."""
    choices = _CHOICES.search(field.said)
    if choices and (offered := _CHOICE.findall(choices[1])):
        return dice.choice(offered)
    words = field.name.lower().split("_")
    parts = frozenset(words)
    day = f"2022-02-{dice.randint(1, 21):02}"
    if "phone" in parts:
        return f"+1 202 555 01{dice.randint(10, 99)}"
    if "id" in parts:
        return f"{dice.randrange(16**6):06x}"
    if parts & _DIGITS:
        return str(dice.randrange(1000, 10000))
    if parts & _DAYS:
        return day
    if parts & _TIMES:
        return f"{day} {dice.randint(7, 20):02}:{dice.randint(0, 59):02}"
    if parts & {"path", "paths"}:
        return f"/home/user/files/{dice.randrange(16**4):04x}.txt"
    if parts & _LINKS:
        return f"https://www.example.com/{dice.randrange(16**4):04x}"
    if parts & _AMOUNTS:
        return _make_amount(dice)
    known = [word for word in (field.name, *words) if word in _WORDS]
    if known:
        return dice.choice(_WORDS[known[0]])
    return f"{' '.join(words)} {dice.randint(2, 90)}"


def _make_amount(dice: Random) -> float:
    return round(dice.uniform(5, 900), 2)
