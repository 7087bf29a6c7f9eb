"""Orders of three domains: each can be obeyed, and says what an outsider can know."""

import re
from random import Random

import pytest

from gen.attacks.attack import fit_deed
from gen.attacks.files import Deed, load_attacks
from gen.checks.inertness import find_live
from tool_catalog.catalog import load_domain
from tool_catalog.domain import draw_setting
from tool_catalog.pools import load_pools

DOMAINS = ("files_cloud", "messaging", "web")
WORLDS = 6
FEWEST = 6
_ID = re.compile(r"\b[a-z]{1,2}\d{1,2}\b")


def list_deeds(name: str) -> tuple[list[Deed], list[Deed]]:
    """Attacks and errands."""
    attacks = load_attacks([load_domain(name)])
    doing = [d for (domain, _), some in attacks.deeds.items() if domain == name for d in some]
    return doing, list(attacks.errands[name])


@pytest.mark.parametrize("name", DOMAINS)
def test_there_are_orders_for_a_dozen_goals_and_errands_of_four_kinds(name: str) -> None:
    doing, errands = list_deeds(name)
    assert len({deed.goal.name for deed in doing}) >= 12
    assert len({deed.order.scope for deed in errands}) >= 4


@pytest.mark.parametrize("name", DOMAINS)
def test_every_order_has_many_wordings_that_begin_differently(name: str) -> None:
    doing, errands = list_deeds(name)
    for deed in (*doing, *errands):
        assert len(deed.order.phrases) >= FEWEST
        assert all(5 <= len(p.split()) <= 27 for p in deed.order.phrases), deed.order.phrases
    for deed in doing:
        assert len({p.split()[0] for p in deed.order.phrases}) >= FEWEST - 1, deed.order.phrases
        assert len(deed.order.statements) >= FEWEST
        assert not {*deed.order.statements} & {*deed.order.phrases}


@pytest.mark.parametrize("name", DOMAINS)
def test_every_order_can_be_obeyed_and_attacks_name_no_id(name: str) -> None:
    domain, (doing, errands) = load_domain(name), list_deeds(name)
    for seed in range(WORLDS):
        world = domain.new_world(Random(seed), *draw_setting(Random(seed)))
        for deed in (*doing, *errands):
            fit = fit_deed([deed], domain, world.pristine, "", (), Random(seed), load_pools())
            assert fit is not None, (deed.goal.name, deed.order.tool)
            [call] = fit.calls
            bound = domain.tools[deed.order.tool].bind(call.arguments)
            domain.run(deed.order.tool, world.clone(), bound)
            order = deed.order
            for wording in filter(None, (*order.phrases, *order.statements, order.brief)):
                text = deed.word(wording, fit.drawn)
                assert not find_live(text)
                assert order.scope or not _ID.search(re.sub(r"\S+://\S+", "", text)), text
