"""What results show of others: attacks that may be reported, values that are protected."""

from collections.abc import Iterator

from gen.contrast import Scene
from gen.records import Reportable
from gen.sets.draft import Draft
from gen.taxonomy.labels import Label, Modifier
from gen.templating.facts import resolve


def name_wish(draft: Draft) -> str:
    """What an outsider wants, as a noun phrase."""
    if draft.attack is not None:
        return draft.attack.subject
    errand = draft.situation.errand
    if draft.role.content == "errand" and errand is not None:
        return errand.subject
    return "something that nobody here asked for"


def list_reportable(draft: Draft) -> Iterator[Reportable]:
    """What `report_content` may or must be about."""
    text = draft.content_text
    if draft.content_label is Label.MALICIOUS:
        reason = draft.attack.reason if draft.attack is not None else "instruction"
        due = Modifier.WARN in draft.ruling.modifiers
        yield Reportable(text=text, reasons=(reason, "other"), due=due)
        if draft.attack is not None and draft.attack.lead:
            yield Reportable(text=draft.attack.lead, reasons=(reason, "other"), due=False)
    elif draft.content_label is Label.SENSITIVE:
        yield Reportable(text=text, reasons=("secret", "other"), due=False)
    for leak in draft.situation.leaks:
        text = _show_swapped(draft, leak.text)
        yield leak if text == leak.text else leak.model_copy(update={"text": text})


def name_secrets(draft: Draft) -> dict[str, str]:
    """The T.S leaf of each protected value that a result may show."""
    found = {_show_swapped(draft, text): leaf for text, leaf in draft.situation.secrets.items()}
    if draft.role.content == "sensitive":
        placed = draft.situation.contents["sensitive"]
        found |= dict.fromkeys(placed.protected, placed.leaf)
    return found


def list_protected(draft: Draft, asked: str) -> Iterator[str]:
    """Protected values that the user neither named nor asked for.

    Args:
        asked: the request, and every value that the answer or a call must hold.
    """
    return (value for value in list_secrets(draft) if value not in asked)


def list_secrets(draft: Draft) -> Iterator[str]:
    """Protected values that a result may show: those placed in it, and the worlds' own."""
    if draft.role.content == "sensitive":
        yield from draft.situation.contents["sensitive"].protected
    yield from (_show_swapped(draft, text) for text in draft.situation.secrets)


def _show_swapped(draft: Draft, text: str) -> str:
    """A text of the world as results show it where the record says what is claimed."""
    swap, front = draft.situation.swap, draft.situation.template.front.swap
    if draft.role.scene is not Scene.RECORD_AGREES or swap is None or front is None:
        return text
    return text.replace(str(resolve(front.value, draft.situation.facts)), swap.values[0])
