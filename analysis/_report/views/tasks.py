"""Several tasks: each one's ratio to its reference, what they are together, and how much they differ."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from ..._presentation.names import distinct
from ..._presentation.tasks import spread_words
from ..._presentation.text import MISSING, count, number, percent
from ..figure import Figure, Table
from ..figures import forest
from ..page_blocks import Picture, Prose, Section

if TYPE_CHECKING:
    from ..._analysis import Analysis
    from ..._models.tasks import TasksFound
    from ..page_blocks import Block

NAME, TITLE = "tasks", "Task by task"
_MOST_TASKS = 200


def section(analysis: Analysis) -> Section:
    """Return the section on tasks; without content in a study of one."""
    tasks = analysis.tasks
    blocks: list[Block] = []
    if tasks is not None:
        words = spread_words(tasks)
        if any(task.ratio is not None for task in tasks.by_task):
            blocks.append(Picture(_figure(tasks, alpha=analysis.options.alpha)))
        if words is not None:
            blocks.append(Prose((words,)))
    return Section(ident="tasks", title=TITLE, blocks=tuple(blocks))


def _figure(over_tasks: TasksFound, *, alpha: float) -> Figure:
    tasks = over_tasks.by_task[:_MOST_TASKS]
    shown = distinct([task.task for task in tasks], limit=40)
    together = "tasks like these" if over_tasks.random else f"these {len(over_tasks.by_task)} tasks"
    records: list[tuple[str, float, float, float, bool, str]] = []
    rows: list[tuple[str, ...]] = []
    for name, task in zip(shown, tasks, strict=True):
        passed = f"{task.passed} of {task.programs}"
        rows.append((name, passed, number(task.ratio), _interval(task.ci_low, task.ci_high)))
        if task.ratio is not None:
            tip = f"{name}\n{passed} passed\n{number(task.ratio)} × reference"
            records.append(
                (
                    name,
                    task.ratio,
                    _known(task.ci_low),
                    _known(task.ci_high),
                    False,
                    tip + _interval_line(rows[-1][-1]),
                )
            )
    if over_tasks.ratio is not None:
        whole = over_tasks.ratio
        rows.append((together, "", number(whole.ratio), _interval(whole.ci_low, whole.ci_high)))
        tip = f"{together}\n{number(whole.ratio)} × reference{_interval_line(rows[-1][-1])}"
        records.append((together, whole.ratio, _known(whole.ci_low), _known(whole.ci_high), True, tip))
    names = tuple(record[0] for record in records)
    data = forest.Forest(
        rows=names,
        groups=names,
        points=pd.DataFrame(records, columns=["row", "value", "low", "high", "whole", "tip"]),
        unit="time / reference, log scale",
    )
    left = len(over_tasks.by_task) - sum(not record[4] for record in records)
    return Figure(
        name=NAME,
        title=TITLE,
        caption=_caption(over_tasks, alpha=alpha, left=left),
        description=(
            f"{count(len(names), 'row')}: the time against the reference of each task on a logarithmic axis, from "
            f"{number(min(record[1] for record in records))} to {number(max(record[1] for record in records))}, with "
            "intervals; the last row is of all tasks together."
        ),
        draw=lambda canvas: forest.draw(data, canvas),
        table=Table(
            caption="Ratio to the reference by task",
            columns=("task", "passed", "time / reference", f"{percent(1 - alpha)} interval"),
            rows=tuple(rows),
            sortable=True,
        ),
    )


def _caption(over_tasks: TasksFound, *, alpha: float, left: int) -> str:
    words = (
        "The geometric mean of the programs' times against their task's own reference, treatments weighing the same, "
        f"with its {percent(1 - alpha)} interval; the dashed line is the reference."
    )
    if over_tasks.ratio is not None:
        words += " The diamond is the mean of the tasks, each weighing the same: " + (
            "its interval is about tasks like these, so it does not shrink with more programs of the same tasks."
            if over_tasks.random
            else "of these tasks and no others."
        )
    return words + (f" {count(left, 'task')} without a ratio, or too far down, not drawn." if left else "")


def _known(value: float | None) -> float:
    return math.nan if value is None else value


def _interval(low: float | None, high: float | None) -> str:
    return MISSING if low is None or high is None else f"{number(low)} to {number(high)}"


def _interval_line(limits: str) -> str:
    return "" if limits == MISSING else f"\ninterval {limits}"
