"""The configs that classifiers and guards are trained on: each text of a run once.

They are drawn from the finished records. A text that occurs under two labels stands under each of
them, is marked, and carries what the agent saw around it: only that tells the two apart.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from gen.runs.columns import load_specs, read_told
from gen.runs.files import hash_bytes, write_bytes
from gen.runs.manifest import DATA, Entry, name_split
from gen.runs.messages import Row
from gen.runs.rows import read_columns
from gen.runs.shards import Part

PROMPTS, RESPONSES = "prompts", "tool_responses"
_KEYS = ("id", "contrast_set_id", "role")
_COLUMNS = (
    *_KEYS, "decision", "leaves", "user_label", "tool_label", "request", "response",
    "response_tool",
)  # fmt: skip
_TEXTS = {PROMPTS: ("request", "user_label"), RESPONSES: ("response", "tool_label")}
"""Per config, the column of a record's text and that of its label."""

Told = tuple[Row, list[Row]]
"""Scenario and reference, as data."""
TextLabels = dict[tuple[str, bytes], frozenset[int]]
"""Of every text, by config and hash."""


def write_classifiers(
    run: Path, shards: Sequence[str], domain_files: Sequence[Path] = ()
) -> dict[str, Entry]:
    """Write both configs; returns their files.

    Args:
        run: the folder.
        shards: names of the files of the `records` config, in order.
        domain_files: the user's own domain files.
    """
    labels = _collect_labels(run, shards)
    seen: set[tuple[str, bytes, int]] = set()
    parts: dict[tuple[str, str], Part] = {}
    for name in shards:
        split = name_split(name)
        for config, row in _list_rows(run, name, labels, seen, tuple(domain_files)):
            if (config, split) not in parts:
                parts[config, split] = Part(config)
            parts[config, split].add(row)
    files: dict[str, Entry] = {}
    for (config, split), part in sorted(parts.items()):
        name, data = f"{DATA}/{config}/{split}-00000.parquet", part.finish()
        write_bytes(run / name, data)
        files[name] = Entry(sha256=hash_bytes(data), size=data.size, rows=part.count)
    return files


def _collect_labels(run: Path, shards: Sequence[str]) -> TextLabels:
    found: TextLabels = {}
    for name in shards:
        for config, columns in _TEXTS.items():
            rows = read_columns(run, name, columns)
            for text, label in zip(*(rows.column(c).to_pylist() for c in columns), strict=True):
                key = (config, _hash(text))
                found[key] = found.get(key, frozenset()) | {label}
    return found


def _list_rows(
    run: Path,
    name: str,
    labels: TextLabels,
    seen: set[tuple[str, bytes, int]],
    domain_files: tuple[Path, ...],
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each text of a shard under each of its labels, where the run has it first."""
    rows = read_columns(run, name, _COLUMNS).to_pylist()
    chosen: list[tuple[int, str, bool]] = []
    for config, (text, label) in _TEXTS.items():
        for number, row in enumerate(rows):
            key = (config, _hash(row[text]), row[label])
            if row[text] and key not in seen:
                seen.add(key)
                chosen.append((number, config, len(labels[key[:2]]) > 1))
    told = _read_told(run, name, {number for number, _, marked in chosen if marked})
    for number, config, marked in chosen:
        row = rows[number]
        own = row["response"] if config == RESPONSES else None
        context = _tell_context(*told[number], own, domain_files) if marked else ""
        yield config, _write_row(config, row, context, ambiguous=marked)


def _read_told(run: Path, name: str, numbers: Collection[int]) -> dict[int, Told]:
    """Scenario and reference of records by the numbers of their rows.

    A record is most of its row, and few are asked for: row groups without one stay unread.
    """
    file, start, found = pq.ParquetFile(run / name), 0, dict[int, Told]()
    for group in range(file.num_row_groups):
        end = start + file.metadata.row_group(group).num_rows
        inside = [number for number in numbers if start <= number < end]
        if inside:
            column = file.read_row_group(group, columns=["record"]).column(0)
            found |= {number: read_told(column[number - start].as_py()) for number in inside}
        start = end
    return found


def _write_row(
    config: str, row: Mapping[str, Any], context: str, *, ambiguous: bool
) -> dict[str, Any]:
    keys, leaves = {name: row[name] for name in _KEYS}, row["leaves"]
    if config == PROMPTS:
        return {
            **keys, "text": row["request"], "label": row["user_label"],
            "decision": row["decision"], "leaf": leaves["user"], "strategy": leaves["strategy"],
            "ambiguous": ambiguous, "context": context,
        }  # fmt: skip
    return {
        **keys, "text": row["response"], "label": row["tool_label"], "goal": leaves["goal"],
        "technique": leaves["technique"], "encoding": leaves["encoding"],
        "carrier": leaves["carrier"], "leaf": leaves["tool"], "tool": row["response_tool"],
        "ambiguous": ambiguous, "context": context or row["request"],
    }  # fmt: skip


def _tell_context(
    scenario: Row, reference: Sequence[Row], own: str | None, domain_files: tuple[Path, ...]
) -> str:
    """What the agent saw around a text: rules, other turns, and what else was read.

    What it then did is left out: that would tell the label.

    Args:
        scenario: as data.
        reference: as data.
        own: the result that the text is; None when it is the request.
        domain_files: the user's own domain files.
    """
    turns = [f"User: {turn['text']}" for turn in scenario["turns"]]
    parts = [scenario["system"], *(turns[:-1] if own is None else turns)]
    specs = load_specs(tuple(scenario["tools"]), domain_files)
    reads = {tool.key for tool in specs if not tool.changes_state}
    uses = (use for step in reference for use in step["calls"])
    parts += [f"{u['tool']}: {u['result']}" for u in uses
              if u["tool"] in reads and u["result"] != own]  # fmt: skip
    return "\n".join(parts)


def _hash(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=12).digest()
