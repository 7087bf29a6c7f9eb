"""A template cannot fill the memory or run for ever."""

from pathlib import Path
from random import Random

import pytest

import gen.templating.bounds as bounds
from gen.templating.facts import resolve
from gen.templating.wording import read_body
from tool_catalog.errors import BadTemplate

FACTS = {"word": "ab", "words": ["a", "b"], "many": [*range(3000)]}


def render(source: str) -> str:
    body = read_body("{% block benign %}" + source + "{% endblock %}", Path("mine.j2"))
    return body.render("benign", FACTS, Random(1))


@pytest.mark.parametrize(
    "source",
    [
        '{{ "a" * 100000000 }}',
        '{{ 100000000 * word }}',
        '{{ (words * 100000000)|join }}',
        "{{ 9 ** 99 }}",
        '{{ "%100000000d" % 1 }}',
        '{{ "%*d" % (100000000, 1) }}',
        '{{ "{:100000000}".format(1) }}',
        '{{ word.ljust(100000000) }}',
        '{{ word|center(100000000) }}',
        '{{ word|replace("a", word) }}',
        '{% for a in many %}{{ "x" * 99 }}{% endfor %}',
    ],
)  # fmt: skip
def test_a_text_that_grows_without_bound_is_refused_with_its_place(source: str) -> None:
    with pytest.raises(BadTemplate) as caught:
        render(source)
    assert str(caught.value).startswith("mine.j2:1: ")
    assert "\n" not in str(caught.value)


def test_a_template_that_runs_for_ever_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "SECONDS", 0.2)
    loop = "{% for a in many %}" * 3 + "{% endfor %}" * 3
    with pytest.raises(BadTemplate, match=r"mine\.j2:1: .* takes longer than 0\.2 seconds"):
        render(loop)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('{{ word * 3 }}', "ababab"),
        ("{{ 2 ** 3 * 4 }}", "32"),
        ('{{ "%03d" % 7 }}', "007"),
        ("{{ word.upper() }} {{ words|join(', ')|capitalize }}", "AB A, b"),
        ("{% for w in words %}{{ w }};{% endfor %}", "a;b;"),
    ],
)  # fmt: skip
def test_what_templates_need_is_allowed(source: str, text: str) -> None:
    assert render(source) == text


def test_front_matter_is_bounded_too() -> None:
    assert resolve("{{ word * 2 }}", FACTS) == "abab"
    with pytest.raises(BadTemplate, match="front matter: "):
        resolve('{{ "a" * 100000000 }}', FACTS)
