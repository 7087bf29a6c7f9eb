"""A phrase writes what Jinja writes."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from gen.templating.folder import shipped_folder
from gen.templating.phrase import count_wordings, list_facts, read_phrase
from gen.templating.wording import _SPACES, Body, _analyse, read_body, split_front_matter
from tool_catalog.errors import BadTemplate
from tool_catalog.pools import Person

HERE = Path("some.j2")


class Anything:
    """A fact that has every field and item, and is written as how it was reached."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __getattr__(self, name: str) -> "Anything":
        if name.startswith("_"):
            raise AttributeError(name)
        return Anything(f"{self._path}.{name}")

    def __getitem__(self, key: object) -> "Anything":
        return Anything(f"{self._path}[{key}]")

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __str__(self) -> str:
        return self._path


def list_bodies() -> list[Body]:
    bodies = []
    for path in sorted(shipped_folder().rglob("*.j2")):
        _, text, first_line = split_front_matter(path.read_text(encoding="utf-8"), path)
        bodies.append(read_body(text, path, first_line))
    return bodies


def note(choose: Callable[[Sequence[Any]], Any], seen: list[int]) -> Any:
    """Choose as before, and note between how many: ours reads an option only when it is chosen."""

    def chosen(options: Sequence[Any]) -> Any:
        seen.append(len(options))
        return choose(options)

    return chosen


def compare_with_jinja(bodies: Sequence[Body]) -> None:
    """Every plain block as both write it, choice for choice; most blocks are plain."""
    plain = total = 0
    for body in bodies:
        for name, block in _analyse(body.tree).items():
            assert body.blocks[name] == block, body.source
            total += 1
            phrase = body._read_phrase(name)
            if phrase is None:
                continue
            plain += 1
            facts = {fact: Anything(fact) for fact in block.names}
            ours: list[int] = []
            jinjas: list[int] = []
            said = body.render_chosen(name, facts, note(Random(name).choice, ours))
            other = squeeze(body._write_by_jinja(name, facts, note(Random(name).choice, jinjas)))
            assert said == other, body.source
            assert ours == jinjas, body.source
    assert plain > 0.9 * total


def squeeze(text: str) -> str:
    """On one line, as `Body.render` has it."""
    return _SPACES.sub(" ", text).strip()


def test_some_shipped_blocks_are_written_as_jinja_writes_them() -> None:
    bodies = list_bodies()
    assert len(bodies) > 100
    compare_with_jinja(bodies[::12])


@pytest.mark.slow
def test_every_shipped_block_is_written_as_jinja_writes_it() -> None:
    compare_with_jinja(list_bodies())


FACTS = {"mail": SimpleNamespace(id="m1", to=["a", "b"]), "number": 7, "table": {"items": 1}}


@pytest.mark.parametrize(
    "text",
    [
        "words { } }} of 'every' \"kind\"",
        "{{ mail.id }}{{mail.to[1]}} {{ number }}",
        "{{ 'one' ~ number ~ mail.id }}",
        '{{ pick("a", "b" ~ number, pick(number, "c") ~ "d", "}}", "{% endblock") }}',
        '{{ pick("a" , number) ~ " " ~ pick("b", "c") }}',
        "a\n   b \t c",
    ],
)
def test_a_phrase_is_written_as_jinja_writes_it(text: str) -> None:
    body = read_body(f"{{% block b %}}{text}{{% endblock %}}", HERE)
    assert read_phrase(text) is not None
    for seed in range(12):
        ours = body.render_chosen("b", FACTS, Random(seed).choice)
        assert ours == squeeze(body._write_by_jinja("b", FACTS, Random(seed).choice))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("from {{ mail }}", "SimpleNamespace"),
        ("to {{ mail.to }}", "list"),
        ("{{ table }} is it", "dict"),
        ("{{ nothing }}", "NoneType"),
        ("{{ paid }}", "bool"),
        ("{% if number %}{{ mail }}{% endif %}", "SimpleNamespace"),
        ("{{ table.items }}", "builtin_function_or_method"),
    ],
)
def test_what_would_stand_there_as_program_text_is_refused(text: str, kind: str) -> None:
    body = read_body(f"\n{{% block b %}}{text}{{% endblock %}}", HERE)
    with pytest.raises(BadTemplate, match=rf"^{HERE}:2: block 'b': {kind} is no text"):
        body.render("b", {**FACTS, "nothing": None, "paid": True}, Random(0))


def test_people_stand_in_a_text_by_their_name() -> None:
    boss = Person("Ana", "Lopez", "ana@example.com", "202-555-0101")
    for text in ("ask {{ boss }}", "{% if boss %}ask {{ boss }}{% endif %}"):
        body = read_body(f"{{% block b %}}{text}{{% endblock %}}", HERE)
        assert body.render("b", {"boss": boss}, Random(0)) == "ask Ana Lopez"


@pytest.mark.parametrize(
    "text",
    [
        "{% if mail %}a{% endif %}",
        "{# a comment #}",
        "{{- mail.id }}",
        "{{ mail.id | upper }}",
        "{{ number + 1 }}",
        "{{ mail.id() }}",
        "{{ mail._id }}",
        "{{ ''.__class__ }}",
        "{{ pick() }}",
        '{{ pick("a" }}',
        '{{ "a\\n" }}',
        "{{ }}",
        "{{ mail.id",
    ],
)
def test_what_is_not_plain_is_no_phrase(text: str) -> None:
    assert read_phrase(text) is None


def test_a_phrase_knows_its_facts_and_wordings() -> None:
    phrase = read_phrase('{{ a.b }} {{ pick("x", pick("y", "z") ~ c[0]) }}{{ pick(a, d) }}')
    assert phrase is not None
    assert set(list_facts(phrase)) == {"a", "c", "d"}
    assert count_wordings(phrase) == 6


@pytest.mark.parametrize(
    "text",
    [
        "{% block a %}x{% block b %}y{% endblock %}{% endblock %}",
        "{% set x = 1 %}{% block a %}{{ x }}{% endblock %}{% block b %}y{% endblock %}",
        "{%- block a %}x{% endblock %}{% block b %}y{% endblock b %}",
    ],
)
def test_a_body_of_more_than_blocks_is_jinjas(text: str) -> None:
    body = read_body(text, HERE)
    assert set(body.blocks) == {"a", "b"}
    assert body.render("b", {}, Random(0)) == "y"
