"""What of a record each of the dataset configs holds, as rows."""

import json
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from hashlib import blake2b
from typing import Any

from pydantic_core import from_json, to_json

from gen.episode import list_schemas
from gen.records import Counterfactual, Record, Scenario
from gen.runs.messages import Row, hide_thoughts, list_history, write_turn, write_turns
from gen.taxonomy.labels import Decision, Label
from tool_catalog.catalog import load_domain
from tool_catalog.sandbox import show_names
from tool_catalog.spec import Origin, ToolSpec

_LABEL_NUMBERS = {label: number for number, label in enumerate(Label)}
_DECISION_NUMBERS = {decision: number for number, decision in enumerate(Decision)}
_SCENARIO, _WORLDS = {"scenario"}, {"worlds"}
_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


def write_rows(record: Record, domain_files: tuple[Any, ...] = ()) -> dict[str, list[Row]]:
    """A record as rows of each config but those of classifiers, which hold each text once.

    Of a conversation with several turns, the two for SFT have a row a turn; `rl` and `preference`
    begin where the last one does, after what the reference did before.
    """
    scenario = record.scenario
    keys = {"id": record.id, "contrast_set_id": record.contrast_set_id, "role": record.role}
    tools = _list_schemas(scenario.tools, domain_files)
    names = _list_names(scenario.tools, domain_files)
    messages, ends = write_turns(record, names)
    asked = {**keys, "prompt": messages[: ends[-2]]}
    text, wrong, history = _write_scenario(scenario), choose_wrong(record), list_history(record)
    return {
        "records": [{**keys, **write_flat(record), "record": _write_json(record, text)}],
        "sft": list(_cut_turns(keys, messages, ends, tools)),
        "sft_no_thought": list(_cut_turns(keys, hide_thoughts(messages), ends, tools)),
        "rl": [
            {
                **asked,
                "environment": name_environment(scenario.tools),
                "decision": _DECISION_NUMBERS[scenario.last.expectation.decision],
                "scenario": text,
                "history": _encode([step.model_dump() for step in history]),
            }
        ],
        "preference": [
            {
                **asked,
                "chosen": messages[ends[-2] :],
                "rejected": write_turn(wrong.steps[len(history) :], names),
                "rejected_faults": list(wrong.faults),
                "tools": tools,
            }
        ],
    }  # fmt: skip


def _cut_turns(
    keys: Row, messages: list[Row], ends: Sequence[int], tools: list[str]
) -> Iterator[Row]:
    """A row for each turn of the user's: what came before the agent speaks, and what it does."""
    for turn, (start, end) in enumerate(zip(ends[::2], ends[1::2], strict=True)):
        yield {**keys, "turn": turn, "prompt": messages[:start], "completion": messages[start:end],
               "tools": tools}  # fmt: skip


def write_flat(record: Record) -> Row:
    """The columns of the `records` config by which rows are selected and counted."""
    scenario = record.scenario
    expectation, last = scenario.last.expectation, scenario.last
    tool, response = find_response(record)
    return {
        "schema_version": record.schema_version,
        "domain": scenario.domain,
        "user_label": _LABEL_NUMBERS[record.user_label],
        "tool_label": _LABEL_NUMBERS[record.tool_label],
        "decision": _DECISION_NUMBERS[expectation.decision],
        "modifiers": list(expectation.modifiers),
        "case": expectation.case,
        "authorization": record.authorization,
        "pre_approval": record.pre_approval,
        "policy_profile": record.policy_profile,
        "policy_form": record.policy_form,
        "turns": len(scenario.turns),
        "hard_negative": record.hard_negative,
        "render_level": record.render_level,
        "leaves": vars(record.leaves),
        "template": record.provenance.template,
        "attitude": last.script.attitude,
        "request": last.text,
        "content": next((p.content for p in reversed(scenario.placements)
                         if p.origin is Origin.THIRD_PARTY), ""),
        "response": response,
        "response_tool": tool,
    }  # fmt: skip


def find_response(record: Record) -> tuple[str, str]:
    """The result that the tool label is about, and its tool; both empty when nothing was read."""
    spans = [_encode(r.text)[1:-1] for r in record.scenario.last.expectation.reportable]
    carriers = {p.tool for p in record.scenario.placements}
    uses = [u for s in record.reference for u in s.calls if u.tool in record.scenario.tools]
    best, tool, text = 0, "", ""
    for use in reversed(uses):
        shown = next((number for number, span in enumerate(spans) if span in use.result), None)
        rank = 1 + (use.tool in carriers) + (0 if shown is None else 2 + (shown == 0))
        if rank >= best:
            best, tool, text = rank, use.tool, use.result
    return tool, text


def _write_scenario(scenario: Scenario) -> str:
    """The scenario as `model_dump_json` writes it. Its worlds come first and are most of it."""
    others = scenario.model_dump_json(exclude=_WORLDS)
    return f'{{"worlds":{_write_worlds(tuple(scenario.worlds.items()))},{others[1:]}'


@lru_cache(maxsize=16)
def _write_worlds(worlds: tuple[tuple[str, str], ...]) -> str:
    """The same in every record of a set."""
    return to_json(dict(worlds)).decode()


def _write_json(record: Record, scenario: str) -> str:
    """The record as `model_dump_json` writes it, around its scenario's JSON text.

    The scenario is most of a record, and stands in two configs. Quotes inside JSON strings are
    escaped, so that the first `,"reference":` is the record's own key.
    """
    before, after = record.model_dump_json(exclude=_SCENARIO).split(',"reference":', 1)
    return f'{before},"scenario":{scenario},"reference":{after}'


def read_told(text: str) -> tuple[Row, list[Row]]:
    """Scenario and reference out of a record's JSON text as `_write_json` wrote it, as data.

    The worlds, which are most of a record, are left out of the scenario and never parsed: their
    quotes are escaped, so that the first `},"tools":` is the end of them.
    """
    before, after = text.split(',"reference":', 1)
    others = before.split('},"tools":', 1)[1]
    return from_json(f'{{"tools":{others}'), from_json(after.split(',"final_state":', 1)[0])


def choose_wrong(record: Record) -> Counterfactual:
    """The way to get it wrong that a preference pair rejects.

    Of a poisoned record mostly the one that gave in to what was placed: that is what such a pair
    is there to teach.
    """
    number = int(blake2b(record.id.encode(), digest_size=4).hexdigest(), 16)
    gave_in = [c for c in record.counterfactuals if c.name in ("follow_injection", "pass_on")]
    if gave_in and number % 4:
        return gave_in[number // 4 % len(gave_in)]
    return record.counterfactuals[number // 4 % len(record.counterfactuals)]


def name_environment(tools: tuple[str, ...]) -> str:
    """A name that is equal exactly for equal bundles of tools."""
    return "+".join(tools)


@cache
def load_specs(tools: tuple[str, ...], files: tuple[Any, ...]) -> tuple[ToolSpec, ...]:
    """Tools by `domain.tool`, of the user's own domain files too."""
    keys = (key.partition(".") for key in tools)
    return tuple(load_domain(owner, files).tools[name] for owner, _, name in keys)


@cache
def _list_names(tools: tuple[str, ...], files: tuple[Any, ...]) -> dict[str, str]:
    return show_names(load_specs(tools, files))


@cache
def _list_schemas(tools: tuple[str, ...], files: tuple[Any, ...]) -> list[str]:
    return [_encode(schema) for schema in list_schemas(load_specs(tools, files))]
