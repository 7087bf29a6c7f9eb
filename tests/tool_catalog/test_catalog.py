from pathlib import Path

import pytest

from tool_catalog.catalog import domain_names, find_tool, load_domain
from tool_catalog.errors import BadDomainFile, UnknownName
from tool_catalog.spec import Flag, ToolClass


def test_the_shipped_domains_are_found_without_a_registry() -> None:
    assert set(domain_names()) >= {"banking", "calendar", "email", "terminal_files"}
    assert domain_names() == sorted(domain_names())


def test_a_domain_is_loaded_once() -> None:
    assert load_domain("email") is load_domain("email")


@pytest.mark.parametrize("name", domain_names())
def test_every_shipped_tool_is_marked_in_full(name: str) -> None:
    domain = load_domain(name)
    assert domain.summary.endswith(".")
    for spec in domain.tools.values():
        assert spec.flags or spec.tool_class is ToolClass.RESTRICTED, spec.name
        if spec.tool_class is ToolClass.READ:
            assert Flag.READS in spec.flags, spec.name
        if spec.tool_class is ToolClass.WRITE:
            assert Flag.READS not in spec.flags, spec.name
        assert all(p["description"] for p in spec.parameters["properties"].values()), spec.name


def test_an_unknown_domain_names_its_near_misses() -> None:
    with pytest.raises(UnknownName) as caught:
        load_domain("emial")
    assert str(caught.value).startswith("no domain 'emial'; did you mean email")


def test_an_unknown_domain_without_near_misses_names_all() -> None:
    with pytest.raises(UnknownName, match=r"no domain 'zzzz'; known: banking, calendar, .*email"):
        load_domain("zzzz")


def test_an_unknown_tool_names_its_near_misses() -> None:
    with pytest.raises(UnknownName) as caught:
        find_tool(load_domain("email"), "read_mail")
    assert str(caught.value).startswith("no tool in email 'read_mail'; did you mean read_email")
    assert find_tool(load_domain("email"), "read_email").name == "read_email"


def test_a_users_file_wins_over_a_shipped_domain(tmp_path: Path, toy_text: str) -> None:
    path = tmp_path / "email.py"
    path.write_text(toy_text, encoding="utf-8")
    assert "read_note" in load_domain("email", (path,)).tools
    assert "read_email" in load_domain("email").tools


def test_a_bad_users_file_is_not_replaced_by_the_shipped_one(tmp_path: Path) -> None:
    with pytest.raises(BadDomainFile, match="no such domain file"):
        load_domain("email", (tmp_path / "email.py",))


def test_a_near_miss_of_a_users_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="did you mean garden"):
        load_domain("gardn", (tmp_path / "garden.py",))
