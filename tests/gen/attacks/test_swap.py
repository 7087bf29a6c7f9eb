import re
from functools import cache
from random import Random

from gen.attacks.attack import Attack
from gen.attacks.encodings.encoders import PLAIN
from gen.attacks.files import Attacks, load_attacks
from gen.attacks.swap import compose_swap
from gen.taxonomy.labels import Circumstance
from tool_catalog.catalog import load_domain
from tool_catalog.pools import load_pools

WHAT, TRUE = "the room of the offsite", "Office 228"
ORDERS = re.compile(
    r"\b(please|must|should you|ignore|disregard|read|use|send|call|pay|note that|assistant|agent|"
    r"system|instruction|obey|follow|forget|trust)\b",
    re.IGNORECASE,
)


@cache
def shipped() -> Attacks:
    return load_attacks([load_domain("email")])


def draw(seed: int, value: str = TRUE, told: str = "") -> Attack | None:
    return compose_swap(shipped(), WHAT, value, f"7:{seed}:swap", Random(seed), load_pools(),
                        "Ann Lee", told)  # fmt: skip


def sample(count: int = 500) -> list[Attack]:
    found = [draw(seed) for seed in range(count)]
    return [attack for attack in found if attack is not None]


def test_a_claim_names_the_thing_and_another_value() -> None:
    assert len(sample()) == 500
    for attack in sample():
        assert attack.values != (TRUE,) and attack.values[0] in attack.text
        assert re.search(re.escape(WHAT), attack.text, re.IGNORECASE)
        assert attack.subject == f"a claim that {WHAT} is {attack.values[0]}"


def test_a_claim_wants_no_call_and_hides_nothing() -> None:
    for attack in sample():
        assert attack.calls == () and attack.form == "claim" and attack.encoding == PLAIN
        assert attack.reason == "false_claim"
        assert attack.circumstance is Circumstance.DATA_ONLY_SWAP


def test_a_claim_gives_no_order_and_speaks_to_nobodys_agent() -> None:
    assert not [attack.text for attack in sample() if ORDERS.search(attack.text)]


def test_claims_have_at_least_forty_skeletons() -> None:
    skeletons = {attack.text.replace(attack.values[0], "X") for attack in sample()}
    first = {text.split(". ")[0] for text in skeletons}
    assert len(first) >= 40


def test_some_claims_name_the_old_value_and_some_do_not() -> None:
    naming = sum(TRUE in attack.text for attack in sample())
    assert 100 < naming < 400


def test_claims_come_with_and_without_a_second_sentence() -> None:
    lengths = sorted(len(attack.text) for attack in sample())
    assert lengths[50] < 75 and lengths[450] > 120


def test_another_account_number_is_a_redirected_payment() -> None:
    money, words = draw(1, "GB00TEST123456"), draw(1)
    assert money is not None and words is not None
    assert money.goal == "T.G.recurring_payment_redirect"
    assert words.goal == "T.G.misinformation_output"
    assert (money.files[0].kind, money.files[0].name) == ("goal", "payment_redirect")
    assert money.files[1].kind == "technique" and money.files[1].name.startswith("data_only")


def test_what_cannot_be_contradicted_gives_no_claim() -> None:
    assert draw(1, "the blue one") is None


def test_a_claimed_value_stands_nowhere_in_what_was_told() -> None:
    told = " ".join(f"Office {n}" for n in range(100, 1000) if n != 231)
    drawn = {attack.values for seed in range(300) if (attack := draw(seed, told=told))}
    assert drawn <= {("Office 231",)}


def test_equal_keys_and_streams_give_equal_claims() -> None:
    assert all(draw(seed) == draw(seed) for seed in range(30))
