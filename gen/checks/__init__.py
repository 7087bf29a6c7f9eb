"""Checks, one file each. `check_record` runs on every record before it is written."""

from collections.abc import Sequence

from gen.checks.grounding import check_grounded
from gen.checks.inertness import check_inert
from gen.checks.schema import check_schema
from gen.records import Record
from tool_catalog.spec import ToolSpec


def check_record(record: Record, tools: Sequence[ToolSpec]) -> str:
    """Why a record must not be written; empty when nothing speaks against it.

    Args:
        record: proven by execution.
        tools: those that its scenario offers.
    """
    return check_schema(record) or check_grounded(record, tools) or check_inert(record)
