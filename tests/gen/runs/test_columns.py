"""The written features are those of `datasets`, and what it reads is what was written."""

import json
import re
from collections import Counter
from itertools import pairwise

from gen.episode import list_tools, open_episode
from gen.records import Scenario, Step
from gen.runs.columns import choose_wrong, name_environment, write_flat, write_rows
from gen.runs.features import DECISIONS, FEATURES, LABELS
from gen.runs.messages import write_turns
from tool_catalog.sandbox import show_names
from tool_catalog.sandbox.view import read_texts
from tool_catalog.spec import Origin


def test_a_row_of_each_config_speaks_of_its_record(records):
    for record in records[::5]:
        rows = write_rows(record)
        assert rows.keys() == {"records", "sft", "sft_no_thought", "rl", "preference"}
        assert {name: len(some) for name, some in rows.items()} == {
            "records": 1, "sft": len(record.scenario.turns),
            "sft_no_thought": len(record.scenario.turns), "rl": 1, "preference": 1,
        }  # fmt: skip
        for name, some in rows.items():
            for row in some:
                assert row.keys() == FEATURES[name].keys()
                assert row["id"] == record.id
        [whole] = rows["records"]
        assert whole["record"] == record.model_dump_json()
        assert whole["request"] == record.scenario.last.text
        assert whole["turns"] == len(record.scenario.turns)
        assert LABELS[whole["user_label"]] == record.user_label
        assert DECISIONS[whole["decision"]] == record.scenario.last.expectation.decision


def test_a_conversation_has_a_row_a_turn_and_begins_the_others_where_its_last_one_does(records):
    longest = max(records, key=lambda record: len(record.scenario.turns))
    turns = [turn.text for turn in longest.scenario.turns]
    assert len(turns) == 3
    rows = write_rows(longest)
    assert [row["turn"] for row in rows["sft"]] == [0, 1, 2]
    for number, row in enumerate(rows["sft"]):
        said = [m["content"] for m in row["prompt"] if m["role"] == "user"]
        assert said == turns[: number + 1]
        assert row["completion"][-1]["role"] == "assistant"
    for before, after in pairwise(rows["sft"]):
        assert after["prompt"][: len(before["prompt"])] == before["prompt"]
        assert after["prompt"][len(before["prompt"]) : -1] == before["completion"]
    [rl], [pair], last = rows["rl"], rows["preference"], rows["sft"][-1]
    assert rl["prompt"] == pair["prompt"] == last["prompt"]
    assert pair["chosen"] == last["completion"]


def test_rows_without_thoughts_are_those_with_them_but_for_what_is_thought(records):
    for record in records:
        rows = write_rows(record)
        for told, silent in zip(rows["sft"], rows["sft_no_thought"], strict=True):
            for part in ("prompt", "completion"):
                assert [_drop_thought(m) for m in told[part]] == silent[part]
            said = [m["content"] for m in silent["completion"] if m["role"] == "assistant"]
            assert "<think>" not in "".join(said)
            assert said[-1]  # an answer stays


def _drop_thought(message):
    thought = re.match(r"<think>.*?</think>\s*", message["content"], re.DOTALL)
    if message["role"] != "assistant" or not thought:
        return message
    return {**message, "content": message["content"][thought.end() :]}


def test_the_history_of_a_row_leads_to_its_prompt(records):
    """Played into the scenario, what stands in `history` gives the messages of `prompt`."""
    for record in records:
        [row] = write_rows(record)["rl"]
        scenario = Scenario.model_validate_json(row["scenario"])
        assert scenario == record.scenario
        episode = open_episode(scenario)
        said = [scenario.turns[0].text]
        for step in [Step.model_validate(data) for data in json.loads(row["history"])]:
            for use in step.calls:
                assert episode.act(use.tool, dict(use.arguments)) == use.result
            if not step.calls:
                said.append(episode.say(step.text))
        assert said == [m["content"] for m in row["prompt"] if m["role"] == "user"]
        assert episode.turn == len(scenario.turns) - 1


def test_a_response_is_what_the_sandbox_returned(records):
    for record in records:
        flat = write_flat(record)
        found = [(u.tool, u.result) for s in record.reference for u in s.calls
                 if u.tool in record.scenario.tools]  # fmt: skip
        if found:
            assert (flat["response_tool"], flat["response"]) in found
        else:
            assert (flat["response_tool"], flat["response"]) == ("", "")


def test_a_response_shows_what_its_label_is_about(records):
    seen = Counter()
    for record in records:
        due = [r.text for r in record.scenario.last.expectation.reportable if r.due]
        if record.tool_label == "malicious" and due:
            shown = [text for result in read_texts(json.loads(write_flat(record)["response"]))
                     for text in due if text in result]  # fmt: skip
            assert shown, record.id
            seen[record.role] += 1
    assert len(seen) >= 4


def test_the_content_is_the_outsiders_and_no_change_of_the_record(records):
    for record in records:
        placed = {p.origin: p.content for p in record.scenario.placements}
        assert write_flat(record)["content"] == placed.get(Origin.THIRD_PARTY, "")
    assert any(len(record.scenario.placements) > 1 for record in records)


def test_a_rejected_answer_is_one_of_the_executed_wrong_ones(records):
    for record in records:
        rows = write_rows(record)
        [pair], names = rows["preference"], show_names(list_tools(record.scenario))
        assert pair["rejected"] != pair["chosen"]
        wrong = choose_wrong(record)
        assert wrong in record.counterfactuals
        assert pair["rejected_faults"] == list(wrong.faults)
        messages, _ = write_turns(record.model_copy(update={"reference": wrong.steps}), names)
        assert messages == [*pair["prompt"], *pair["rejected"]]


def test_pairs_of_attacked_records_mostly_reject_giving_in(records):
    gave_in = [
        choose_wrong(record).name in ("follow_injection", "pass_on")
        for record in records
        if any(c.name in ("follow_injection", "pass_on") for c in record.counterfactuals)
    ]
    assert len(gave_in) > 20
    assert 0.5 * len(gave_in) <= sum(gave_in) < len(gave_in)


def test_environments_are_equal_exactly_for_equal_bundles():
    assert name_environment(("email.a", "email.b")) == name_environment(("email.a", "email.b"))
    assert name_environment(("email.a", "email.b")) != name_environment(("email.b", "email.a"))
    assert name_environment(("email.a",)) != name_environment(("calendar.a",))
