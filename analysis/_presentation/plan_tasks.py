"""Words and rows of a plan over tasks and replicates, for the terminal and the page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from .text import dollars, number, percent, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._commands.plan_tasks import TaskPlan, TaskQuestion
    from .._power.over_tasks import Split

_SHOWN: Final = frozenset({1, 2, 3, 5, 10, 20})


def lead(plan: TaskPlan, target: float) -> str:
    """Say what the splits are."""
    terms = f"; a task costs {dollars(plan.usd_per_task)} to have" if plan.usd_per_task else ""
    if plan.most_tasks is not None:
        terms += f"; there are {plan.most_tasks} tasks at most"
    return (
        f"Over tasks like these {plan.tasks}, a sample of tasks: splits of the work into tasks and programs of each "
        f"treatment in each task that have {percent(target)} power{terms}."
    )


def shown(question: TaskQuestion) -> Iterator[tuple[Split, str]]:
    """Yield the splits worth showing, with a remark."""
    for split in question.splits:
        best = split == question.cheapest
        if best or split.replicates_per_treatment in _SHOWN:
            remark = "cheapest" if best else "" if split.feasible else "more tasks than there are"
            yield split, remark


def row(split: Split) -> tuple[str, ...]:
    """Return tasks (recommended), replicates, programs, calls and dollars."""
    return (
        f"{whole(split.tasks)} ({whole(split.tasks_recommended)})",
        f"{split.replicates_per_treatment}",
        whole(split.programs),
        whole(split.calls),
        dollars(split.cost_usd),
    )


def difference(value: float, question: TaskQuestion) -> str:
    """Return a difference in words: a factor for logarithms, points for pass rates."""
    if question.unit == "pass rate":
        return f"a difference of {100 * value:.3g} points"
    return f"a factor of {number(math.exp(min(value, 700.0)))}"


def about(question: TaskQuestion) -> tuple[str, ...]:
    """Say what more replicates cannot do, and what the study's own tasks can."""
    said = []
    floor, tasks = question.floor, question.tasks_here
    if question.between is None:
        said.append(
            "Tasks and programs can't be told apart with one program of each treatment in a task: more of them can't "
            "be planned from these data."
        )
        return tuple(said)
    if question.between == 0:
        said.append("Treatments do the same in every task, as far as these data tell: only programs count.")
    elif floor.tasks is not None:
        said.append(f"Fewer than {floor.tasks} tasks are never enough, however many replicates they have.")
    if question.here is not None:
        here = question.here
        cost = "" if here.cost_usd is None else f", {dollars(here.cost_usd)}"
        said.append(
            f"With {tasks} tasks it takes {here.replicates_per_treatment} programs of each treatment in each "
            f"({whole(here.programs)} in all{cost})."
        )
    elif floor.power is not None and floor.effect is not None:
        said.append(
            f"With {tasks} tasks no number of replicates is enough: the power ends at {percent(floor.power)}, and "
            f"{difference(floor.effect, question)} is the smallest that they can find."
            if floor.effect > question.effect
            else f"With {tasks} tasks more than 100 programs of each treatment in each would be needed."
        )
    return tuple(said)
