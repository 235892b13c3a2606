"""Several tasks in words and rows: of which tasks a sentence speaks, and how each task fared."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .text import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._models.tasks import TaskRatio, TasksFound

_MOST = 8
_LARGEST = 700.0


def of_which_tasks(over_tasks: TasksFound | None, sentence: str) -> str:
    """Return a sentence about times that says of which tasks it speaks; as it is in a study of one task."""
    said = tasks_of(over_tasks)
    return f"{said}: {sentence}" if said else sentence


def tasks_of(over_tasks: TasksFound | None) -> str:
    """Return of which tasks something is said; empty in a study of one task."""
    if over_tasks is None:
        return ""
    tasks = len(over_tasks.by_task)
    return f"Of tasks like these {tasks}" if over_tasks.random else f"Of these {tasks} tasks, and no others"


def task_rows(over_tasks: TasksFound) -> Iterator[tuple[str, ...]]:
    """Return a row for each task: name, programs that passed, ratio to the reference and its interval.

    Of many tasks there are those with the lowest and the highest ratios.
    """
    tasks = list(over_tasks.by_task)
    if len(tasks) <= _MOST:
        yield from map(_row, tasks)
        return
    ordered = sorted(tasks, key=lambda task: float("inf") if task.ratio is None else task.ratio)
    yield from map(_row, ordered[: _MOST // 2])
    yield (f"... {len(tasks) - _MOST} more", "", "", "")
    yield from map(_row, ordered[-_MOST // 2 :])


def _row(task: TaskRatio) -> tuple[str, ...]:
    interval = ""
    if task.ci_low is not None and task.ci_high is not None:
        interval = f"{number(task.ci_low)} to {number(task.ci_high)}"
    return (
        task.task,
        f"{task.passed}/{task.programs}",
        "-" if task.ratio is None else number(task.ratio),
        interval,
    )


def spread_words(over_tasks: TasksFound) -> str | None:
    """Say how much times differ between tasks, between what treatments do from task to task, and between programs."""
    values = (
        ("from task to task", over_tasks.variance.task),
        ("in what a treatment does from task to task", over_tasks.variance.task_treatment),
        ("among programs alike", over_tasks.variance.program),
    )
    spreads = [
        f"{number(math.exp(min(value**0.5, _LARGEST)))} {name}" for name, value in values if value is not None
    ]
    return f"Times differ by a typical factor of {', '.join(spreads)}." if spreads else None
