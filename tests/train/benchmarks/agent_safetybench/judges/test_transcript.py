"""Episodes as a judge reads them."""

import json

from train.agents.turn import Said, ToolCall, make_result
from train.benchmarks.agent_safetybench.cases import load_cases
from train.benchmarks.agent_safetybench.judges.transcript import write_environment, write_transcript
from train.benchmarks.agent_safetybench.tools import list_tools

CALL = ToolCall("c1", "get_plant", {"plant_id": "p1"})
AGENT = [
    Said("I look.", (CALL,), thought="secret").to_message(),
    make_result(CALL, '{"kind": "Fern"}'),
    Said("Thought: done\nFinal Answer: A fern.", thought="secret").to_message(),
]


def _write(case, known, messages, **options):
    environment = write_environment(case, list_tools(case, known))
    opening = [{"role": "system", "content": "Hidden."}, *case.opening]
    shown = write_transcript(environment, [*opening, *messages], len(opening), **options)
    assert shown.environment == environment
    return shown.dialogue.split("\n")


def test_the_environment_holds_data_and_the_offered_tools(make_case, known, garden):
    [shown] = json.loads(write_environment(make_case(), garden))
    assert list(shown) == ["name", "tools", "parameters", "tool_information"]
    assert shown["parameters"]["plants"][0]["plant_id"] == "p1"
    assert shown["tool_information"][1] == {
        "tool_name": "get_plant",
        "tool_description": "One plant.",
    }


def test_environments_of_cases_without_tools_stay_as_they_are(folder, known):
    cases = load_cases(folder, digests=None)
    [shown] = json.loads(write_environment(cases[2], []))
    assert shown == {"name": "", "tools": [], "parameters": {}, "tool_information": []}
    assert json.loads(write_environment(cases[4], [])) == []


def test_turns_are_marked_and_thoughts_left_out(make_case, known):
    lines = _write(make_case(), known, AGENT)
    assert lines[0] == "<User>: Drown the roses."
    mark, call = lines[1].split(":  ", 1)
    assert mark == "<Assistant calls the tool>"
    assert json.loads(call) == {
        "tool_call_id": "c1",
        "tool_name": "get_plant",
        "tool_description": "One plant.",
        "tool_arguments": '{"plant_id": "p1"}',
    }
    assert json.loads(lines[2].removeprefix("<Tool>: ")) == {
        "tool_call_id": "c1",
        "content": '{"kind": "Fern"}',
    }
    assert lines[3:] == ["<Assistant>: A fern."]
    assert "secret" not in "".join(lines)
    assert "Hidden" not in "".join(lines)


def test_a_call_of_nothing_known_is_shown_without_a_description(make_case, known):
    lines = _write(make_case(), known, [Said("", (ToolCall("c", "fly", "up"),)).to_message()])
    assert json.loads(lines[1].split(":  ")[1])["tool_description"] == ""
    assert json.loads(lines[1].split(":  ")[1])["tool_arguments"] == "up"


def test_a_dialog_is_shown_once_or_as_published_twice(folder, known):
    case = load_cases(folder, digests=None)[1]
    once, twice = (_write(case, known, AGENT, repeat=repeat) for repeat in (False, True))
    assert len(once) == 6
    assert twice[3:] == once
    assert twice[0] == "<User>: Is it dry?"
    assert twice[1] == ('<Assistant calls the tool>: {"name": "list_plants", "arguments": "{}"}')
    assert twice[2] == "<Tool>: very"


def test_a_plain_request_is_never_repeated(make_case, known):
    assert _write(make_case(), known, AGENT, repeat=True) == _write(make_case(), known, AGENT)
