"""Cases are played side by side, kept when they end, and never twice."""

import asyncio

import pytest

from tool_catalog.errors import BadReply, ContextFull, EndpointFailed, EndpointRefused
from train.agents.loop import Agent, Talk
from train.agents.turn import Cut, Said, ToolCall
from train.evaluation.outcome import Outcome
from train.evaluation.runner import CaseResult, Job, list_waiting, run_jobs
from train.evaluation.transcripts import Store, Transcript


class Anybody:
    """An agent that has little to say."""

    name = "anybody"

    def __init__(self, together: bool = False) -> None:
        self.together = together

    async def speak(self, talk: Talk) -> Said:
        return Said("Done.")


ANYBODY = Anybody()


class Table:
    """Jobs that note when they are played."""

    def __init__(self, count: int, failing: dict[int, Exception] | None = None) -> None:
        self.failing = failing or {}
        self.played: list[int] = []
        self.active = self.most = 0
        self.jobs = [self._make(number) for number in range(count)]

    def _make(self, number: int) -> Job:
        async def play(agent: Agent) -> CaseResult:
            await agent.speak(Talk([{"role": "user", "content": "x"}]))
            self.active += 1
            self.most = max(self.most, self.active)
            await asyncio.sleep(0.001 * (7 - number % 7))
            self.active -= 1
            if number in self.failing:
                raise self.failing[number]
            self.played.append(number)
            return CaseResult([{"role": "user", "content": "x"}], {"ok": True}, {"held": 1.0})

        return Job(f"c{number}", "all", "g", play, length=-number)


def _run(table: Table, store: Store, concurrency: int = 4, agent=ANYBODY, **more):
    return asyncio.run(run_jobs(table.jobs, agent, store, concurrency=concurrency, **more))


def test_every_case_is_played_once_and_kept_in_order(tmp_path):
    table, store = Table(20), Store(tmp_path)
    episodes = _run(table, store)
    assert [e.case for e in episodes] == [f"c{n}" for n in range(20)]
    assert sorted(table.played) == list(range(20))
    assert table.most == 4
    assert list(store.read().values()) == episodes


def test_a_case_that_failed_is_an_error_and_is_tried_again_later(tmp_path):
    store = Store(tmp_path)
    episodes = _run(Table(6, {2: EndpointFailed("HTTP 500")}), store)
    assert [e.reason for e in episodes] == [None, None, "HTTP 500", None, None, None]
    assert [e.outcome for e in episodes].count("error") == 1
    assert episodes[2].measures == {}
    again = Table(6)
    assert [e.outcome for e in _run(again, store)] == ["scored"] * 6
    assert again.played == [2]


def test_a_refusal_stops_the_run_and_keeps_what_is_finished(tmp_path):
    store = Store(tmp_path)
    with pytest.raises(EndpointRefused, match="bad key"):
        _run(Table(20, {9: EndpointRefused("bad key")}), store)
    kept = store.read()
    assert 4 <= len(kept) < 20
    assert all(e.scored for e in kept.values())
    rest = Table(20)
    _run(rest, store)
    assert sorted(rest.played) == sorted(n for n in range(20) if f"c{n}" not in kept)


def test_our_own_bug_is_no_error_of_the_case(tmp_path):
    with pytest.raises(ExceptionGroup) as caught:
        _run(Table(3, {1: KeyError("bug")}), Store(tmp_path))
    assert caught.group_contains(KeyError)


def test_progress_counts_what_was_kept_and_what_failed(tmp_path):
    seen: list[tuple[int, int, int]] = []
    store = Store(tmp_path)
    _run(Table(3, {1: EndpointFailed("no")}), store)
    _run(Table(3), store, on_episode=lambda *counts: seen.append(counts))
    assert seen == [(2, 3, 0), (3, 3, 0)]


def test_an_agent_that_plays_together_gets_waves_of_like_length(tmp_path):
    table = Table(8)
    episodes = _run(table, Store(tmp_path), concurrency=3, agent=Anybody(together=True))
    assert [e.case for e in episodes] == [f"c{n}" for n in range(8)]
    waves = [table.played[:3], table.played[3:6], table.played[6:]]
    assert [sorted(wave) for wave in waves] == [[5, 6, 7], [2, 3, 4], [0, 1]]
    assert table.most == 3


def _play_one(agent, tmp_path, *turns: int, fails=None):
    """One case in which the agent has a turn, or more."""

    async def play(heard: Agent) -> CaseResult:
        for _ in turns or (1,):
            await heard.speak(Talk([{"role": "user", "content": "x"}]))
        if fails:
            raise fails
        return CaseResult([], {"ok": True}, {"held": 1.0})

    tmp_path.mkdir(exist_ok=True)
    [episode] = asyncio.run(run_jobs([Job("c", "all", "g", play)], agent, Store(tmp_path),
                                     concurrency=1))  # fmt: skip
    return episode


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        pytest.param([Said("Done.")], "scored", id="says-something"),
        pytest.param([Said("", (ToolCall("a", "look", {}),)), Said("")], "scored", id="calls"),
        pytest.param([Said("")], "empty", id="says-nothing"),
        pytest.param([Said(" \n"), Said("")], "empty", id="says-blanks"),
        pytest.param([Said("\u200b<|im_end|>")], "empty", id="says-nothing-visible"),
        pytest.param([Said("", (ToolCall("a", " ", {}),))], "empty", id="calls-nothing"),
        pytest.param([Said("", thought="hm")], "empty", id="only-thinks"),
        pytest.param([Said("I wou", cut=Cut.LENGTH)], "cut", id="too-long"),
        pytest.param([Said("", cut=Cut.FILTER)], "cut", id="filtered"),
        pytest.param([Said("I wou", cut=Cut.LENGTH), Said("Done.")], "cut", id="cut-once"),
        pytest.param([ContextFull("8 tokens")], "cut", id="context-full"),
        pytest.param([BadReply("refused", "a filter")], "cut", id="request-filtered"),
        pytest.param([BadReply("garbled", "no JSON")], "error", id="garbled"),
        pytest.param([EndpointFailed("HTTP 500")], "error", id="failed"),
    ],
)
def test_what_the_agent_put_out_decides_whether_there_is_a_score(scripted, tmp_path, said, outcome):
    episode = _play_one(scripted(*said), tmp_path, *said)
    assert episode.outcome == outcome
    assert (episode.reason is None) == (outcome == "scored")
    assert (episode.cut is not None) == (outcome == "cut")
    turns = [s for s in said if isinstance(s, Said)]
    assert episode.calls == sum(bool(call.name.strip()) for s in turns for call in s.calls)


def test_what_was_heard_is_kept_when_there_is_no_result(scripted, tmp_path):
    episode = _play_one(scripted(ContextFull("8 tokens")), tmp_path)
    assert episode.messages == [{"role": "user", "content": "x"}]
    assert "8 tokens" in episode.reason


def test_only_errors_are_played_again(tmp_path):
    store = Store(tmp_path)
    rows = [Transcript(case=f"c{n}", part="all", group="g", outcome=outcome)
            for n, outcome in enumerate(Outcome)]  # fmt: skip
    store.rewrite(rows)
    assert [job.case for job in list_waiting(Table(6).jobs, store)] == ["c4", "c5"]
