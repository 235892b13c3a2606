"""The names of our hooks, as a plugin of its own.

A project's ``conftest.py`` that returns tasks must load under ``-p no:refinery``, too: pytest refuses hooks of a
``pytest_`` name that nobody declares. So this one, which has an entry point beside the plugin's, only declares them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the hooks that a ``conftest.py`` may define, unless they are there already."""
    from refinery_plugin import hookspecs  # noqa: PLC0415 - only when it is asked for

    if not hasattr(pluginmanager.hook, hookspecs.__all__[0]):
        pluginmanager.add_hookspecs(hookspecs)
