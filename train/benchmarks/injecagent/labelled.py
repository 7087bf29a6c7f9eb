"""The published attacks and their harmless twins as labelled texts, to compare other sets with.

A row is JSON with `text`, `label`, `group`, `technique` (the attacker's tools, for attacks) and
`kind`: `result`, the reply of the user's tool with the injection or with harmless content in its
place, in the group of that tool, or `instruction`, the injection alone, in a group of its own.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from tool_catalog.errors import UserMistake
from train.benchmarks.injecagent.cases import AttackGoal, InjectionCase, Setting, load_cases
from train.benchmarks.injecagent.twin import make_twin


def write_texts(published: Path, setting: Setting, out: Path) -> int:
    """Write every text once, and say how many there are.

    Raises:
        UserMistake: the published files are missing or edited, or `out` cannot be written.
    """
    cases = [case for goal in AttackGoal for case in load_cases(published, goal, setting)]
    rows = dict.fromkeys(row for case in cases for row in list_rows(case))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    except OSError as error:
        raise UserMistake(f"cannot write {out}: {error.strerror}") from error
    return len(rows)


def list_rows(case: InjectionCase) -> Iterator[str]:
    """The rows of a case as JSON: its poisoned result, the injection, and the harmless result."""
    order, tool, technique = (
        case.attacker_instruction,
        case.user_tool,
        "+".join(case.attacker_tools),
    )
    told = (
        (case.tool_response, "malicious", tool, technique, "result"),
        (order, "malicious", order, technique, "instruction"),
        (make_twin(case).result, "benign", tool, "", "result"),
    )
    names = ("text", "label", "group", "technique", "kind")
    for row in told:
        yield json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False)
