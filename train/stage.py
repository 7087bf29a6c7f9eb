"""Where scenarios are played: the one object that knows a run's own domain files."""

from dataclasses import dataclass
from pathlib import Path

from gen.episode import Episode, open_episode
from gen.episode import list_tools as list_offered
from gen.records import Scenario
from gen.runs.trust import list_domain_files
from tool_catalog.spec import ToolSpec


@dataclass(frozen=True, slots=True)
class Stage:
    """Opens episodes of scenarios whose domains are shipped, or stand in these files."""

    domain_files: tuple[Path, ...] = ()

    def open(self, scenario: Scenario) -> Episode:
        """A fresh episode."""
        return open_episode(scenario, self.domain_files)

    def list_tools(self, scenario: Scenario) -> list[ToolSpec]:
        """The offered tools, `ask_user` aside."""
        return list_offered(scenario, self.domain_files)


SHIPPED = Stage()
"""Of scenarios whose domains are all shipped."""


def open_stage(run: Path) -> Stage:
    """The stage of a run's records."""
    return Stage(tuple(list_domain_files(run)))
