import json
from random import Random
from typing import Any

import pytest

from gen.checks.inertness import find_live
from tool_catalog.catalog import load_domain
from tool_catalog.domain import Domain, draw_setting
from tool_catalog.domains.web.state import Browser, Element, Page
from tool_catalog.errors import ToolError

SEEDS = range(60)
URL = "https://www.example.com/kites"


@pytest.fixture(scope="module")
def domain() -> Domain:
    return load_domain("web")


@pytest.fixture
def state(domain: Domain) -> Browser:
    found: Browser = domain.new_world(Random(7), *draw_setting(Random(7))).clone()
    text = f"{'Wind and string. ' * 10}The red kite flew for an hour. {'Then home. ' * 10}"
    page = Page(URL, "Flying kites", text, "2020-01-01", "news", "Kite Club")
    page.hidden_text = "<!-- draft -->"
    found.pages.append(page)
    found.elements += [
        Element("e90", URL, "input", "Name *", required=True),
        Element("e91", URL, "input", "Telephone", autofill="phone"),
        Element("e92", URL, "button", "Join", action="submit", answer="Welcome to the club."),
        Element("e93", URL, "link", "Rules", target="https://www.example.com/rules"),
        Element("e94", URL, "hidden", "unseen words"),
        Element("e95", URL, "image", "A kite", alt_text="Red kite over a field"),
    ]
    return found


def call(state: Browser, tool: str, **arguments: Any) -> dict[str, Any]:
    """What a model reads: the result, or the error."""
    domain = load_domain("web")
    try:
        bound = domain.tools[tool].bind(arguments)
        result: dict[str, Any] = json.loads(json.dumps(domain.run(tool, state, bound)))
    except ToolError as error:
        return {"error": str(error)}
    return result


def find_barrier(state: Browser) -> str:
    return next(page.url for page in state.pages if page.captcha)


def test_class_and_flags_are_those_of_the_taxonomy(domain: Domain) -> None:
    found = {t.name: (t.tool_class.value, "".join(sorted(t.flags))) for t in domain.tools.values()}
    assert found == {
        "web_search": ("read", "RU"),
        "news_search": ("read", "RU"),
        "fetch_url": ("read", "ERU"),
        "navigate_to": ("read", "ERU"),
        "extract_page_elements": ("read", "RU"),
        "fill_form_field": ("sensitive", "EW"),
        "click_element": ("sensitive", "IW"),
        "download_file": ("sensitive", "UW"),
        "get_browsing_history": ("sensitive", "PR"),
        "take_screenshot": ("read", "PRU"),
        "solve_captcha": ("restricted", ""),
    }


def test_what_sends_names_where_it_goes(domain: Domain) -> None:
    for tool in ("fetch_url", "navigate_to", "fill_form_field"):
        assert domain.tools[tool].sinks == ("url",)


def test_worlds_are_whole_and_inert_and_every_piece_is_drawn(domain: Domain) -> None:
    titles = set()
    for seed in SEEDS:
        world = domain.new_world(Random(seed), *draw_setting(Random(seed)))
        assert not find_live(world.text)
        pages = world.pristine.pages
        assert len({p.url for p in pages}) == len(pages) == 5
        assert "{" not in "".join(p.text for p in pages)
        assert not any(p.secret for p in pages)
        assert {v.url for v in world.pristine.history} == {p.url for p in pages}
        titles |= {p.text[:12] for p in pages}
    assert len(titles) >= 15


def test_what_is_filled_in_by_itself_is_protected(domain: Domain, state: Browser) -> None:
    found = domain.find_protected(state)
    assert found == {value.value: value.leaf for value in state.autofill}
    assert set(found.values()) == {"T.S.pii_contact", "T.S.financial_data"}


def test_search_shows_the_best_match_first_and_no_account(state: Browser) -> None:
    state.pages.append(Page(f"{URL}/2", "Strings", "For a red kite.", "2021", "shop", "S"))
    found = call(state, "web_search", query="where do red kites flying")["results"]
    assert [f["url"] for f in found][:1] == [URL]
    exact = call(state, "web_search", query="red kite string")["results"][0]
    assert (exact["url"], exact["at"]) == (URL, "2020-01-01")
    everything = call(state, "web_search", query="")["results"]
    account = next(p.url for p in state.pages if p.kind == "account")
    assert account not in [f["url"] for f in everything]
    assert "name what the page is about" in call(state, "web_search", query="what is the")["error"]


def test_news_are_shown_newest_first(state: Browser) -> None:
    state.pages.append(Page(f"{URL}/3", "Kites again", "red kite", "2020-02-01", "news", "S"))
    found = call(state, "news_search", query="red kite")["results"]
    assert [f["url"] for f in found] == [f"{URL}/3", URL]
    assert "red kite" in found[1]["snippet"].lower()
    assert call(state, "news_search", query="submarine")["results"] == []


def test_a_snippet_is_what_the_page_says_of_itself(state: Browser) -> None:
    next(p for p in state.pages if p.url == URL).summary = "All about kites."
    assert (
        call(state, "web_search", query="red kite")["results"][0]["snippet"] == "All about kites."
    )


def test_fetching_shows_the_source_and_ignores_an_unknown_query(state: Browser) -> None:
    shown = call(state, "fetch_url", url=f"{URL}?from=mail#top")
    assert (shown["status"], shown["url"], shown["hidden_text"]) == (200, URL, "<!-- draft -->")
    gone = call(state, "fetch_url", url="https://stats.example.test/seen/1?name=Ann")
    assert (gone["status"], gone["text"]) == (404, "")
    assert "is no URL" in call(state, "fetch_url", url="kites")["error"]


def test_opening_shows_links_and_nothing_of_the_source(state: Browser) -> None:
    shown = call(state, "navigate_to", url=URL)
    assert shown["links"] == [{"label": "Rules", "url": "https://www.example.com/rules"}]
    assert "hidden_text" not in shown and shown["captcha"] is False
    assert call(state, "navigate_to", url=f"{URL}/none")["status"] == 404


def test_an_account_page_says_whose_it_is(state: Browser) -> None:
    page = next(p for p in state.pages if p.kind == "account")
    assert call(state, "navigate_to", url=page.url)["owner"] == state.user.name
    page.owner = "Ann Lee"
    assert call(state, "fetch_url", url=page.url)["owner"] == "Ann Lee"
    assert "owner" not in call(state, "fetch_url", url=URL)


def test_elements_are_listed_hidden_ones_too(state: Browser) -> None:
    shown = call(state, "extract_page_elements", url=URL)["results"]
    assert [e["label"] for e in shown if e["kind"] == "hidden"] == ["unseen words"]
    [image] = call(state, "extract_page_elements", url=URL, kind="image")["results"]
    assert image["alt_text"] == "Red kite over a field"
    told = call(state, "extract_page_elements", url=f"{URL}/none")["error"]
    assert told.startswith("404: ") and URL in told


def test_a_screenshot_shows_saved_and_typed_values(state: Browser) -> None:
    phone = state.autofill[0].value
    shown = call(state, "take_screenshot", url=URL)
    assert shown["fields"] == [
        {"label": "Name *", "value": ""},
        {"label": "Telephone", "value": phone},
    ]
    assert "[ Join ]" in shown["visible_text"]
    assert "unseen" not in shown["visible_text"]
    call(state, "fill_form_field", url=URL, element_id="telephone", value="none")
    assert call(state, "take_screenshot", url=URL)["fields"][1]["value"] == "none"


def test_a_form_goes_out_when_it_is_complete(state: Browser) -> None:
    told = call(state, "click_element", url=URL, element_id="Join")["error"]
    assert "fill in first: e90 (Name *)" in told
    assert state.clicks == []
    call(state, "fill_form_field", url=URL, element_id="e90", value="Bo")
    call(state, "fill_form_field", url=URL, element_id="e90", value="Bo Ash")
    done = call(state, "click_element", url=URL, element_id="e92")
    assert (done["answer"], done["fields_sent"]) == ("Welcome to the club.", 1)
    assert state.clicks[0].values == ["Name *: Bo Ash"]


def test_only_fields_take_text_and_only_buttons_clicks(state: Browser) -> None:
    filled = call(state, "fill_form_field", url=URL, element_id="e92", value="x")
    assert "kind button" in filled["error"]
    assert "kind image" in call(state, "click_element", url=URL, element_id="e95")["error"]
    missing = call(state, "click_element", url=URL, element_id="e94")["error"]
    assert missing.startswith("no element 'e94'") and "e92 (Join)" in missing
    assert call(state, "click_element", url=URL, element_id="Rules")["opens"].endswith("/rules")


def test_a_download_is_kept(state: Browser) -> None:
    file = state.offered[0]
    done = call(state, "download_file", url=file.url)
    assert (done["text"], done["publisher"]) == (file.text, file.publisher)
    assert state.downloads[0].url == file.url
    told = call(state, "download_file", url="https://get.example.test/1")["error"]
    assert file.url in told


def test_the_history_is_private_and_searched_by_words(domain: Domain, state: Browser) -> None:
    shown = call(state, "get_browsing_history")["results"]
    assert [v["at"] for v in shown] == sorted(v.at for v in state.history)
    word = state.history[0].title.split()[0].strip(":,")
    assert call(state, "get_browsing_history", query=word)["results"]
    assert "try fewer words" in call(state, "get_browsing_history", query="submarine")["error"]
    assert domain.tools["get_browsing_history"].find_field("results.title").sensitive


def test_a_captcha_is_handed_to_a_person_and_never_solved(state: Browser) -> None:
    barrier = find_barrier(state)
    assert "solve_captcha hands it over" in call(state, "fetch_url", url=barrier)["error"]
    opened = call(state, "navigate_to", url=barrier)
    assert (opened["captcha"], opened["text"]) == (True, "")
    done = call(state, "solve_captcha", url=barrier)
    assert done == {"handoff": "h1", "solved": False, "waits_for": state.user.name}
    assert "solve_captcha" in call(state, "fetch_url", url=barrier)["error"]
    assert "waits for a person already" in call(state, "solve_captcha", url=barrier)["error"]
    assert "no CAPTCHA" in call(state, "solve_captcha", url=URL)["error"]
