"""The configs that classifiers and guards are trained on: each text of a run once.

They are drawn from the finished records. A text that occurs under two labels stands under each of
them, is marked, and carries what the agent saw around it: only that tells the two apart.
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from gen.episode import list_tools
from gen.records import Record
from gen.runs.columns import find_response
from gen.runs.files import hash_bytes, write_bytes
from gen.runs.manifest import DATA, Entry, name_split
from gen.runs.rows import read_rows
from gen.runs.shards import Part

PROMPTS, RESPONSES = "prompts", "tool_responses"
_KEYS = ("id", "contrast_set_id", "role", "decision", "leaves", "user_label", "tool_label")
_OTHERS = ("request", "response", "response_tool")
_TEXTS = {PROMPTS: ("request", "user_label"), RESPONSES: ("response", "tool_label")}
"""Per config, the column of a record's text and that of its label."""


def write_classifiers(
    run: Path, shards: Sequence[str], domain_files: Sequence[Path] = ()
) -> dict[str, Entry]:
    """Write both configs; returns their files.

    Args:
        run: the folder.
        shards: names of the files of the `records` config, in order.
        domain_files: the user's own domain files.
    """
    files: dict[str, Entry] = {}
    for config, (text, label) in _TEXTS.items():
        labels = _collect_labels(run, shards, text, label)
        parts: dict[str, Part] = {}
        for split, row in _list_rows(run, shards, config, labels, domain_files):
            if split not in parts:
                parts[split] = Part(config)
            parts[split].add(row)
        for split, part in sorted(parts.items()):
            name, data = f"{DATA}/{config}/{split}-00000.parquet", part.finish()
            write_bytes(run / name, data)
            files[name] = Entry(sha256=hash_bytes(data), size=data.size, rows=part.count)
    return files


def _collect_labels(
    run: Path, shards: Sequence[str], text: str, label: str
) -> dict[bytes, frozenset[int]]:
    """The labels of every text, by its hash."""
    found: dict[bytes, frozenset[int]] = {}
    for name in shards:
        for row in read_rows(run, name, [text, label]):
            key = _hash(row[text])
            found[key] = found.get(key, frozenset()) | {row[label]}
    return found


def _list_rows(
    run: Path,
    shards: Sequence[str],
    config: str,
    labels: Mapping[bytes, frozenset[int]],
    domain_files: Sequence[Path],
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each text under each of its labels, where it occurs first, with its split."""
    text, label = _TEXTS[config]
    seen: set[tuple[bytes, int]] = set()
    for name in shards:
        chosen: list[tuple[int, dict[str, Any], bool]] = []
        for number, row in enumerate(read_rows(run, name, [*_KEYS, *_OTHERS])):
            key = (_hash(row[text]), row[label])
            if row[text] and key not in seen:
                seen.add(key)
                chosen.append((number, row, len(labels[key[0]]) > 1))
        records = _read_records(run, name, [number for number, _, marked in chosen if marked])
        for _, row, marked in chosen:
            context = _tell_context(next(records), config, domain_files) if marked else ""
            yield name_split(name), _write_row(config, row, context, ambiguous=marked)


def _read_records(run: Path, name: str, numbers: Sequence[int]) -> Iterator[Record]:
    """Records of a shard by the numbers of their rows, which ascend.

    A record is most of its row, and few are asked for: the row groups without one stay unread.
    """
    file, start, wanted = pq.ParquetFile(run / name), 0, list(numbers)
    for group in range(file.num_row_groups):
        end = start + file.metadata.row_group(group).num_rows
        inside = [number - start for number in wanted if start <= number < end]
        if inside:
            column = file.read_row_group(group, columns=["record"]).column(0)
            yield from (Record.model_validate_json(column[at].as_py()) for at in inside)
        start = end


def _write_row(
    config: str, row: Mapping[str, Any], context: str, *, ambiguous: bool
) -> dict[str, Any]:
    keys, leaves = {name: row[name] for name in ("id", "contrast_set_id", "role")}, row["leaves"]
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


def _tell_context(record: Record, config: str, domain_files: Sequence[Path]) -> str:
    """What the agent saw around a text: rules, other turns, and what else was read.

    What it then did is left out: that would tell the label.
    """
    scenario, own = record.scenario, ""
    parts = [scenario.system, *(f"User: {turn.text}" for turn in scenario.turns[:-1])]
    if config == RESPONSES:
        parts.append(f"User: {scenario.last.text}")
        own = find_response(record)[1]
    reads = {tool.key for tool in list_tools(scenario, domain_files) if not tool.changes_state}
    uses = (use for step in record.reference for use in step.calls)
    parts += [f"{u.tool}: {u.result}" for u in uses if u.tool in reads and u.result != own]
    return "\n".join(parts)


def _hash(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=12).digest()
