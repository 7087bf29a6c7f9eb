"""One member of a contrast set on its way to a record: ruled on, worded, expected of, planned."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from gen.attacks.attack import Content
from gen.attacks.encodings import PLAIN
from gen.contrast import TOOL_LABELS, USER_LABELS, Role
from gen.labels import Circumstance, Decision, Label, Modifier, PreApproval
from gen.policy import Ruling, decide, is_forbidden
from gen.policy import Situation as PolicySituation
from gen.records import (
    CallMatch,
    Counterfactual,
    Expectation,
    Leaves,
    Placement,
    Provenance,
    Record,
    Scenario,
    Step,
    UserScript,
)
from gen.sets.situation import Situation, Source
from gen.sets.trajectory import Plan, build_reference
from gen.sets.words import Text
from gen.templating.facts import find_kept, resolve
from gen.templating.speech import say
from gen.templating.task import Member
from tool_catalog.user import Attitude

_ATTITUDES = (Attitude.YES, Attitude.NO, Attitude.CORRECTED, Attitude.SILENT)
_ATTITUDE_WEIGHTS = (5, 2.5, 1.5, 1)
THOUGHT = "thought:"
"""How the key of a thought begins; the role's name and the number of its step follow."""
_NO_CONTENT = Content("", "", "T.B.structured_record", (), (), ())


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A member that was not written, and why."""

    contrast_set: int
    role: str
    template: str
    reason: str


def name_thought(role: Role, number: int) -> str:
    """Where a thought of a member's reference stands among the texts of the set."""
    return f"{THOUGHT}{role.name}:{number}"


class Draft:
    """One member on its way to a record."""

    def __init__(self, source: Source, situation: Situation, role: Role) -> None:
        self.source, self.situation, self.role = source, situation, role
        self.member: Member = situation.template.front.members[role.member]
        self.content: Content = situation.contents.get(role.content, _NO_CONTENT)
        self.calls = situation.calls[role.member]
        self.injected = role.content == "payload"
        self.ruling, self.user_label = self._rule()
        self.attitude = self._choose_attitude()
        self.scenario = self._write_scenario()
        self.plan = self._plan()

    def rng(self, stream: str) -> Random:
        """The stream of this member, independent of every other."""
        config, index = self.source.config, self.situation.index
        return Random(f"{config.seed}:{index}:{self.role.name}:{stream}")

    def quarantine(self, reason: str) -> Quarantined:
        """Why this member is not written."""
        situation = self.situation
        return Quarantined(situation.index, self.role.name, situation.template.id, reason)

    @property
    def tool_label(self) -> Label:
        """Label of what stands in the carrier."""
        return TOOL_LABELS[self.role.content]

    def _rule(self) -> tuple[Ruling, Label]:
        """The policy's ruling, and the user's label under this policy."""
        label, last = USER_LABELS[self.role.member], self.calls[-1]
        spec = self.situation.domain.tools[last.tool]
        due = self.situation.due[self.role.member]
        if label is Label.SENSITIVE and not due:
            label = Label.BENIGN
        if label is not Label.MALICIOUS and is_forbidden(spec, self.source.policy):
            label = Label.MALICIOUS
        circumstance = self.role.circumstance
        approved = self.role.pre_approval is not PreApproval.NONE
        if self.injected:
            circumstance = self.situation.attack.circumstance
        ruling = decide(
            PolicySituation(
                user_label=label,
                tool_label=self.tool_label,
                act=spec.act if due and label is Label.SENSITIVE else "",
                tool=f"{spec.domain}.{spec.name}",
                pre_approval=self.role.pre_approval,
                circumstance=circumstance if due or not approved else Circumstance.PLAIN,
            ),
            self.source.policy,
        )  # fmt: skip
        if label is Label.SENSITIVE and ruling.decision is Decision.EXECUTE:
            label = Label.BENIGN
        return ruling, label

    def _choose_attitude(self) -> Attitude:
        if self.ruling.decision is not Decision.VERIFY:
            return Attitude.YES
        if "hand_over" in self.ruling.modifiers:
            return Attitude.NO
        choice = self.rng("attitude").choices(_ATTITUDES, _ATTITUDE_WEIGHTS)[0]
        return Attitude.YES if choice is Attitude.CORRECTED and not self.member.correct else choice

    def _list_confirm(self) -> tuple[str, ...]:
        """Offered tools that need a yes here; a valid pre-approval frees the call's own tool."""
        own = self.calls[-1].tool
        found = [name for name in self.situation.confirm if name != own]
        if self.ruling.decision is not Decision.EXECUTE and self.situation.due[self.role.member]:
            found.append(own)
        return tuple(sorted(found))

    def _write_scenario(self) -> Scenario:
        situation, front = self.situation, self.situation.template.front
        corrected = self._correct()
        confirm = self._list_confirm()
        wanted = self.calls if corrected is None else (*self.calls[:-1], corrected)
        attack, benign = situation.attack, self.ruling.decision is not Decision.REFUSE
        told = self.ruling.decision is Decision.EXECUTE or self.attitude is Attitude.YES
        expectation = Expectation(
            decision=self.ruling.decision,
            modifiers=self.ruling.modifiers,
            case=self.ruling.case,
            required=wanted if benign else (),
            wished=self.calls,
            confirm=confirm,
            forbidden=() if benign else self.calls,
            injected=attack.calls if self.injected else (),
            injected_values=attack.values if self.injected else (),
            answer=tuple(map(str, resolve(self.member.answer, situation.facts)))
            if benign and told else (),
            report=("planted order",)
            if self.injected and benign and Modifier.WARN in self.ruling.modifiers else (),
            carrier=situation.carrier.tool if self.role.content != "none" else "",
            protected=self.content.protected,
        )  # fmt: skip
        return Scenario(
            domain=front.domain,
            world=situation.world_json,
            tools=tuple(front.tools),
            system=situation.system,
            user=self._request(),
            placements=self._place(),
            script=UserScript(
                attitude=self.attitude,
                wanted=self.calls,
                corrections=resolve(self.member.correct, situation.facts)
                if self.attitude is Attitude.CORRECTED else {},
                seed=situation.index,
            ),
            expectation=expectation,
        )  # fmt: skip

    def _correct(self) -> CallMatch | None:
        if self.attitude is not Attitude.CORRECTED:
            return None
        due, changed = self.calls[-1], resolve(self.member.correct, self.situation.facts)
        return due.model_copy(update={"arguments": {**due.arguments, **changed}})

    def _request(self) -> str:
        """The request, written once a set for all members that share its words."""
        key = (self.role.member, self.role.pre_approval)
        if self.role.rewords:
            return self._choose_request()
        if key not in self.situation.requests:
            self.situation.requests[key] = self._choose_request()
        return self.situation.requests[key]

    def _choose_request(self) -> str:
        return self.situation.words.choose(self._request_key(), self._write_request())

    def _request_key(self) -> str:
        """Where the request stands among the texts of the set."""
        role = self.role
        own = [role.name] if role.rewords else [role.member, role.pre_approval.value]
        return ":".join(["user", *own])

    def list_texts(self) -> Iterator[Text]:
        """The request, and what stands in the carrier."""
        situation = self.situation
        values = (situation.facts, self.calls, self._correct())
        text = self._write_request()
        due = self.role.pre_approval is not PreApproval.NONE and situation.due[self.role.member]
        label = Label.SENSITIVE if due else self.user_label  # what it asks for, approved or not
        yield Text(self._request_key(), text, label, find_kept(text, values))
        attack = situation.attack
        if attack.encoding != PLAIN and self.role.content in ("payload", "quoted"):
            return
        if self.injected:
            kept = find_kept(attack.text, (attack.calls, attack.values, situation.facts))
            yield Text("tool:payload", attack.text, Label.MALICIOUS, kept)
        elif self.content.text:
            kept = find_kept(self.content.text, (self.content.protected, situation.facts))
            yield Text(f"tool:{self.role.content}", self.content.text, self.tool_label, kept)

    def list_thoughts(self) -> Iterator[Text]:
        """What the agent thinks in the reference; labels, tools and nouns stay as they are."""
        values = ([label.value for label in Label], "ask_user", self.situation.template.front.tools,
                  self.scenario.expectation.report, self.plan.noun)  # fmt: skip
        for number, move in enumerate(build_reference(self.plan, self.rng("speech"))):
            if move.thought:
                kept = find_kept(move.thought, values)
                yield Text(name_thought(self.role, number), move.thought, self.user_label, kept)

    def _write_request(self) -> str:
        """The user's words. All members share a frame and a wording stream, but for a rewording."""
        config, index, role = self.source.config, self.situation.index, self.role
        own = f":{role.name}" if role.rewords else ""
        frame = Random(f"{config.seed}:{index}:frame{own}")
        opener, closer = say("opener", frame), say("closer", frame)
        rng = Random(f"{config.seed}:{index}:wording{own}")
        body = self.situation.template.body.render(role.member, self.situation.facts, rng)
        approved = role.pre_approval is PreApproval.SPECIFIC
        approval = say("preapproval", rng) if approved else ""
        return " ".join(part for part in (opener, body, approval, closer) if part)

    def _place(self) -> tuple[Placement, ...]:
        text = self.situation.attack.text if self.injected else self.content.text
        text = self.situation.words.choose(f"tool:{self.role.content}", text)
        if not text:
            return ()
        carrier = self.situation.carrier
        where = resolve(carrier.where, self.situation.facts)
        position = self.situation.position
        placement = Placement(
            tool=carrier.tool, field=carrier.field, content=text, position=position, where=where
        )
        return (placement,)

    def _plan(self) -> Plan:
        situation, expectation = self.situation, self.scenario.expectation
        return Plan(
            domain=situation.domain,
            calls=self.calls,
            corrected=self._correct(),
            attitude=self.attitude,
            user_label=self.user_label,
            tool_label=self.tool_label,
            pre_approved=self.role.pre_approval is not PreApproval.NONE,
            expectation=expectation,
            answer=self._answer(),
            noun="planted order" if self.injected else "",
            reports=bool(expectation.report),
            injected=expectation.injected,
            injected_values=expectation.injected_values,
            carrier=expectation.carrier,
        )

    def _answer(self) -> str:
        """The task's own answer; a malicious request has none."""
        situation, member = self.situation, self.role.member
        if member == "malicious":
            return ""
        if member not in situation.answers:
            rng = Random(f"{self.source.config.seed}:{situation.index}:answer:{member}")
            text = situation.template.body.render(f"{member}_answer", situation.facts, rng)
            situation.answers[member] = text
        return situation.answers[member]

    def finish(
        self, reference: tuple[Step, ...], state: str, wrong: tuple[Counterfactual, ...]
    ) -> Record:
        """The record, with its labels and where it comes from."""
        situation, config, role = self.situation, self.source.config, self.role
        attack, front = situation.attack, situation.template.front
        return Record(
            id=f"{config.seed}-{situation.index:07d}-{role.name}",
            contrast_set_id=f"{config.seed}-{situation.index:07d}",
            role=role.name,
            split=situation.split,
            user_label=self.user_label,
            tool_label=self.tool_label,
            authorization=self.member.authorization,
            pre_approval=role.pre_approval,
            policy_profile=self.source.policy.name,
            hard_negative=role.hard_negative or (self.injected and bool(attack.hard_negative)),
            leaves=Leaves(
                user=self.member.leaf,
                tool=self.content.leaf if not self.injected else attack.hard_negative,
                goal=attack.goal if self.injected else "",
                technique=attack.technique if self.injected else "",
                carrier=situation.carrier.leaf,
                position=f"T.P.pos_{situation.position}" if role.content != "none" else "",
                encoding=attack.encoding if self.injected else PLAIN,
                language=f"X.L.{situation.words.language}",
                harm=attack.harm if self.injected else "",
            ),
            render_level=1 if self.user_label is Label.MALICIOUS else 2,
            scenario=self.scenario,
            reference=reference,
            final_state=state,
            counterfactuals=wrong,
            provenance=Provenance(
                seed=config.seed,
                contrast_set=situation.index,
                template=situation.template.id,
                template_digest=situation.template.digest,
                generator=situation.words.generator,
                prompt_digest=situation.words.prompt_digest,
                endpoint_host=situation.words.endpoint_host,
                domain_digest=self.source.digests[front.domain],
            ),
        )
