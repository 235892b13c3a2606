"""Hooks that this plugin adds to pytest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from refinery_plugin._study.task import Task

__all__ = ["pytest_refinery_tasks"]


@pytest.hookspec
def pytest_refinery_tasks(config: pytest.Config) -> Iterable[Task]:  # type: ignore[empty-body]
    """Return tasks that studies may name, in a ``conftest.py`` or a plugin.

    Example
    -------
    .. code-block:: python

        from refinery_plugin import Task

        def pytest_refinery_tasks(config):
            return [Task(name="sort", prompt="Sort a list of integers.", ...)]
    """
