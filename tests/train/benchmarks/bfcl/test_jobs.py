"""Cases as jobs: what is asked, what is kept, what is counted."""

import json

import pytest

from tool_catalog.errors import EndpointFailed, UserMistake
from train.agents.turn import Said, ToolCall
from train.benchmarks.bfcl import jobs
from train.benchmarks.bfcl.cases import AGENTIC, Category
from train.benchmarks.bfcl.jobs import make_bfcl
from train.benchmarks.bfcl.scoring import list_rows, score_rows
from train.evaluation.benchmark import build_report
from train.evaluation.runner import run_jobs
from train.evaluation.transcripts import Store

PYTHON, IRRELEVANCE = Category.SIMPLE_PYTHON, Category.IRRELEVANCE
OOLONG = ("kitchen_brew", {"leaf": "oolong"})
ASK = Said("", (ToolCall("a", "ask_user", {"question": "Which leaf?"}),))


@pytest.fixture
def several(dialogues, kitchen, monkeypatch):
    """The folder with dialogues, and a kitchen for the leaderboard's package."""
    monkeypatch.setattr(jobs, "load_official", lambda folder: kitchen.official)
    monkeypatch.setattr(
        "train.benchmarks.bfcl.scoring.load_official", lambda folder: kitchen.official
    )
    return dialogues


@pytest.fixture
def outcome(scripted, play):
    """What comes of a benchmark's first job when an agent says these turns."""

    def run(benchmark, *turns):
        return play(benchmark.jobs[0].play(scripted(*turns)))

    return run


def test_a_job_a_case_in_the_leaderboards_order(folder):
    benchmark = make_bfcl(folder, categories=[IRRELEVANCE, PYTHON, PYTHON])
    assert [(job.case, job.part) for job in benchmark.jobs] == [
        ("simple_python_0", "simple_python"),
        ("simple_python_1", "simple_python"),
        ("irrelevance_0", "irrelevance"),
    ]
    assert benchmark.settings == {
        "categories": ["simple_python", "irrelevance"],
        "ask_user": False, "limit": 0, "seed": 0, "bfcl_eval": None,
    }  # fmt: skip
    assert {job.group for job in benchmark.jobs} == {"simple_python_0"}  # of the same functions
    json.dumps(dict(benchmark.settings))


@pytest.mark.parametrize("ask_user", [False, True])
def test_the_agent_hears_the_question_and_is_offered_the_functions(
    folder, scripted, play, ask_user
):
    benchmark = make_bfcl(folder, categories=[PYTHON], ask_user=ask_user)
    agent = scripted(Said("Tea."))
    found = play(benchmark.jobs[0].play(agent))
    [heard], [offered] = agent.heard, agent.offered
    assert heard == [{"role": "user", "content": "Tea, please."}]
    names = [tool["function"]["name"] for tool in offered]
    assert names == ["kitchen_brew", *(["ask_user"] if ask_user else [])]
    assert found.messages == [*heard, {"role": "assistant", "content": "Tea."}]


@pytest.mark.parametrize(
    ("category", "said", "error_type", "measures"),
    [
        pytest.param(
            PYTHON, Said("", (ToolCall("a", *OOLONG),)), None, (1, None, 0, 0), id="right"
        ),
        pytest.param(
            PYTHON, Said("", (ToolCall("a", "kitchen_brew", {"leaf": "mint"}),)),
            "value_error:string", (0, None, 0, 0), id="wrong",
        ),
        pytest.param(
            PYTHON, Said("[kitchen.brew(leaf='oolong')]"), None, (1, None, 0, 0), id="in-text"
        ),
        pytest.param(
            PYTHON, Said("No."), "ast_decoder:decoder_failed", (0, None, 1, 0), id="over-refuses"
        ),
        pytest.param(
            PYTHON, Said("Which leaf?"), "ast_decoder:decoder_failed", (0, None, 1, 1), id="asks"
        ),
        pytest.param(
            PYTHON, Said("", (ToolCall("a", "kitchen_brew", "{leaf"),)),
            "ast_decoder:decoder_failed", (0, None, 0, 0), id="broken-json",
        ),
        pytest.param(
            PYTHON, Said("", (ToolCall("a", "kitchen_brew", "[2]"),)),
            "ast_decoder:decoder_wrong_output_format", (0, None, 0, 0), id="no-object",
        ),
        pytest.param(IRRELEVANCE, Said("No."), None, (1, 0, None, 0), id="holds-back"),
        pytest.param(IRRELEVANCE, Said("What?"), None, (1, 0, None, 1), id="asks-back"),
        pytest.param(
            IRRELEVANCE, Said("", (ToolCall("a", *OOLONG),)),
            "irrelevance_error:decoder_success", (0, 1, None, 0), id="calls-when-it-must-not",
        ),
        pytest.param(
            IRRELEVANCE, Said("", (ToolCall("a", "kitchen_brew", "{leaf"),)),
            None, (1, 1, None, 0), id="tries-to",
        ),
    ],
)  # fmt: skip
def test_what_comes_of_a_turn(folder, outcome, category, said, error_type, measures):
    found = outcome(make_bfcl(folder, categories=[category]), said)
    assert (found.verdict["valid"], found.verdict["error_type"]) == (error_type is None, error_type)
    names = ("accuracy", "needless_call", "no_call", "asked_first")
    assert tuple(found.measures[name] for name in names) == measures


@pytest.mark.parametrize(
    ("said", "measures"),
    [
        pytest.param(ASK, (0, 1, 1), id="asks"),
        pytest.param(
            Said("", (*ASK.calls, ToolCall("b", *OOLONG))), (1, 0, 0), id="asks-and-calls"
        ),
    ],
)
def test_asking_with_the_tool_for_it_is_no_call_where_it_is_offered(
    folder, outcome, said, measures
):
    found = outcome(make_bfcl(folder, categories=[PYTHON], ask_user=True), said)
    names = ("accuracy", "no_call", "asked_first")
    assert tuple(found.measures[name] for name in names) == measures


def test_ask_user_where_it_is_not_offered_is_a_wrong_call(folder, outcome):
    found = outcome(make_bfcl(folder, categories=[IRRELEVANCE]), ASK)
    assert (found.measures["needless_call"], found.measures["asked_first"]) == (1, 0)


def test_a_dialogue_is_played_and_judged(several, outcome, call):
    benchmark = make_bfcl(several, categories=[Category.MULTI_TURN_MISS_FUNC])
    done = Said("Done.")
    found = outcome(
        benchmark, call("boil", {"cups": 2}), done, done, call("steep", {"cups": 2}), done
    )
    assert found.verdict["valid"]
    assert found.measures == {
        "accuracy": 1.0, "needless_call": 0.0, "no_call": 0.0, "asked_first": 0.0,
    }  # fmt: skip
    assert benchmark.settings["bfcl_eval"] == "9.9"
    assert any("needless_call counts it" in note for note in benchmark.notes)


def test_a_run_is_counted_and_can_be_scored_again(several, scripted, call, play, tmp_path):
    benchmark = make_bfcl(several, categories=[PYTHON, IRRELEVANCE, Category.MULTI_TURN_BASE])
    done = Said("Done.")
    turns = [
        call(*OOLONG), call(*OOLONG), Said("No."),
        call("boil", {"cups": 2}), done, call("boil", "{"), call("steep", {"cups": 2}), done,
    ]  # fmt: skip
    (tmp_path / "run").mkdir()
    episodes = play(
        run_jobs(benchmark.jobs, scripted(*turns), Store(tmp_path / "run"), concurrency=1)
    )
    totals = build_report(benchmark, "scripted", episodes).totals
    assert totals["categories"] == {
        "simple_python": {"right": 1, "total": 2, "share": 0.5},
        "irrelevance": {"right": 1, "total": 1, "share": 1.0},
        "multi_turn_base": {"right": 1, "total": 1, "share": 1.0},
    }
    assert totals["overall"] is None
    assert totals["missing"] == ["non_live", "live", "irrelevance", "multi_turn", "agentic"]
    json.dumps(totals)
    kept = Store(tmp_path / "run").read().values()
    scores = score_rows(list_rows(kept), several).rows
    assert [(s.id, s.valid, s.error_type) for s in scores] == [
        (e.case, e.verdict["valid"], e.verdict["error_type"]) for e in episodes
    ]


def test_what_ended_in_an_error_is_wrong_of_all_cases_and_in_no_other_total(
    folder, scripted, call, play, tmp_path
):
    benchmark = make_bfcl(folder, categories=[PYTHON])
    agent = scripted(call(*OOLONG), EndpointFailed("gone"))
    episodes = play(run_jobs(benchmark.jobs, agent, Store(tmp_path), concurrency=1))
    report = build_report(benchmark, "scripted", episodes)
    assert report.totals["categories"]["simple_python"] == {"right": 1, "total": 1, "share": 1.0}
    everything = report.totals["of_all_cases"]["categories"]
    assert everything["simple_python"] == {"right": 1, "total": 2, "share": 0.5}
    assert len(list_rows(episodes)) == 1


def test_wrong_answers_that_were_run_are_named(folder):
    path = folder / "possible_answer" / "BFCL_v4_simple_python.json"
    text = path.read_text(encoding="utf-8").replace('["sencha"]', "[]")
    path.write_text(text, encoding="utf-8")
    benchmark = make_bfcl(folder, categories=[PYTHON])
    assert list(benchmark.count([])["known_wrong"]["refused"]) == ["simple_python_1"]
    assert any("1 cases the published checker refuses" in note for note in benchmark.notes)


def test_a_sample_is_said_to_be_one(folder):
    whole, part = (make_bfcl(folder, categories=[PYTHON], limit=n, seed=3) for n in (2, 1))
    assert len(part.jobs) == 1
    assert not any("sample" in note for note in whole.notes)
    assert any("A sample of 1 of 2 cases" in note and "seed 3" in note for note in part.notes)


@pytest.mark.parametrize("category", AGENTIC)
def test_agentic_categories_are_refused_and_no_overall_is_said(folder, category):
    with pytest.raises(UserMistake, match=f"{category} is not run here: it "):
        make_bfcl(folder, categories=[PYTHON, category])
    notes = make_bfcl(folder, categories=[PYTHON]).notes
    assert "no overall score" in notes[0]


def test_some_category_must_be_named(folder):
    with pytest.raises(UserMistake, match="name some with --category"):
        make_bfcl(folder, categories=[])


def test_dialogues_need_the_package(dialogues, tmp_path):
    with pytest.raises(UserMistake, match="pip install --no-deps"):
        make_bfcl(dialogues, categories=[Category.MULTI_TURN_BASE], official=tmp_path / "none")
