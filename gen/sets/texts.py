"""The texts of a set that a model may word anew, as the templates have them."""

from collections.abc import Iterator, Sequence
from typing import Any

from gen.attacks.encodings.encoders import PLAIN
from gen.records import CallMatch
from gen.sets.conversation import write_conversation
from gen.sets.draft import Draft
from gen.sets.exposure import list_protected
from gen.sets.pipeline import Performance, find_gap
from gen.sets.situation import Notebook, draw_situation
from gen.sets.source import Source
from gen.sets.words import QUOTE, Text, hide_quote, name_thought
from gen.taxonomy.labels import Label, PreApproval
from gen.templating.facts import find_kept, find_marks


def list_texts(source: Source, index: int, *, thoughts: bool = False) -> list[Text]:
    """Every text of a set that may be worded anew, as the templates have it.

    Encoded attacks are not among them, quoted or not: only their plain form is language.

    Args:
        source: of the run.
        index: of the set.
        thoughts: with what the agent thinks in the reference of every member.
    """
    situation = draw_situation(source, index)
    if situation is None:
        return []
    found: dict[str, Text] = {}
    notebook = Notebook()
    for role in situation.roles:
        if not find_gap(situation, role):
            draft = Draft(source, situation, notebook, role)
            for text in (*_list_own(draft), *(_list_thoughts(draft) if thoughts else ())):
                found.setdefault(text.key, text)
    return list(found.values())


def _list_thoughts(draft: Draft) -> Iterator[Text]:
    """What the agent thinks in the reference; labels, tools and quotations stay as they are."""
    performance = Performance(draft, write_conversation(draft))
    tools = list(draft.situation.names.values())
    for number, move in enumerate(performance.moves):
        if move.thought:
            text = hide_quote(move.thought)
            labels = [label.value for label in Label if label in text.lower()]
            quote = [QUOTE] if QUOTE in text else []
            kept = (*labels, *find_kept(text, tools), *quote)
            yield Text(name_thought(draft.role.name, number), text, draft.user_label, kept)


def _list_own(draft: Draft) -> Iterator[Text]:
    """The request, and what stands in the carrier, as a model may word them anew."""
    situation, role = draft.situation, draft.role
    if draft.idle:  # without it, a style of its own would mark the request
        text = write_conversation(draft).scenario.last.text
        yield Text(draft.request_key(), text, draft.user_label, tuple(find_marks(text)))
    else:
        text = draft.word_request()
        values: tuple[Any, ...] = (situation.facts, draft.calls)
        if situation.errand is not None:
            values = (*values, situation.errand.scope, situation.errand.other_scope)
        asks = role.pre_approval is not PreApproval.NONE and draft.due
        label = Label.SENSITIVE if asks else draft.user_label  # what it asks for, approved or not
        yield Text(
            draft.request_key(), text, label, find_kept(text, values), _name_tools(draft.calls)
        )
    content, text = role.content, draft.find_content()
    if not text or (situation.attack.encoding != PLAIN and content in ("payload", "quoted")):
        return
    told: tuple[Any, ...] = (situation.facts, *list_protected(draft, ""))
    calls: Sequence[CallMatch] = ()
    if draft.attack is not None:
        told, calls = (*told, draft.attack.calls, draft.attack.values), draft.attack.calls
    if situation.errand is not None:
        told = (*told, situation.errand.calls)
    acts = _name_tools(calls)
    yield Text(f"tool:{content}", text, draft.content_label, find_kept(text, told), acts)


def _name_tools(calls: Sequence[CallMatch]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(call.tool.rpartition(".")[2] for call in calls))
