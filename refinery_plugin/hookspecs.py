"""Hooks that this plugin adds to pytest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from refinery_plugin._generation.feedback import FeedbackKind
    from refinery_plugin._generation.protocols import TeamProtocol
    from refinery_plugin._study.task import Task

__all__ = ["pytest_refinery_feedback", "pytest_refinery_protocols", "pytest_refinery_tasks"]


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


@pytest.hookspec
def pytest_refinery_feedback(config: pytest.Config) -> Iterable[FeedbackKind]:  # type: ignore[empty-body]
    """Return kinds of feedback that studies may name, in a ``conftest.py`` or a plugin.

    Example
    -------
    .. code-block:: python

        from refinery_plugin import FeedbackKind

        def tell(view):
            return None if view.current.found.correct else "It is wrong. Find out why."

        def pytest_refinery_feedback(config):
            return [FeedbackKind(name="hint", tell=tell)]
    """


@pytest.hookspec
def pytest_refinery_protocols(config: pytest.Config) -> Iterable[TeamProtocol]:  # type: ignore[empty-body]
    """Return protocols that studies may name, in a ``conftest.py`` or a plugin.

    Example
    -------
    .. code-block:: python

        from refinery_plugin import NextTurn, TeamProtocol

        def first_alone(situation):
            return NextTurn(agent=1 if len(situation.turns) < 3 else 2)

        def pytest_refinery_protocols(config):
            return [TeamProtocol(name="relay", next_turn=first_alone)]
    """
