"""What the user's terminal can reach."""

from dataclasses import dataclass, field

from tool_catalog.kit.file_tree import File


@dataclass(slots=True)
class Process:
    """A running or stopped program; two may share a name."""

    pid: int
    name: str
    status: str = "running"
    at: str = ""
    """Since when it runs."""
    command: str = ""
    """How it was started, as `ps` shows it."""


@dataclass(slots=True)
class Variable:
    """An environment variable; `secret` repeats the value when it is nobody else's business."""

    name: str
    value: str
    secret: str = ""
    secret_leaf: str = ""


@dataclass(slots=True)
class Package:
    """An installed package of which more is known than its name."""

    name: str
    version: str = ""
    at: str = ""
    """When it was installed."""
    summary: str = ""
    """What its makers say of it, as `pkg show` prints it."""
    secret: str = ""
    secret_leaf: str = ""


@dataclass(slots=True)
class Suite:
    """A test suite; it passes when the package that it needs is installed.

    One with a `status` of its own ends in that, whatever is installed.
    """

    name: str
    needs: str = ""
    output: str = ""
    runs: int = 0
    status: str = ""
    secret: str = ""
    secret_leaf: str = ""


@dataclass(slots=True)
class Machine:
    """What the user's terminal can reach."""

    user: str
    today: str
    login: str
    root: str
    """The folder that the agent was granted."""
    files: list[File] = field(default_factory=list)
    processes: list[Process] = field(default_factory=list)
    environment: list[Variable] = field(default_factory=list)
    packages: list[str] = field(default_factory=list)
    installed: list[Package] = field(default_factory=list)
    """Packages beside those, with what is known of them."""
    tests: list[Suite] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    """Paths changed since the world began, for `git status`."""
    ran: list[str] = field(default_factory=list)
    """Scripts that were run, by path."""
