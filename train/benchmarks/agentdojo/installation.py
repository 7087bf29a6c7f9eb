"""The package that the benchmark is: whether it is here, and which version."""

import importlib
import warnings
from importlib import metadata

from tool_catalog.errors import UserMistake

PACKAGE = "agentdojo"


def require_agentdojo() -> str:
    """Import the package, which takes seconds; returns its version.

    Its own warnings are silenced from here on: they are about how its parts are put together.

    Raises:
        UserMistake: it is not installed, or something that it needs is not.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the many clients that it imports
        try:
            importlib.import_module(f"{PACKAGE}.benchmark")
            importlib.import_module(f"{PACKAGE}.attacks")
        except ImportError as error:
            raise UserMistake(
                f"AgentDojo runs by its own package ({error}); pip install 'triact[agentdojo]'"
            ) from error
    warnings.filterwarnings("ignore", category=UserWarning, module=rf"{PACKAGE}\.")
    return metadata.version(PACKAGE)
