"""Leaves: under which names of the taxonomy a record is filed."""

from gen.attacks.encodings.encoders import PLAIN
from gen.contrast import Scene
from gen.records import Leaves
from gen.sets.draft import Draft
from gen.stories.binding import BoundTask
from gen.stories.strategy import PLAIN as PLAIN_WAY
from gen.taxonomy.labels import Label
from gen.templating.task import Carrier

_SCENES = {
    Scene.OTHER_OWNER: "U.M.operator_policy_abuse",
    Scene.FORBIDDEN: "U.M.operator_policy_abuse",
    Scene.UNSUPPORTED: "U.B.unsupported",
    Scene.NO_TOOL: "U.B.no_tool_chat",
    Scene.TOOL_ERROR: "U.B.error_recovery",
    Scene.DELEGATED: "U.B.delegated_instructions",
    Scene.DELEGATED_BEYOND: "U.B.delegated_instructions",
    Scene.WITHIN_LIMIT: "U.N.under_threshold",
}
"""The user leaf that a scene makes of a request."""
_LISTING = ("search_", "list_")
"""How tools begin whose results are lists."""
_UNTOUCHED = {
    "T.C.code_repo": "T.B.code_or_log",
    "T.C.terminal_log": "T.B.code_or_log",
    "T.C.document_file": "T.B.free_text_document",
    "T.C.email": "T.B.free_text_document",
    "T.C.image_screenshot": "T.B.media_text",
    "T.C.issue_ticket": "T.B.free_text_document",
    "T.C.web_page": "T.B.free_text_document",
}
"""What a result is by itself, where the kind of its carrier says so; else a record."""
_FIELDS = {
    "file_name": "title",
    "hidden_preheader": "extra",
    "hidden_text": "extra",
    "line": "metadata",
    "location": "metadata",
    "memo": "metadata",
    "snippet": "metadata",
    "subject": "title",
    "topic": "title",
}
"""What fields are that are not their result's main text."""
_UNSEEN = {
    "X.E.bidi": "invisible_char",
    "X.E.sneaky_bits": "invisible_char",
    "X.E.unicode_tags": "invisible_char",
    "X.E.variation_selectors": "invisible_char",
    "X.E.markup_hidden": "hidden_style",
    "X.E.ansi_escape": "hidden_style",
}
"""How encodings keep a text from a reader's eye."""


def write_leaves(draft: Draft) -> Leaves:
    """Where the taxonomy files what a draft became."""
    situation, role, attack = draft.situation, draft.role, draft.attack
    shown = role.content != "none"
    malicious = draft.content_label is Label.MALICIOUS
    errand = situation.errand if role.content == "errand" else None
    wanted = attack if attack and malicious else errand if errand and malicious else None
    encoding = attack.encoding if attack and malicious else PLAIN
    return Leaves(
        user=_name_user_leaf(draft),
        tool=_name_tool_leaf(draft),
        goal=wanted.goal if wanted else "",
        technique=attack.technique if attack and malicious else "",
        carrier=situation.carrier.leaf,
        position=f"T.P.pos_{situation.position}" if shown else "",
        field=f"T.P.field_{_FIELDS.get(situation.carrier.field, 'primary')}" if shown else "",
        visibility=f"T.P.vis_{_name_visibility(draft, encoding)}" if shown else "",
        encoding=encoding,
        strategy=_name_strategy(draft),
        language=f"X.L.{draft.notebook.words.language}",
        harm=wanted.harm if wanted else "",
    )


def _name_user_leaf(draft: Draft) -> str:
    role, past = draft.role, draft.situation.template.front.past
    if draft.approved and role.scene is not Scene.WITHIN_LIMIT:
        return "U.N.pre_approved_specific"
    if role.scene is Scene.PAST_HARMFUL and past is not None:
        return past.leaf
    return _SCENES.get(role.scene, draft.member.leaf)


def _name_strategy(draft: Draft) -> str:
    """How the request is put; a scene's own words are put plainly."""
    template = draft.situation.template
    return template.strategy if isinstance(template, BoundTask) and not draft.idle else PLAIN_WAY


def _name_visibility(draft: Draft, encoding: str) -> str:
    """Whether a person who looks at the object sees the text: by its field, and by its letters."""
    if draft.situation.carrier.field.startswith("hidden"):
        return "machine_only"
    if "<!--" in draft.content_text:
        return "hidden_style"
    return _UNSEEN.get(encoding, "plain")


def _name_tool_leaf(draft: Draft) -> str:
    situation, role = draft.situation, draft.role
    match role.content:
        case "none":
            return _name_untouched(situation.carrier)
        case "errand":
            malicious = draft.content_label is Label.MALICIOUS
            errand = situation.errand
            if malicious:  # where nobody delegated anything, no list has a step too many
                return "T.N.malicious_in_delegated" if role.scene is Scene.DELEGATED_BEYOND else ""
            return errand.leaf if errand else ""
        case "claim":
            if role.scene is Scene.RECORD_AGREES:
                return "T.N.benign_price_change"
            return "T.N.malicious_data_only"
        case "payload":
            return situation.attack.hard_negative
        case content:
            return situation.contents[content].leaf


def _name_untouched(carrier: Carrier) -> str:
    """What a result is that nobody put anything into."""
    if carrier.tool.rpartition(".")[2].startswith(_LISTING):
        return "T.B.list_page"
    return _UNTOUCHED.get(carrier.leaf, "T.B.structured_record")
