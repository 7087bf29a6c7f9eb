import pytest
import yaml

from tool_catalog.yaml_text import read_yaml


def test_yaml_is_read_as_the_safe_loader_reads_it() -> None:
    text = "a: [1, 2.5, yes]\nb: {c: null, d: 2025-01-01}\n"
    assert read_yaml(text) == yaml.safe_load(text)


def test_what_is_unsafe_or_broken_is_refused_with_its_line() -> None:
    with pytest.raises(yaml.MarkedYAMLError) as caught:
        read_yaml("a: 1\nb: ]\n")
    assert caught.value.problem_mark is not None
    assert caught.value.problem_mark.line == 1
    with pytest.raises(yaml.YAMLError):
        read_yaml("!!python/object/apply:os.getcwd []")
