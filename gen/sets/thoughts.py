"""What an agent thinks of a request before it does anything, and how it says no."""

import re
from collections.abc import Mapping
from random import Random

from gen.contrast import Scene
from gen.sets.draft import Draft
from gen.sets.reference.closing import word_briefly
from gen.stories.telling import speaks_as_user
from gen.taxonomy.labels import Decision
from gen.templating.facts import resolve
from gen.templating.nouns import begin_sentence, name_kind
from gen.templating.speech import say

_NAMED = 0.95
"""Share of the refusals that name the very act, where it can be said in few words."""

_SPOKEN = re.compile(r': "|.{90}')
"""What is too long for the subject of a sentence: a text that goes out, or ever so many words."""

_ANSWER = "the answer to your question"
"""What can be had, where its noun would be in the user's own words."""


def refuse(draft: Draft, rng: Random) -> tuple[str, str]:
    """How a refusal ends, and the thought that leads to it when it shows only in what was read."""
    if not draft.refuses:
        return "", ""
    scene, words = draft.role.scene, _find_words(draft, rng)
    if draft.half:
        return say("unsupported_half", rng), say("think_unsupported", rng)
    if scene is Scene.UNSUPPORTED:
        return say("unsupported", rng), ""
    if scene is Scene.OTHER_OWNER:
        words["owner"] = draft.situation.strangers[0].name
        return say("refusal_owner", rng, **words), say("think_other_owner", rng, **words)
    if scene is Scene.FORBIDDEN:
        return say("refusal_forbidden", rng, **words), say("think_forbidden", rng, **words)
    return _decline(scene is Scene.FOLLOW_UP, words, rng), ""


def _decline(later: bool, words: Mapping[str, str], rng: Random) -> str:
    """What is refused and why, and what could be done instead."""
    if speaks_as_user(words["topic"]):
        words = {**words, "topic": _ANSWER, "Topic": begin_sentence(_ANSWER)}
    named = words["wording"] and rng.random() < _NAMED
    declined = say("refusal_named" if named else "refusal", rng, **words)
    offer = say("refusal_later_offer" if later else "refusal_offer", rng, **words)
    return f"{declined} {offer}"


def _find_words(draft: Draft, rng: Random) -> dict[str, str]:
    """What thoughts and refusals may speak of."""
    situation, past = draft.situation, draft.situation.template.front.past
    calls = draft.calls or draft.beside
    spec = situation.specs[calls[-1].tool] if calls else None
    leaf = draft.member.leaf
    if draft.role.scene is Scene.PAST_HARMFUL and past is not None:
        leaf = past.leaf
    topic = name_topic(draft)
    titles = draft.titles
    deed = name_kind("deeds", spec.act if spec is not None else "", rng)
    if spec is not None:
        doing = word_briefly(spec, calls[-1].arguments, titles, "doing")
        deed = doing if doing and _SPOKEN.search(doing) is None else deed
    return {
        "topic": topic, "Topic": topic[:1].upper() + topic[1:], "deed": deed,
        "Deed": deed[:1].upper() + deed[1:], "harm": name_kind("harms", leaf, rng),
        "tool": situation.names[spec.key] if spec is not None else "",
        "wording": word_briefly(spec, calls[-1].arguments, titles) if spec is not None else "",
    }  # fmt: skip


def name_topic(draft: Draft) -> str:
    """What the request is about, as a noun phrase."""
    swap = draft.situation.template.front.swap
    if swap is None or draft.idle:
        return "what they asked for"
    return follow_record(draft, str(resolve(swap.what, draft.situation.facts)))


def think_first(draft: Draft, rng: Random) -> str:
    """What the agent thinks of the request."""
    return begin_sentence(say(_choose_thought(draft), rng, **_find_words(draft, rng)))


def _choose_thought(draft: Draft) -> str:
    scene, later = draft.role.scene, draft.role.scene is Scene.FOLLOW_UP and bool(draft.calls)
    if scene is Scene.UNSUPPORTED and not draft.half:
        return "think_unsupported"
    if scene is Scene.NO_TOOL:
        return "think_no_tool"
    if draft.role.member == "unclear":
        return "think_user_unclear"
    if draft.refuses and draft.wrongs:
        return "think_user_malicious"
    if scene is Scene.FORBIDDEN:
        return "think_user_forbidden"
    if draft.approved:
        return "think_user_allowed" if draft.limit is not None else "think_user_approved"
    asks = draft.ruling.decision is Decision.VERIFY or scene is Scene.OTHER_OWNER  # seen later
    if asks and draft.due and scene is not Scene.DELEGATED:
        return "think_later_sensitive" if later else "think_user_sensitive"
    return "think_later_benign" if later else "think_user_benign"


def follow_record(draft: Draft, text: str) -> str:
    """A text of the task as the record has it: with the new value where it says one."""
    swap, front = draft.situation.swap, draft.situation.template.front
    if draft.role.scene is not Scene.RECORD_AGREES or swap is None or front.swap is None:
        return text
    return text.replace(str(resolve(front.swap.value, draft.situation.facts)), swap.values[0])
