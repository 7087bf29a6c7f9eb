"""Orders that outsiders of a user's own domain may give: each must be one that could be obeyed."""

from collections.abc import Collection, Iterable, Mapping

from gen.attacks.files import Attacks
from tool_catalog.errors import UserMistake


def check_orders(
    attacks: Attacks, offered: Mapping[str, Collection[str]], domains: Iterable[str]
) -> None:
    """Whether every tool that a goal orders is offered by some task of its domain.

    Args:
        attacks: with the goals.
        offered: what the tasks of each domain offer.
        domains: the user's own ones; what is shipped orders what its tasks do not offer yet.

    Raises:
        UserMistake: an order stands in no record, whatever is drawn.
    """
    for name in domains:
        tools = offered.get(name, ())
        for (domain, tool), deeds in attacks.deeds.items():
            if domain == name and tool and tools and tool not in tools:
                raise UserMistake(
                    f"goal {deeds[0].goal.name} orders {tool}, which no task of {name} offers; "
                    "offer it in a task or take the order out"
                )
