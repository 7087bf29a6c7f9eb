"""What every domain keeps, the shipped ones and the example: one test for all of it."""

import json
import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tool_catalog.catalog import domain_names, load_domain
from tool_catalog.domain import Domain, World, draw_setting, name_owner
from tool_catalog.errors import ToolError
from tool_catalog.loading import list_files
from tool_catalog.loading.contract import check_worlds
from tool_catalog.loading.determinism import check_source
from tool_catalog.spec import ToolSpec

DESK = Path(__file__).parents[3] / "docs" / "appointment_desk" / "desk.py"
DOMAINS = [*domain_names(), str(DESK)]
WORLDS = 6
CALLS = 60
OWNERS = frozenset({"owner", "organizer", "mailbox"})

Call = tuple[dict[str, Any], Any]  # arguments, result


def load(name: str) -> Domain:
    return load_domain("desk", (DESK,)) if name == str(DESK) else load_domain(name)


@cache
def worlds(name: str) -> tuple[World, ...]:
    drawn = (Random(f"contract:{seed}") for seed in range(WORLDS))
    return tuple(load(name).new_world(rng, *draw_setting(rng)) for rng in drawn)


def read_texts(node: Any, key: str = "") -> Iterator[str]:
    """Texts of a world: all, or those that stand under a key."""
    if isinstance(node, dict):
        for name, value in node.items():
            if isinstance(value, str) and value and key in ("", name):
                yield value
            yield from read_texts(value, key)
            if not key:
                yield name
    elif isinstance(node, list):
        for value in node:
            if isinstance(value, str) and not key:
                yield value
            yield from read_texts(value, key)


def guess(name: str, schema: dict[str, Any], state: dict[str, Any]) -> list[Any]:
    """Values that may do for an argument: those of its kind, or texts of the world."""
    if "enum" in schema:
        return list(schema["enum"])
    match schema["type"]:
        case "integer" | "number":
            return [1, 20, 28, *(p["pid"] for p in state.get("processes", ()))]
        case "array":
            return [[value] for value in guess(name.rstrip("s"), schema["items"], state)]
    files = [file for file in state.get("files", ()) if "path" in file and file["owner"] == ""]
    known = {
        "iban": ["GB00TEST123456", "GB00TEST654321"],
        "to_iban": ["GB00TEST123456", *(a["iban"] for a in state.get("accounts", ()))],
        "command": ["ls", "echo done > docs/new.txt", *(f"cat {file['path']}" for file in files)],
        "name": ["spare", "other", *read_texts(state, "customer")],
        "start": ["09:30", "17:15"],
        "check_in": ["2027-01-05", "2027-02-11"],
        "pick_up": ["2027-01-05", "2027-02-11"],
        "duplicate_id": list(read_texts(state, "record_id")),
        "ship_to": list(read_texts(state, "label")),
        "new_path": ["docs/new.txt", "docs/newer.txt"],
        "path": [".", *(file["path"] for file in files)],
        "old": [file["text"][:12] for file in files],
        "date": [*read_texts(state, "date"), "2027-01-05"],
        "from_sender": ["all"],
        "query": [
            "",
            *(
                text
                for key in ("topic", "name", "title", "sender")
                for text in read_texts(state, key)
            ),
        ],
        "link": list(read_texts(state, "unsubscribe_link")),
        "customer": list(read_texts(state, "customer")),
        "label": state.get("labels", []),
        "suite": [suite["name"] for suite in state.get("tests", ())],
        **{key: [m["name"] for m in state.get("members", ())] for key in ("user", "recipient")},
    }.get(name)
    named = known or [*read_texts(state, name), *read_texts(state, name.rpartition("_")[2])]
    if name in ("to", "email"):
        named = ["a@example.com", "b@example.org"]
    return named or ["some words", "other words"]


def list_calls(domain: Domain, spec: ToolSpec, world: World) -> Iterator[Call]:
    """Calls of a tool that succeed, each on a world of its own."""
    state, rng = json.loads(world.to_json()), Random(spec.name)
    nodes = spec.parameters["properties"]
    options = [guess(name, nodes[name], state) for name in spec.required]
    for _ in range(CALLS if options else 1):
        bound = spec.bind(dict(zip(spec.required, map(rng.choice, options), strict=True)))
        try:
            yield bound, domain.run(spec.name, world.clone(), bound)
        except ToolError:
            continue


@cache
def played(name: str) -> dict[str, list[tuple[World, dict[str, Any], Any]]]:
    """Calls that succeeded, by tool."""
    domain, found = load(name), dict[str, list[tuple[World, dict[str, Any], Any]]]()
    for spec in domain.tools.values():
        found[spec.name] = [
            (world, bound, result)
            for world in worlds(name)
            for bound, result in islice(list_calls(domain, spec, world), CALLS // 4)
        ]
    return found


def list_strings(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, str):
        yield path, node
    elif isinstance(node, list):
        for item in node:
            yield from list_strings(item, path)
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from list_strings(value, f"{path}.{key}" if path else key)


def read_effect(
    domain: Domain, tool: str, world: World, bound: dict[str, Any], result: Any
) -> tuple[str, bytes]:
    """What a call returned and what it left."""
    state = world.clone()
    domain.run(tool, state, bound)
    return json.dumps(result), domain.adapter.dump_json(state)


@pytest.mark.parametrize("name", DOMAINS)
def test_worlds_keep_the_contract_and_the_source_asks_no_clock(name: str) -> None:
    domain = load(name)
    check_worlds(domain)
    for file in list_files(domain.folder or domain.source):
        if file.suffix == ".py":
            check_source(file)
    assert domain.summary.endswith(".")


@pytest.mark.parametrize("name", DOMAINS)
def test_every_tool_really_runs_and_its_arguments_matter(name: str) -> None:
    domain = load(name)
    for tool, calls in played(name).items():
        assert calls, tool
        given = {json.dumps(bound, sort_keys=True) for _, bound, _ in calls}
        if domain.tools[tool].required and len(given) > 1:
            assert len({read_effect(domain, tool, *call) for call in calls}) > 1, tool


@pytest.mark.parametrize("name", DOMAINS)
def test_reads_change_nothing_and_every_other_tool_changes_something(name: str) -> None:
    domain = load(name)
    for tool, calls in played(name).items():
        before = [world.to_json().encode() for world, _, _ in calls]
        after = [read_effect(domain, tool, *call)[1] for call in calls]
        assert (before != after) is domain.tools[tool].changes_state, tool


@pytest.mark.parametrize("name", DOMAINS)
def test_declared_fields_are_shown_and_no_text_comes_undeclared(name: str) -> None:
    domain = load(name)
    for tool, calls in played(name).items():
        spec, seen = domain.tools[tool], set()
        for world, bound, result in calls:
            echoed = {text for _, text in list_strings(bound)}
            known = echoed | {name_owner(world.pristine)}
            for path, text in list_strings(result):
                seen.add(path)
                plain = text in known or re.fullmatch(r"\S*", text)
                assert path in spec.fields or plain, (tool, path, text)
        assert set(spec.fields) <= seen, (tool, set(spec.fields) - seen)


@pytest.mark.parametrize("name", domain_names())
def test_every_change_is_worded_with_every_argument(name: str) -> None:
    domain = load(name)
    for tool, calls in played(name).items():
        spec = domain.tools[tool]
        if not spec.changes_state:
            continue
        assert spec.wording, tool
        assert all(f"{{{argument}}}" in spec.wording for argument in spec.argument_names), tool
        for _, bound, _ in calls[:5]:
            said = spec.word(bound)
            assert all(str(v) in said for v in bound.values() if isinstance(v, str | int)), said


@pytest.mark.parametrize("name", DOMAINS)
def test_protected_values_have_a_leaf_and_those_of_a_matter_come_with_stories(name: str) -> None:
    domain = load(name)
    for world in worlds(name):
        found = domain.find_protected(world.pristine)
        own = any(not path.endswith(".secret") for path in domain.protected)
        assert bool(found) is (own or name == "terminal_files")  # its environment has a credential
        assert all(leaf.startswith("T.S.") for leaf in found.values())
        assert all(json.dumps(value)[1:-1] in world.to_json() for value in found)


@pytest.mark.parametrize("name", domain_names())
def test_results_of_objects_say_whose_they_are(name: str) -> None:
    shown = set()
    for tool, calls in played(name).items():
        for world, _, result in calls:
            for path, text in list_strings(result):
                if path.rpartition(".")[2] in OWNERS:
                    shown.add(tool)
                    assert text == name_owner(world.pristine), tool
    assert len(shown) >= 2
