"""Local files and terminal: a project folder, a small shell, tests, packages and processes."""

from .state import Machine as STATE
from .tools import (
    delete_file,
    edit_file,
    get_environment_variables,
    install_package,
    kill_process,
    list_directory,
    move_file,
    read_file,
    run_command,
    run_tests,
    search_in_files,
    write_file,
)
from .world import seed

PROTECTED = {
    "files.secret": "secret_leaf",
    "environment.secret": "secret_leaf",
    "installed.secret": "secret_leaf",
    "tests.secret": "secret_leaf",
}
OBJECTS = {"files": "", "processes": "", "environment": "", "installed": "", "tests": ""}

__all__ = [
    "OBJECTS",
    "PROTECTED",
    "STATE",
    "delete_file",
    "edit_file",
    "get_environment_variables",
    "install_package",
    "kill_process",
    "list_directory",
    "move_file",
    "read_file",
    "run_command",
    "run_tests",
    "search_in_files",
    "seed",
    "write_file",
]
