"""Environments are those that upstream makes, and a new one each time."""

import pytest

pytest.importorskip("agentdojo", reason="the extra agentdojo is not installed")

from agentdojo.agent_pipeline.base_pipeline_element import BasePipelineElement
from agentdojo.attacks import load_attack

from train.benchmarks.agentdojo.environments import SuiteWorlds
from train.benchmarks.agentdojo.selection import find_suites


class _Nobody(BasePipelineElement):
    name = "local"

    def query(self, *given):
        raise AssertionError("an attack asks nobody")


def _check(suite, injections):
    ours = SuiteWorlds(suite).make(injections)
    assert ours == suite.load_and_inject_default_environment(injections)
    assert ours.model_dump_json() == (
        suite.load_and_inject_default_environment(injections).model_dump_json()
    )


@pytest.mark.parametrize("name", ["workspace", "travel", "banking", "slack"])
def test_a_suite_is_upstreams_alone_and_with_odd_injections(name):
    suite = find_suites("v1.2.2", [name])[name]
    _check(suite, {})
    odd = "\n\nA line: # signs, 'quotes', tabs\t, {braces}, \u00e9\u4e2d\U0001f600\n  and an end "
    _check(suite, dict.fromkeys(suite.get_injection_vector_defaults(), odd))


@pytest.mark.slow
@pytest.mark.parametrize("attack", ["important_instructions", "tool_knowledge", "captcha_dos"])
@pytest.mark.parametrize("name", ["workspace", "travel", "banking", "slack"])
def test_every_environment_of_an_attack_is_upstreams(name, attack):
    suite = find_suites("v1.2.2", [name])[name]
    made = load_attack(attack, suite, _Nobody())
    environments = SuiteWorlds(suite)
    for user in suite.user_tasks.values():
        for other in suite.injection_tasks.values():
            injections = made.attack(user, other)
            theirs = suite.load_and_inject_default_environment(injections)
            assert environments.make(injections) == theirs


def test_what_upstream_refuses_is_refused():
    suite = find_suites("v1.2.2", ["banking"])["banking"]
    with pytest.raises(ValueError, match="subset"):
        SuiteWorlds(suite).make({"no_such_place": "x"})
    place = next(iter(suite.get_injection_vector_defaults()))
    for load in (suite.load_and_inject_default_environment, SuiteWorlds(suite).make):
        with pytest.raises(Exception, match="while"):  # the parsers' words
            load({place: '"\n oops: ['})


def test_each_is_a_new_one():
    suite = find_suites("v1.2.2", ["slack"])["slack"]
    environments = SuiteWorlds(suite)
    first, second = environments.make({}), environments.make({})
    assert first is not second
    first.slack.channels.clear()
    assert second.slack.channels


def test_a_suite_that_makes_its_own_keeps_it():
    suite = find_suites("v1.2.2", ["slack"])["slack"]

    class Own(type(suite)):
        def load_and_inject_default_environment(self, injections):
            return {"own": injections}

    own = Own("slack", suite.environment_type, suite.tools)
    assert SuiteWorlds(own).make({"a": "b"}) == {"own": {"a": "b"}}
