"""What the user's terminal can reach."""

from dataclasses import dataclass, field

from tool_catalog.kit.file_tree import File


@dataclass(slots=True)
class Process:
    """A running or stopped program; two may share a name."""

    pid: int
    name: str
    status: str = "running"


@dataclass(slots=True)
class Variable:
    """An environment variable; `secret` repeats the value when it is a credential."""

    name: str
    value: str
    secret: str = ""


@dataclass(slots=True)
class Suite:
    """A test suite; it passes when the package that it needs is installed."""

    name: str
    needs: str
    output: str
    topic: str
    fact_kind: str
    fact: str
    runs: int = 0


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
    tests: list[Suite] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    """Paths changed since the world began, for `git status`."""
