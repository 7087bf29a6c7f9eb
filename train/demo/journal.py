"""What of a demo is done, so that one that was killed goes on where it was."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gen.runs.files import write_file
from tool_catalog.errors import BadRun
from train.console import console

JOURNAL = "demo.json"


class Journal:
    """Stages that have ended, with the seconds that each took and what it found.

    Args:
        out: the demo's folder.
        settings: what must be equal to go on; JSON values.
        stages: names of all of them, in order.
    """

    def __init__(self, out: Path, settings: Mapping[str, Any], stages: tuple[str, ...]) -> None:
        self._path = out / JOURNAL
        self._settings, self._stages = json.loads(json.dumps(dict(settings))), stages
        self.timings: dict[str, float] = {}
        self.found: dict[str, Any] = {}

    def resume(self) -> None:
        """Take up what is written down.

        Raises:
            BadRun: the folder holds a demo of another size or seed, or none.
        """
        try:
            data = json.loads(self._path.read_text("utf-8"))
            settings, self.timings, self.found = data["settings"], data["timings"], data["found"]
        except OSError:
            return  # killed before the first stage ended
        except (ValueError, KeyError) as error:
            raise BadRun(f"{self._path}: not readable; start anew with --force") from error
        other = [key for key, value in self._settings.items() if settings.get(key) != value]
        if other:
            raise BadRun(
                f"{self._path.parent} was made with {other[0]} {settings.get(other[0])!r}, not "
                f"{self._settings[other[0]]!r}; give the same options, or another --out"
            )

    @contextmanager
    def stage(self, name: str) -> Iterator[bool]:
        """Whether a stage is still to be done; it is written down when the block ends well."""
        due = name not in self.timings
        number = self._stages.index(name) + 1
        console.rule(f"{number} of {len(self._stages)}: {name}{'' if due else ', done before'}")
        start = time.monotonic()
        yield due
        if due:
            self.timings[name] = round(time.monotonic() - start, 1)
            data = {"settings": self._settings, "timings": self.timings, "found": self.found}
            write_file(self._path, json.dumps(data, indent=1) + "\n")
