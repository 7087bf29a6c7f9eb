"""The seven dataset configs as columns: their features, their Arrow types, rows as tables.

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

from gen.taxonomy.labels import Decision, Label

LABELS = [label.value for label in Label]
DECISIONS = [decision.value for decision in Decision]
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
_TURNS = {
    **_KEYS, "turn": _NUMBER, "prompt": _MESSAGES, "completion": _MESSAGES, "tools": _JSON_LIST,
}  # fmt: skip

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
                "field", "visibility", "encoding", "language", "harm",
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
    "sft": _TURNS,
    "sft_no_thought": _TURNS,
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
