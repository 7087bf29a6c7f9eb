"""The public API: what it promises, and that the notebook which shows it still tells the truth."""

import inspect
import os
import re
import subprocess
import sys
import typing
from pathlib import Path

import pytest
from golden.notebook import execute, list_code, read_notebook, read_outputs

import triact
from gen.cli.commands import resolve_config
from gen.runs.generate import generate as write_folder
from gen.runs.rows import read_records
from gen.runs.trust import read_sources, trust_code

ROOT = Path(__file__).resolve().parents[1]
DESK = ROOT / "docs" / "appointment_desk"
PROMISED = {
    # data
    "Record", "Scenario", "UserTurn", "UserScript", "Expectation", "CallMatch", "Placement",
    "Step", "ToolUse", "Quarantined", "Label", "Decision", "Attitude",
    # making and reading it
    "generate", "generate_set", "write_run", "load_run", "Run", "RunConfig", "Options",
    # playing and judging
    "open_episode", "Episode", "Event", "judge", "Verdict", "Fault", "score", "Reward", "Weights",
    # defining domains
    "tool", "read_tool", "ToolClass", "ToolSpec", "ResultField", "Origin", "ToolError", "Domain",
    "World", "Person", "Pools", "load_domain", "draw_world",
    # errors
    "TriactError", "UserMistake",
}  # fmt: skip
FUNCTIONS = sorted(n for n in PROMISED if inspect.isfunction(getattr(triact, n, None)))


@pytest.fixture(scope="module")
def members() -> dict[str, triact.Record]:
    return {record.role: record for record in triact.generate_set(0, seed=7, domains=["email"])}


def test_the_promise_is_kept_name_by_name():
    assert set(triact.__all__) == PROMISED
    assert len(triact.__all__) == len(PROMISED)


def test_nothing_else_is_public():
    """A name that is imported for use inside is marked as such, or is a module's own of Python."""
    public = {name for name in vars(triact) if not name.startswith("_")}
    ours = {n for n in public if getattr(vars(triact)[n], "__module__", "").startswith("triact")}
    assert ours <= PROMISED | {"OnQuarantine"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_typed_and_says_what_it_does(name):
    function = getattr(triact, name)
    hints = typing.get_type_hints(function, vars(triact))
    assert set(inspect.signature(function).parameters) | {"return"} == set(hints)
    assert inspect.getdoc(function)


@pytest.mark.parametrize("name", sorted(PROMISED - set(FUNCTIONS)))
def test_a_class_says_what_it_is(name):
    found = getattr(triact, name)
    assert inspect.isclass(found)
    assert found.__doc__ and found.__doc__.strip()


def test_the_page_has_a_line_for_every_name():
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    told = {name for line in page.splitlines() if line.startswith("| ")
            for name in re.findall(r"`(\w+)[`(]", line.split("|")[1])}  # fmt: skip
    assert told == PROMISED


def test_importing_it_loads_nothing_heavy_and_does_nothing(tmp_path):
    code = "import sys, triact; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    loaded = set(done.stdout.split())
    assert {"gen.verdict", "train.reward"} <= loaded
    assert loaded.isdisjoint({"torch", "transformers", "datasets", "pyarrow", "typer", "faker"})
    assert list(tmp_path.iterdir()) == []


def test_records_in_memory_are_those_of_the_command(tmp_path):
    config = resolve_config(40, 3, ["email", "banking"], [], "strict", [])
    write_folder(config, tmp_path / "run")
    made = triact.generate(40, seed=3, domains=["email", "banking"], policy="strict")
    written = {record.id: record for record in read_records(tmp_path / "run")}
    assert {record.id: record for record in made} == written
    assert len(written) >= 40


def test_a_set_by_its_index_is_that_of_the_run():
    run = list(triact.generate(40, seed=3, domains=["email"]))
    second = triact.generate_set(1, seed=3, domains=["email"])
    assert second == [r for r in run if r.provenance.contrast_set == 1]
    assert len(second) > 5


def test_the_seed_decides():
    one, other = (next(triact.generate(1, seed=n, domains=["email"])) for n in (1, 2))
    assert one.scenario.worlds != other.scenario.worlds


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"size": 0}, "size must be at least 1, got 0"),
        ({"size": 1, "domains": ["bankin"]}, "no domain 'bankin'; did you mean banking?"),
        ({"size": 1, "templates": ["nowhere"]}, "nowhere: no such folder of templates"),
        ({"size": 1, "leaves": ["U.S.nothing"]}, "no leaf 'U.S.nothing'"),
        ({"size": 1, "domains": ["email"], "policy": "stric"}, "did you mean strict?"),
    ],
)
def test_a_mistake_is_said_at_once(options, said):
    with pytest.raises(triact.UserMistake, match=re.escape(said)):
        triact.generate(**options)


def test_a_set_before_the_first_is_refused():
    with pytest.raises(triact.UserMistake, match="index must be at least 0"):
        triact.generate_set(-1)


def test_what_is_not_proven_is_told_and_not_yielded(monkeypatch):
    import gen.sets.pipeline

    real = gen.sets.pipeline.check_record
    monkeypatch.setattr(
        gen.sets.pipeline,
        "check_record",
        lambda record, tools: "planted" if record.role == "anchor" else real(record, tools),
    )
    left_out: list[triact.Quarantined] = []
    made = list(triact.generate(20, seed=3, domains=["email"], on_quarantine=left_out.append))
    assert {(q.role, q.reason) for q in left_out} == {("anchor", "planted")}
    assert "anchor" not in {record.role for record in made}
    assert len(made) >= 20


def test_a_reference_played_in_an_episode_is_clean(members):
    record = members["sensitive"]
    episode = triact.open_episode(record)
    for step in record.reference:
        said = [episode.act(call.tool, call.arguments) for call in step.calls]
        assert said == [call.result for call in step.calls]
        if not step.calls:
            episode.say(step.text)
    verdict = episode.judge()
    assert verdict.clean and verdict.expected is triact.Decision.VERIFY
    assert triact.score(verdict).total == 1.0


def test_acting_unasked_is_seen_and_costs(members):
    record = members["sensitive"]
    episode = triact.open_episode(record.scenario)
    for wish in record.scenario.last.expectation.required:
        episode.act(wish.tool, wish.arguments)
    verdict = episode.finish("Done.")
    assert triact.Fault.UNCONFIRMED in verdict.faults and verdict.unsafe
    assert triact.score(verdict).total == -1.0
    assert triact.score(verdict, triact.Weights(unsafe=-0.6)).total == pytest.approx(-0.6)
    expected = [turn.expectation for turn in record.scenario.turns]
    assert triact.judge(episode.sandbox.events, expected) == verdict


def test_an_episode_opens_with_what_a_model_is_given(members):
    scenario = members["anchor"].scenario
    episode = triact.open_episode(scenario)
    assert [message["content"] for message in episode.messages] == [
        scenario.system,
        scenario.turns[0].text,
    ]
    names = [schema["function"]["name"] for schema in episode.tools]
    assert names[-2:] == ["ask_user", "report_content"]
    assert names[:-2] == [key.rpartition(".")[2] for key in scenario.tools]


def test_a_scenario_with_a_tool_that_is_not_there_is_refused(members):
    scenario = members["anchor"].scenario
    for key, said in (("email.serch_emails", "no tool in email"), ("mail.x", "no world 'mail'")):
        with pytest.raises(triact.UserMistake, match=re.escape(said)):
            triact.open_episode(scenario.model_copy(update={"tools": (key,)}))


def test_a_run_is_loaded_and_read_by_split(run):
    loaded = triact.load_run(run)
    everything = list(loaded.records())
    assert sum(loaded.splits.values()) == len(everything) > 0
    assert [r.split for r in loaded.records("train")] == ["train"] * loaded.splits["train"]
    assert loaded.config.seed == 1
    with pytest.raises(triact.UserMistake, match="no split 'trian'; did you mean train"):
        loaded.records("trian")


def test_a_run_is_written_as_by_the_command(tmp_path):
    made = triact.write_run(tmp_path / "run", 20, seed=3, domains=["email"])
    assert made == triact.load_run(str(tmp_path / "run"))
    assert list(made.records()) == list(triact.generate(20, seed=3, domains=["email"]))
    with pytest.raises(triact.UserMistake, match="exists"):
        triact.write_run(tmp_path / "run", 20)
    again = triact.write_run(tmp_path / "run", 1, seed=4, domains=["email"], force=True)
    assert again.config.seed == 4


def test_an_edited_run_is_not_loaded(tmp_path):
    triact.write_run(tmp_path / "run", 1, domains=["email"])
    card = tmp_path / "run" / "README.md"
    card.write_text(card.read_text(encoding="utf-8") + "!", encoding="utf-8")
    with pytest.raises(triact.UserMistake, match="edited"):
        triact.load_run(tmp_path / "run")


def test_a_run_plays_its_own_domain_once_it_is_trusted(tmp_path, monkeypatch):
    monkeypatch.setenv("TRIACT_STATE", str(tmp_path / "mine"))
    options = {"domains": [DESK / "desk.py"], "templates": [DESK / "templates"]}
    made = triact.write_run(tmp_path / "run", 1, **options)
    record = next(made.records())
    assert made.open_episode(record).finish("").calls == 0
    monkeypatch.setenv("TRIACT_STATE", str(tmp_path / "somebody else's"))
    with pytest.raises(triact.UserMistake, match="triact trust"):
        made.open_episode(record)
    trust_code(read_sources([DESK / "desk.py"]), [str(tmp_path)])
    assert made.open_episode(record).finish("").calls == 0


def test_a_domain_file_is_read_anew_each_time(tmp_path):
    path = tmp_path / "desk.py"
    text = (DESK / "desk.py").read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    before = triact.load_domain(path)
    path.write_text(text.replace("Appointment desk:", "A counter:"), encoding="utf-8")
    after = triact.load_domain(str(path))
    assert before.summary.startswith("Appointment desk")
    assert after.summary.startswith("A counter")


@pytest.mark.parametrize("path", [Path("mine"), Path("mine.py"), "./mine"], ids=repr)
def test_a_path_is_never_taken_for_a_shipped_domain(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    for look in (triact.load_domain, lambda path: triact.generate(1, domains=[path])):
        with pytest.raises(triact.UserMistake, match=r"mine.*: no such domain file"):
            look(path)


def test_a_world_is_drawn_from_its_seed():
    banking = triact.load_domain("banking")
    worlds = [triact.draw_world(banking, seed).to_json() for seed in (1, 1, 2)]
    assert worlds[0] == worlds[1] != worlds[2]


def test_a_tool_is_made_of_a_json_schema():
    schema = {"name": "ring", "description": "Ring the bell.", "parameters": {"type": "object"}}
    spec = triact.read_tool(schema, "porter", tool_class=triact.ToolClass.WRITE)
    assert (spec.key, spec.tool_class) == ("porter.ring", triact.ToolClass.WRITE)


def test_the_notebook_prints_what_it_shows(tmp_path, monkeypatch):
    monkeypatch.setenv("TRIACT_STATE", str(tmp_path / "state"))
    (tmp_path / "here").mkdir()
    notebook = read_notebook()
    printed = execute(notebook, tmp_path / "here")
    stored = [read_outputs(cell) for cell in list_code(notebook)]
    assert printed == stored, (
        "look at the difference; if it is right: python tests/golden/notebook.py"
    )
    assert all(stored)


def test_the_example_of_the_readme_runs(capsys):
    text = (ROOT / "README.md").read_text(encoding="utf-8").split("## From Python")[1]
    code = text.split("```python")[1].split("```")[0].replace("100", "1")
    exec(code, {})
    assert "anchor refused" in capsys.readouterr().out


def test_a_cell_that_fails_would_be_found(tmp_path):
    notebook = read_notebook()
    wrong = {"cell_type": "code", "source": ["triact.load_domain('no such')"]}
    notebook["cells"] = [list_code(notebook)[0], wrong]
    with pytest.raises(triact.UserMistake, match="no domain"):
        execute(notebook, tmp_path)
