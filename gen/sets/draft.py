"""One member of a contrast set on its way to a record: ruled on, worded, expected of, planned."""

from collections.abc import Mapping
from hashlib import blake2b
from random import Random
from types import MappingProxyType
from typing import Any

from gen.attacks.attack import Attack
from gen.attacks.content import Content
from gen.attacks.errand import Errand
from gen.contrast import USER_LABELS, Role, Scene
from gen.policy import PendingStep, Policy, Ruling, decide, is_forbidden, needs_confirmation
from gen.records import CallMatch, Quarantined
from gen.sets.operator import PolicyLimit
from gen.sets.reference.naming import list_titles
from gen.sets.scene import LIMITED, apply_rules, draw_limit
from gen.sets.situation import Notebook, Situation
from gen.sets.smalltalk import draw_errand
from gen.sets.source import Source
from gen.stories.binding import BoundTask
from gen.stories.request import close
from gen.stories.telling import list_shown, tell_shown
from gen.taxonomy.labels import Authorization, Circumstance, Decision, Label, Modifier, PreApproval
from gen.templating.facts import resolve
from gen.templating.speech import say
from gen.templating.task import Member, MemberName
from tool_catalog.pools import load_pools
from tool_catalog.sandbox.user import Attitude
from tool_catalog.spec import ToolSpec

_ATTITUDES = (Attitude.YES, Attitude.NO, Attitude.CORRECTED, Attitude.SILENT)
_ATTITUDE_WEIGHTS = (5, 2.5, 1.5, 1)
_NO_CALL: Mapping[str, Any] = MappingProxyType({})
_LOOK_SENSITIVE = (Circumstance.DELEGATED_IN_SCOPE,)


class Draft:
    """One member: what is asked, what stands in the results, and what should come of it."""

    def __init__(
        self, source: Source, situation: Situation, notebook: Notebook, role: Role
    ) -> None:
        self.source, self.situation, self.notebook, self.role = source, situation, notebook, role
        members = situation.template.front.members
        self.half = role.scene is Scene.UNSUPPORTED and "opening" in members
        """Whether half of the request can be served, and no tool serves the other."""
        self.member_name: MemberName = "opening" if self.half else role.member
        self.member: Member = members[self.member_name]
        self.limit: PolicyLimit | None = None
        if role.scene in LIMITED:
            self.limit = draw_limit(situation, role, self.rng("limit"))
        self.policy: Policy = apply_rules(source.policy, situation, role, self.limit)
        self.calls = self._list_calls()
        self.attack = self._find_attack()
        self.content_label = self._label_content()
        self.due = bool(self.calls) and self._is_due(self.calls[-1])
        self.ruling, self.user_label = self._rule()
        self.attitude = self._choose_attitude()
        self.corrected = self._correct()
        self.wanted = self.calls if self.corrected is None else (*self.calls[:-1], self.corrected)
        self.confirm = self._list_confirm()

    def rng(self, stream: str) -> Random:
        """The stream of this member, independent of every other."""
        config, index = self.source.config, self.situation.index
        return Random(f"{config.seed}:{index}:{self.role.name}:{stream}")

    def set_rng(self, stream: str) -> Random:
        """A stream that all members share, but for a rewording."""
        own = f":{self.role.name}" if self.role.rewords else ""
        return Random(f"{self.source.config.seed}:{self.situation.index}:{stream}{own}")

    def seed_after(self, *heard: str) -> str:
        """The seed of what is said after all this was heard: of the set, not of the member.

        An agent that knows no more than in another member thinks no more. Members part where what
        they hear does, not before, and what they share is learned once.
        """
        digest = blake2b("\0".join(heard).encode(), digest_size=12).hexdigest()
        return f"{self.source.config.seed}:{self.situation.index}:heard:{digest}"

    @property
    def titles(self) -> Mapping[str, str]:
        """What people call the things that calls know by an id; found once a set."""
        if self.notebook.titles is None:
            self.notebook.titles = list_titles(self.situation.worlds, self.situation.secrets)
        return self.notebook.titles

    def quarantine(self, reason: str) -> Quarantined:
        """Why this member is not written."""
        situation = self.situation
        return Quarantined(situation.index, self.role.name, situation.template.id, reason)

    @property
    def refuses(self) -> bool:
        """Whether nothing of the request's own act should be done."""
        return self.ruling.decision is Decision.REFUSE

    @property
    def wrongs(self) -> bool:
        """Whether nothing at all should be done for the request, not even looking."""
        return self.role.member == "malicious" or self.role.scene is Scene.PAST_HARMFUL

    @property
    def idle(self) -> bool:
        """Whether the request is none of the task's."""
        return self.role.scene in (Scene.UNSUPPORTED, Scene.NO_TOOL) and not self.half

    @property
    def beside(self) -> tuple[CallMatch, ...]:
        """For a request that no tool serves: a call that it has nothing to do with."""
        return self.situation.calls["sensitive"][-1:] if self.idle or self.half else ()

    def _list_calls(self) -> tuple[CallMatch, ...]:
        """What the user has in mind; the call that may be asked about comes last."""
        if self.idle:
            return ()
        own = self.situation.calls[self.member_name]
        if self.role.scene is Scene.DELEGATED and self.situation.errand is not None:
            return (*own, *self.situation.errand.calls)
        return own

    def _find_attack(self) -> Attack | None:
        """The attack that stands in the carrier; an errand is one where nobody delegated it."""
        situation, content = self.situation, self.role.content
        if content == "payload":
            return situation.attack
        return situation.swap if content == "claim" else None

    def _label_content(self) -> Label:
        """What stands in the carrier, given what surrounds it."""
        content, scene = self.role.content, self.role.scene
        if content == "payload":
            return Label.MALICIOUS
        if content == "claim":
            return Label.BENIGN if scene is Scene.RECORD_AGREES else Label.MALICIOUS
        if content == "errand":
            return Label.BENIGN if scene is Scene.DELEGATED else Label.MALICIOUS
        return Label.SENSITIVE if content == "sensitive" else Label.BENIGN

    def _is_due(self, call: CallMatch) -> bool:
        """Whether this very call needs the user's yes, no approval being given."""
        spec = self.situation.specs[call.tool]
        bound = spec.bind(call.arguments)
        return needs_confirmation(spec, self.situation.is_sensitive(call), bound, self.policy)

    def _rule(self) -> tuple[Ruling, Label]:
        """The policy's ruling, and the user's label as it follows from it."""
        role, label = self.role, USER_LABELS[self.role.member]
        if label is Label.SENSITIVE and not self.due:
            label = Label.BENIGN
        if self.due and role.circumstance in _LOOK_SENSITIVE:
            label = Label.SENSITIVE
        self._forbidden = bool(self.calls) and is_forbidden(self._last_spec(), self.policy)
        self._asked_label = label
        ruling = self.rule_on(self.content_label)
        if ruling.decision is Decision.REFUSE and role.scene is not Scene.UNSUPPORTED:
            label = Label.MALICIOUS
        if label is Label.SENSITIVE and ruling.decision is Decision.EXECUTE:
            label = Label.BENIGN
        return ruling, label

    def rule_on(self, tool_label: Label) -> Ruling:
        """The policy's ruling when results are found to be such."""
        role, label = self.role, self._asked_label
        acts = self._forbidden or label is Label.SENSITIVE
        approved = role.pre_approval is not PreApproval.NONE
        return decide(
            PendingStep(
                user_label=label,
                tool_label=tool_label,
                act=self._last_spec().act if acts else "",
                tool=self._last_spec().key if self.calls else "",
                authorization=role.authorization or Authorization.OWNER,
                pre_approval=role.pre_approval,
                circumstance=self._name_circumstance()
                if self.due or not approved else Circumstance.PLAIN,
            ),
            self.policy,
        )  # fmt: skip

    def _name_circumstance(self) -> Circumstance:
        """The mixed case: the attack's own, where one is met."""
        role, errand = self.role, self.situation.errand
        if role.content == "payload":
            return self.situation.attack.circumstance
        if role.name == "errand_unasked" and errand is not None:
            return errand.circumstance
        return role.circumstance

    def _last_spec(self) -> ToolSpec:
        return self.situation.specs[self.calls[-1].tool]

    def _choose_attitude(self) -> Attitude:
        asks = self.ruling.decision is Decision.VERIFY
        if not asks or Modifier.CLARIFY in self.ruling.modifiers or self.attack_is_claim:
            return Attitude.YES
        if Modifier.HAND_OVER in self.ruling.modifiers:
            return Attitude.NO
        choice = self.rng("attitude").choices(_ATTITUDES, _ATTITUDE_WEIGHTS)[0]
        can = bool(self.member.correct) and self.role.scene is not Scene.DELEGATED
        return Attitude.YES if choice is Attitude.CORRECTED and not can else choice

    @property
    def attack_is_claim(self) -> bool:
        """Whether an outsider contradicts a value of the task."""
        return self.role.content == "claim" and self.content_label is Label.MALICIOUS

    def _correct(self) -> CallMatch | None:
        if self.attitude is not Attitude.CORRECTED:
            return None
        due, changed = self.calls[-1], resolve(self.member.correct, self.situation.facts)
        return due.model_copy(update={"arguments": {**due.arguments, **changed}})

    def _list_confirm(self) -> tuple[str, ...]:
        """Offered tools that need a yes here: by their class, and the due call's own."""
        found = self.situation.confirm
        if self.due and self.calls[-1].tool not in found:
            found = tuple(sorted((*found, self.calls[-1].tool)))
        return found

    @property
    def approved(self) -> tuple[CallMatch, ...]:
        """The call that needs no yes though its tool's calls do."""
        if self.ruling.decision is not Decision.EXECUTE:
            return ()
        return tuple(call for call in self.calls[-1:] if call.tool in self.confirm)

    @property
    def content_text(self) -> str:
        """What stands in the carrier; empty for nothing."""
        text = self.find_content()
        return self.notebook.words.choose(f"tool:{self.role.content}", text) if text else ""

    @property
    def lead(self) -> str:
        """What stands before the content, in another place; empty for nothing."""
        found = self.find_placed()
        return found.lead if isinstance(found, Attack | Content) else ""

    def find_content(self) -> str:
        """The content as the templates have it; empty for nothing."""
        found = self.find_placed()
        return found.text if found is not None else ""

    def find_placed(self) -> Attack | Errand | Content | None:
        """What stands in the carrier, and where it comes from."""
        situation, content = self.situation, self.role.content
        match content:
            case "none":
                return None
            case "payload":
                return situation.attack
            case "claim":
                return situation.swap
            case "errand":
                return situation.errand
            case _:
                return situation.contents[content]

    @property
    def injected(self) -> tuple[CallMatch, ...]:
        """Calls that an outsider wants."""
        if self.content_label is not Label.MALICIOUS:
            return ()
        if self.role.content == "errand" and self.situation.errand is not None:
            return self.situation.errand.calls
        return self.attack.calls if self.attack is not None else ()

    @property
    def injected_values(self) -> tuple[str, ...]:
        """Values that an outsider wants believed."""
        if self.content_label is not Label.MALICIOUS or self.attack is None:
            return ()
        return self.attack.values

    def request_key(self) -> str:
        """Where the request stands among the texts of the set."""
        role = self.role
        if self.idle or self.half:
            return f"user:{role.name}"
        approved = role.pre_approval is PreApproval.SPECIFIC and role.scene is Scene.PLAIN
        delegates = role.scene in (Scene.DELEGATED, Scene.DELEGATED_BEYOND, Scene.FOLLOW_UP)
        parts = [role.name if role.rewords else role.member]
        parts += [role.pre_approval.value] if approved else []
        return ":".join(["user", *parts, *([role.scene.value] if delegates else [])])

    def write_request(self) -> str:
        """The user's words for the task, written once a set for all members that share them."""
        key, requests = self.request_key(), self.notebook.requests
        if key not in requests:
            requests[key] = self.notebook.words.choose(key, self.word_request())
        return requests[key]

    def word_request(self) -> str:
        """The user's words as the templates have them, as the user's hand writes them."""
        text, template = self._compose_request(), self.situation.template
        if isinstance(template, BoundTask):
            return template.persona.style(text, self.situation.facts, self.set_rng("hand"))
        return text

    def _compose_request(self) -> str:
        role, situation = self.role, self.situation
        rng = self.set_rng("wording")
        later = "_follow_up" if role.scene is Scene.FOLLOW_UP else ""
        facts, block = situation.facts, f"{role.member}{later}"
        if self.half:
            block, facts = "unsupported", {**facts, "wish": draw_errand(rng, load_pools())}
        text = situation.template.body.render(block, facts, rng)
        if role.pre_approval is PreApproval.SPECIFIC and role.scene is Scene.PLAIN:
            return f"{close(text)} {say('preapproval', rng)}"
        if situation.errand is not None and role.scene is Scene.DELEGATED:
            return f"{close(text)} {say('delegation', rng, scope=situation.errand.scope)}"
        if situation.errand is not None and role.scene is Scene.DELEGATED_BEYOND:
            scope = situation.errand.other_scope
            return f"{close(text)} {say('delegation', rng, scope=scope)}"
        return text

    def write_answer(self, block: str, call: Mapping[str, Any] = _NO_CALL) -> str:
        """What one of the task's answer blocks says; empty when there is none.

        Args:
            block: its name.
            call: arguments of the last call as it was made, for blocks that tell of it.
        """
        situation, body = self.situation, self.situation.template.body
        if block not in body:
            return ""
        key = f"{block}:{sorted(call.items(), key=str)}"
        if key not in self.notebook.answers:
            rng = Random(f"{self.source.config.seed}:{situation.index}:answer:{block}")
            facts = {**situation.facts, "call": call}
            told = [body.render(block, facts, rng)]
            if isinstance(situation.template, BoundTask) and block.endswith("_done"):
                shown = list_shown(situation.template.parts.act, call, situation.worlds)
                told += tell_shown(shown, rng)
            self.notebook.answers[key] = " ".join(told)
        return self.notebook.answers[key]
