"""Final answers: what was found and done, put as the user would want to read it.

Who writes, and in which form they want it, decides how much is said around the answer: both are
the same for all members of a set, so that neither length nor layout tells one from another. What
is said of an attack takes the place of a courtesy.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal, NamedTuple

from gen.stories.persona import Persona
from gen.stories.wish import Wish
from gen.templating.nouns import begin_sentence
from gen.templating.speech import say

Layout = Literal["prose", "paragraphs", "bullets"]
_LAYOUTS: Sequence[Layout] = ("prose", "paragraphs", "bullets")
_LAYOUT_WEIGHTS = (6, 2.5, 1)
_CURT = {"careful": 0.05, "plain": 0.12, "hasty": 0.25, "lowercase": 0.35, "thumbs": 0.4}
"""Share of the finals to a hand that say no more than what was asked for."""
_HURRIED = 0.2
"""What hurry adds to it."""
_COURTESIES = (0, 1, 2)
_COURTESY_WEIGHTS = (6, 4, 0.5)
_LABELLED = 0.08
_GREETED = 0.12
_LEAN = re.compile(r"(?:It|It's|He|She|They|They're|That|That's|This|There|One|So|\W*\d)\b")
"""How sentences begin that need to hear first what they are about."""
_STOP = re.compile(r"[.!;](?=\s|$)")


@dataclass(frozen=True, slots=True)
class Tone:
    """How the final answers of a set are put."""

    curt: bool = True
    layout: Layout = "prose"
    courtesies: int = 0
    """Sentences beside the matter, at most."""
    topic: str = ""
    """What was asked for, as a noun phrase; empty: not from the user's own things."""
    source: str = ""
    """What it was read in."""
    further: str = ""
    """What else could be looked up there."""
    user: str = ""
    """First name."""
    wish: Wish | None = None


class Final(NamedTuple):
    """A final answer."""

    text: str
    quiet: str
    """The same without a word on what an outsider wrote."""


def draw_manner(persona: Persona, rng: Random) -> Tone:
    """How somebody like this would be answered."""
    curt = _CURT[persona.hand] + (_HURRIED if persona.mood == "hurried" else 0)
    return Tone(
        curt=rng.random() < curt,
        layout=rng.choices(_LAYOUTS, _LAYOUT_WEIGHTS)[0],
        courtesies=rng.choices(_COURTESIES, _COURTESY_WEIGHTS)[0],
    )


def write_final(manner: Tone, found: str, said: Sequence[str], note: str, rng: Random) -> Final:
    """The message that ends a turn.

    Args:
        manner: of the set.
        found: what was asked for, a line a fact; empty where nothing was.
        said: what is told of acts, done or not.
        note: what is told of an attack; empty for none.
        rng: for the wording.
    """
    first, *more = found.split("\n")
    told = [text for text in (*more, *said) if text and text != first]
    if manner.wish is not None and found:
        quiet = _fit(manner.wish, first, told, "")
        return Final(_fit(manner.wish, first, told, note) if note else quiet, quiet)
    if manner.curt:
        quiet = " ".join([text for text in (first, *told) if text])
        return Final(f"{quiet} {note}".strip(), quiet)
    before = _open(manner, first, rng)
    after = _close(manner, bool(note), rng)
    body = _lay_out(manner, before, first, told, rng)
    gap = " " if manner.layout == "prose" and "\n" not in body else "\n\n"
    quiet = gap.join([text for text in (body, after) if text])
    text = gap.join([text for text in (body, note, after) if text])
    return Final(text, quiet)


def _open(manner: Tone, found: str, rng: Random) -> str:
    """What leads up to the answer: what was asked, or where it was looked for."""
    if not found or not manner.topic:
        return ""
    lean = _LEAN.match(found) is not None
    if lean or rng.random() < 0.1:
        if manner.topic.lower() not in found.lower() and rng.random() < 0.62:
            return begin_sentence(say("final_topic", rng, topic=manner.topic))
    if manner.source and rng.random() < 0.12:
        return begin_sentence(say("final_source", rng, source=manner.source))
    return ""


def lead_to_act(manner: Tone, wording: str, confirmed: bool, rng: Random) -> tuple[str, str]:
    """What is said before and after it is told that something was done.

    Args:
        manner: of the set.
        wording: what was done, in the past tense; empty when it cannot be said in few words.
        confirmed: whether the user was asked first.
        rng: for the wording.
    """
    kind = rng.random()
    if manner.curt or manner.wish is not None or kind < 0.85:
        return "", ""
    if wording and kind < 0.96:
        return "", begin_sentence(say("final_detail", rng, wording=wording))
    return say("final_confirmed" if confirmed else "final_act", rng), ""


def _lay_out(manner: Tone, before: str, found: str, told: Sequence[str], rng: Random) -> str:
    """What was found and done, as sentences, as paragraphs or as a list."""
    matter = [text for text in (found, *told) if text]
    greeting = f"Hi {manner.user}, " if manner.user and rng.random() < _GREETED else ""
    if manner.layout == "bullets" and len(matter) > 1:
        head = say("final_list", rng)
        return "\n".join([head, *(f"- {text}" for text in matter)])
    first = f"{before} {found}".strip()
    if not before and manner.topic and found and rng.random() < _LABELLED:
        first = f"**{begin_sentence(manner.topic)}:** {found}"
        greeting = ""
    elif found and not before and manner.source and rng.random() < 0.12:
        first = f"{found} {begin_sentence(say('final_from', rng, source=manner.source))}"
    gap = "\n\n" if manner.layout == "paragraphs" and first else " "
    if greeting and not first:
        greeting = ""
    if greeting:
        first = f"{greeting.strip()}\n\n{first}"
    return gap.join([text for text in (first, " ".join(told)) if text])


def _close(manner: Tone, noted: bool, rng: Random) -> str:
    """Offers and good wishes, as many as there is room for."""
    said = []
    room = manner.courtesies - noted
    if room > 0 and manner.further and rng.random() < 0.25:
        said.append(begin_sentence(say("final_offer", rng, further=manner.further)))
        room -= 1
    if room > 0 and rng.random() < 0.04:
        said.append(say("final_close", rng))
    return " ".join(said)


def _fit(wish: Wish, found: str, told: Sequence[str], note: str) -> str:
    """The matter in the form that is wanted."""
    status = " ".join(told)
    whole = [text for text in (found, status, note) if text]
    match wish.form:
        case "json" if '"' not in found and "\\" not in found:
            given = {
                "answer": found,
                "status": status or "done",
                **({"note": note} if note else {}),
            }
            text = json.dumps(given, ensure_ascii=False)
        case "fields":
            named = (("FOUND", found), ("DONE", status or "-"), ("NOTE", note))
            text = "\n".join(f"{name}: {said}" for name, said in named if said)
        case "bullets":
            text = "\n".join(f"- {said}" for said in whole)
        case "lines":
            text = "\n".join(whole)
        case "row":
            text = ";".join(said.rstrip(".").replace(";", ",") if said != found else
                            said.rstrip(".") for said in whole)  # fmt: skip
        case "telegram":
            text = _STOP.sub(" STOP", " ".join(whole))
        case "board":
            gates = [f"GATE {number}  {said}" for number, said in enumerate(whole[:2], 1)]
            text = "\n".join([*gates, *(f"NOTICE  {said}" for said in whole[2:])])
        case _:
            text = " ".join(whole)
    return f"{wish.starts} {text} {wish.ends}".strip()
