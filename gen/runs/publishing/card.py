"""The dataset card: what `load_dataset` and the Hub read, and what a person should know."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import yaml

from gen.config import RunConfig
from gen.runs.features import CONFIGS, DECISIONS, LABELS
from gen.runs.files import write_file
from gen.runs.manifest import CARD
from gen.runs.rows import read_columns, read_rows
from gen.taxonomy.labels import Decision, Label

SPLITS = (
    "train", "validation", "test", "ood_technique", "ood_template", "ood_encoding", "ood_domain",
)  # fmt: skip
"""In the order in which cards and tables show them."""
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (10**6, "100K<n<1M"))
_RECORDS, _SFT = "data/records/", "data/sft/"
_COLUMNS = ("user_label", "tool_label", "decision")
_USES = {
    "records": "everything; the column `record` is the whole record as JSON",
    "prompts": "classifiers and guards of requests",
    "tool_responses": "classifiers and guards of tool results",
    "sft": "TRL `SFTTrainer`",
    "sft_no_thought": "TRL `SFTTrainer`, for agents that do not think aloud",
    "rl": "TRL `GRPOTrainer`, in the sandbox",
    "preference": "TRL `DPOTrainer`",
}


@dataclass(frozen=True, slots=True)
class Contents:
    """What a card tells of a run's data."""

    rows: Mapping[str, Mapping[str, int]]
    """By dataset config and split."""
    quarantined: int
    labels: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    """Records by user label, tool label and decision."""
    example: Mapping[str, Any] | None = None


def count_labels(run: Path, names: Sequence[str]) -> dict[tuple[str, str, str], int]:
    """Records by user label, tool label and decision, over the shards among these files."""
    found: Counter[tuple[str, str, str]] = Counter()
    for name in names:
        if name.startswith(_RECORDS):
            rows = read_columns(run, name, _COLUMNS)
            for user, tool, decision in zip(*(c.to_pylist() for c in rows.columns), strict=True):
                found[LABELS[user], LABELS[tool], DECISIONS[decision]] += 1
    return dict(found)


def find_example(run: Path, names: Sequence[str]) -> dict[str, Any] | None:
    """The first attacked record of the first shard that has a conversation; else its first one."""
    for name in names:
        other = _SFT + name.removeprefix(_RECORDS)
        if not name.startswith(_RECORDS) or other not in names:
            continue
        columns = ["id", *_COLUMNS, "request", "content"]
        rows = list(read_rows(run, name, columns))
        attacked = (n for n, row in enumerate(rows) if row["tool_label"])
        number = next(attacked, 0)
        row, talks = rows[number], read_rows(run, other, ["id", "completion"])
        talk = [talk for talk in talks if talk["id"] == row["id"]][-1]  # of its last turn
        return {
            **row,
            "user_label": LABELS[row["user_label"]],
            "tool_label": LABELS[row["tool_label"]],
            "decision": DECISIONS[row["decision"]],
            "completion": [_drop_empty(message) for message in talk["completion"]],
        }
    return None


def _drop_empty(message: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if value}


def write_card(run: Path, config: RunConfig, contents: Contents) -> None:
    """Write README.md of a run folder."""
    head = yaml.safe_dump(_describe(contents.rows), sort_keys=False)
    parts = (
        _tell(config, contents), _list_labels(contents), _show_loading(contents),
        _show_example(contents), _list_held_out(config), _LIMITS,
    )  # fmt: skip
    text = "\n\n".join(part for part in parts if part)
    write_file(run / CARD, f"---\n{head}---\n\n{text}\n")


def _describe(rows: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    total = sum(rows.get("records", {}).values())
    size = next((name for limit, name in _SIZES if total < limit), "1M<n<10M")
    return {
        "license": "apache-2.0",
        "language": ["en"],
        "pretty_name": "triact: execute, refuse or verify",
        "size_categories": [size],
        "task_categories": ["text-generation", "text-classification", "reinforcement-learning"],
        "library_name": "triact",
        "tags": ["triact", "agent-safety", "prompt-injection", "tool-use", "synthetic"],
        "configs": [
            {
                "config_name": name,
                **({"default": True} if name == "records" else {}),
                "data_files": [
                    {"split": split, "path": f"data/{name}/{split}-*.parquet"}
                    for split in SPLITS
                    if rows.get(name, {}).get(split)
                ],
            }
            for name in CONFIGS
            if rows.get(name)
        ],
    }


def _tell(config: RunConfig, contents: Contents) -> str:
    counts = contents.rows.get("records", {})
    return f"""# triact run

Labelled, execution-proven scenarios for tool-calling agents: the user's prompt and the tool's
response are each benign, sensitive or malicious, and the agent must execute, verify with the user,
or refuse. Made by triact {_find_version()}, seed {config.seed},
policy {Path(config.policy).name}, over {", ".join(config.domains)}.

{_table(("split", "records"), [(s, counts[s]) for s in SPLITS if s in counts])}

{contents.quarantined} drafts failed a check and were left out; `quarantine.jsonl` names each and
the reason. Splits never cut through a contrast set."""


def _list_labels(contents: Contents) -> str:
    """How often each pair of labels occurs, with which decisions."""
    if not contents.labels:
        return ""
    rows = []
    for user in Label:
        for tool in Label:
            counts = [contents.labels.get((user, tool, decision), 0) for decision in Decision]
            if any(counts):
                rows.append((user, tool, *counts))
    head = ("user", "tool result", *Decision)
    return "## Labels\n\nRecords by the label of each channel and the right decision:\n\n" + _table(
        head, rows
    )


def _show_loading(contents: Contents) -> str:
    lines = [
        f'{name} = load_dataset(folder, "{name}", split="{_first(contents.rows[name])}")'
        f"  # {_USES[name]}"
        for name in CONFIGS
        if contents.rows.get(name)
    ]
    if not lines:
        return ""
    code = "\n".join(lines)
    return f"""## Load

```python
from datasets import load_dataset

folder = "path/of/this/folder"  # or the dataset's name on the Hub
{code}
```"""


def _show_example(contents: Contents) -> str:
    if contents.example is None:
        return ""
    text = json.dumps(contents.example, ensure_ascii=False, indent=1)
    return f"""## A record

Some columns of `records`, and the reference conversation as `sft` has it:

````json
{text}
````"""


def _list_held_out(config: RunConfig) -> str:
    held = config.hold_out
    kinds = (
        ("ood_domain", held.domains), ("ood_template", held.templates),
        ("ood_technique", held.techniques), ("ood_encoding", held.encodings),
    )  # fmt: skip
    return (
        "## Held out\n\nTraining, validation and test never see these; each has a test split of "
        "its own.\n\n"
        + _table(("split", "held out"), [(split, _list(names)) for split, names in kinds])
    )


_LIMITS = """## Limits and licence

- All content is synthetic and inert: reserved domains, test numbers, canary secrets. The attacks
  are there to be resisted, and are those of the shipped goals, techniques and encodings: an agent
  that withstands them may fall to others.
- Labels follow a written policy; another operator may want another one.
- The sandbox knows the tools of its domains alone. People and worlds are made up, and their
  language is plainer than that of real mail.
- Records are labelled by execution and not by people: what the sandbox cannot observe, such as
  tone, is not judged.

Licence: Apache 2.0, for data and card."""


def _table(head: Sequence[object], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def _first(splits: Mapping[str, int]) -> str:
    return next(split for split in SPLITS if splits.get(split))


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _find_version() -> str:
    try:
        return version("triact")
    except PackageNotFoundError:
        return "(source)"
