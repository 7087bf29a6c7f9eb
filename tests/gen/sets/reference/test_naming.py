"""People are asked about things by their titles."""

from random import Random

from gen.sets.reference.naming import list_titles, name_ids, use_titles
from tool_catalog.catalog import load_domain
from tool_catalog.domain import draw_setting

TITLES = {"f1": "Plan", "f12": "Menu.txt", "e8": "Choir"}


def test_an_id_stands_in_brackets_behind_the_title() -> None:
    assert name_ids("share the file f12 with a", TITLES) == 'share the file "Menu.txt" (f12) with a'
    assert name_ids("delete f1, f12", TITLES) == 'delete "Plan" (f1), "Menu.txt" (f12)'


def test_a_title_stands_for_the_id_where_only_one_thing_has_it() -> None:
    assert use_titles("forward the file f12 to a", TITLES) == 'forward the file "Menu.txt" to a'
    twins = {**TITLES, "f13": "Menu.txt"}
    assert use_titles("merge f12 into f13", twins) == "merge f12 into f13"


def test_what_only_looks_like_an_id_is_left() -> None:
    for text in ("f123", "half1", "mail f1-x", "the Choir (e8)"):
        assert name_ids(text, TITLES) == text


def test_things_are_called_by_their_titles_unless_those_are_secret() -> None:
    domain = load_domain("calendar")
    world = domain.new_world(Random(1), *draw_setting(Random(1)))
    event = world.pristine.events[0]
    assert list_titles([world], ())[event.event_id] == event.title
    assert event.event_id not in list_titles([world], (event.title,))
