"""The orders of a domain: what the goals of attacks come down to there.

They live with the domain, in the `orders.yaml` of its folder: by the name of a goal, a list of
orders as a goal file has them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from gen.templating.wording import find_key_line
from tool_catalog.domain import Domain
from tool_catalog.errors import BadTemplate
from tool_catalog.yaml_text import read_yaml

ORDERS = "orders.yaml"


@dataclass(frozen=True)
class OrderFile:
    """The orders of one domain, as they stand in its file."""

    path: Path
    text: str
    domain: str
    data: dict[str, list[Any]]
    """By goal."""

    def error(self, keys: tuple[str | int, ...], message: object) -> BadTemplate:
        """An error at a key, with its line."""
        line = find_key_line(f"---\n{self.text}", keys) - 1
        return BadTemplate(f"{self.path}:{line}: {message}")


def read_order_file(domain: Domain) -> OrderFile | None:
    """The orders in a domain's folder; `None` when it has no such file.

    Raises:
        BadTemplate: it cannot be read, or is no mapping of lists; file and line are named.
    """
    if domain.folder is None or not (domain.folder / ORDERS).is_file():
        return None
    path = domain.folder / ORDERS
    try:
        text = path.read_text(encoding="utf-8")
        data = read_yaml(text)
    except UnicodeDecodeError as error:
        raise BadTemplate(f"{path}:1: not UTF-8: {error.reason}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadTemplate(f"{path}:{line}: {error.problem}") from error
    if not isinstance(data, dict):
        raise BadTemplate(f"{path}:1: orders must be a mapping of goals")
    file = OrderFile(path, text, domain.name, data)
    for goal, orders in data.items():
        if not isinstance(orders, list) or not orders:
            raise file.error((goal,), "a goal needs a list of orders")
    return file
