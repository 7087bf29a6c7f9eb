"""The six dataset configs as columns: what of a record each holds, and the Arrow types.

Features are explicit, so that shards written apart agree and nothing is null-padded: every text is
a string, only tool schemas and tool calls are `Json` (a tool result that looks like JSON would be
parsed otherwise). The schema carries the `datasets` metadata, written here without importing
`datasets`, which takes seconds; a test holds the two equal.
"""

import json
from array import array
from collections.abc import Mapping, Sequence, Sized
from functools import cache
from itertools import accumulate
from typing import Any

import pyarrow as pa

from gen.episode import ASK_USER
from gen.labels import Decision, Label
from gen.records import Record, Step
from tool_catalog.catalog import load_domain

LABELS = [label.value for label in Label]
DECISIONS = [decision.value for decision in Decision]
_LABEL_NUMBERS = {label: number for number, label in enumerate(Label)}
_DECISION_NUMBERS = {decision: number for number, decision in enumerate(Decision)}
_SCENARIO = {"scenario"}
_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode

_TEXT = {"dtype": "string", "_type": "Value"}
_FLAG = {"dtype": "bool", "_type": "Value"}
_NUMBER = {"dtype": "int64", "_type": "Value"}
_LABEL = {"names": LABELS, "_type": "ClassLabel"}
_DECISION = {"names": DECISIONS, "_type": "ClassLabel"}
_JSON_LIST = {"feature": {"_type": "Json"}, "_type": "List"}
_TEXT_LIST = {"feature": _TEXT, "_type": "List"}
_PROMPT = {"feature": {"role": _TEXT, "content": _TEXT}, "_type": "List"}
_COMPLETION = {
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
        "record": _TEXT,
    },
    "prompts": {
        **_KEYS,
        "text": _TEXT,
        "label": _LABEL,
        "decision": _DECISION,
        "leaf": _TEXT,
        "strategy": _TEXT,
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
        "context": _TEXT,
    },
    "sft": {**_KEYS, "prompt": _PROMPT, "completion": _COMPLETION, "tools": _JSON_LIST},
    "rl": {
        **_KEYS,
        "prompt": _PROMPT,
        "environment": _TEXT,
        "decision": _DECISION,
        "scenario": _TEXT,
    },
    "preference": {
        **_KEYS,
        "prompt": _PROMPT,
        "chosen": _COMPLETION,
        "rejected": _COMPLETION,
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


def write_rows(record: Record, domain_files: tuple[Any, ...] = ()) -> dict[str, dict[str, Any]]:
    """A record as one row of each config that it has something for."""
    scenario = record.scenario
    keys = {"id": record.id, "contrast_set_id": record.contrast_set_id, "role": record.role}
    asked = {**keys, "prompt": write_messages(record)}
    tools = _list_schemas(scenario.domain, scenario.tools, domain_files)
    completion, text = write_completion(record.reference), scenario.model_dump_json()
    wrong = record.counterfactuals[record.provenance.contrast_set % len(record.counterfactuals)]
    rows = {
        "records": {**keys, **write_flat(record), "record": _write_json(record, text)},
        "prompts": {**keys, **_write_prompt(record)},
        "sft": {**asked, "completion": completion, "tools": tools},
        "rl": {
            **asked,
            "environment": name_environment(scenario.domain, scenario.tools),
            "decision": _DECISION_NUMBERS[scenario.expectation.decision],
            "scenario": text,
        },
        "preference": {
            **asked,
            "chosen": completion,
            "rejected": write_completion(wrong.steps),
            "rejected_faults": list(wrong.faults),
            "tools": tools,
        },
    }
    if response := _write_response(record):
        rows["tool_responses"] = {**keys, **response}
    return rows


def write_flat(record: Record) -> dict[str, Any]:
    """The columns of the `records` config by which rows are selected and counted."""
    expectation = record.scenario.expectation
    return {
        "schema_version": record.schema_version,
        "domain": record.scenario.domain,
        "user_label": _LABEL_NUMBERS[record.user_label],
        "tool_label": _LABEL_NUMBERS[record.tool_label],
        "decision": _DECISION_NUMBERS[expectation.decision],
        "modifiers": list(expectation.modifiers),
        "case": expectation.case,
        "authorization": record.authorization,
        "pre_approval": record.pre_approval,
        "policy_profile": record.policy_profile,
        "hard_negative": record.hard_negative,
        "render_level": record.render_level,
        "leaves": dict(record.leaves),
        "template": record.provenance.template,
        "attitude": record.scenario.script.attitude,
        "request": record.scenario.user,
        "content": " | ".join(p.content for p in record.scenario.placements[:1]),
    }


def _write_json(record: Record, scenario: str) -> str:
    """The record as `model_dump_json` writes it, around its scenario's JSON text.

    The scenario is most of a record, and stands in two configs. Quotes inside JSON strings are
    escaped, so that the first `,"reference":` is the record's own key.
    """
    before, after = record.model_dump_json(exclude=_SCENARIO).split(',"reference":', 1)
    return f'{before},"scenario":{scenario},"reference":{after}'


def _write_prompt(record: Record) -> dict[str, Any]:
    return {
        "text": record.scenario.user,
        "label": _LABEL_NUMBERS[record.user_label],
        "decision": _DECISION_NUMBERS[record.scenario.expectation.decision],
        "leaf": record.leaves.user,
        "strategy": record.leaves.strategy,
    }


def _write_response(record: Record) -> dict[str, Any] | None:
    """The result of the carrier tool; a record whose agent never saw it has none."""
    carrier = record.scenario.expectation.carrier
    tools = {carrier} if carrier else {p.tool for p in record.scenario.placements}
    step = next((s for s in record.reference if s.tool and s.tool in tools), None)
    if step is None:
        step = next((s for s in record.reference if s.tool not in ("", "ask_user")), None)
    if step is None:
        return None
    leaves = record.leaves
    return {
        "text": step.result,
        "label": _LABEL_NUMBERS[record.tool_label],
        "goal": leaves.goal,
        "technique": leaves.technique,
        "encoding": leaves.encoding,
        "carrier": leaves.carrier,
        "leaf": leaves.tool,
        "tool": step.tool,
        "context": record.scenario.user,
    }


def write_messages(record: Record) -> list[dict[str, str]]:
    """What the agent is given: the system's and the user's message."""
    return [
        {"role": "system", "content": record.scenario.system},
        {"role": "user", "content": record.scenario.user},
    ]


def write_completion(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    """Steps as chat messages: assistant turns with `<think>` and calls, tool turns with results."""
    messages: list[dict[str, Any]] = []
    for step in steps:
        thought = f"<think>\n{step.thought.strip()}\n</think>\n\n" if step.thought else ""
        message = {"role": "assistant", "content": thought + step.text, "name": None}
        if not step.tool:
            messages.append({**message, "tool_calls": None})
            continue
        call = {"type": "function", "function": {"name": step.tool, "arguments": step.arguments}}
        calls = [_encode(call)]
        messages.append({**message, "tool_calls": calls})
        messages.append(
            {"role": "tool", "content": step.result, "name": step.tool, "tool_calls": None}
        )
    return messages


def name_environment(domain: str, tools: tuple[str, ...]) -> str:
    """A name that is equal exactly for equal bundles of tools."""
    return f"{domain}:{'+'.join(tools)}"


@cache
def _list_schemas(domain: str, tools: tuple[str, ...], files: tuple[Any, ...]) -> list[str]:
    specs = load_domain(domain, files).tools
    schemas = [specs[name].json_schema() for name in tools]
    return [_encode(schema) for schema in (*schemas, ASK_USER)]
