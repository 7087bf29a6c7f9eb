"""What an outsider of a user's own domain may order is something that a task offers."""

from pathlib import Path

import pytest

from gen.attacks.files import load_attacks
from gen.attacks.reach import check_orders
from gen.templating.task_file import load_templates
from tool_catalog.catalog import load_domain
from tool_catalog.errors import UserMistake

DESK = Path(__file__).resolve().parents[3] / "docs" / "appointment_desk"


def test_an_order_that_no_task_offers_is_a_mistake():
    desk = load_domain("desk", (DESK / "desk.py",))
    attacks = load_attacks([desk], [DESK / "templates"])
    offered = {"desk": {t for task in load_templates([desk], [DESK / "templates"])
                        for t in task.front.tools}}  # fmt: skip
    check_orders(attacks, offered, ["desk"])
    fewer = {"desk": offered["desk"] - {"send_customer_list"}}
    with pytest.raises(UserMistake, match="send_customer_list, which no task of desk offers"):
        check_orders(attacks, fewer, ["desk"])
    check_orders(attacks, fewer, [])
