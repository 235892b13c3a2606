"""A module that is imported when something of it is first used."""

from __future__ import annotations

import importlib
import types
from typing import Any


class Later(types.ModuleType):
    """Stands for a module of its name: NumPy takes long to import, and many sessions need it for no task.

    Examples
    --------
    >>> math = Later("math")
    >>> math.sqrt(4)
    2.0
    """

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the module has
        return getattr(importlib.import_module(self.__name__), name)
