"""Checks, one file each. `check_record` runs on every record before it is written."""

from gen.checks.inertness import check_inert
from gen.checks.schema import check_schema
from gen.records import Record


def check_record(record: Record) -> str:
    """Why a record must not be written; empty when nothing speaks against it."""
    return check_schema(record) or check_inert(record)
