"""How :mod:`multiprocessing` starts processes inside: the same under every backend and every Python.

The fork server (the default from Python 3.14 on) needs handlers for the end of children and modes of files, which are
refused here, so its processes are forked. Where there are no locks with names, spawned ones are forked as well.
"""

from __future__ import annotations

import sys
from typing import Any


class ForkedContexts:
    """A finder that waits for the import of ``multiprocessing.context`` (milliseconds, for who needs it), and is gone.

    Parameters
    ----------
    methods : the start methods that are to fork.
    """

    def __init__(self, methods: tuple[str, ...]) -> None:
        self._methods = methods

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:  # noqa: ANN401, ARG002 - a finder
        """Find that one module, with a loader that changes it afterwards."""
        if name != "multiprocessing.context":
            return None
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self]
        spec = sys.modules["_frozen_importlib_external"].PathFinder.find_spec(name, path)
        load = spec.loader.exec_module

        def load_and_change(module: Any) -> None:  # noqa: ANN401
            load(module)
            contexts = module._concrete_contexts  # noqa: SLF001
            default = module._default_context  # noqa: SLF001
            forked = contexts["fork"]
            if default._default_context._name in self._methods:  # noqa: SLF001
                default._default_context = forked  # noqa: SLF001
            contexts.update(dict.fromkeys(self._methods, forked))

        spec.loader.exec_module = load_and_change
        return spec


def fork_instead_of(*methods: str) -> None:
    """Let these start methods fork."""
    sys.meta_path.insert(0, ForkedContexts(methods))
