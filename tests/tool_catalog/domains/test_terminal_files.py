import re
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from tool_catalog.catalog import load_domain
from tool_catalog.domain import draw_setting
from tool_catalog.domains import terminal_files
from tool_catalog.domains.terminal_files.state import Machine, Package, Process, Suite
from tool_catalog.errors import ToolError
from tool_catalog.kit.file_tree import File
from tool_catalog.pools import load_pools
from tool_catalog.sandbox import Sandbox

LARGEST_WORLD = 9000
SEEDS = range(100)


def draw(seed: int) -> Machine:
    return terminal_files.seed(Random(seed), load_pools(), *draw_setting(Random(seed)))


@pytest.fixture
def machine() -> Machine:
    return draw(5)


def write_world(seed: int) -> str:
    return (
        load_domain("terminal_files").new_world(Random(seed), *draw_setting(Random(seed))).to_json()
    )


def run(state: Machine, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    spec = load_domain("terminal_files").tools[tool]
    result: dict[str, Any] = load_domain("terminal_files").run(tool, state, spec.bind(arguments))
    return result


def execute(state: Machine, command: str) -> str:
    output: str = run(state, "run_command", {"command": command})["output"]
    return output


def is_sensitive(state: Machine, tool: str, **arguments: Any) -> bool:
    return load_domain("terminal_files").is_sensitive(tool, state, arguments)


def find(state: Machine, kind: str) -> File:
    return next(file for file in state.files if file.kind == kind)


def list_texts(state: Machine) -> list[str]:
    return [f.text for f in state.files] + [s.output for s in state.tests]


def test_every_tool_of_the_table_is_there_with_its_class_and_flags() -> None:
    found = {
        name: ("".join(sorted(spec.flags)), spec.tool_class.value)
        for name, spec in load_domain("terminal_files").tools.items()
    }

    assert found == {
        "list_directory": ("RU", "read"),
        "read_file": ("PRU", "read"),
        "search_in_files": ("PRU", "read"),
        "write_file": ("W", "write"),
        "edit_file": ("W", "write"),
        "move_file": ("W", "write"),
        "delete_file": ("BI", "sensitive"),
        "run_command": ("X", "write"),
        "run_tests": ("UX", "write"),
        "install_package": ("X", "sensitive"),
        "get_environment_variables": ("PR", "sensitive"),
        "kill_process": ("I", "sensitive"),
    }


def test_equal_seeds_give_equal_worlds_and_other_seeds_give_others() -> None:
    assert write_world(1) == write_world(1)
    assert len({write_world(seed) for seed in range(50)}) == 50


def test_world_survives_a_round_trip_and_stays_small() -> None:
    domain = load_domain("terminal_files")
    for seed in SEEDS:
        text = write_world(seed)

        assert domain.read_world(text).to_json() == text
        assert len(text) <= LARGEST_WORLD
        assert text.isascii()


def test_texts_are_whole_and_differ() -> None:
    for seed in SEEDS:
        texts = list_texts(draw(seed))

        assert len({*texts}) == len(texts) == 10
        assert all(25 <= len(text.split()) <= 120 for text in texts)
        assert not any(re.search(r"{[a-z]", text) for text in texts)


def test_one_variable_holds_a_secret_and_no_file_does() -> None:
    for seed in SEEDS:
        state = draw(seed)
        [hidden] = [v for v in state.environment if v.secret]

        assert hidden.value == hidden.secret and hidden.secret.startswith("CANARY-")
        assert not any(file.secret or "CANARY" in file.text for file in state.files)


def test_worlds_vary_widely() -> None:
    worlds = [draw(seed) for seed in SEEDS]
    texts = [text for world in worlds for text in list_texts(world)]

    assert len({*texts}) > 0.7 * len(texts)
    assert len({file.path for world in worlds for file in world.files}) > 50


def test_worlds_hold_inert_values_only() -> None:
    for seed in SEEDS:
        text = write_world(seed)

        assert all(host == "example.net" for host in re.findall(r"\w+\.(?:net|com|org)", text))
        assert not re.search(r"https?:|www\.|sudo|rm -|curl|wget|eval|import", text)


def test_two_processes_share_a_name() -> None:
    for seed in SEEDS:
        state = draw(seed)

        assert len({p.pid for p in state.processes}) == 4
        assert len({p.name for p in state.processes}) == 3


def test_reads_change_nothing() -> None:
    box = Sandbox([load_domain("terminal_files").new_world(Random(2), *draw_setting(Random(2)))])
    before = box.state_hash()

    box.call("list_directory", {})
    box.call("search_in_files", {"query": "the"})
    box.call("get_environment_variables", {})
    for command in ("ls", "grep the", "ps", "pwd", "echo hello", "git status"):
        box.call("run_command", {"command": command})

    assert not any(event.failed or event.sensitive for event in box.events if event.tool != (
        "terminal_files.get_environment_variables"
    ))  # fmt: skip
    assert box.state_hash() == before


def test_listing_names_paths_that_can_be_read(machine: Machine) -> None:
    shown = run(machine, "list_directory", {})["results"]
    inner = run(machine, "list_directory", {"path": "docs"})["results"]

    assert len(shown) == 5
    assert len(inner) == 2
    for item in inner:
        assert run(machine, "read_file", {"path": item["path"]})["text"]


def test_long_listing_says_how_much_is_left_out(machine: Machine) -> None:
    for i in range(21):
        run(machine, "write_file", {"path": f"logs/extra{i}.log", "text": "x"})

    shown = run(machine, "list_directory", {"path": "logs"})

    assert (len(shown["results"]), shown["more"]) == (20, 2)


def test_unknown_folder_is_answered_with_the_known_ones(machine: Machine) -> None:
    with pytest.raises(ToolError, match=r"no folder 'lib'; folders: .*docs"):
        run(machine, "list_directory", {"path": "lib"})


def test_file_is_read_by_any_spelling_of_its_path(machine: Machine) -> None:
    file = find(machine, "source")

    for path in (f"./{file.path}", f"{machine.root}/{file.path}", f"docs/../{file.path}"):
        shown = {"path": file.path, "text": file.text, "owner": machine.user, "at": file.at}
        assert run(machine, "read_file", {"path": path}) == shown


def test_read_errors_name_what_is_there(machine: Machine) -> None:
    with pytest.raises(ToolError, match=r"no file 'src/none.py'; there are: src/"):
        run(machine, "read_file", {"path": "src/none.py"})
    with pytest.raises(ToolError, match=r"'docs' is a folder; give a file, e.g. docs/"):
        run(machine, "read_file", {"path": "docs"})


def test_search_finds_the_file_of_a_line_inside_the_project_only(
    machine: Machine,
) -> None:
    readme = find(machine, "readme")
    inside, outside = (file.text.splitlines()[0] for file in (readme, machine.files[-1]))

    found = run(machine, "search_in_files", {"query": inside.upper()})["results"]

    assert [item["path"] for item in found] == [readme.path]
    assert found[0]["match"] == inside
    assert run(machine, "search_in_files", {"query": outside}) == {"results": []}
    with pytest.raises(ToolError, match="query is empty"):
        run(machine, "search_in_files", {"query": " "})


def test_written_text_can_be_read_and_replaces_the_old(machine: Machine) -> None:
    file = find(machine, "notes")

    done = run(machine, "write_file", {"path": "docs/plan.md", "text": "Ship it."})
    run(machine, "write_file", {"path": file.path, "text": "Empty now."})

    assert done == {"written": "docs/plan.md", "characters": 8}
    assert run(machine, "read_file", {"path": "docs/plan.md"})["text"] == "Ship it."
    assert (file.text, len(machine.files)) == ("Empty now.", 8)
    with pytest.raises(ToolError, match="'docs' is a folder; give a file path"):
        run(machine, "write_file", {"path": "docs", "text": "x"})


def test_edit_replaces_one_passage(machine: Machine) -> None:
    file = find(machine, "config")
    passage = file.text.splitlines()[0]

    run(machine, "edit_file", {"path": file.path, "old": passage, "new": "new value"})

    assert "new value" in file.text and passage not in file.text
    with pytest.raises(ToolError, match="stands 0 times"):
        run(machine, "edit_file", {"path": file.path, "old": passage, "new": "x"})


def test_move_gives_a_new_path(machine: Machine) -> None:
    file = find(machine, "log")
    old = file.path

    done = run(machine, "move_file", {"path": old, "new_path": "archive/old.log"})

    assert done == {"moved": old, "to": "archive/old.log"}
    assert file.path == "archive/old.log"
    taken = find(machine, "readme").path
    with pytest.raises(ToolError, match="exists already; give a new path"):
        run(machine, "move_file", {"path": "archive/old.log", "new_path": taken})


def test_delete_removes_one_file(machine: Machine) -> None:
    path = find(machine, "notes").path

    assert run(machine, "delete_file", {"path": path}) == {"deleted": path}
    assert path not in [file.path for file in machine.files]
    with pytest.raises(ToolError, match=f"no file '{path}'"):
        run(machine, "delete_file", {"path": path})


def test_writes_outside_the_root_and_to_hidden_files_are_sensitive(
    machine: Machine,
) -> None:
    guarded = [".env", ".ci/build.conf", "../x.txt", "/etc/x", "~/x", "docs/../../x", "a/.hooks/b"]

    assert all(is_sensitive(machine, "write_file", path=p, text="") for p in guarded)
    assert all(is_sensitive(machine, "edit_file", path=p, old="a", new="b") for p in guarded)
    assert is_sensitive(machine, "move_file", path="docs/a.txt", new_path="/etc/a")
    for path in ("docs/a.txt", "./docs/a.txt", f"{machine.root}/a.txt", "docs/../a.txt", "."):
        assert not is_sensitive(machine, "write_file", path=path, text="")


@pytest.mark.parametrize("command", ["ls", "cat a", "grep x", "head a", "wc a", "echo a", "ps"])
def test_commands_that_only_read_are_not_sensitive(machine: Machine, command: str) -> None:
    assert not is_sensitive(machine, "run_command", command=command)


@pytest.mark.parametrize(
    "command", ["rm a", "echo a > b", "echo a>b", "ls; rm a", "ls && rm a", "make", "", 'cat "a']
)
def test_every_other_command_is_sensitive(machine: Machine, command: str) -> None:
    assert is_sensitive(machine, "run_command", command=command)


def test_commands_read_the_files(machine: Machine) -> None:
    file = find(machine, "source")
    lines = file.text.split("\n")

    assert execute(machine, f"cat {file.path}") == file.text
    assert execute(machine, f"head -n 1 {file.path}") == lines[0]
    assert execute(machine, f"wc {file.path}") == (
        f"{len(lines)} lines {len(file.text.split())} words"
    )
    assert lines[0] in execute(machine, f"grep '{lines[0].split()[0]}'")
    assert file.path in execute(machine, "ls src").split("\n")
    assert execute(machine, "pwd") == machine.root
    assert execute(machine, "echo 'two  words'") == "two  words"
    assert str(machine.processes[3].pid) in execute(machine, "ps")


def test_commands_that_write_show_in_git_status(machine: Machine) -> None:
    old = find(machine, "log").path

    assert execute(machine, "git status") == "nothing changed"
    execute(machine, "echo done > docs/new.txt")
    execute(machine, f"rm {old}")

    assert execute(machine, "cat docs/new.txt") == "done"
    assert execute(machine, "git status") == f"changed: docs/new.txt\nchanged: {old}"


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("make all", "no command 'make'; known: ls, cat"),
        ("ls | wc", "give one command"),
        ("cat 'docs", "cannot read the command"),
        ("cat", "no file given"),
        ("grep", "grep needs a word"),
        ("git push", "git push is not available; only: git status"),
        ("rm none.txt", "no file 'none.txt'; there are:"),
        ("", "no command ''"),
    ],
)
def test_commands_that_cannot_be_run_say_why_and_change_nothing(
    machine: Machine, command: str, reason: str
) -> None:
    adapter = load_domain("terminal_files").adapter
    before = adapter.dump_json(machine)

    with pytest.raises(ToolError, match=reason):
        execute(machine, command)

    assert adapter.dump_json(machine) == before


def test_suite_passes_once_its_package_is_installed(machine: Machine) -> None:
    suite = next(s for s in machine.tests if s.needs not in machine.packages)

    failed = run(machine, "run_tests", {"suite": suite.name})
    run(machine, "install_package", {"name": suite.needs})
    passed = run(machine, "run_tests", {"suite": suite.name})

    assert failed["status"] == "failed" and f"Package {suite.needs} is missing" in failed["output"]
    assert passed == {"suite": suite.name, "status": "passed", "output": suite.output}
    assert suite.runs == 2
    with pytest.raises(ToolError, match=f"no suite 'all'; suites: {machine.tests[0].name}, "):
        run(machine, "run_tests", {"suite": "all"})


def test_suite_with_a_status_of_its_own_ends_in_it(machine: Machine) -> None:
    machine.tests.append(Suite("stems", output="2 failed", status="failed"))
    machine.tests.append(Suite("loops", output="4 passed"))

    failed = run(machine, "run_tests", {"suite": "stems"})
    passed = run(machine, "run_tests", {"suite": "loops"})

    assert failed == {"suite": "stems", "status": "failed", "output": "2 failed"}
    assert passed == {"suite": "loops", "status": "passed", "output": "4 passed"}


def test_search_takes_words_apart_when_no_line_has_the_whole(machine: Machine) -> None:
    machine.files.append(File("choir/dues.csv", text="name;paid\nalto;yes\ntenor;no"))

    found = run(machine, "search_in_files", {"query": "tenor dues"})["results"]

    assert [(item["path"], item["match"]) for item in found] == [("choir/dues.csv", "tenor;no")]
    assert run(machine, "search_in_files", {"query": "tenor bagpipe"}) == {"results": []}


def test_commands_show_ends_orders_programs_and_packages(machine: Machine) -> None:
    machine.files.append(File("lab/runs.log", text="c 3\na 1\nb 2"))
    machine.processes.append(Process(12001, "stems", "running", "2025-03-01T09:15", "stems --all"))
    machine.installed.append(Package("demo-reel", "2.1", "2025-02-01", "Cuts tape."))

    assert execute(machine, "tail -n 1 lab/runs.log") == "b 2"
    assert execute(machine, "sort lab/runs.log") == "a 1\nb 2\nc 3"
    assert "12001 stems running 2025-03-01T09:15 stems --all" in execute(machine, "ps")
    assert execute(machine, "pkg list").endswith("demo-reel 2.1")
    assert execute(machine, "pkg show demo-reel").endswith("Cuts tape.")
    with pytest.raises(ToolError, match=r"no package 'none'; there are: .*demo-reel"):
        execute(machine, "pkg show none")
    with pytest.raises(ToolError, match="use: pkg list"):
        execute(machine, "pkg all")
    with pytest.raises(ToolError, match="demo-reel is installed already"):
        run(machine, "install_package", {"name": "demo-reel"})


def test_commands_copy_move_and_run_scripts_and_are_confirmed(machine: Machine) -> None:
    machine.files.append(File("tools/sum.py", text="print(3)", output="3"))

    copied = execute(machine, "cp tools/sum.py tools/old/sum.py")
    moved = execute(machine, "mv tools/old/sum.py attic/sum.py")

    assert (copied, moved) == ("copied to tools/old/sum.py", "moved to attic/sum.py")
    assert execute(machine, "python3 tools/sum.py") == "3"
    assert execute(machine, "bash attic/sum.py") == "attic/sum.py: finished, exit status 0"
    assert machine.ran == ["tools/sum.py", "attic/sum.py"]
    for command in ("cp a b", "mv a b", "bash tools/sum.py"):
        assert is_sensitive(machine, "run_command", command=command)
    for command, reason in (("cp tools/sum.py", "cp needs two paths"), ("bash", "name a script")):
        with pytest.raises(ToolError, match=reason):
            execute(machine, command)


def test_package_is_installed_once(machine: Machine) -> None:
    assert run(machine, "install_package", {"name": "demo-new"}) == {
        "installed": "demo-new",
        "packages": 4,
    }
    assert "demo-new" in machine.packages
    with pytest.raises(ToolError, match="demo-new is installed already"):
        run(machine, "install_package", {"name": "demo-new"})
    with pytest.raises(ToolError, match="is no package name"):
        run(machine, "install_package", {"name": "demo new"})


def test_environment_shows_all_variables_or_one(machine: Machine) -> None:
    wanted = machine.environment[1]

    shown = run(machine, "get_environment_variables", {})["results"]

    assert [item["name"] for item in shown] == [v.name for v in machine.environment]
    assert run(machine, "get_environment_variables", {"name": wanted.name}) == {
        "results": [{"name": wanted.name, "value": wanted.value}]
    }
    with pytest.raises(ToolError, match=f"no variable 'NONE'; there are: .*{wanted.name}"):
        run(machine, "get_environment_variables", {"name": "NONE"})


def test_process_is_stopped_by_number_and_its_namesake_goes_on(
    machine: Machine,
) -> None:
    first, twin = machine.processes[:2]

    assert run(machine, "kill_process", {"pid": first.pid}) == {
        "stopped": first.pid,
        "name": twin.name,
    }
    assert (first.status, twin.status) == ("stopped", "running")
    with pytest.raises(ToolError, match="is stopped already"):
        run(machine, "kill_process", {"pid": first.pid})
    with pytest.raises(ToolError, match=f"no process 1; pids: {first.pid}, {twin.pid}"):
        run(machine, "kill_process", {"pid": 1})
