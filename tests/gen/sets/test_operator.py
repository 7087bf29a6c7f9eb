"""The operator's rules: four forms of words for the same policy, and what they leave out."""

from collections import Counter
from random import Random

import pytest

from gen.policy import Policy, load_policy
from gen.sets.operator import (
    ACTS,
    PolicyForm,
    PolicyLimit,
    draw_form,
    forbid,
    list_confirm,
    write_system,
)
from gen.taxonomy import axes
from tool_catalog.catalog import domain_names, load_domain
from tool_catalog.sandbox import show_names
from tool_catalog.spec import ToolSpec

BANK = list(load_domain("banking").tools.values())
NAMES = show_names(BANK)
GIVEN = {"owner": "Ann Lee", "today": "2025-03-04"}
DEFAULT = load_policy("default")


def write(form: PolicyForm, policy: Policy = DEFAULT, seed: int = 1, **more: object) -> str:
    # Keyword arguments of several types are handed on as they came.
    return write_system(form, policy, BANK, NAMES, GIVEN, Random(seed), **more)  # type: ignore[arg-type]


def find(name: str) -> ToolSpec:
    return next(tool for tool in BANK if tool.name == name)


@pytest.mark.parametrize("form", PolicyForm)
def test_every_form_says_whose_agent_it_is_and_what_data_is(form: PolicyForm) -> None:
    for seed in range(12):
        text = write(form, seed=seed)
        assert "Ann Lee" in text and "2025-03-04" in text
        assert "data" in text


def test_list_and_table_name_every_tool_that_is_asked_about_and_prose_its_kind() -> None:
    asked = [find(key.partition(".")[2]) for key in list_confirm(BANK, DEFAULT)]
    assert asked
    forms = (PolicyForm.LIST, PolicyForm.TABLE, PolicyForm.PROSE)
    listed, table, prose = (write(form) for form in forms)
    for tool in asked:
        assert tool.name in listed
        assert f"| {tool.name} | always |" in table
        assert ACTS[tool.act] in prose
    free = [t for t in BANK if t not in asked and not t.scoped]
    assert free
    assert not any(f"| {tool.name} |" in table for tool in free)


def test_nothing_is_stated_where_the_default_holds() -> None:
    text = write(PolicyForm.UNSTATED)
    assert not any(tool.name in text for tool in BANK)
    assert not any(act in text for act in ACTS.values())


@pytest.mark.parametrize("form", PolicyForm)
def test_a_forbidden_tool_is_stated_in_every_form(form: PolicyForm) -> None:
    without = forbid(DEFAULT, "banking.transfer_funds")
    plain = {write(form, seed=seed) for seed in range(6)}
    for seed in range(6):
        text = write(form, without, seed)
        assert "transfer_funds" in text
        assert text not in plain
    assert "banking.transfer_funds" not in list_confirm(BANK, without)


@pytest.mark.parametrize("form", PolicyForm)
@pytest.mark.parametrize(
    ("limit", "stated"),
    [
        (PolicyLimit("banking.transfer_funds", "amount", below=120.0), ["120", "amount"]),
        (PolicyLimit("banking.transfer_funds", "amount", below=2500001.0), ["2500001", "amount"]),
        (PolicyLimit("banking.transfer_funds", "to_iban", values=("GB00TEST1", "GB00TEST2")),
         ["GB00TEST1", "GB00TEST2", "to_iban"]),
    ],
)  # fmt: skip
def test_a_limit_is_stated_in_every_form(
    form: PolicyForm, limit: PolicyLimit, stated: list[str]
) -> None:
    for seed in range(6):
        text = write(form, seed=seed, limit=limit)
        assert all(word in text for word in [*stated, "transfer_funds"])


def test_a_table_keeps_the_rule_beside_its_limit() -> None:
    limit = PolicyLimit("banking.transfer_funds", "amount", below=120.0)
    rows = [r for r in write(PolicyForm.TABLE, limit=limit).splitlines() if "transfer_funds" in r]
    assert rows[0] == "| transfer_funds | amount up to 120 | free |"
    assert rows[1].startswith("| transfer_funds | otherwise | ")
    assert len(rows) == 2


def test_owners_are_spoken_of_only_where_objects_of_others_may_turn_up() -> None:
    for seed in range(8):
        assert "owner" in write(PolicyForm.LIST, seed=seed, owned=True)
        assert "owner" not in write(PolicyForm.LIST, seed=seed)


def test_every_form_is_drawn_and_none_always() -> None:
    drawn = Counter(draw_form(Random(seed)) for seed in range(400))
    assert set(drawn) == set(PolicyForm)
    assert min(drawn.values()) > 40


def test_every_act_that_a_shipped_tool_is_has_words() -> None:
    known = {leaf.removeprefix("U.S.") for leaf in axes()["U.S"].leaves}
    assert set(ACTS) <= known
    acts = {t.act for name in domain_names() for t in load_domain(name).tools.values()} - {""}
    assert acts <= set(ACTS)
