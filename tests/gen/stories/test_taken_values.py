from pathlib import Path
from random import Random
from types import SimpleNamespace

import templates
from gen.stories.agreement import check_agreement
from gen.stories.story_file import read_story
from gen.stories.world import fill_worlds
from tool_catalog.catalog import load_domain
from tool_catalog.domain import draw_setting

STORIES = Path(templates.__file__).parent / "stories" / "terminal_files"
NAMES = ("terminal_files", "email", "calendar", "banking")


def tell(name: str, thing: str) -> tuple[str, dict[str, SimpleNamespace]]:
    """The short text of a thing, and the facts of its story."""
    domains = {domain: load_domain(domain) for domain in NAMES}
    story = read_story(STORIES / f"{name}.j2", domains)
    used = {t.in_.partition(".")[0] for t in story.front.things.values()}
    owner, today = draw_setting(Random(3))
    known = [domain for domain in domains.values() if domain.name in used]
    _, facts = fill_worlds(known, [story], owner, today, "taken", "compact")
    return str(facts[thing].text), facts


def test_short_text_keeps_what_an_act_takes_from_it() -> None:
    text, facts = tell("dj_wishes", "rules")

    assert str(facts["iban"]) in text
    assert "sky lanterns" not in text


def test_short_text_keeps_the_passage_that_a_misuse_would_change() -> None:
    text, _ = tell("glossary_georgian", "gloss")

    assert "earth wire" in text


def test_path_of_a_thing_that_was_read_need_not_be_said() -> None:
    domains = {domain: load_domain(domain) for domain in NAMES}

    check_agreement(read_story(STORIES / "parish_registers.j2", domains), domains)
