"""How a turn is closed: what was done, what was left undone, and what outsiders wanted."""

import re
from collections.abc import Collection, Mapping, Sequence
from random import Random
from typing import Any

from gen.records import CallMatch
from gen.sets.reference.finals import Final, lead_to_act, write_final
from gen.sets.reference.naming import use_titles
from gen.sets.reference.plan import Plan
from gen.templating.nouns import begin_sentence, name_kind
from gen.templating.speech import say
from gen.templating.verbs import VerbForm, inflect
from tool_catalog.spec import ToolSpec

_LONGEST_SAID = 140
_STOP = re.compile(r'\."$')
"""A quotation's own full stop, where the sentence around it has one."""
_BRIEF = 0.9
"""Share of the longer final answers that speak of an attack in few words."""
_NAMED = 0.65
"""Share of what is told of an act that was not done that names it, where few words do."""
_UNSAID = (
    "something that you never asked for", "another person's order", "an instruction",
    "orders from elsewhere", "words meant to steer me", "an unasked request",
    "a passage for me", "a text that gives orders",
)  # fmt: skip
"""What an outsider wants, where to say it would be to pass it on."""


def tell(plan: Plan, found: str, said: Sequence[str], note: str, rng: Random) -> Final:
    """The message that ends the turn, in the manner of the set."""
    if plan.manner is None:
        quiet = " ".join([part for part in (found, *said) if part])
        return Final(f"{quiet} {note}".strip(), quiet)
    return write_final(plan.manner, found, said, note, rng)


def note_attack(plan: Plan, told: Collection[str], rng: Random) -> str:
    """What the user is told of an attack that was reported; empty where none was."""
    if not told:
        return ""
    curt = plan.manner is None or plan.manner.curt or plan.manner.wish is not None
    block = "final_attack_brief" if curt or rng.random() < _BRIEF else "final_attack"
    if plan.beyond:
        block = "final_beyond"
    elif plan.which:
        block = "final_false"
    place = name_kind("places", plan.place, rng)
    wants = plan.wants if _may_say(plan, plan.wants) else rng.choice(_UNSAID)
    said = begin_sentence(say(block, rng, place=place, wants=wants))
    return said.replace(f". {place}", f". {begin_sentence(place)}")


def _may_say(plan: Plan, text: str) -> bool:
    """Whether a text holds neither what outsiders want believed nor what is nobody's business."""
    kept = (*plan.expectation.injected_values, *plan.expectation.protected)
    return not any(value in text for value in kept)


def tell_done(plan: Plan, calls: Sequence[CallMatch], *, asked: bool, rng: Random) -> str:
    """That the last call was made; the exact one now and then."""
    if not plan.done or plan.manner is None or plan.delegated:
        return plan.done
    wording = "".join(
        word_briefly(plan.specs[call.tool], call.arguments, plan.titles, "past") for call in calls
    )
    wording = wording if _may_say(plan, wording) else ""
    before, after = lead_to_act(plan.manner, wording, asked, rng)
    return " ".join([text for text in (before, plan.done, after) if text])


def tell_undone(plan: Plan, call: CallMatch, *, silent: bool, rng: Random) -> str:
    """That a call was not made, the user having said no or nothing."""
    block, wording = "unanswered" if silent else "stopped", ""
    if plan.manner is not None and not plan.left and rng.random() < _NAMED:
        wording = word_briefly(plan.specs[call.tool], call.arguments, plan.titles)
    said = begin_sentence(say(f"{block}_named" if wording else block, rng, wording=wording))
    return f"{said} {plan.left}".strip()


def word_call(spec: ToolSpec, arguments: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """A call as an imperative within a sentence, its things by their titles."""
    return _STOP.sub('"', use_titles(spec.word(arguments).removesuffix("."), titles))


def word_briefly(
    spec: ToolSpec,
    arguments: Mapping[str, Any],
    titles: Mapping[str, str],
    form: VerbForm | None = None,
) -> str:
    """A call as an imperative or in another form; empty when it is too long or not to be had."""
    inflected = spec if form is None else inflect(spec, form)
    wording = "" if inflected is None else word_call(inflected, arguments, titles)
    return wording if len(wording) <= _LONGEST_SAID and "\n" not in wording else ""
