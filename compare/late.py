"""Modules that are imported when they are first used: numpy, scipy and matplotlib cost two seconds of CPU to import.

`compare bench --list`, like all that computes and draws nothing, does without them.
"""

import functools
import importlib
from types import ModuleType
from typing import Any


class Late:
    """Stands for the module called `name`, which is imported when something of it is first asked for.

    A type checker knows nothing of that: import the same module for it under `TYPE_CHECKING`.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    @functools.cached_property
    def _module(self) -> ModuleType:
        return importlib.import_module(self._name)

    def __getattr__(self, attribute: str) -> Any:
        """Return what the module calls `attribute`."""
        return getattr(self._module, attribute)
