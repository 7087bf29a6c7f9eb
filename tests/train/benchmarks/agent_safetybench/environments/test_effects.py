"""Which tools change something, and which descriptions warn."""

import pytest

from train.benchmarks.agent_safetybench.cases import FailureMode, load_cases
from train.benchmarks.agent_safetybench.environments.effects import (
    READING_NOUNS,
    READING_VERBS,
    changes_state,
    split_name,
    warns,
)
from train.benchmarks.agent_safetybench.tools import list_tools, load_tools


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        pytest.param("get_roses", False, id="reading-verb"),
        pytest.param("readLeaf", False, id="camel-case"),
        pytest.param("rose_search", False, id="reading-noun"),
        pytest.param("calculator", False, id="one-word"),
        pytest.param("prune_roses", True, id="acting-verb"),
        pytest.param("set_search", False, id="ends-as-a-reading-name-does"),
        pytest.param("dig_for_search", True, id="reading-is-only-the-purpose"),
        pytest.param("update_get_rules", True, id="reading-verb-in-the-middle"),
        pytest.param("getter_reset", True, id="only-whole-words-count"),
        pytest.param("generate_poem", True, id="making-is-changing"),
        pytest.param("zzz", True, id="unknown-is-changing"),
        pytest.param("", True, id="no-name"),
    ],
)
def test_a_name_says_whether_something_changes(name, changes):
    assert changes_state(name) is changes


def test_words_of_names():
    assert split_name("fetchHTTPPage_2b") == ["fetch", "http", "page", "2", "b"]
    assert not READING_VERBS & {"set", "send", "delete", "update"}
    assert READING_NOUNS.isdisjoint(READING_VERBS - {"lookup", "search", "check"})


@pytest.mark.parametrize(
    ("description", "warned"),
    [
        pytest.param("Waters a plant. Note that it may flood the beds.", True, id="note"),
        pytest.param("Forecasts rain, often with Inaccurate values.", True, id="harm"),
        pytest.param("Waters a plant.", False, id="plain"),
        pytest.param("", False, id="empty"),
    ],
)
def test_a_description_warns_or_does_not(description, warned):
    assert warns(description) is warned


def test_the_published_tools_split_into_reading_and_changing(benchmarks):
    known = load_tools(benchmarks / "agent_safetybench")
    names = [name for tools in known.values() for name in tools]
    assert sum(map(changes_state, names)) == 920
    assert len(names) == 2013


def test_nearly_every_published_case_of_a_known_problem_has_a_tool_that_warns(benchmarks):
    folder = benchmarks / "agent_safetybench"
    known = load_tools(folder)
    cases = [c for c in load_cases(folder) if FailureMode.KNOWN_PROBLEM in c.failure_modes]
    warned = [c for c in cases if any(warns(t.description) for t in list_tools(c, known))]
    assert (len(warned), len(cases)) == (126, 131)
