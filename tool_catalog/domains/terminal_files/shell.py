"""A small shell: one command a call; most only print."""

import shlex
from collections.abc import Callable, Mapping
from typing import Any

from tool_catalog.errors import ToolError
from tool_catalog.kit import file_tree

from .state import Machine

_OPERATORS = "|;&<>"


def _print_texts(state: Machine, arguments: list[str]) -> str:
    if not arguments:
        raise ToolError("no file given; name one, e.g. cat docs/notes.txt")
    return "\n".join(file_tree.find_file(state, path).text for path in arguments)


def _print_folder(state: Machine, arguments: list[str]) -> str:
    path = next((a for a in arguments if not a.startswith("-")), ".")
    return "\n".join(file_tree.list_children(state, path)) or file_tree.find_file(state, path).path


def _print_head(state: Machine, arguments: list[str]) -> str:
    counted = arguments[:1] == ["-n"] and "".join(arguments[1:2]).isdigit()
    count, paths = (int(arguments[1]), arguments[2:]) if counted else (10, arguments)
    return "\n".join(_print_texts(state, paths).split("\n")[:count])


def _print_tail(state: Machine, arguments: list[str]) -> str:
    counted = arguments[:1] == ["-n"] and "".join(arguments[1:2]).isdigit()
    count, paths = (int(arguments[1]), arguments[2:]) if counted else (10, arguments)
    return "\n".join(_print_texts(state, paths).split("\n")[-count:])


def _print_sorted(state: Machine, arguments: list[str]) -> str:
    paths = [a for a in arguments if not a.startswith("-")]
    return "\n".join(sorted(_print_texts(state, paths).split("\n"), reverse="-r" in arguments))


def _print_counts(state: Machine, arguments: list[str]) -> str:
    text = _print_texts(state, [a for a in arguments if not a.startswith("-")])
    return f"{len(text.splitlines())} lines {len(text.split())} words"


def _print_matches(state: Machine, arguments: list[str]) -> str:
    terms = [a for a in arguments if not a.startswith("-")]
    if not terms:
        raise ToolError("grep needs a word to look for, e.g. grep port docs/notes.txt")
    files = [file_tree.find_file(state, a) for a in terms[1:]]
    files = files or [f for f in state.files if not f.path.startswith("/")]
    lines = [f"{f.path}: {line}" for f in files for line in f.text.split("\n") if terms[0] in line]
    return "\n".join(lines) or "no match"


def _print_status(state: Machine, arguments: list[str]) -> str:
    if arguments != ["status"]:
        raise ToolError(f"git {' '.join(arguments)} is not available; only: git status")
    return "\n".join(f"changed: {p}" for p in dict.fromkeys(state.changed)) or "nothing changed"


def _print_processes(state: Machine, _: list[str]) -> str:
    return "\n".join(
        " ".join(f"{p.pid} {p.name} {p.status} {p.at} {p.command}".split()) for p in state.processes
    )


def list_packages(state: Machine) -> list[str]:
    """The names of all packages that are there."""
    return [*state.packages, *(package.name for package in state.installed)]


def _print_packages(state: Machine, arguments: list[str]) -> str:
    if arguments[:1] == ["list"]:
        known = [f"{p.name} {p.version}".rstrip() for p in state.installed]
        return "\n".join([*state.packages, *known])
    if arguments[:1] != ["show"] or len(arguments) != 2:
        raise ToolError("use: pkg list, or pkg show NAME")
    if arguments[1] in state.packages:
        return arguments[1]
    package = next((p for p in state.installed if p.name == arguments[1]), None)
    if package is None:
        raise ToolError(
            f"no package {arguments[1]!r}; there are: {', '.join(list_packages(state))}"
        )
    head = [f"name: {package.name}", f"version: {package.version}", f"installed: {package.at}"]
    return "\n".join([*head, package.summary])


def _remove_one(state: Machine, arguments: list[str]) -> str:
    return file_tree.remove(state, " ".join(a for a in arguments if a != "-f"))


def _take_two(name: str, arguments: list[str]) -> tuple[str, str]:
    if len(arguments) != 2:
        raise ToolError(f"{name} needs two paths, e.g. {name} docs/a.txt docs/b.txt")
    return arguments[0], arguments[1]


def _copy_one(state: Machine, arguments: list[str]) -> str:
    path, target = _take_two("cp", arguments)
    text = file_tree.find_file(state, path).text
    return "copied to " + file_tree.store(state, file_tree.check_free(state, target), text)


def _move_one(state: Machine, arguments: list[str]) -> str:
    return "moved to " + file_tree.move(state, *_take_two("mv", arguments))


def _run_script(state: Machine, arguments: list[str]) -> str:
    """What the script prints; it does nothing else, and that it ran is kept."""
    if not arguments:
        raise ToolError("name a script, e.g. bash tools/check.sh")
    script = file_tree.find_file(state, arguments[0])
    state.ran.append(script.path)
    return script.output or f"{script.path}: finished, exit status 0"


PRINTS: dict[str, Callable[[Machine, list[str]], str]] = {
    "ls": _print_folder,
    "cat": _print_texts,
    "wc": _print_counts,
    "grep": _print_matches,
    "head": _print_head,
    "tail": _print_tail,
    "sort": _print_sorted,
    "echo": lambda _, arguments: " ".join(arguments),
    "pwd": lambda state, _: state.root,
    "ps": _print_processes,
    "pkg": _print_packages,
    "git": _print_status,
}
CHANGES: dict[str, Callable[[Machine, list[str]], str]] = {
    "rm": _remove_one,
    "cp": _copy_one,
    "mv": _move_one,
    "bash": _run_script,
    "python3": _run_script,
}


def parse_command(command: str) -> tuple[list[str], str]:
    """Words of one known command, and the file that its output goes to."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=_OPERATORS)
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        words = list(lexer) or [""]
    except ValueError as error:
        raise ToolError(f"cannot read the command: {error}") from error
    words, target = (words[:-2], words[-1]) if words[1:][-2:-1] == [">"] else (words, "")
    if any(word and set(word) <= set(_OPERATORS) for word in words):
        raise ToolError("give one command; pipes and lists of commands are not available")
    known = PRINTS if target else PRINTS | CHANGES
    if words[0] not in known:
        raise ToolError(f"no command {words[0]!r}; known: {', '.join(known)}")
    return words, target


def may_change(state: Machine, arguments: Mapping[str, Any]) -> bool:
    """Whether a command is other than one of the read-only list."""
    try:
        words, target = parse_command(arguments["command"])
    except ToolError:
        return True
    return bool(target) or words[0] not in PRINTS
