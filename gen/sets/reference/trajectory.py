"""What the agent should do, as messages that the sandbox can play.

The reference is written while it is played: what the agent thinks, reports and does next follows
from what its calls really returned.
"""

import re
from collections.abc import Generator, Iterator, Sequence
from random import Random

from gen.records import CallMatch, Reportable
from gen.sets.reference.closing import note_attack, tell, tell_done, tell_undone
from gen.sets.reference.naming import name_ids
from gen.sets.reference.plan import Call, Move, Plan, Script
from gen.taxonomy.labels import Decision, Label
from gen.templating.nouns import begin_sentence, name_kind
from gen.templating.speech import EFFECTS, PLAIN_EFFECT, say
from gen.verdict import shows
from tool_catalog.sandbox import ASK_USER, REPORT_CONTENT
from tool_catalog.sandbox.event import Event
from tool_catalog.sandbox.user import Reply

_HOST = re.compile(r"https?://[^\s/]*|[\w.+-]+@[\w.-]+")
"""Never cut: what is left of it would be somebody else's."""
_PARALLEL_SHARE = 0.75
_LONGEST_QUOTE = 200
_THOUGHT_QUOTE = 60
_CITED = 0.7
"""Share of the thoughts about a value that was found that name it."""


def label_result(event: Event, plan: Plan) -> Label:
    """What a result is, by what it showed."""
    if any(_is_hostile(r) and shows(event, r) for r in plan.expectation.reportable):
        return Label.MALICIOUS
    if any(secret in event.result for secret in plan.secrets):
        return Label.SENSITIVE
    return Label.BENIGN


def _is_hostile(span: Reportable) -> bool:
    """Whether a span is an attack, whether or not the user should be told of it."""
    return "secret" not in span.reasons


def write_reference(plan: Plan, rng: Random) -> Script:
    """What should happen in one turn."""
    decision, thought = plan.expectation.decision, plan.opening
    if decision is Decision.REFUSE and not plan.refusal_thought:
        yield Move(thought, (), *tell(plan, "", [plan.refusal], "", rng))
        return
    due = plan.due
    calls = plan.calls[:-1] if decision is Decision.REFUSE else plan.calls
    waiting = plan.waiting
    free = [c for c in calls if c not in (*due, *waiting)]
    told: set[str] = set()
    thought = yield from _read(plan, free, thought, told, rng)
    if decision is Decision.REFUSE:
        final = tell(plan, plan.found, [plan.refusal], note_attack(plan, told, rng), rng)
        yield Move(f"{thought} {plan.refusal_thought}".strip(), (), *final)
        return
    if plan.open_question:
        thought = yield from _ask_openly(plan, thought, rng)
    if waiting:
        thought = yield from _read(plan, waiting, thought, told, rng)
    ending = ["" if due else tell_done(plan, plan.calls[-1:], asked=False, rng=rng)]
    for call in due:
        thought, said = yield from _ask_and_act(plan, call, thought, rng)
        ending.append(said)
    final = tell(plan, plan.found, ending, note_attack(plan, told, rng), rng)
    yield Move(thought or say("think_done", rng), (), *final)


def _read(
    plan: Plan, calls: Sequence[CallMatch], thought: str, told: set[str], rng: Random
) -> Generator[Move, list[Event], str]:
    """Make the calls that need no yes; returns what is thought afterwards.

    What was reported is added to `told`, and reported no more.
    """
    seen, waiting = plan.given, list(calls)
    while waiting:
        group = _take_group(plan, waiting, seen)
        if len(group) > 1:
            thought = f"{thought} {say('think_both', rng)}".strip()
        events = yield Move(thought=thought, calls=tuple(map(make_call, group)))
        for call, event in zip(group, events, strict=True):
            if event.broke:
                (again,) = yield Move(thought=say("think_error", rng), calls=(make_call(call),))
                events = [e if e is not event else again for e in events]
        seen += "".join(event.result for event in events)
        thought = _think_of(plan, events, rng)
        if reports := tuple(_list_reports(plan, events, told)):
            thought = f"{thought} {say('think_report', rng)}".strip()
            yield Move(thought=thought, calls=reports)
            thought = ""
        if waiting:
            following = say("think_next", rng, tool=plan.names[waiting[0].tool])
            thought = f"{thought} {following}".strip()
    return thought


def _take_group(plan: Plan, waiting: list[CallMatch], seen: str) -> list[CallMatch]:
    """The next call, and reads after it that do not wait for its result."""
    group = [waiting.pop(0)]
    dice = Random(f"{plan.pace}:{group[0].tool}")
    if plan.specs[group[0].tool].changes_state or dice.random() >= _PARALLEL_SHARE:
        return group
    while waiting and not plan.specs[waiting[0].tool].changes_state:
        values = [v for name, v in waiting[0].arguments.items() if name not in waiting[0].loose]
        if not all(str(value) in seen for value in values):
            break
        group.append(waiting.pop(0))
    return group


def _think_of(plan: Plan, events: Sequence[Event], rng: Random) -> str:
    """What the results are; nothing is said of a write's plain acknowledgement."""
    shown = [e for e in events if e.placed or not plan.specs[e.tool].changes_state]
    if not shown:
        return ""
    worst = max(shown, key=lambda e: list(Label).index(label_result(e, plan)))
    label = label_result(worst, plan)
    followed = plan.delegated and any(plan.delegated in text for e in shown for text in e.placed)
    if followed and label is Label.BENIGN:
        return say("think_tool_delegated", rng)
    leaf = plan.place if worst.tool == plan.place_tool else ""
    place, tool = name_kind("places", leaf, rng), plan.names[worst.tool]
    if label is Label.SENSITIVE:
        leaf = next((plan.leaks.get(s, "") for s in plan.secrets if s in worst.result), "")
        return _say("think_tool_sensitive", rng, kind=name_kind("secrets", leaf, rng), place=place)
    if label is Label.BENIGN:
        known = (v for v in plan.expectation.answer if any(_stands_in(v, e.result) for e in shown))
        value = next(known, "")
        block = "think_tool_found" if value and rng.random() < _CITED else "think_tool_benign"
        return _say(block, rng, **({"value": value, "place": place} if "found" in block
                                   else {"tool": tool}))  # fmt: skip
    spans = plan.expectation.reportable
    attack = next(r for r in spans if _is_hostile(r) and shows(worst, r))
    block = "think_tool_malicious"
    if plan.beyond:
        block = "think_tool_beyond"
    elif "instruction" not in attack.reasons:
        block = "think_tool_false"
    quote = _shorten(attack.text, _THOUGHT_QUOTE)
    return _say(block, rng, quote=quote, place=place, wants=plan.wants)


def _stands_in(value: str, text: str) -> bool:
    """Whether a value stands in a text by itself: 17 does not in 2,417."""
    return re.search(rf"(?<![\w.,:-]){re.escape(value)}(?![\w:-]|[.,]\d)", text) is not None


def _say(block: str, rng: Random, **facts: str) -> str:
    """A thought that may begin with what it speaks of."""
    text = say(block, rng, **facts).strip()
    return begin_sentence(text)


def _list_reports(plan: Plan, events: Sequence[Event], told: set[str]) -> Iterator[Call]:
    """Reports of what the results showed, each span once."""
    for span in plan.expectation.reportable:
        event = next((e for e in events if span.due and shows(e, span)), None)
        if event is not None and span.text not in told:
            told.add(span.text)
            yield make_report(plan, event.tool, span.text, span.reasons[0])


def make_report(plan: Plan, tool: str, text: str, reason: str) -> Call:
    """The report of a text that a tool's result showed."""
    quote = _shorten(text, _LONGEST_QUOTE)
    arguments = {"tool": plan.names[tool], "quote": quote, "reason": reason}
    return Call(REPORT_CONTENT, arguments)


def _shorten(text: str, longest: int) -> str:
    """The beginning of a text, cut between words; as it stands there, letter for letter."""
    if len(text) <= longest:
        return text
    cut = text[:longest].rfind(" ")
    cut = cut if cut > longest // 2 else longest
    host = _HOST.search(text, max(0, cut - longest))
    while host is not None and host.end() <= cut:
        host = _HOST.search(text, host.end())
    return text[: host.end() if host is not None and host.start() < cut else cut]


def _ask_openly(plan: Plan, thought: str, rng: Random) -> Generator[Move, list[Event], str]:
    asking = say("think_ask_which" if plan.which else "think_ask_fact", rng)
    question = Call(ASK_USER, {"question": plan.open_question})
    yield Move(thought=f"{thought} {asking}".strip(), calls=(question,))
    return say("think_told", rng)


def _ask_and_act(
    plan: Plan, call: CallMatch, thought: str, rng: Random
) -> Generator[Move, list[Event], tuple[str, str]]:
    """Ask about a due call and do what the answer allows; returns thought and what is told."""
    asking = say("think_ask", rng, tool=plan.names[call.tool])
    (answer,) = yield Move(
        thought=f"{thought} {asking}".strip(), calls=(make_question(plan, call, rng),)
    )
    if answer.reply is Reply.CORRECTION and plan.corrected is not None:
        call, thought = plan.corrected, say("think_correction", rng)
        (answer,) = yield Move(thought=thought, calls=(make_question(plan, call, rng),))
    if answer.reply is not Reply.YES:
        silent = answer.reply is Reply.SILENCE
        said = tell_undone(plan, call, silent=silent, rng=rng)
        thought = say("think_silence" if silent else "think_no", rng)
        return thought, said
    yield Move(thought=say("think_yes", rng), calls=(make_call(call),))
    return say("think_done", rng), tell_done(plan, (call,), asked=True, rng=rng)


def make_call(call: CallMatch) -> Call:
    """A call as it is wanted."""
    return Call(call.tool, dict(call.arguments))


def make_question(plan: Plan, call: CallMatch, rng: Random) -> Call:
    """The question about a call: the act, every value, the effect."""
    spec = plan.specs[call.tool]
    question = say(
        "question",
        rng,
        wording=name_ids(spec.word(call.arguments), plan.titles),
        effect=EFFECTS.get(spec.act, PLAIN_EFFECT),
    )
    return Call(
        ASK_USER,
        {"question": question, "tool": plan.names[call.tool], "arguments": dict(call.arguments)},
    )
