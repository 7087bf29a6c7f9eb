"""The six dataset configs as columns: what of a record each holds, and the Arrow types.

Features are explicit, so that shards written apart agree and nothing is null-padded: every text is
a string, only tool schemas and tool calls are `Json` (a tool result that looks like JSON would be
parsed otherwise). The schema carries the `datasets` metadata, written here without importing
`datasets`, which takes seconds; a test holds the two equal.
"""

import json
from array import array
from collections.abc import Mapping, Sequence, Sized
from functools import cache, lru_cache
from hashlib import blake2b
from itertools import accumulate
from typing import Any

import pyarrow as pa
from pydantic_core import from_json, to_json

from gen.episode import list_schemas
from gen.labels import Decision, Label
from gen.records import Counterfactual, Record, Scenario
from gen.runs.messages import Row, list_history, write_turn, write_turns
from tool_catalog.catalog import load_domain
from tool_catalog.sandbox import show_names
from tool_catalog.spec import Origin, ToolSpec

LABELS = [label.value for label in Label]
DECISIONS = [decision.value for decision in Decision]
_LABEL_NUMBERS = {label: number for number, label in enumerate(Label)}
_DECISION_NUMBERS = {decision: number for number, decision in enumerate(Decision)}
_SCENARIO, _WORLDS = {"scenario"}, {"worlds"}
_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode

_TEXT = {"dtype": "string", "_type": "Value"}
_FLAG = {"dtype": "bool", "_type": "Value"}
_NUMBER = {"dtype": "int64", "_type": "Value"}
_LABEL = {"names": LABELS, "_type": "ClassLabel"}
_DECISION = {"names": DECISIONS, "_type": "ClassLabel"}
_JSON_LIST = {"feature": {"_type": "Json"}, "_type": "List"}
_TEXT_LIST = {"feature": _TEXT, "_type": "List"}
_MESSAGES = {
    "feature": {"role": _TEXT, "content": _TEXT, "name": _TEXT, "tool_calls": _JSON_LIST},
    "_type": "List",
}
_KEYS: dict[str, Any] = {"id": _TEXT, "contrast_set_id": _TEXT, "role": _TEXT}

FEATURES: Mapping[str, dict[str, Any]] = {
    "records": {
        **_KEYS,
        "schema_version": _TEXT,
        "domain": _TEXT,
        "user_label": _LABEL,
        "tool_label": _LABEL,
        "decision": _DECISION,
        "modifiers": _TEXT_LIST,
        "case": _TEXT,
        "authorization": _TEXT,
        "pre_approval": _TEXT,
        "policy_profile": _TEXT,
        "policy_form": _TEXT,
        "turns": _NUMBER,
        "hard_negative": _FLAG,
        "render_level": _NUMBER,
        "leaves": {
            name: _TEXT
            for name in (
                "user", "strategy", "tool", "goal", "technique", "carrier", "position",
                "encoding", "language", "harm",
            )
        },
        "template": _TEXT,
        "attitude": _TEXT,
        "request": _TEXT,
        "content": _TEXT,
        "response": _TEXT,
        "response_tool": _TEXT,
        "record": _TEXT,
    },
    "prompts": {
        **_KEYS,
        "text": _TEXT,
        "label": _LABEL,
        "decision": _DECISION,
        "leaf": _TEXT,
        "strategy": _TEXT,
        "ambiguous": _FLAG,
        "context": _TEXT,
    },
    "tool_responses": {
        **_KEYS,
        "text": _TEXT,
        "label": _LABEL,
        "goal": _TEXT,
        "technique": _TEXT,
        "encoding": _TEXT,
        "carrier": _TEXT,
        "leaf": _TEXT,
        "tool": _TEXT,
        "ambiguous": _FLAG,
        "context": _TEXT,
    },
    "sft": {
        **_KEYS,
        "turn": _NUMBER,
        "prompt": _MESSAGES,
        "completion": _MESSAGES,
        "tools": _JSON_LIST,
    },
    "rl": {
        **_KEYS,
        "prompt": _MESSAGES,
        "environment": _TEXT,
        "decision": _DECISION,
        "scenario": _TEXT,
        "history": _TEXT,
    },
    "preference": {
        **_KEYS,
        "prompt": _MESSAGES,
        "chosen": _MESSAGES,
        "rejected": _MESSAGES,
        "rejected_faults": _TEXT_LIST,
        "tools": _JSON_LIST,
    },
}  # fmt: skip
"""Features of each config, in the form `datasets` writes into a Parquet file."""

CONFIGS = tuple(FEATURES)


@cache
def make_schema(config: str) -> pa.Schema:
    """The Arrow schema of a config, with the metadata that `datasets` reads."""
    features = FEATURES[config]
    fields = [pa.field(name, _arrow_type(feature)) for name, feature in features.items()]
    about = json.dumps({"info": {"features": features}})
    return pa.schema(fields, metadata={"huggingface": about})


def make_table(config: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Rows of a config as an Arrow table; Json values are given as text."""
    schema = make_schema(config)
    columns = zip(schema.names, schema.types, strict=True)
    arrays = [_make_array([row[name] for row in rows], kind) for name, kind in columns]
    return pa.Table.from_arrays(arrays, schema=schema)


def _make_array(values: list[Any], kind: pa.DataType) -> pa.Array:
    """Values as an array, from buffers: `pa.array` imports pandas, and asks each value its type."""
    if isinstance(kind, pa.JsonType):
        return pa.ExtensionArray.from_storage(kind, _make_array(values, pa.string()))
    if pa.types.is_struct(kind):
        fields = [(f, f.name) for f in kind]
        children = [_make_array([value[name] for value in values], f.type) for f, name in fields]
        return pa.StructArray.from_arrays(children, fields=list(kind))
    count, buffers, children = len(values), [None], []
    if None in values:
        buffers = [_pack_bits([value is not None for value in values])]
        values = [value or "" for value in values]
    if pa.types.is_list(kind):
        inner = [item for value in values for item in value]
        buffers.append(_pack_offsets(values))
        children.append(_make_array(inner, kind.value_type))
    elif pa.types.is_string(kind):
        data = "".join(values).encode()
        texts = values if len(data) == sum(map(len, values)) else [v.encode() for v in values]
        buffers += [_pack_offsets(texts), pa.py_buffer(data)]
    elif pa.types.is_boolean(kind):
        buffers.append(_pack_bits(values))
    else:
        buffers.append(pa.py_buffer(array("q", values)))
    return pa.Array.from_buffers(kind, count, buffers, children=children)


def _pack_offsets(values: Sequence[Sized]) -> pa.Buffer:
    """Where each value begins among all of them, and where the last one ends."""
    return pa.py_buffer(array("i", [*accumulate(map(len, values), initial=0)]))


def _pack_bits(flags: Sequence[bool]) -> pa.Buffer:
    """One bit a flag, the first in the lowest."""
    bits = "".join(["1" if flag else "0" for flag in reversed(flags)])
    return pa.py_buffer(int(bits or "0", 2).to_bytes((len(flags) + 7) // 8, "little"))


def _arrow_type(feature: Mapping[str, Any]) -> pa.DataType:
    match feature.get("_type"):
        case "Value":
            return {"string": pa.string(), "bool": pa.bool_(), "int64": pa.int64()}[
                feature["dtype"]
            ]
        case "ClassLabel":
            return pa.int64()
        case "Json":
            return pa.json_(pa.string())
        case "List":
            return pa.list_(_arrow_type(feature["feature"]))
    return pa.struct([pa.field(name, _arrow_type(inner)) for name, inner in feature.items()])


def write_rows(record: Record, domain_files: tuple[Any, ...] = ()) -> dict[str, list[Row]]:
    """A record as rows of each config but those of classifiers, which hold each text once.

    Of a conversation with several turns, `sft` has a row a turn; `rl` and `preference` begin where
    the last one does, after what the reference did before.
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
        "sft": [
            {**keys, "turn": turn, "prompt": messages[:start], "completion": messages[start:end],
             "tools": tools}
            for turn, (start, end) in enumerate(zip(ends[::2], ends[1::2], strict=True))
        ],
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
