"""By what a result is right: the task's own check, or its equality and tolerance (pure)."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from refinery_plugin._errors import RefineryError
from refinery_plugin._verification.equality import difference

if TYPE_CHECKING:
    from collections.abc import Callable

    from refinery_plugin._study.task import Arguments, Task
    from refinery_plugin._verification.verdict import Rule


class BrokenCheckError(RefineryError):
    """A task's check fails, or does not say whether a result is right."""


def rule_of(task: Task, arguments: Callable[[], Arguments]) -> Rule:
    """Return the rule for one input; ``arguments`` makes its arguments anew, where a check wants them."""
    if task.check is not None:
        return functools.partial(_checked, task, arguments)
    return functools.partial(_compared, task)


def _compared(task: Task, value: object, expected: object) -> bool | str:
    return difference(value, expected, exact=task.equality == "exact", close=task.close) is None


def _checked(task: Task, arguments: Callable[[], Arguments], value: object, _: object) -> bool | str:
    check = task.check
    if check is None:
        raise BrokenCheckError(f"task {task.name!r} has no check")
    try:
        answer = check(arguments(), value)
    except Exception as exc:
        raise BrokenCheckError(
            f"task {task.name!r}: its check raised {type(exc).__name__}: {exc}; a check must take every result of the "
            "declared type, wrong ones too"
        ) from exc
    if type(answer) is bool:
        return answer or "the task's check says that it is not right"
    if isinstance(answer, str) and answer:
        return answer
    raise BrokenCheckError(
        f"task {task.name!r}: its check returned {answer!r}; it must return True, False or a text with the reason"
    )
