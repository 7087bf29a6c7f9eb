"""The world of a suite with injections in it, as upstream makes it and in a fifth of the time.

Upstream parses the suite's file anew for each case, with a parser in Python. The one in C reads the
same text; a test holds every environment of the benchmark equal.
"""

from collections.abc import Mapping
from typing import Any

import yaml
from agentdojo.task_suite.task_suite import TaskSuite, read_suite_file, validate_injections

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MADE_BY = ("load_and_inject_default_environment", "get_injection_vector_defaults")


class SuiteWorlds:
    """Environments of one suite.

    Raises whatever upstream does for a suite whose files cannot be read.
    """

    def __init__(self, suite: Any) -> None:
        self._suite = suite
        self._own = any(getattr(type(suite), n) is not getattr(TaskSuite, n) for n in _MADE_BY)
        self._defaults: Mapping[str, str] = {}
        if not self._own:
            self._defaults = suite.get_injection_vector_defaults()
            self._text = read_suite_file(suite.name, "environment.yaml", suite.data_path)

    def make(self, injections: Mapping[str, str]) -> Any:
        """What `load_and_inject_default_environment` returns; each call makes a new one."""
        if self._own:
            return self._suite.load_and_inject_default_environment(dict(injections))
        validate_injections(injections, self._defaults)
        injected = self._text.format(**{**self._defaults, **injections})
        found = yaml.load(injected, _LOADER)
        return self._suite.environment_type.model_validate(found)
