"""Orders that outsiders of a user's own domain may give: each must be one that could be obeyed."""

from collections.abc import Iterable, Sequence

from gen.attacks.files import Attacks
from gen.templating.task import TaskTemplate
from tool_catalog.errors import UserMistake


def check_orders(attacks: Attacks, tasks: Sequence[TaskTemplate], domains: Iterable[str]) -> None:
    """Whether every tool that a goal orders is offered by some task of its domain.

    Args:
        attacks: with the goals.
        tasks: templates of the domains.
        domains: the user's own ones; what is shipped orders what its tasks do not offer yet.

    Raises:
        UserMistake: an order stands in no record, whatever is drawn.
    """
    for name in domains:
        offered = {tool for task in tasks if task.front.domain == name for tool in task.front.tools}
        for (domain, tool), deeds in attacks.deeds.items():
            if domain == name and tool and offered and tool not in offered:
                raise UserMistake(
                    f"goal {deeds[0].goal.name} orders {tool}, which no task of {name} offers; "
                    "offer it in a task or take the order out"
                )
