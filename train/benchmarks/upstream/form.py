"""Whose prompt an agent is measured with."""

from enum import StrEnum

from tool_catalog.errors import UnknownName, UserMistake


class PromptForm(StrEnum):
    """Whose prompts, message formats and sampling a run uses."""

    PUBLISHED = "published"
    """The benchmark's own, read from the user's copy of upstream's files."""
    TRIACT = "triact"

    @property
    def suffix(self) -> str:
        """What a run's folder is named by; triact's form is not."""
        return f"-{self}" if self is PromptForm.PUBLISHED else ""


def read_form(name: str, *, ask_user: bool) -> PromptForm:
    """The form of a name.

    Raises:
        UserMistake: there is no such form, or it is the published one and has no `ask_user`.
    """
    if name not in set(PromptForm):
        raise UnknownName("prompt", name, PromptForm)
    if name == PromptForm.PUBLISHED and ask_user:
        raise UserMistake("--ask-user is no part of any published prompt; leave one of them out")
    return PromptForm(name)
