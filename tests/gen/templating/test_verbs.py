"""A call is told of as done, or as what one would be doing."""

import pytest

from gen.templating.verbs import inflect
from tool_catalog.catalog import domain_names, load_domain
from tool_catalog.spec import ToolClass, ToolSpec


def word(wording: str, arguments: dict[str, str], past: bool = True) -> str:
    slots = {
        "type": "object",
        "properties": {n: {"type": "string"} for n in arguments},
        "required": [],
    }
    spec = ToolSpec(
        name="t",
        domain="d",
        description="A tool.",
        parameters=slots,
        wording=wording,
        tool_class=ToolClass.WRITE,
    )
    inflected = inflect(spec, "past" if past else "doing")
    return "" if inflected is None else inflected.word(arguments)


def test_both_verbs_of_a_wording_are_put_in_the_past_and_no_value_is() -> None:
    told = word('send {to} the text "{text}" and delete it', {"to": "Ann", "text": "go and pay"})
    assert told == 'sent Ann the text "go and pay" and deleted it'


def test_what_would_be_done_is_a_noun() -> None:
    assert word("forward the mail {m} to Ann", {"m": "m1"}, past=False) == (
        "forwarding the mail m1 to Ann"
    )


def test_a_verb_that_is_not_known_is_not_guessed_at() -> None:
    assert word("frobnicate {m}", {"m": "m1"}) == word("", {}) == ""


@pytest.mark.parametrize("name", domain_names())
def test_every_wording_of_the_catalogue_can_be_told_of(name: str) -> None:
    worded = [spec for spec in load_domain(name).tools.values() if spec.wording]
    assert worded
    for spec in worded:
        past, doing = inflect(spec, "past"), inflect(spec, "doing")
        assert past is not None and doing is not None, spec.name
        assert doing.wording.partition(" ")[0].endswith("ing")
