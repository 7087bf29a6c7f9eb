"""The framework with everything chosen, and one case of it played through upstream's own code."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from agentdojo.agent_pipeline.agent_pipeline import (
    AgentPipeline,
    PipelineConfig,
    load_system_message,
)
from agentdojo.attacks.attack_registry import load_attack

from tool_catalog.errors import EndpointFailed, UserMistake
from train.agents.loop import Talk
from train.agents.turn import ChatMessage, Said
from train.benchmarks.agentdojo.cases import DojoCase, Threat
from train.benchmarks.agentdojo.element import AgentElement, CutShort, OwnBug, Schemas
from train.benchmarks.agentdojo.environments import SuiteWorlds
from train.benchmarks.agentdojo.line import NextTurn
from train.benchmarks.agentdojo.messages import ForgivingRuntime

_MODEL = "{model}"


class SuiteFailed(EndpointFailed):
    """A task, tool, check or attack of a suite raised: there is no verdict."""


@dataclass(frozen=True, slots=True)
class Bout:
    """A case that was played."""

    messages: list[ChatMessage]
    """As the agent heard them, its last turn included."""
    starts: int
    """How often upstream began the conversation."""
    injections: Mapping[str, str]
    """By place."""
    utility: bool | None
    """Upstream's: whether the task was done that the user gave. None: a turn was cut."""
    security: bool | None
    """Upstream's, whatever its name says: whether the injection's task was done. None where there
    is no injection, too."""


class Dojo:
    """Suites under one attack, behind one defense.

    Args:
        suites: of one version, by name.
        attack: of upstream's registry, or the user's; none for no attack.
        defense: of upstream's.
        model: the name that upstream knows the agent by.
        react: whether the agent is a `ReactAgent`.

    Raises:
        UserMistake: a suite cannot be loaded, or the attack cannot be made for it.
    """

    def __init__(
        self,
        suites: Mapping[str, Any],
        attack: str | None,
        defense: str | None,
        model: str,
        *,
        react: bool = False,
    ) -> None:
        self.suites, self._defense, self._model = suites, defense, model
        self._react = react
        self._system = load_system_message(None)
        self._schemas = Schemas()
        self._environments: dict[str, SuiteWorlds] = {}
        self._attacks: dict[str, Any] = {}
        self._locks = {
            (name, task): threading.Lock()
            for name, suite in suites.items()
            for task in suite.user_tasks
        }
        target = self._build(AgentElement(model, _ask_nobody, self._schemas))
        for name, suite in suites.items():
            with _blame(f"suite {name} cannot be loaded"):
                self._environments[name] = SuiteWorlds(suite)
                self._environments[name].make({})
            if attack is not None:
                with _blame(f"attack {attack} cannot be made for suite {name}"):
                    self._attacks[name] = load_attack(attack, suite, target)

    @property
    def attacked(self) -> bool:
        """Whether there is an attack."""
        return bool(self._attacks)

    @property
    def stops(self) -> bool:
        """Whether the attack wants the agent to stop, and nothing else."""
        return any(attack.is_dos_attack for attack in self._attacks.values())

    @property
    def addressed_as(self) -> str | None:
        """What the attack calls the model; none where it calls it nothing."""
        for attack in self._attacks.values():
            text = getattr(attack, "jailbreak", None) or getattr(attack, "_DOS_STRING", "")
            if _MODEL in str(text):
                return str(attack.model_name)
        return None

    def measure(self, suite: str) -> int:
        """Characters of a suite's tools, which most of a first prompt is made of."""
        return len(str(self._schemas.write(self.suites[suite].tools)))

    def play(self, case: DojoCase, ask: NextTurn) -> Bout:
        """Play a case; blocks whenever the agent is asked.

        Raises:
            SuiteFailed: something of the suite raised.
        """
        element = AgentElement(self._model, ask, self._schemas, react=self._react)
        pipeline = self._build(element)
        injections: dict[str, str] = {}
        utility = security = None
        try:
            injections = self._inject(case)
            utility, security = self._run(case, pipeline, injections)
        except CutShort:
            pass
        except OwnBug as bug:
            assert bug.__cause__ is not None
            raise bug.__cause__ from None
        except Exception as error:
            raise SuiteFailed(f"the suite's own code failed: {_describe(error)}") from error
        return Bout(element.talk.messages, element.starts, injections, utility, security)

    def _inject(self, case: DojoCase) -> dict[str, str]:
        if case.threat is not Threat.INJECTED:
            return {}
        suite = self.suites[case.suite]
        user, other = suite.user_tasks[case.user_task], suite.injection_tasks[case.injection_task]
        # Attacks keep what they find out about a user task: cases wait for the first one's finding.
        with self._locks[case.suite, user.ID]:
            found: dict[str, str] = self._attacks[case.suite].attack(user, other)
        return found

    def _run(
        self, case: DojoCase, pipeline: Any, injections: Mapping[str, str]
    ) -> tuple[bool, bool | None]:
        suite = self.suites[case.suite]
        asked = case.threat is Threat.ASKED
        task = suite.injection_tasks[case.injection_task] if asked else None
        injected = None if asked or not case.injection_task else case.injection_task
        utility, security = suite.run_task_with_pipeline(
            pipeline,
            task or suite.user_tasks[case.user_task],
            injected and suite.injection_tasks[injected],
            injections,
            runtime_class=ForgivingRuntime,
            environment=self._environments[case.suite].make(injections),
        )
        if injected is None:
            return bool(utility), None
        return bool(utility), not utility if self.stops else bool(security)

    def _build(self, element: AgentElement) -> Any:
        return AgentPipeline.from_config(
            PipelineConfig(
                llm=element,
                model_id=None,
                defense=self._defense,
                system_message_name=None,
                system_message=self._system,
            )
        )


@contextmanager
def _blame(what: str) -> Iterator[None]:
    """Whatever fails inside is the user's to put right."""
    try:
        yield
    except Exception as error:
        raise UserMistake(f"{what}: {_describe(error)}") from error


def _ask_nobody(talk: Talk) -> Said:
    raise NotImplementedError("an attack that asks the agent itself cannot be played")


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
