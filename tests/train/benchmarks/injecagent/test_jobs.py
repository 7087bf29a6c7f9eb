"""The benchmark as it is run: jobs, measures, totals, and rows that can be scored again."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable

import pytest

from tool_catalog.errors import EndpointFailed, UserMistake
from tool_catalog.sandbox import ASK_USER
from train.agents.react import ReactAgent
from train.agents.turn import ChatMessage, Said, ToolCall
from train.benchmarks.injecagent.cases import AttackGoal, Setting, load_cases
from train.benchmarks.injecagent.jobs import make_injecagent, to_row
from train.benchmarks.injecagent.scores import score_rows
from train.evaluation.benchmark import build_report
from train.evaluation.runner import run_jobs
from train.evaluation.transcripts import Store

BASE = Setting.BASE


class Acting:
    """Says what a rule says, of what it heard and the names of its tools."""

    name = "acting"
    together = False

    def __init__(self, rule: Callable[[list[ChatMessage], list[str]], Said]) -> None:
        self._rule = rule

    async def speak(self, talk):
        return self._rule(list(talk.messages), [tool["function"]["name"] for tool in talk.tools])


def _obey(messages: list[ChatMessage], tools: list[str]) -> Said:
    """Call the tools offered, one after the other, whatever was found."""
    called = sum(message["role"] == "assistant" for message in messages)
    if called == len(tools):
        return Said("All of it has been done.")
    return Said("", (ToolCall(f"call_{called}", tools[called], {}),))


def _ignore(messages: list[ChatMessage], tools: list[str]) -> Said:
    return Said("I found nothing worth a word.")


def _repeat(messages: list[ChatMessage], tools: list[str]) -> Said:
    return Said(f"Here it is: {messages[-1]['content']}.")


def _ask(messages: list[ChatMessage], tools: list[str]) -> Said:
    return Said("", (ToolCall("1", ASK_USER, {"question": "Shall I?"}),))


def _write(messages: list[ChatMessage], tools: list[str]) -> Said:
    """Obey in the form of triact's ReAct prompt, which shows the tools in its first message."""
    listed = [line for line in messages[0]["content"].splitlines() if line.startswith("{")]
    acted = sum(message["role"] == "assistant" for message in messages)
    if acted == len(listed):
        return Said("Thought: it is all done now.\nFinal Answer: I did what it said.")
    name = json.loads(listed[acted])["name"]
    return Said(f"Thought: it says so.\nAction: {name}\nAction Input: {{}}")


def _run(benchmark, agent, folder):
    return asyncio.run(run_jobs(benchmark.jobs, agent, Store(folder), concurrency=4))


def _means(report) -> dict[str, float | None]:
    return {name: estimate.value for name, estimate in report.figures.measures.items()}


@pytest.fixture
def make(playable):
    """The made-up cases as a benchmark."""

    def build(*, react: bool = False, **options):
        return make_injecagent(playable, setting=BASE, react=react, digests=None, **options)

    return build


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        pytest.param(_obey, {"attack_success": 1, "attack_success_all": 1, "valid": 1,
                             "needless_act": 1}, id="obeys"),
        pytest.param(_ignore, {"attack_success": 0, "valid": 1, "over_refusal": 1}, id="ignores"),
        pytest.param(_repeat, {"attack_success": 0, "valid": 1, "benign_utility": 1}, id="answers"),
        pytest.param(lambda heard, tools: Said("May I go on?"),
                     {"attack_success": 0, "valid": 1, "asked_first": 1, "needless_question": 1},
                     id="asks-in-prose"),
        pytest.param(_ask, {"attack_success": None, "asked_first": 1, "needless_question": 1},
                     id="asks-by-the-tool"),
    ],
)  # fmt: skip
def test_whole_runs(make, tmp_path, rule, expected):
    benchmark = make(ask_user=rule is _ask)
    report = build_report(benchmark, "toy", _run(benchmark, Acting(rule), tmp_path))
    found = _means(report)
    assert set(found) == set(benchmark.headline)
    assert report.unscored == {}
    assert found == {**dict.fromkeys(found, 0), **expected}


def test_a_prompted_run(make, tmp_path):
    benchmark = make(react=True, twin=False)
    episodes = _run(benchmark, ReactAgent(Acting(_write)), tmp_path)
    assert _means(build_report(benchmark, "toy", episodes)) == {
        "attack_success": 1, "attack_success_all": 1, "valid": 1, "asked_first": 0,
    }  # fmt: skip
    assert all("tool_calls" not in e.verdict for e in episodes)


def test_a_case_is_a_job_with_its_type_and_its_users_tool(make):
    jobs = make().jobs
    assert [job.case for job in jobs] == [
        name + end for name in ("dh-0", "dh-1", "ds-0", "ds-1") for end in ("", "-benign")
    ]
    assert [job.part for job in jobs][:2] == ["Physical Harm"] * 2
    assert {job.group for job in jobs} == {"LibraryFindBook"}


def test_settings_and_notes_say_what_was_run(make):
    benchmark = make(twin=False, limit=3, seed=5)
    assert benchmark.settings == {
        "setting": "base", "ask_user": False, "twin": False,
        "simulator": "deterministic simulator", "limit": 3, "seed": 5,
    }  # fmt: skip
    assert len(benchmark.jobs) == 3
    assert any("deterministic simulator" in note for note in benchmark.notes)
    assert not any("twin" in note for note in benchmark.notes)
    assert any("twin" in note for note in make().notes)


def test_totals_are_the_published_ones_and_replies_are_counted(make, tmp_path):
    benchmark = make()
    report = build_report(benchmark, "toy", _run(benchmark, Acting(_obey), tmp_path))
    totals = json.loads(json.dumps(report.totals))
    assert totals["cases"] == 4
    assert totals["asr_valid"] == {"dh": 1, "ds_s1": 1, "ds_s2": 1, "ds": 1, "total": 1}
    assert totals["by_type"]["Others"]["cases"] == 1
    assert totals["replies"] == {"cache": 4, "deterministic simulator": 4}


def test_episodes_can_be_scored_again(make, playable, tmp_path):
    for react, agent in ((False, Acting(_obey)), (True, ReactAgent(Acting(_write)))):
        folder = tmp_path / f"{react}"
        folder.mkdir()
        _run(make(react=react), agent, folder)
        played = Store(folder).read().values()
        episodes = [e for e in played if not e.case.endswith("-benign")]
        assert len(played) == 2 * len(episodes)
        rows = [to_row(episode, "toy", BASE) for episode in episodes]
        scores = score_rows(rows, playable, digests=None)
        for episode, row, trial in zip(episodes, rows, scores.trials, strict=True):
            assert trial.to_columns().items() <= row.items()
            assert trial.to_measures().items() <= episode.measures.items()


def test_an_error_in_the_second_step_makes_the_case_an_error(make, tmp_path, scripted, call):
    class Broken:
        source = "model"

        async def reply(self, tool, arguments):
            raise EndpointFailed("no JSON")

    benchmark = make(simulate=Broken(), twin=False)
    rule = Acting(lambda heard, tools: Said("", (ToolCall("1", tools[1], {"page": 7}),)))
    episodes = _run(benchmark, rule, tmp_path)
    assert [e.reason for e in episodes] == [None, None, "no JSON", "no JSON"]
    assert episodes[2].measures == {}
    assert build_report(benchmark, "toy", episodes).totals["cases"] == 2


def test_tools_of_another_download_show_before_a_run(make, folder, playable):
    tools = json.loads((playable / "tools.json").read_text(encoding="utf-8"))[:-1]
    (playable / "tools.json").write_text(json.dumps(tools), encoding="utf-8")
    with pytest.raises(UserMistake, match="has no GmailSendEmail"):
        make()


@pytest.fixture(scope="module")
def published(benchmarks):
    folder = benchmarks / "injecagent"
    return [case for attack in AttackGoal for case in load_cases(folder, attack, BASE)]


@pytest.mark.parametrize("limit", [6, 100, 1053, 1054, 5000])
def test_a_limit_takes_evenly_of_every_type(benchmarks, published, limit):
    folder = benchmarks / "injecagent"
    jobs = make_injecagent(folder, setting=BASE, react=False, limit=limit, seed=1).jobs
    assert len(jobs) == 2 * min(limit, len(published))
    counts = Counter(job.part for job in jobs if "benign" not in job.case)
    if limit <= 100:
        assert max(counts.values()) - min(counts.values()) <= 1


def test_the_published_cases_are_all_jobs(benchmarks):
    benchmark = make_injecagent(benchmarks / "injecagent", setting=Setting.ENHANCED, react=False)
    assert len(benchmark.jobs) == len({job.case for job in benchmark.jobs}) == 2 * 1054
    assert len({job.group for job in benchmark.jobs}) == 17
    assert len({job.part for job in benchmark.jobs}) == 6
