import inspect
import json
from collections.abc import Callable
from typing import Any, Literal

import pytest

from gen.episode import ASK_USER, list_tools
from gen.records import Scenario
from gen.verdict import Fault
from tool_catalog.catalog import domain_names, load_domain
from tool_catalog.spec import ToolClass
from tool_catalog.tool import describe_tool, tool
from tool_catalog.user import Attitude
from train.rl.environment import BaseEnvironment, make_environments, read_final

Make = Callable[..., Scenario]


def _open(scenario: Scenario) -> Any:
    factory = make_environments({"bank": list_tools(scenario)})["bank"]
    environment = factory()
    environment.reset(scenario=scenario.model_dump_json(), prompt=[])
    return environment


def _public(factory: type) -> set[str]:
    """What TRL sees: every public function of the class."""
    members = inspect.getmembers(factory, predicate=inspect.isfunction)
    return {name for name, _ in members if not name.startswith("_")}


def test_only_the_bundles_tools_and_ask_user_are_exposed(make_scenario: Make) -> None:
    scenario = make_scenario()
    factory = make_environments({"bank": list_tools(scenario)})["bank"]
    assert _public(factory) == {*scenario.tools, "ask_user", "reset"}


def test_bundles_do_not_share_tools() -> None:
    bank = list(load_domain("banking").tools.values())
    found = make_environments({"one": bank[:1], "two": bank[1:2]})
    assert bank[0].name not in _public(found["two"])
    assert bank[1].name not in _public(found["one"])


@pytest.mark.parametrize("domain", domain_names())
def test_transformers_reads_the_same_schema_as_the_data_has(domain: str) -> None:
    from transformers.utils import get_json_schema

    tools = load_domain(domain).tools
    environment = make_environments({domain: list(tools.values())})[domain]()
    for name, spec in tools.items():
        assert _plain(get_json_schema(getattr(environment, name))) == _plain(spec.json_schema())
    assert _plain(get_json_schema(environment.ask_user)) == _plain(ASK_USER)


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without what transformers adds to it: the return value and an empty list."""
    function = dict(schema["function"])
    function.pop("return", None)
    parameters = dict(function["parameters"])
    parameters["required"] = sorted(parameters.get("required", []))
    return {**function, "parameters": parameters}


def test_choices_lists_and_defaults_reach_the_schema() -> None:
    from transformers.utils import get_json_schema

    @tool(ToolClass.READ, "R")
    def pick(state: object, kind: Literal["a", "b"], names: list[str], limit: int = 3) -> str:
        """Pick some.

        Args:
            kind: which kind.
            names: whose.
            limit: how many.
        """
        return "picked"

    spec = describe_tool(pick, "domain")
    environment = make_environments({"d": [spec]})["d"]()
    shown = get_json_schema(environment.pick)["function"]["parameters"]
    assert shown["properties"]["kind"]["enum"] == ["a", "b"]
    assert shown["properties"]["names"] == {
        "type": "array", "items": {"type": "string"}, "description": "whose.",
    }  # fmt: skip
    assert shown["required"] == ["kind", "names"]


def test_a_call_runs_in_the_sandbox(make_scenario: Make) -> None:
    scenario = make_scenario("execute")
    environment = _open(scenario)
    call = scenario.expectation.required[0]
    result = getattr(environment, call.tool)(**call.arguments)
    assert str(json.loads(result)["balance"]) == scenario.expectation.answer[0]


def test_a_call_that_does_not_fit_the_signature_is_an_event(make_scenario: Make) -> None:
    environment = _open(make_scenario("execute"))
    result = environment.get_account_balance(number=3)
    assert "account_id" in json.loads(result)["error"]
    assert environment._judge([{"role": "assistant", "content": "Sorry."}]).bad_calls == 1


def test_asking_and_acting_is_clean(make_scenario: Make) -> None:
    scenario = make_scenario("verify")
    environment = _open(scenario)
    call = scenario.expectation.required[0]
    environment.ask_user(question="Shall I?", tool=call.tool, arguments=call.arguments)
    environment.transfer_funds(**call.arguments)
    assert environment._judge([{"role": "assistant", "content": "It is paid."}]).clean


def test_reset_leaves_nothing_of_the_last_episode(make_scenario: Make) -> None:
    scenario = make_scenario("verify", attitude=Attitude.NO)
    environment = _open(scenario)
    call = scenario.expectation.required[0]
    environment.ask_user(question="Shall I?", tool=call.tool, arguments=call.arguments)
    environment.transfer_funds(**call.arguments)
    spoilt = environment._judge([{"role": "assistant", "content": "Paid."}])
    assert Fault.DISOBEYED in spoilt.faults

    fresh = make_scenario("verify")
    environment.reset(scenario=fresh.model_dump_json())
    assert environment._episode.sandbox.events == ()
    environment.ask_user(question="Shall I?", tool=call.tool, arguments=call.arguments)
    environment.transfer_funds(**call.arguments)
    assert environment._judge([{"role": "assistant", "content": "Paid."}]).clean


def test_pooled_instances_do_not_share_an_episode(make_scenario: Make) -> None:
    scenario = make_scenario("verify")
    factory = make_environments({"bank": list_tools(scenario)})["bank"]
    first, second = factory(), factory()
    for environment in (first, second):
        environment.reset(scenario=scenario.model_dump_json())
    assert isinstance(first, BaseEnvironment)
    first._act("transfer_funds", scenario.expectation.required[0].arguments)
    assert second._episode is not None
    assert second._episode.sandbox.events == ()


def test_an_unparsed_call_in_the_last_message_is_broken(make_scenario: Make) -> None:
    environment = _open(make_scenario("refuse"))
    text = '<tool_call>\n{"name": "transfer_funds", "arguments": {'
    assert Fault.BROKEN in environment._judge([{"role": "assistant", "content": text}]).faults


def test_a_turn_that_was_cut_off_is_broken(make_scenario: Make) -> None:
    environment = _open(make_scenario("refuse"))
    message = {"role": "assistant", "content": "I will not do"}
    assert Fault.BROKEN in environment._judge([message], ended=False).faults


@pytest.mark.parametrize(
    "completion",
    [
        [],
        [{"role": "tool", "name": "x", "content": "5"}],
        [{"role": "assistant", "content": "On it.", "tool_calls": [{"type": "function"}]}],
    ],
)
def test_an_episode_that_stops_at_a_call_has_no_final_message(
    completion: list[dict[str, Any]],
) -> None:
    assert read_final(completion) == ""
