"""A domain that lies or hangs is one line with file and tool; a folder is a domain like a file."""

import subprocess
import sys
import threading
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

import tool_catalog.loading.guard as guard
from tool_catalog.catalog import load_domain
from tool_catalog.domain import Domain, draw_setting
from tool_catalog.errors import BadDomainFile, ToolError
from tool_catalog.loading import list_files, read_domain_file
from tool_catalog.loading.guard import limit_time, run_theirs

LIST = '''    """List all notes."""
'''
SEED = "def seed(rng: Any, pools: Any, owner: Any, today: Any) -> Desk:\n"


def write(folder: Path, text: str, name: str = "mine") -> Path:
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    return path


def load_changed(folder: Path, toy_text: str, old: str, new: str) -> Domain:
    assert old in toy_text
    return read_domain_file(write(folder, toy_text.replace(old, new, 1)))


def call(domain: Domain, tool: str, **arguments: Any) -> Any:
    world = domain.new_world(Random(1), *draw_setting(Random(1)))
    return domain.run(tool, world.clone(), domain.tools[tool].bind(arguments))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "SECONDS", 0.2)
    monkeypatch.setattr(run_theirs, "__defaults__", (0.2,))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("    while True: pass\n", "takes longer than 0.2 seconds"),
        ("    while True:\n        try:\n            pass\n        except Exception: pass\n",
         "takes longer than 0.2 seconds"),
        ("    return {'text': 'a' * 20_000_000}\n", "at most 1000000 are allowed"),
        ("    return {'text': {1, 2}}\n", "its result is no JSON"),
        ("    raise SystemExit(0)\n", "wants to end the program"),
        ("    raise KeyError('x')\n", "KeyError: 'x'"),
        ("    raise ValueError('two\\nlines')\n", "ValueError: two lines"),
        ("    raise type('Mute', (Exception,), {'__str__': None})\n", "list_notes: Mute"),
        ("    return {'text': float('nan')}\n", "its result is no JSON"),
        ("    return {'text': 'a' + chr(0xD800)}\n", "its result is no JSON"),
        ("    state.sent.append('x')\n", "flagged R, but it changed the state; give it flag W"),
    ],
)  # fmt: skip
def test_a_tool_that_lies_or_hangs_is_named(
    tmp_path: Path, toy_text: str, line: str, told: str
) -> None:
    domain = load_changed(tmp_path, toy_text, LIST, LIST + line)
    with pytest.raises(BadDomainFile) as caught:
        call(domain, "list_notes")
    assert str(caught.value).startswith(f"{tmp_path / 'mine.py'}: list_notes: ")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


STUBBORN = """
import sys
from tool_catalog.loading import guard

def work():
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass

guard._GRACE = 0.2
guard.run_theirs("mine.py: look", work, 0.2)
"""


def test_a_loop_that_catches_the_timer_ends_with_the_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STUBBORN], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    told = "triact: mine.py: look: takes longer than 0.2 seconds and cannot be stopped"
    assert done.stderr.splitlines() == [told]


def test_what_a_tool_says_to_the_model_is_no_breach(toy: Domain) -> None:
    with pytest.raises(ToolError, match="no note 'n9'"):
        call(toy, "read_note", note_id="n9")
    assert call(toy, "add_note", text="x") == {"note_id": "n4"}


def test_a_scope_that_raises_is_named(tmp_path: Path, toy_text: str) -> None:
    domain = load_changed(tmp_path, toy_text, 'len(arguments["ids"])', "len(arguments)/0")
    with pytest.raises(BadDomainFile, match=r"mine\.py: drop_notes: sensitive_when: ZeroDiv"):
        domain.is_sensitive("drop_notes", None, {"ids": []})


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("    raise SystemExit(0)\n", "seed: wants to end the program"),
        ("    while True: pass\n", "seed: takes longer than 0.2 seconds"),
        ("    rng.nothing()\n", "seed: AttributeError"),
        ("    return Desk('Ann', today.isoformat())\n", "set today to today.isoformat() and user"),
        ("    return Desk(owner.name, '2020-01-01')\n", "set today to today.isoformat() and user"),
        ("    DRAWN.append('')\n    return Desk(owner.name, today.isoformat(), sent=[*DRAWN])\n",
         "two worlds"),
        ("    return Desk(owner.name, today.isoformat(), [lambda: 1])\n", "seed"),
        ("    return Desk(owner.name, today.isoformat(), sent=[chr(0xD800)])\n", "seed"),
        ("    import time\n    time.time()\n", "time.time() differs from run to run"),
        ("    from datetime import date as d\n    d.today()\n", "d.today() differs from run"),
        ("    import random\n    random.choice([1])\n", "random.choice() differs from run to run"),
    ],
)  # fmt: skip
def test_a_seed_that_breaks_the_contract_is_named(
    tmp_path: Path, toy_text: str, line: str, told: str
) -> None:
    with pytest.raises(BadDomainFile) as caught:
        load_changed(tmp_path, toy_text, SEED, "DRAWN: list[str] = []\n" + SEED + line)
    assert str(tmp_path / "mine.py") in str(caught.value)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"""Notes: a desk with three notes."""', "", "begin with a docstring"),
        ("    today: str\n", "    day: str\n", "Desk needs a field 'today'"),
        ("    user: str\n", "    boss: str\n", "Desk needs a field 'user'"),
        ("    today: str\n", "    today: int\n", "Desk.today must be a str"),
        ("pools: Any, owner: Any, today: Any", "pools: Any", "define seed(rng, pools,"),
        ("STATE = Desk", "STATE = Desk\nPROTECTED = {'notes.key': 'T.S.otp_2fa'}", "no 'key'"),
        ("STATE = Desk", "STATE = Desk\nPROTECTED = {'notes.text': 'leaf'}", "no 'leaf'"),
        ("STATE = Desk", "STATE = Desk\nPROTECTED = ['notes.text']", "PROTECTED must be a dict"),
        ("STATE = Desk", "STATE = Desk\nTOOLS = [print]", "TOOLS must hold (spec, run) pairs"),
        ("STATE = Desk", "STATE = Desk\nraise SystemExit(0)", "wants to end the program"),
        ("STATE = Desk", "STATE = Desk\nwhile True: pass", "takes longer than"),
        ("STATE = Desk", "STATE = Desk\0", "mine.py:1: source code string cannot"),
        ("note_id: str)", "note_id: gone)", "cannot be imported: NameError"),
        ('third_party=("text",)', 'third_party=("te xt",)', "'te xt' is no path of a result"),
        ('third_party=("text",)', 'wording="see {note}"', "wording names no argument: 'note'"),
    ],
)  # fmt: skip
def test_a_file_that_breaks_the_contract_is_one_line(
    tmp_path: Path, toy_text: str, monkeypatch: pytest.MonkeyPatch, old: str, new: str, told: str
) -> None:
    monkeypatch.setattr("tool_catalog.loading.domain_file._IMPORT_SECONDS", 0.2)
    with pytest.raises(BadDomainFile) as caught:
        load_changed(tmp_path, toy_text, old, new)
    assert told in str(caught.value)
    assert "mine" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_protected_values_have_a_leaf_of_their_own_or_beside_them(
    tmp_path: Path, toy_text: str
) -> None:
    text = toy_text.replace("    text: str\n", "    text: str\n    leaf: str = 'T.S.otp_2fa'\n", 1)
    text = text.replace(
        "STATE = Desk", "STATE = Desk\nPROTECTED = {'notes.text': 'leaf', 'sent': 'T.S.gov_id'}"
    )
    domain = read_domain_file(write(tmp_path, text))
    state = domain.new_world(Random(1), *draw_setting(Random(1))).clone()
    state.notes[1].text = ""
    state.sent = ["x9"]
    assert domain.find_protected(state) == {
        state.notes[0].text: "T.S.otp_2fa", state.notes[2].text: "T.S.otp_2fa", "x9": "T.S.gov_id",
    }  # fmt: skip


def test_tools_from_schemas_stand_beside_functions(tmp_path: Path, toy_text: str) -> None:
    added = (
        "\nfrom tool_catalog.foreign_tool import read_tool\n"
        "SPEC = read_tool({'name': 'count', 'inputSchema': {'properties': {'from-n': "
        "{'type': 'integer', 'default': 1}}}}, 'mine', tool_class=ToolClass.READ, flags='R')\n"
        "TOOLS = [(SPEC, lambda state, arguments: {'n': len(state.notes) + arguments['from-n']})]\n"
    )
    domain = read_domain_file(write(tmp_path, toy_text + added))
    assert call(domain, "count") == {"n": 4}
    assert call(domain, "count", **{"from-n": 3}) == {"n": 6}


def test_a_schema_that_cannot_be_used_is_told_with_its_place_and_file(
    tmp_path: Path, toy_text: str
) -> None:
    added = (
        "\nfrom tool_catalog.foreign_tool import read_tool\n"
        "read_tool({'name': 'count', 'inputSchema': {'properties': {'n': {'$ref': '#/gone'}}}}, "
        "'mine', tool_class=ToolClass.READ, flags='R')\n"
    )
    path = write(tmp_path, toy_text + added)
    with pytest.raises(BadDomainFile) as caught:
        read_domain_file(path)
    told = f"{path}: mine.count: #/properties/n: $ref '#/gone' leads nowhere"
    assert str(caught.value) == told


def split_toy(folder: Path, toy_text: str) -> Path:
    """The toy domain as a package of three modules with a word list."""
    path = folder / "garden"
    path.mkdir()
    head, _, tools = toy_text.partition("@tool(ToolClass.READ")
    doc = '"""Notes: a desk with three notes."""\n'
    imports = head.split("@dataclass")[0].replace(doc, "")
    body = "@dataclass" + head.split("@dataclass", 1)[1].split("@dataclass", 1)[0]
    body += "@dataclass" + head.split("@dataclass", 2)[2]
    (path / "state.py").write_text('"""State."""\n' + imports + body, encoding="utf-8")
    text = (
        '"""Tools."""\n' + imports + "from .state import Desk, Note\n@tool(ToolClass.READ" + tools
    )
    (path / "tools.py").write_text(text, encoding="utf-8")
    init = doc + "from .state import STATE, seed\nfrom .tools import list_notes, read_note\n"
    (path / "__init__.py").write_text(init, encoding="utf-8")
    (path / "words.yaml").write_text("a: [b]\n", encoding="utf-8")
    return path


def test_a_folder_is_a_domain(tmp_path: Path, toy_text: str) -> None:
    path = split_toy(tmp_path, toy_text)
    domain = load_domain("garden", (path,))
    assert domain.name == "garden"
    assert domain.folder == path
    assert list(domain.tools) == ["read_note", "list_notes"]
    assert call(domain, "read_note", note_id="n1")["title"] == "Title 1"
    names = [file.name for file in list_files(path)]
    assert names == ["__init__.py", "state.py", "tools.py", "words.yaml"]


def test_the_digest_is_of_every_file(tmp_path: Path, toy_text: str) -> None:
    path = split_toy(tmp_path, toy_text)
    digest = read_domain_file(path).digest
    assert read_domain_file(path).digest == digest
    (path / "words.yaml").write_text("a: [c]\n", encoding="utf-8")
    assert read_domain_file(path).digest != digest


def test_changed_modules_of_a_folder_are_read_anew(tmp_path: Path, toy_text: str) -> None:
    path = split_toy(tmp_path, toy_text)
    read_domain_file(path)
    tools = (path / "tools.py").read_text(encoding="utf-8")
    (path / "tools.py").write_text(tools.replace("Read one note.", "See it all."), encoding="utf-8")
    assert read_domain_file(path).tools["read_note"].description == "See it all."


def test_a_folder_without_init_is_no_domain(tmp_path: Path) -> None:
    with pytest.raises(BadDomainFile, match="no such domain file"):
        read_domain_file(tmp_path)


def test_the_timer_is_set_back_and_other_threads_run_without_it() -> None:
    with limit_time(0.2):
        pass
    time.sleep(0.3)  # nothing rings any more
    done: list[bool] = []

    def work() -> None:
        with limit_time(0.01):
            time.sleep(0.05)
        done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
