"""The floor of template generation: pooled values, precompiled Jinja, pydantic, Parquet.

It draws nothing from a world, runs no tool and proves nothing; it writes text of the size that a
record has. What triact takes beyond it is the price of worlds, execution, counterfactuals, checks.
"""

import json
import random
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from jinja2 import Environment
from pydantic import BaseModel

from tool_catalog.pools import load_pools


class Row(BaseModel):
    """A like-sized row."""

    id: str
    label: str
    prompt: str
    response: str
    scenario: str
    record: str


def write_floor(path: Path, count: int, prompt_size: int, record_size: int) -> float:
    """Write rows with texts of these sizes; returns seconds."""
    pools, rng = load_pools(), random.Random(0)
    environment = Environment()
    prompt = environment.from_string("{{ a }} asks about {{ b }} in {{ c }}: " + "x " * 40)
    response = environment.from_string('{"from": "{{ a }}", "at": "{{ d }}", "text": "{{ t }}"}')
    filler = "lorem ipsum dolor sit amet " * (record_size // 27 + 1)
    start = time.perf_counter()
    rows = []
    writer = None
    for number in range(count):
        person = rng.choice(pools.people)
        facts = {"a": person.name, "b": rng.choice(pools.companies), "c": rng.choice(pools.cities),
                 "d": person.email, "t": rng.choice(pools.streets)}  # fmt: skip
        body = json.dumps({"number": number, "filler": filler[: record_size // 2]})
        row = Row(id=str(number), label=rng.choice(("benign", "sensitive", "malicious")),
                  prompt=prompt.render(facts)[:prompt_size], response=response.render(facts),
                  scenario=body, record=body)  # fmt: skip
        rows.append(row.model_dump())
        if len(rows) == 256 or number == count - 1:
            table = pa.Table.from_pylist(rows)
            writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table)
            rows = []
    assert writer is not None
    writer.close()
    return time.perf_counter() - start
