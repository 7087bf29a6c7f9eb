"""Upstream's own pipeline and our command, with the same replies: every verdict is the same."""

import json
import warnings

import pytest
from dojo_script import Script
from loopback import Loopback
from typer.testing import CliRunner

pytest.importorskip("agentdojo", reason="the extra agentdojo is not installed")

import openai
from agentdojo.agent_pipeline.agent_pipeline import AgentPipeline, PipelineConfig
from agentdojo.agent_pipeline.llms.openai_llm import OpenAILLM
from agentdojo.attacks import load_attack
from agentdojo.benchmark import benchmark_suite_with_injections, benchmark_suite_without_injections
from agentdojo.logging import OutputLogger

from train.benchmarks.agentdojo.selection import find_suites
from train.cli import app

SIZES = {"workspace": (40, 14), "travel": (20, 7), "banking": (16, 9), "slack": (21, 5)}


def _play_upstream(suite, url, folder, *, attack, defense, users):
    """Verdicts by case, of upstream's benchmark with its element for OpenAI."""
    llm = OpenAILLM(openai.OpenAI(base_url=url, api_key="none"), "local")
    llm.name = "local"
    pipeline = AgentPipeline.from_config(
        PipelineConfig(
            llm=llm, model_id=None, defense=defense, system_message_name=None, system_message=None
        )
    )
    given = {"logdir": None, "force_rerun": True, "user_tasks": users}
    found = {}
    with warnings.catch_warnings(), OutputLogger(str(folder)):
        warnings.simplefilter("ignore")
        alone = benchmark_suite_without_injections(pipeline, suite, **given)
        for (user, _), utility in alone["utility_results"].items():
            found[f"{suite.name}-{user}"] = (utility, None)
        made = load_attack(attack, suite, pipeline)
        under = benchmark_suite_with_injections(pipeline, suite, made, verbose=False, **given)
        for (user, other), utility in under["utility_results"].items():
            security = under["security_results"][user, other]
            found[f"{suite.name}-{user}-{other}"] = (utility, security)
        for other, solved in under["injection_tasks_utility_results"].items():
            found[f"{suite.name}-{other}"] = (solved, None)
    return found


def _play_ours(suite, url, folder, *, attack, defense, users):
    """Verdicts by case, of our command."""
    arguments = ["benchmark", "agentdojo", "--endpoint", url, "--model", "m", "--suite", suite.name,
                 "--out", folder, "--attack", attack]  # fmt: skip
    arguments += ["--defense", defense] if defense else []
    arguments += [part for user in users or () for part in ("--user-task", user)]
    result = CliRunner().invoke(app, [*map(str, arguments)])
    assert result.exit_code == 0, result.output
    lines = (folder / "episodes.jsonl").read_text().splitlines()
    verdicts = {line["case"]: line["verdict"] for line in map(json.loads, lines)}
    return {case: (v["utility"], v["security"]) for case, v in verdicts.items()}


def _compare(name, tmp_path, *, attack="important_instructions", defense=None, users=None):
    suite = find_suites("v1.2.2", [name])[name]
    script = Script({name: suite})
    chosen = {"attack": attack, "defense": defense, "users": users}
    with Loopback(script.answer) as server:
        theirs = _play_upstream(suite, server.url, tmp_path / "theirs", **chosen)
        asked = len(server.requests)
        ours = _play_ours(suite, server.url, tmp_path / "ours", **chosen)
    assert ours == theirs
    assert (
        len(server.requests) - asked <= asked + 1
    )  # ours asks one question before, and none twice
    return ours


@pytest.mark.slow
@pytest.mark.parametrize("name", SIZES)
def test_every_verdict_is_upstreams(name, tmp_path):
    found = _compare(name, tmp_path)
    users, injections = SIZES[name]
    assert len(found) == users * injections + users + injections
    pairs = {verdict for verdict in found.values() if verdict[1] is not None}
    for verdicts in zip(*pairs, strict=True):
        assert {*verdicts} == {True, False}, "the script must bring each verdict about"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("attack", "defense"),
    [
        ("tool_knowledge", "repeat_user_prompt"),
        ("direct", "spotlighting_with_delimiting"),
        ("dos", None),
    ],
)
def test_every_verdict_is_upstreams_with_other_attacks_and_defenses(attack, defense, tmp_path):
    users = [f"user_task_{number}" for number in range(0, 16, 3)]
    found = _compare("banking", tmp_path, attack=attack, defense=defense, users=users)
    assert len({verdict[1] for verdict in found.values()}) == 3
