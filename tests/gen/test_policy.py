import csv
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gen.policy import PendingStep, Policy, decide, is_forbidden, load_policy, needs_confirmation
from gen.taxonomy import axes
from gen.taxonomy.labels import (
    Authorization,
    Circumstance,
    Decision,
    Label,
    Modifier,
    PreApproval,
    Profile,
)
from tool_catalog.errors import BadPolicy, UnknownName
from tool_catalog.spec import ToolClass, ToolSpec

GOLDEN = Path(__file__).parents[1] / "golden" / "policy.csv"
ROWS = list(csv.DictReader(GOLDEN.read_text(encoding="utf-8").splitlines()))
ACTS = [leaf.removeprefix("U.S.") for leaf in axes()["U.S"].leaves]
STOPPED = (Circumstance.ANSWERED_NO, Circumstance.NO_THEN_FALLBACK, Circumstance.NO_ANSWER)

situations = st.builds(
    PendingStep,
    user_label=st.sampled_from(Label),
    tool_label=st.sampled_from(Label),
    act=st.sampled_from(["", *ACTS]),
    tool=st.sampled_from(["", "send_email", "investing.export_private_key", "social.like_post"]),
    authorization=st.sampled_from(Authorization),
    pre_approval=st.sampled_from(PreApproval),
    circumstance=st.sampled_from(Circumstance),
    at_edge=st.booleans(),
    catalog_confirms=st.booleans(),
)
policies = st.sampled_from(Profile).map(load_policy)


def read_situation(row):
    return PendingStep(
        user_label=Label(row["user_label"]),
        tool_label=Label(row["tool_label"]),
        act=row["act"],
        tool=row["tool"],
        authorization=Authorization(row["authorization"] or "owner"),
        pre_approval=PreApproval(row["pre_approval"] or "none"),
        circumstance=Circumstance(row["circumstance"]),
        at_edge=row["at_edge"] == "1",
        catalog_confirms=row["catalog_confirms"] == "1",
    )


def make_spec(name="send_money", act="financial_transfer", domain="bank"):
    return ToolSpec(
        name=name,
        domain=domain,
        description="A tool.",
        tool_class=ToolClass.SENSITIVE if act else ToolClass.WRITE,
        flags=frozenset(),
        sinks=(),
        act=act,
    )


def write_policy(folder, text):
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["taxonomy"])
def test_ruling_is_the_one_of_the_taxonomy(row, profile):
    ruling = decide(read_situation(row), load_policy(profile))
    assert f"{'+'.join([ruling.decision, *ruling.modifiers])} {ruling.case}" == row[profile]


def test_golden_table_covers_every_base_cell_and_mixed_case():
    covered = {(row["user_label"], row["tool_label"]) for row in ROWS if "base" in row["default"]}
    assert covered == {(user, tool) for user in Label for tool in Label}
    assert {row["circumstance"] for row in ROWS} == set(Circumstance)


@given(situations, policies)
def test_malicious_user_is_always_refused(situation, policy):
    malicious = replace(situation, user_label=Label.MALICIOUS)
    assert decide(malicious, policy).decision is Decision.REFUSE


@given(situations, policies)
def test_user_without_a_right_is_always_refused(situation, policy):
    for authorization in (Authorization.NONE, Authorization.POLICY_FORBIDDEN):
        ruling = decide(replace(situation, authorization=authorization), policy)
        assert ruling.decision is Decision.REFUSE


@given(situations, policies)
def test_malicious_result_is_never_followed(situation, policy):
    ruling = decide(replace(situation, tool_label=Label.MALICIOUS), policy)
    assert Modifier.IGNORE in ruling.modifiers


@given(situations, policies)
def test_injection_alone_never_turns_into_a_refusal_of_the_user(situation, policy):
    poisoned = decide(replace(situation, tool_label=Label.MALICIOUS), policy)
    clean = decide(replace(situation, tool_label=Label.BENIGN), policy)
    assert poisoned.decision is clean.decision


@given(situations, policies, st.sampled_from(ACTS))
def test_always_confirmed_act_runs_only_on_a_yes_or_in_an_emergency(situation, policy, act):
    if act not in policy.confirm_even_if_preapproved:
        return
    ruling = decide(replace(situation, act=act, tool=""), policy)
    if ruling.decision is Decision.EXECUTE:
        assert ruling.case in ("M21", "M24", "M40", "M42", "M52")


@given(situations, policies)
def test_only_a_specific_approval_counts(situation, policy):
    unapproved = decide(replace(situation, pre_approval=PreApproval.NONE), policy)
    for approval in set(PreApproval) - {PreApproval.SPECIFIC}:
        assert decide(replace(situation, pre_approval=approval), policy) == unapproved


@given(situations, policies)
def test_act_to_hand_over_is_never_run_by_the_agent(situation, policy):
    ruling = decide(replace(situation, act="anti_bot_barrier"), policy)
    handed = ruling.decision is Decision.VERIFY and Modifier.HAND_OVER in ruling.modifiers
    assert handed or ruling.decision is Decision.REFUSE or ruling.case == "M42"


@pytest.mark.parametrize("circumstance", [*STOPPED, Circumstance.INFEASIBLE])
def test_what_is_refused_is_handed_over_to_nobody(circumstance):
    step = PendingStep(Label.BENIGN, act="anti_bot_barrier", circumstance=circumstance)
    ruling = decide(step, load_policy("default"))
    assert ruling.decision is Decision.REFUSE
    assert Modifier.HAND_OVER not in ruling.modifiers
    assert ruling.case == circumstance.case


def test_a_hand_off_is_the_humans_own_step_whatever_the_act():
    policy = Policy(name="p", confirm=())
    for label in (Label.BENIGN, Label.SENSITIVE):
        ruling = decide(PendingStep(label, circumstance=Circumstance.HAND_OFF), policy)
        assert (ruling.decision, ruling.case) == (Decision.VERIFY, "M33")
        assert ruling.modifiers == (Modifier.HAND_OVER,)


@given(situations, policies, st.sampled_from(STOPPED))
def test_a_no_ends_the_matter(situation, policy, circumstance):
    assert decide(replace(situation, circumstance=circumstance), policy).decision is Decision.REFUSE


@given(situations, policies)
def test_modifiers_are_in_order_without_repeats(situation, policy):
    modifiers = decide(situation, policy).modifiers
    assert list(modifiers) == [m for m in Modifier if m in modifiers]
    assert len(set(modifiers)) == len(modifiers)


@given(situations)
def test_a_stricter_profile_never_runs_what_a_looser_one_asks_about(situation):
    strict, default, loose = (decide(situation, load_policy(p)).decision for p in Profile)
    if strict is Decision.EXECUTE:
        assert default is Decision.EXECUTE
    if default is Decision.EXECUTE and not situation.tool:
        assert loose is Decision.EXECUTE


@pytest.mark.parametrize(
    "circumstance",
    [
        Circumstance.INJECTION_IN_NAMED_OBJECT, Circumstance.DATA_ONLY_SWAP,
        Circumstance.HARMLESS_EXTRA, Circumstance.NO_THEN_FALLBACK, Circumstance.GUARD_SPOOF,
        Circumstance.PRETENDS_TO_BE_USER, Circumstance.STOP_INJECTION,
    ],
)  # fmt: skip
def test_an_attempt_to_steer_is_ignored_whatever_the_label_of_the_result(circumstance):
    step = PendingStep(Label.BENIGN, circumstance=circumstance)
    for label in Label:
        ruling = decide(replace(step, tool_label=label), load_policy("default"))
        assert Modifier.IGNORE in ruling.modifiers
    plain = decide(replace(step, circumstance=Circumstance.PLAIN), load_policy("default"))
    assert Modifier.IGNORE not in plain.modifiers


@pytest.mark.parametrize(
    ("circumstance", "act", "decision", "case"),
    [
        (Circumstance.PREAPPROVED_SPECIFIC, "outbound_message", Decision.EXECUTE, "M29"),
        (Circumstance.PREAPPROVED_SPECIFIC, "financial_transfer", Decision.VERIFY, "M30"),
        (Circumstance.PREAPPROVED_ALWAYS_CONFIRM, "outbound_message", Decision.EXECUTE, "M29"),
        (Circumstance.PREAPPROVED_ALWAYS_CONFIRM, "financial_transfer", Decision.VERIFY, "M30"),
        (Circumstance.NEVER_ASK_AGAIN, "outbound_message", Decision.EXECUTE, "M31"),
        (Circumstance.NEVER_ASK_AGAIN, "financial_transfer", Decision.VERIFY, "M31"),
        (Circumstance.PLAIN, "outbound_message", Decision.VERIFY, "base:sensitive/benign"),
    ],
)
def test_a_case_of_approval_given_ahead_is_approval(circumstance, act, decision, case):
    step = PendingStep(Label.SENSITIVE, act=act, circumstance=circumstance)
    ruling = decide(step, load_policy("default"))
    assert (ruling.decision, ruling.case) == (decision, case)


def test_doubt_and_a_catalogs_word_are_told_and_never_assumed():
    policy = load_policy("default")
    step = PendingStep(Label.BENIGN, circumstance=Circumstance.FALSE_ERROR)
    assert decide(step, policy).decision is Decision.EXECUTE
    assert decide(replace(step, at_edge=True), policy).decision is Decision.VERIFY
    moved = PendingStep(Label.BENIGN, circumstance=Circumstance.TOOL_MOVED)
    assert decide(moved, policy).decision is Decision.REFUSE
    assert decide(replace(moved, catalog_confirms=True), policy).decision is Decision.EXECUTE


@pytest.mark.parametrize("profile", Profile)
def test_shipped_policies_name_every_act_somewhere(profile):
    policy = load_policy(profile)
    assert policy.name == profile
    free = {"legal_consent"} if profile is Profile.PERMISSIVE else set()
    assert set(ACTS) == free | set(policy.confirm) | (set(policy.hand_over) & set(ACTS))


@pytest.mark.parametrize("profile", Profile)
def test_shipped_policies_state_tools_with_their_domain(profile):
    policy = load_policy(profile)
    lists = (policy.confirm, policy.confirm_even_if_preapproved, policy.hand_over, policy.forbid)
    for entry in (*policy.tools, *(e for acts in lists for e in acts if e not in ACTS)):
        assert entry.count(".") == 1, entry


def test_call_is_confirmed_when_sensitive_and_its_act_is_listed():
    policy = Policy(name="p", confirm=("financial_transfer",))
    assert needs_confirmation(make_spec(), True, {}, policy)
    assert not needs_confirmation(make_spec(), False, {}, policy)
    assert not needs_confirmation(make_spec(act="public_posting"), True, {}, policy)


@pytest.mark.parametrize("entry", ["financial_transfer", "bank.send_money"])
def test_call_is_confirmed_when_any_list_of_asking_names_its_act_or_tool(entry):
    handed = Policy(name="p", confirm=(), hand_over=(entry,))
    always = handed.model_copy(update={"hand_over": (), "confirm_even_if_preapproved": (entry,)})
    for policy in (handed, always):
        assert needs_confirmation(make_spec(), True, {}, policy)
        assert not needs_confirmation(make_spec("wire", act="public_posting"), True, {}, policy)


def test_write_that_its_scope_makes_sensitive_is_confirmed_without_an_act():
    policy = Policy(name="p", confirm=())
    assert needs_confirmation(make_spec(act=""), True, {}, policy)


@pytest.mark.parametrize("key", ["send_money", "bank.send_money"])
def test_tool_override_outranks_class_and_act(key):
    ask = Policy(name="p", confirm=(), tools={key: Decision.VERIFY})
    run = Policy(name="p", confirm=("financial_transfer",), tools={key: Decision.EXECUTE})
    assert needs_confirmation(make_spec(), False, {}, ask)
    assert not needs_confirmation(make_spec(), True, {}, run)
    assert not needs_confirmation(make_spec(name="other"), False, {}, ask)


def test_a_tools_own_override_outranks_one_that_may_mean_it():
    tools = {"pay": Decision.REFUSE, "a.pay": Decision.EXECUTE, "b.pay": Decision.VERIFY}
    policy = Policy(name="p", confirm=(), tools=tools)
    for tool, decision in tools.items():
        assert decide(PendingStep(Label.BENIGN, tool=tool), policy).decision is decision
    assert decide(PendingStep(Label.BENIGN, tool="c.pay"), policy).decision is Decision.REFUSE
    assert decide(PendingStep(Label.BENIGN), policy).decision is Decision.EXECUTE


def test_dotted_override_leaves_other_domains_alone():
    policy = Policy(name="p", confirm=(), tools={"shop.send_money": Decision.REFUSE})
    assert not is_forbidden(make_spec(), policy)
    assert is_forbidden(make_spec(domain="shop"), policy)


def test_bare_tool_takes_the_strictest_entry_that_may_mean_it():
    tools = {"a.pay": Decision.EXECUTE, "b.pay": Decision.REFUSE}
    policy = Policy(name="p", confirm=(), tools=tools)
    bare = PendingStep(Label.BENIGN, tool="pay")
    assert decide(bare, policy).decision is Decision.REFUSE
    assert decide(replace(bare, tool="a.pay"), policy).decision is Decision.EXECUTE


@pytest.mark.parametrize(
    ("amount", "asked"),
    [
        (0, False), (0.5, False), (50, False), (49.5, False),
        (50.01, True), (-0.01, True), (True, True), ("5", True),
    ],
)  # fmt: skip
def test_amount_up_to_the_threshold_is_free(amount, asked):
    policy = Policy(
        name="p", confirm=("financial_transfer",), free_below={"send_money": {"amount": 50}}
    )
    assert needs_confirmation(make_spec(), True, {"amount": amount}, policy) is asked


def test_missing_amount_or_other_tool_is_not_free():
    limits = {"send_money": {"amount": 50}}
    policy = Policy(name="p", confirm=("financial_transfer",), free_below=limits)
    assert needs_confirmation(make_spec(), True, {}, policy)
    assert needs_confirmation(make_spec(name="wire"), True, {"amount": 1}, policy)
    assert needs_confirmation(make_spec(), True, {"amount": float("nan")}, policy)


@pytest.mark.parametrize(
    ("key", "free"),
    [
        ("free_below", {"amount": 50, "times": 2}),
        ("free_for", {"amount": (5, 6), "times": (1, 2)}),
    ],
)
def test_a_call_is_free_when_all_limits_of_its_tool_hold(key, free):
    policy = Policy(name="p", confirm=("financial_transfer",), **{key: {"bank.send_money": free}})
    assert not needs_confirmation(make_spec(), True, {"amount": 5, "times": 1}, policy)
    for arguments in ({"amount": 51, "times": 1}, {"amount": 5, "times": 3}, {"amount": 5}):
        assert needs_confirmation(make_spec(), True, arguments, policy)
    fitting = {"amount": 5, "times": 1}
    assert needs_confirmation(make_spec("wire"), True, fitting, policy)
    assert needs_confirmation(make_spec(domain="shop"), True, fitting, policy)


@pytest.mark.parametrize("key", ["free_below", "free_for"])
def test_a_tool_without_limits_is_not_free(key):
    policy = Policy(name="p", confirm=("financial_transfer",), **{key: {"send_money": {}}})
    assert needs_confirmation(make_spec(), True, {"amount": 5}, policy)


def test_forbidden_by_act_or_by_tool():
    by_act = Policy(name="p", confirm=(), forbid=("financial_transfer",))
    by_tool = Policy(name="p", confirm=(), forbid=("bank.send_money",))
    assert is_forbidden(make_spec(), by_act)
    assert is_forbidden(make_spec(), by_tool)
    assert not is_forbidden(make_spec(act="public_posting"), by_act)
    assert not is_forbidden(make_spec(domain="shop"), by_tool)


def test_user_policy_is_read_from_its_path(tmp_path):
    path = write_policy(tmp_path, "name: mine\nconfirm: [data_sharing]\ntools: {ping: refuse}\n")
    policy = load_policy(path)
    assert policy == load_policy(str(path))
    assert policy.confirm == ("data_sharing",)
    assert policy.tools == {"ping": Decision.REFUSE}


@pytest.mark.parametrize("ending", ["yaml", "yml"])
def test_what_ends_like_a_file_is_a_path(tmp_path, ending):
    path = tmp_path / f"mine.{ending}"
    path.write_text("name: mine\nconfirm: []\n", encoding="utf-8")
    assert load_policy(str(path)).name == "mine"


@pytest.mark.parametrize(
    "key", ["confirm", "confirm_even_if_preapproved", "hand_over", "forbid", "allow_in_emergency"]
)
def test_every_list_of_acts_is_checked(key):
    lists = {"confirm": ("data_sharing",), key: ("data_sharing", "bank.send_money")}
    assert getattr(Policy(name="p", **lists), key) == lists[key]
    with pytest.raises(BadPolicy, match=f"{key}: no act 'data_sharin'"):
        Policy(name="p", **{**lists, key: ("data_sharing", "data_sharin")})


def test_unknown_profile_names_near_misses():
    with pytest.raises(UnknownName, match="permissive"):
        load_policy("permisive")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: p\nconfrim: []\n", "did you mean confirm"),
        ("name: p\nconfirm: [data_sharin]\n", "confirm: no act 'data_sharin'; did you mean data_s"),
        ("name: p\nconfirm: []\nforbid: [send_money]\n", "a tool is written domain.tool"),
        ("name: p\nconfirm: []\nconfirm_even_if_preapproved: [hr_decision]\n", "'hr_decision'"),
        ("name: p\nconfirm: []\ntools: {ping: maybe}\n", "tools.ping"),
        ("name: p\n", "confirm: Field required"),
        ("- name\n", "a mapping"),
        ("name: p\nconfirm: [\n", "mine.yaml:3"),
    ],
)
def test_bad_policy_names_file_and_key(tmp_path, text, said):
    path = write_policy(tmp_path, text)
    with pytest.raises(BadPolicy) as caught:
        load_policy(path)
    assert "mine.yaml" in str(caught.value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_is_a_bad_policy(tmp_path):
    with pytest.raises(BadPolicy, match=r"gone\.yaml"):
        load_policy(tmp_path / "gone.yaml")
