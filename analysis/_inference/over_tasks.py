"""Of which tasks a conclusion speaks: of tasks like these, which are a sample, or of these alone."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from .conclusions import PASSED, RATIO, Conclusion, among
from .multiplicity import holm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .._models.tasks import OverTerm, TasksFound

_ORDER = ("different", "equivalent", "undecided", "untestable")


def said_of_tasks(
    conclusions: Sequence[Conclusion], tasks: TasksFound | None, *, alpha: float
) -> tuple[Conclusion, ...]:
    """Return the conclusions of a study with several tasks; those of a study of one as they are.

    Where tasks are a sample of tasks, questions on times are answered by the tests over tasks, which count what
    treatments do from task to task as chance, and all are counted anew by the p values that they have then. Otherwise
    the answers stand, and say that they are of these tasks only.
    """
    if tasks is None:
        return tuple(conclusions)
    if not tasks.random:
        return tuple(_of_these(c, len(tasks.by_task)) for c in conclusions)
    over = {term.term: term for term in tasks.over}
    times = [c for c in conclusions if c.response != PASSED]
    p = [_p(c, over) for c in times]
    # Where pass rates come first, times are counted with them; otherwise they are counted with the times.
    is_first = conclusions[0].response == PASSED
    family = [*p, conclusions[0].p] if is_first else p
    asked = sum(value is not None for value in family)
    is_any_over = any(c.question in over for c in times)
    answered = [
        _of_such(c, over[c.question], value, tasks, asked=asked, alpha=alpha)
        if c.question in over
        else _of_these(_counted(c, value, alpha) if is_any_over else c, len(tasks.by_task))
        for c, value in zip(times, holm(family), strict=False)
    ]
    answered.sort(key=lambda c: _ORDER.index(c.answer))
    places = iter(answered)
    return tuple(
        _passing(c if is_first else among(c, p, alpha), len(tasks.by_task))
        if c.response == PASSED
        else next(places)
        for c in conclusions
    )


def _p(conclusion: Conclusion, over: Mapping[str, OverTerm]) -> float | None:
    """Return the p value by which a question on times is answered; None where it is not."""
    if conclusion.question not in over:
        return conclusion.p
    return None if _is_barred(conclusion) else over[conclusion.question].p


def _is_barred(conclusion: Conclusion) -> bool:
    """Whether it can't be told apart within these tasks, or measures nothing: nor can it of tasks like these."""
    return conclusion.answer == "untestable" and conclusion.why is not None


def _counted(conclusion: Conclusion, adjusted: float | None, alpha: float) -> Conclusion:
    """Count a question that only these tasks answer among those over tasks: it may not be shown any more."""
    if adjusted is None or conclusion.p_adjusted is None or adjusted <= conclusion.p_adjusted:
        return conclusion
    counted = dataclasses.replace(conclusion, p_adjusted=adjusted)
    if conclusion.answer != "different" or adjusted < alpha:
        return counted
    low, high, equal = conclusion.ci_low, conclusion.ci_high, 1.0 if conclusion.unit == RATIO else 0.0
    return dataclasses.replace(
        counted,
        answer="undecided",
        ci_low=None if low is None else min(low, equal),
        ci_high=None if high is None else max(high, equal),
    )


def _passing(conclusion: Conclusion, tasks: int) -> Conclusion:
    return dataclasses.replace(conclusion, method=f"{conclusion.method}; {_like_these(tasks)}")


def _like_these(tasks: int) -> str:
    return f"said of tasks like these {tasks}, a sample of tasks"


def _of_these(conclusion: Conclusion, tasks: int) -> Conclusion:
    return dataclasses.replace(conclusion, method=f"{conclusion.method}; said of these {tasks} tasks only")


def _of_such(
    conclusion: Conclusion,
    term: OverTerm,
    adjusted: float | None,
    tasks: TasksFound,
    *,
    asked: int,
    alpha: float,
) -> Conclusion:
    method = f"{tasks.method}; {_like_these(len(tasks.by_task))}"
    if asked > 1:
        method += f"; adjusted by Holm's rule for {asked} questions"
    plain = Conclusion(
        question=conclusion.question,
        response=tasks.response,
        answer="untestable",
        method=method,
        p=term.p,
        p_adjusted=adjusted,
        why=term.note,
    )
    if _is_barred(conclusion):
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
