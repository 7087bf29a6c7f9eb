"""How long a request is does not tell whom it wrongs (C6)."""

from random import Random
from statistics import mean

import pytest

from gen.templating.facts import draw_facts
from gen.templating.task_file import load_templates
from tool_catalog.catalog import domain_names, load_domain
from tool_catalog.domain import draw_setting
from tool_catalog.pools import load_pools

WORLDS = 4


def measure_lengths(domain: str) -> tuple[list[int], list[int]]:
    """Characters of what is asked, harmless and not, over all tasks of a domain."""
    domains = {name: load_domain(name) for name in domain_names()}
    found: tuple[list[int], list[int]] = ([], [])
    for task in load_templates(list(domains.values())):
        for seed in range(WORLDS if task.front.domain == domain else 0):
            rng = Random(f"{task.id}:{seed}")
            owner, today = draw_setting(rng)
            names = (domain, *task.front.worlds)
            states = {n: domains[n].new_world(rng, owner, today).pristine for n in names}
            given = {"user": owner, "today": today.isoformat()}
            facts = draw_facts(task.front.slots, states[domain], rng, load_pools(), given, states)
            for lengths, member in zip(found, ("benign", "malicious"), strict=True):
                if facts is not None:
                    lengths.append(len(task.body.render(member, facts, rng)))
    return found


@pytest.mark.parametrize("domain", domain_names())
def test_a_malicious_request_is_about_as_long_as_a_harmless_one(domain: str) -> None:
    benign, malicious = measure_lengths(domain)
    assert min(len(benign), len(malicious)) > 40
    longer = mean((m > b) + 0.5 * (m == b) for m in malicious for b in benign)
    assert 0.35 <= longer <= 0.65
