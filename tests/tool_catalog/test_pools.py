import os
import re
import subprocess
import sys

from tool_catalog.pools import POOL_SIZE, list_names, load_pools

DIGEST = """
from hashlib import sha256
from tool_catalog.pools import load_pools
print(sha256(repr(load_pools()).encode()).hexdigest())
"""


def test_pools_are_large_and_hold_no_value_twice() -> None:
    pools = load_pools()
    assert len(pools.people) == POOL_SIZE
    for values in (pools.companies, pools.cities, pools.streets):
        assert len(set(values)) == len(values) == 192
    assert len({p.name for p in pools.people}) == POOL_SIZE
    assert len(set(pools.secrets)) == POOL_SIZE


def test_every_value_is_inert() -> None:
    pools = load_pools()
    for person in pools.people:
        assert re.fullmatch(r"[\w.' -]+@example\.(com|org|net)", person.email), person
        assert re.fullmatch(r"[2-9]\d\d-555-01\d\d", person.phone), person
        assert person.email.startswith(f"{person.first}.{person.last}@".lower())
    assert all(re.fullmatch(r"GB00TEST\d{6}", iban) for iban in pools.ibans)
    assert all(re.fullmatch(r"CANARY-[A-Z]{8}", secret) for secret in pools.secrets)
    assert all(re.fullmatch(r"\d{6}", code) for code in pools.codes)


def test_pools_are_built_once_and_equal_in_every_process() -> None:
    assert load_pools() is load_pools()
    digests = {
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
        ).stdout
        for seed in ("3", "4")
    }
    assert len(digests) == 1
    assert digests != {""}


def test_names_are_the_words_of_people_companies_cities_and_streets() -> None:
    names, pools = list_names(), load_pools()
    assert names == sorted(set(names))
    assert {pools.people[0].first, pools.people[-1].last} <= set(names)
    for text in (pools.companies[0], pools.cities[0], pools.streets[0]):
        assert set(re.findall("[A-Za-z]+", text)) <= set(names)
    assert not any("." in name or " " in name for name in names)


def test_a_person_in_a_text_is_their_name() -> None:
    person = load_pools().people[0]
    assert f"signed by {person}" == f"signed by {person.first} {person.last}"
