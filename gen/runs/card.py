"""The dataset card: what `load_dataset` and the Hub read, and what a person should know."""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import yaml

from gen.config import RunConfig
from gen.runs.columns import CONFIGS
from gen.runs.shards import write_file

SPLITS = (
    "train", "validation", "test", "ood_technique", "ood_template", "ood_encoding", "ood_domain",
)  # fmt: skip
"""In the order in which cards and tables show them."""
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (10**6, "100K<n<1M"))


def write_card(
    run: Path, config: RunConfig, rows: Mapping[str, Mapping[str, int]], quarantined: int
) -> None:
    """Write README.md of a run folder."""
    head = yaml.safe_dump(_describe(rows), sort_keys=False)
    write_file(run / "README.md", f"---\n{head}---\n{_tell(config, rows, quarantined)}")


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


def _tell(config: RunConfig, rows: Mapping[str, Mapping[str, int]], quarantined: int) -> str:
    counts = rows.get("records", {})
    table = "\n".join(f"| {split} | {counts[split]} |" for split in SPLITS if split in counts)
    held = config.hold_out
    return f"""
# triact run

Labelled, execution-proven scenarios for tool-calling agents: the user's prompt and the tool's
response are each benign, sensitive or malicious, and the agent must execute, verify with the user,
or refuse. Made by triact {_find_version()}, seed {config.seed},
policy {Path(config.policy).name}, over {", ".join(config.domains)}.

| split | records |
|---|---|
{table}

{quarantined} drafts failed a check and were left out; `quarantine.jsonl` names each and the reason.

Configs: `records` (everything, as JSON in the column `record`), `prompts` and `tool_responses`
(classifiers), `sft`, `rl` and `preference` (TRL). Splits never cut through a contrast set.
Held out of training: domains {_list(held.domains)}; templates {_list(held.templates)}; techniques
{_list(held.techniques)}; encodings {_list(held.encodings)}.

All content is synthetic and inert: reserved domains, test numbers, canary secrets. The attacks are
there to be resisted. Labels follow a policy; other operators may want another one.
"""


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _find_version() -> str:
    try:
        return version("triact")
    except PackageNotFoundError:
        return "(source)"
