"""The tasks of a session that are open: their inputs drawn, their references found correct."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._timing.document import describe_lists
from refinery_plugin._verification.run_usage import NO_WAITING

if TYPE_CHECKING:
    from collections.abc import Callable

    from refinery_plugin._verification.checker import Checker

MOST_OPEN = 4
"""Full-size inputs take memory, and programs of one task come one after the other."""


class OpenTasks:
    """Opens the checker of a task when it is first needed, and keeps the last few.

    Parameters
    ----------
    open_checker : draws the inputs of the task of that name and tries its reference.
    """

    def __init__(self, open_checker: Callable[[str], Checker]) -> None:
        self._open_checker = open_checker
        self._checkers: dict[str, Checker] = {}
        self.lists: dict[str, list[dict[str, object]]] = {}
        """What the file tells of the timed lists, by task; also of those that are open no more."""
        self.waiting = NO_WAITING
        """How long references were waited for."""

    def has(self, task: str) -> bool:
        """Whether a task is open."""
        return task in self._checkers

    def get(self, task: str) -> Checker:
        """Return the checker of a task.

        Raises
        ------
        RefineryError : with what is wrong with the machine, the set-up or the task.
        """
        checker = self._checkers.pop(task, None)
        if checker is None:
            checker = self._open_checker(task)
            self.waiting += checker.opening
            self.lists[task] = describe_lists(checker.inputs.timed, task=task)
        self._checkers[task] = checker  # the last one used is the last one dropped
        while len(self._checkers) > MOST_OPEN:
            del self._checkers[next(iter(self._checkers))]
        return checker
