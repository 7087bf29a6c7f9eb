from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest

from gen.templating.wording import find_key_line, read_body, split_front_matter
from tool_catalog.errors import BadTemplate

HERE = Path("some.j2")


def count(text: str) -> int:
    return read_body(f"{{% block b %}}{text}{{% endblock %}}", HERE).blocks["b"].wordings


@pytest.mark.parametrize(
    ("text", "wordings"),
    [
        ("plain words", 1),
        ('{{ pick("a", "b", "c") }}', 3),
        ('{{ pick("a", "b") }} and {{ pick("c", "d", "e") }}', 6),
        ('{{ pick("a" ~ pick("b", "c"), "d") }}', 3),
        ('{{ pick("a", "b") ~ pick("c", "d") }}', 4),
        ('{{ pick(pick("a", "b") ~ mail.id ~ pick("c", "d"), "e") }}', 5),
        ('{{ pick(mail.topic, "b") }}', 2),
        ('{% if mail %}{{ pick("a", "b") }}{% else %}{{ pick("c", "d", "e") }}{% endif %}', 3),
        ('{% if mail %}{{ pick("a", "b") }}{% endif %}', 2),
        ("", 1),
    ],
)
def test_wordings_are_counted_as_by_hand(text: str, wordings: int) -> None:
    assert count(text) == wordings


def test_the_count_is_that_of_the_distinct_renderings() -> None:
    text = '{{ pick("a" ~ pick("1", "2"), "b", "c" ~ pick("3", "4")) }}{{ pick("x", "y") }}'
    body = read_body(f"{{% block b %}}{text}{{% endblock %}}", HERE)
    rng = Random(0)
    found = {body.render("b", {}, rng) for _ in range(500)}
    assert len(found) == body.blocks["b"].wordings == 10


def test_rendering_fills_facts_and_joins_lines() -> None:
    body = read_body(
        "{% block b %}\n  Read {{ mail.id }}   now\n  and tell me.\n{% endblock %}\n", HERE
    )
    said = body.render("b", {"mail": SimpleNamespace(id="m1")}, Random(0))
    assert said == "Read m1 now and tell me."


def test_equal_streams_choose_equal_wordings() -> None:
    body = read_body('{% block b %}{{ pick("a", "b", "c", "d") }}{% endblock %}', HERE)
    one = [body.render("b", {}, Random(n)) for n in range(20)]
    assert one == [body.render("b", {}, Random(n)) for n in range(20)]
    assert len(set(one)) == 4


def test_names_are_the_facts_that_a_body_speaks_of() -> None:
    body = read_body(
        '{% block a %}{% set x = mail.id %}{{ x }}{{ pick("a", other) }}{% endblock %}'
        "{% block b %}{{ third }}{% endblock %}",
        HERE,
    )
    assert body.names == {"mail", "other", "third"}
    assert body.blocks["a"].names == {"mail", "other"}


def test_a_syntax_error_names_file_and_line() -> None:
    with pytest.raises(BadTemplate, match=r"^some\.j2:7: "):
        _ = read_body("{% block b %}\n{{ pick( }}\n{% endblock %}", HERE, first_line=6).blocks


def test_a_missing_fact_names_file_line_and_block() -> None:
    body = read_body("\n{% block b %}{{ mail.id }}{% endblock %}", HERE, first_line=4)
    with pytest.raises(BadTemplate, match=r"^some\.j2:5: block 'b': 'mail' is undefined"):
        body.render("b", {}, Random(0))
    with pytest.raises(BadTemplate, match=r"^some\.j2:5: block 'b': .*has no attribute 'id'"):
        body.render("b", {"mail": SimpleNamespace(topic="x")}, Random(0))


def test_a_missing_block_is_named() -> None:
    body = read_body("{% block b %}x{% endblock %}", HERE)
    with pytest.raises(BadTemplate, match=r"no block 'c'"):
        body.render("c", {}, Random(0))


def test_a_body_runs_in_a_sandbox() -> None:
    body = read_body("{% block b %}{{ ''.__class__.__mro__ }}{% endblock %}", HERE)
    with pytest.raises(BadTemplate, match="unsafe"):
        body.render("b", {}, Random(0))
    body = read_body("{% block b %}{{ items.append(1) }}{% endblock %}", HERE)
    with pytest.raises(BadTemplate):
        body.render("b", {"items": []}, Random(0))


def test_front_matter_is_split_from_the_body() -> None:
    data, body, first = split_front_matter("---\na: 1\nb: [2]\n---\nhello\n", HERE)
    assert data == {"a": 1, "b": [2]}
    assert body == "hello\n"
    assert first == 5


@pytest.mark.parametrize("text", ["hello", "---\na: 1\nno end\n", "--- a: 1 ---\n"])
def test_missing_front_matter_is_said(text: str) -> None:
    with pytest.raises(BadTemplate, match=r"^some\.j2:1: front matter is missing"):
        split_front_matter(text, HERE)


def test_unreadable_front_matter_names_its_line() -> None:
    with pytest.raises(BadTemplate, match=r"^some\.j2:3: "):
        split_front_matter("---\na: 1\nb: ]\n---\nx", HERE)
    with pytest.raises(BadTemplate, match=r"^some\.j2:2: front matter must be a mapping"):
        split_front_matter("---\n- a\n---\nx", HERE)


@pytest.mark.parametrize("text", ["a: 1\nb: {c: 1,\n  off: 2}\n", "a: 1\nb:\n  - {off: 2}\n"])
def test_a_key_that_yaml_takes_for_a_truth_value_is_named_with_its_line(text: str) -> None:
    with pytest.raises(BadTemplate, match=r"some\.j2:4: YAML reads the key off as true or false"):
        split_front_matter(f"---\n{text}---\n", HERE)
    quoted = text.replace("off", '"off"')
    assert split_front_matter(f"---\n{quoted}---\n", HERE)[0]["a"] == 1


def test_a_keys_line_is_followed_as_deep_as_it_exists() -> None:
    text = "---\na: 1\nb:\n  c:\n    - x: 1\n    - x: 2\n---\nbody"
    assert find_key_line(text, ("a",)) == 2
    assert find_key_line(text, ("b", "c")) == 4
    assert find_key_line(text, ("b", "c", 1, "x")) == 6
    assert find_key_line(text, ("b", "c", 9)) == 4
    assert find_key_line(text, ("nothing",)) == 2
