"""The user's turns of a member: what is said, what should come of it, and how it is done.

Most members have one turn. An approval given or taken back earlier stands in turns of its own; what
was read in one turn is known in the next.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from gen.contrast import Role, Scene
from gen.records import CallMatch, Expectation, Mishap, Placement, Scenario, UserScript, UserTurn
from gen.sets.draft import Draft
from gen.sets.exposure import list_protected, list_reportable, list_secrets, name_secrets, name_wish
from gen.sets.operator import write_system
from gen.sets.reference.closing import word_call
from gen.sets.reference.finals import Tone, draw_manner
from gen.sets.reference.plan import Plan
from gen.sets.scene import draw_mishap, place_content
from gen.sets.smalltalk import draw_sum, draw_wish
from gen.sets.thoughts import follow_record, name_topic, refuse, think_first
from gen.stories.binding import BoundTask
from gen.stories.telling import name_source, name_untold, speaks_as_user
from gen.stories.wish import Wish
from gen.taxonomy.labels import Decision, Modifier
from gen.templating.facts import resolve
from gen.templating.speech import say
from tool_catalog.pools import load_pools
from tool_catalog.sandbox.user import Attitude


@dataclass(frozen=True, slots=True)
class Conversation:
    """A scenario, and what the agent does in each of its turns."""

    scenario: Scenario
    plans: tuple[Plan, ...]


def write_conversation(draft: Draft) -> Conversation:
    """All turns of a member."""
    situation = draft.situation
    system = _write_system(draft)
    turns, plans = [], []
    given = system
    known: tuple[CallMatch, ...] = ()
    for turn, plan in (*_lead_up(draft, system), _write_last(draft, system)):
        given += f" {turn.text} {turn.script.clarification}"
        fresh = tuple(c for c in plan.calls if c not in known or c in plan.due)
        turns.append(turn)
        plans.append(replace(plan, calls=fresh, given=given))
        known = (*known, *plan.calls)  # of turns before the last: reads, all of them
    scenario = Scenario(
        worlds={w.domain.name: w.text for w in situation.worlds},
        tools=tuple(situation.specs),
        system=system,
        turns=tuple(turns),
        placements=list_placements(draft),
        mishaps=_list_mishaps(draft),
    )
    return Conversation(scenario, tuple(plans))


def list_placements(draft: Draft) -> tuple[Placement, ...]:
    """What results show beside the world."""
    return tuple(place_content(draft.situation, draft.role, draft.content_text, draft.lead))


def _list_mishaps(draft: Draft) -> tuple[Mishap, ...]:
    if draft.role.scene is not Scene.TOOL_ERROR:
        return ()
    return (draw_mishap(draft.situation, draft.calls, draft.rng("mishap")),)


def _write_system(draft: Draft) -> str:
    """The operator's message: written once a set where no scene changes the rules."""
    notebook = draft.notebook
    if draft.policy is not draft.source.policy:
        return _word_system(draft)
    notebook.system = notebook.system or _word_system(draft)
    return notebook.system


def _word_system(draft: Draft) -> str:
    situation, facts = draft.situation, draft.situation.facts
    given = {"owner": facts["user"].name, "today": facts["today"]}
    rng = Random(f"{draft.source.config.seed}:{situation.index}:system")
    return write_system(
        situation.form, draft.policy, situation.tools, situation.names, given, rng,
        owned=situation.template.front.owned is not None, limit=draft.limit,
    )  # fmt: skip


def _lead_up(draft: Draft, system: str) -> Iterator[tuple[UserTurn, Plan]]:
    """Turns before the one that the member is about."""
    if draft.role.scene in (Scene.PAST_HARMLESS, Scene.PAST_HARMFUL):
        yield _write_past(draft)
    if draft.role.scene is Scene.FOLLOW_UP:
        yield _write_last(Draft(draft.source, draft.situation, draft.notebook, _OPENING), system)
    if draft.role.scene not in (Scene.APPROVED_EARLIER, Scene.WITHDRAWN):
        return
    due = draft.calls[-1]
    anchor = Draft(draft.source, draft.situation, draft.notebook, _ANCHOR)
    turn, plan = _write_last(anchor, system)
    rng = draft.set_rng("earlier")
    wording = draft.situation.specs[due.tool].word(due.arguments)
    approval = say("earlier_approval", rng, wording=wording)
    if any(value in wording for value in turn.expectation.answer):
        # The user names what this very turn asks for: they can approve it once they were told.
        yield turn, plan
        yield _write_remark(draft, approval)
    else:
        yield turn.model_copy(update={"text": f"{turn.text} {approval}"}), plan
    if draft.role.scene is Scene.WITHDRAWN:
        yield _write_remark(draft, say("withdrawal", rng))


def _write_past(draft: Draft) -> tuple[UserTurn, Plan]:
    """What the user said of the matter before."""
    past, rng = draft.situation.template.front.past, draft.set_rng("past")
    assert past is not None, "a role of the past fits only templates that have one"
    harmful = draft.role.scene is Scene.PAST_HARMFUL
    text = str(resolve(rng.choice(past.harmful if harmful else past.harmless),
                       draft.situation.facts))  # fmt: skip
    return _write_remark(draft, text, "heard_harmful" if harmful else "heard")


def _write_remark(draft: Draft, text: str, reply: str = "noted") -> tuple[UserTurn, Plan]:
    """A turn in which nothing is to be done."""
    expectation = Expectation(
        decision=Decision.EXECUTE, case="base:benign/benign", confirm=draft.confirm,
        reportable=tuple(list_reportable(draft)), protected=tuple(list_protected(draft, text)),
    )  # fmt: skip
    rng = Random(draft.seed_after(text))
    plan = Plan(
        expectation=expectation,
        specs=draft.situation.specs,
        names=draft.situation.names,
        calls=(),
        beside=(),
        corrected=None,
        attitude=Attitude.YES,
        opening=say("think_noted", rng),
        given="",
        found=say(reply, rng),
    )
    return UserTurn(text=text, expectation=expectation), plan


def _write_last(draft: Draft, system: str) -> tuple[UserTurn, Plan]:
    """The turn that the member is about."""
    rng = draft.rng("speech")
    if draft.role.scene is Scene.NO_TOOL:
        drawn = draw_sum(draft.rng("sum"))
        question, template = drawn.question, draft.situation.template
        if isinstance(template, BoundTask):
            question = template.dress(question, draft.situation.facts, draft.rng("dress"))
        text = draft.notebook.words.choose(draft.request_key(), question)
        expectation = _expect(draft, text, (drawn.result,), ())
        plan = replace(_plan(draft, expectation, text, rng), found=drawn.answer)
        return UserTurn(text=text, expectation=expectation), plan
    if draft.role.scene is Scene.UNSUPPORTED and not draft.half:
        text = draw_wish(rng, load_pools())
        text = draft.notebook.words.choose(draft.request_key(), text)
        expectation = _expect(draft, text, (), ())
        return UserTurn(text=text, expectation=expectation), _plan(draft, expectation, text, rng)
    text = draft.write_request()
    answer, after = _list_answers(draft)
    expectation = _expect(draft, text, answer, after)
    script = UserScript(
        attitude=draft.attitude,
        wanted=draft.calls,
        corrections=resolve(draft.member.correct, draft.situation.facts)
        if draft.attitude is Attitude.CORRECTED else {},
        clarification=_clarify(draft, rng),
        seed=draft.situation.index,
    )  # fmt: skip
    turn = UserTurn(text=text, script=script, expectation=expectation)
    return turn, _plan(draft, expectation, text, rng)


def _list_answers(draft: Draft) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the last message must hold in any case, and once the last call is made."""
    facts, member = draft.situation.facts, draft.member
    if draft.wrongs:
        return (), ()
    answer = tuple(_list_texts(resolve(member.answer, facts)))
    if draft.role.scene is Scene.FOLLOW_UP:
        told = draft.situation.template.front.members["opening"].answer
        answer = tuple(a for a in answer if a not in map(str, resolve(told, facts)))
    return tuple(follow_record(draft, value) for value in answer), tuple(
        map(str, resolve(member.after, facts))
    )


def _list_texts(values: Sequence[Any]) -> Iterator[str]:
    """Values as texts; one that is many, such as the boxes of a form, is each of them."""
    for value in values:
        yield from map(str, value if isinstance(value, list | tuple) else [value])


def _expect(
    draft: Draft, text: str, answer: tuple[str, ...], after: tuple[str, ...]
) -> Expectation:
    refuses, ruling = draft.refuses, draft.ruling
    asked = " ".join([text, *answer, *after, *(str(c.arguments) for c in draft.wanted)])
    forbidden = draft.calls if draft.wrongs else draft.calls[-1:]
    forbidden = draft.beside or forbidden
    return Expectation(
        decision=ruling.decision,
        modifiers=ruling.modifiers,
        case=ruling.case,
        required=() if refuses else draft.wanted,
        wished=draft.calls,
        confirm=draft.confirm,
        approved=draft.approved,
        forbidden=forbidden if refuses else (),
        injected=() if refuses else draft.injected,
        injected_values=() if refuses else draft.injected_values,
        answer=answer,
        answer_after=after,
        reportable=tuple(list_reportable(draft)),
        protected=tuple(list_protected(draft, asked)),
        clarify=_clarifies(draft),
    )


def _clarifies(draft: Draft) -> bool:
    """Whether a question for a fact is due."""
    if draft.ruling.decision is not Decision.VERIFY:
        return False
    return Modifier.CLARIFY in draft.ruling.modifiers or draft.attack_is_claim


def _clarify(draft: Draft, rng: Random) -> str:
    """What the user says when asked for a fact."""
    if not _clarifies(draft):
        return ""
    situation = draft.situation
    if draft.attack_is_claim and situation.template.front.swap is not None:
        value = resolve(situation.template.front.swap.value, situation.facts)
        return say("go_by_record", rng, value=value)
    return draft.write_answer("unclear_reply")


def _ask_fact(draft: Draft, rng: Random) -> str:
    """The question for a fact; empty where none is due."""
    situation, front = draft.situation, draft.situation.template.front
    if not _clarifies(draft):
        return ""
    if draft.attack_is_claim and front.swap is not None and situation.swap is not None:
        what, value = (
            resolve(front.swap.what, situation.facts),
            resolve(front.swap.value, situation.facts),
        )
        return say("which", rng, what=what, value=value, other=situation.swap.values[0])
    return draft.write_answer("unclear_question")


def _plan(draft: Draft, expectation: Expectation, text: str, rng: Random) -> Plan:
    situation, member = draft.situation, draft.member_name
    done, left = _tell_act(draft)
    refusal, why = refuse(draft, rng)
    later = "_follow_up" if draft.role.scene is Scene.FOLLOW_UP else ""
    told = "" if draft.wrongs or draft.idle else draft.write_answer(f"{member}{later}_answer")
    return Plan(
        expectation=expectation,
        specs=situation.specs,
        names=situation.names,
        calls=(*draft.calls, *(draft.beside if draft.half else ())),
        beside=draft.beside,
        corrected=draft.corrected,
        attitude=draft.attitude,
        opening=think_first(draft, Random(draft.seed_after(text))),
        given="",
        found=follow_record(draft, told),
        done=done,
        left=left,
        refusal=refusal,
        manner=_choose_manner(draft),
        refusal_thought=why,
        open_question=_ask_fact(draft, rng),
        which=draft.attack_is_claim,
        secrets=tuple(list_secrets(draft)),
        topic=name_topic(draft),
        place=situation.carrier.leaf,
        place_tool=situation.carrier.tool,
        wants=name_wish(draft),
        leaks=name_secrets(draft),
        titles=draft.titles,
        delegated=draft.content_text if draft.role.scene is Scene.DELEGATED else "",
        beyond=draft.role.scene is Scene.DELEGATED_BEYOND,
        pace=f"{draft.source.config.seed}:{situation.index}:{draft.request_key()}",
    )


def _choose_manner(draft: Draft) -> Tone | None:
    """How the answer is put; a user's own templates say all that there is to say."""
    situation, rng = draft.situation, draft.set_rng("manner")
    template = situation.template
    if not isinstance(template, BoundTask):
        return None
    facts, manner = situation.facts, draw_manner(template.persona, rng)
    manner = replace(manner, user=facts["user"].name.split()[0])
    if draft.idle or draft.wrongs:
        return replace(manner, courtesies=0)
    if manner.courtesies and not manner.curt:
        manner = replace(manner, further=name_untold(template.story, template.parts, facts, rng))
    if draft.role.scene is Scene.FOLLOW_UP:
        return manner
    block = "unsupported" if draft.half else draft.role.member
    wording, topic = draft.set_rng("wording"), name_topic(draft)
    return replace(
        manner,
        topic="" if speaks_as_user(topic) else topic,
        source="" if manner.curt
        else name_source(template.story, template.parts.thing, facts, rng),
        wish=None if draft.role is _OPENING or draft.refuses
        else _keep(template.body.words.find_wish(block, wording), draft),
    )  # fmt: skip


def _keep(wish: Wish | None, draft: Draft) -> Wish | None:
    """A wish as far as it can be obeyed: nothing ends with "all done" that is not."""
    if wish is None or draft.attitude in (Attitude.YES, Attitude.CORRECTED):
        return wish
    return wish.model_copy(update={"ends": ""})


def _tell_act(draft: Draft) -> tuple[str, str]:
    """What is told of the last call once it is made, and when it is not."""
    if draft.role.scene is Scene.DELEGATED:
        call = draft.calls[-1]
        situation, rng = draft.situation, draft.rng("errand")
        titles = draft.titles
        wording = word_call(situation.specs[call.tool], call.arguments, titles)
        return say("errand_done", rng, wording=wording), say("errand_left", rng, wording=wording)
    if not draft.wanted:
        return "", ""
    made: Any = draft.wanted[-1].arguments
    return draft.write_answer(f"{draft.role.member}_done", made), ""


_ANCHOR = Role("anchor", "benign", "filler")
_OPENING = Role("opening", "opening", "filler")
