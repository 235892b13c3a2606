"""Of which tasks a conclusion speaks: of tasks like these, which are a sample, or of these alone."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from .conclusions import PASSED, RATIO, Conclusion
from .multiplicity import holm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._models.tasks import OverTerm, TasksFound

_ORDER = ("different", "equivalent", "undecided", "untestable")


def said_of_tasks(
    conclusions: Sequence[Conclusion], tasks: TasksFound | None, *, alpha: float
) -> tuple[Conclusion, ...]:
    """Return the conclusions of a study with several tasks; those of a study of one as they are.

    Where tasks are a sample of tasks, questions on times are answered by the tests over tasks, which count what
    treatments do from task to task as chance. Otherwise the answers stand, and say that they are of these tasks only.
    """
    if tasks is None:
        return tuple(conclusions)
    if not tasks.random:
        return tuple(_of_these(c, len(tasks.by_task)) for c in conclusions)
    over = {term.term: term for term in tasks.over}
    adjusted = dict(zip(over, holm([term.p for term in over.values()]), strict=True))
    times = [
        _of_such(c, over[c.question], adjusted[c.question], tasks, alpha=alpha)
        if c.question in over
        else _of_these(c, len(tasks.by_task))
        for c in conclusions
        if c.response != PASSED
    ]
    times.sort(key=lambda c: _ORDER.index(c.answer))
    places = iter(times)
    return tuple(
        _passing(c, len(tasks.by_task)) if c.response == PASSED else next(places) for c in conclusions
    )


def _passing(conclusion: Conclusion, tasks: int) -> Conclusion:
    return dataclasses.replace(conclusion, method=f"{conclusion.method}; {_like_these(tasks)}")


def _like_these(tasks: int) -> str:
    return f"said of tasks like these {tasks}, a sample of tasks"


def _of_these(conclusion: Conclusion, tasks: int) -> Conclusion:
    return dataclasses.replace(conclusion, method=f"{conclusion.method}; said of these {tasks} tasks only")


def _of_such(
    conclusion: Conclusion, term: OverTerm, adjusted: float | None, tasks: TasksFound, *, alpha: float
) -> Conclusion:
    method = f"{tasks.method}; {_like_these(len(tasks.by_task))}"
    if len(tasks.over) > 1:
        method += f"; adjusted by Holm's rule for {len(tasks.over)} questions"
    plain = Conclusion(
        question=conclusion.question,
        response=tasks.response,
        answer="untestable",
        method=method,
        p=term.p,
        p_adjusted=adjusted,
        why=term.note,
    )
    if conclusion.answer == "untestable" and conclusion.why is not None:
        # What can't be told apart within these tasks, or measures nothing, can't be told of tasks like these either.
        return dataclasses.replace(plain, p=None, p_adjusted=None, why=conclusion.why)
    if adjusted is None:
        return plain
    is_different = adjusted < alpha
    answered = dataclasses.replace(plain, answer="different" if is_different else "undecided")
    pair = term.pair
    if pair is None or (not is_different and not pair.ci_low <= 1 <= pair.ci_high):
        return answered
    return answered.with_estimate(
        (pair.a, pair.b),
        (pair.ratio, pair.ci_low, pair.ci_high),
        RATIO,
        how=", its limits hold for all pairs together",
    )
