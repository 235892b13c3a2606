"""The references of the tasks that ship, called as plain functions: no sandbox is between."""

from __future__ import annotations

import copy
import importlib
from typing import TYPE_CHECKING, Any

import pytest
from core_corpus import solutions

from refinery_plugin._study.value_types import misfit
from refinery_plugin._tasks.core import CORE_TASKS
from refinery_plugin._tasks.digit_sum_reference import get_difference
from refinery_plugin._verification.drawn_inputs import draw
from refinery_plugin._verification.equality import difference

if TYPE_CHECKING:
    from collections.abc import Callable

    from refinery_plugin._study.task import Task

HONEST = {
    task.name: [one for one in solutions() if one.task is task and one.name.startswith("honest")]
    for task in CORE_TASKS
}


def function(task: Task) -> Callable[..., Any]:
    """Return the reference as the module of a task has it."""
    module = importlib.import_module(
        f"refinery_plugin._tasks.core.{task.name.removeprefix('core-').replace('-', '_')}"
    )
    found: Callable[..., Any] = getattr(module, task.entry_point)
    return found


@pytest.mark.parametrize("task", CORE_TASKS, ids=[task.name for task in CORE_TASKS])
def test_a_reference_agrees_with_programs_that_were_written_apart_from_it(task: Task) -> None:
    """Short inputs give one answer by the reference and by each honest program; inputs are left as they were."""
    reference = function(task)
    assert task.strategy is not None
    assert HONEST[task.name]
    for solution in HONEST[task.name][:2]:
        names: dict[str, Any] = {}
        exec(solution.source, names)  # noqa: S102 - our own corpus
        for arguments in draw(task.strategy(), seed=5)[:40]:
            kept = copy.deepcopy(arguments)
            expected = reference(*arguments)
            assert arguments == kept
            assert misfit(expected, task.result_type) == ""
            answer = names[task.entry_point](*copy.deepcopy(arguments))
            if task.check is None:
                assert difference(answer, expected, exact=False, close=task.close) is None
            else:
                assert task.check(arguments, expected) is True
                assert task.check(arguments, answer) is True


def test_the_pilot_task_takes_the_extremes_of_numbers_whose_digits_add_up_to_thirty() -> None:
    """3999 and 99930 are such numbers, 12 is none; a single one is as far from itself as 0."""
    assert get_difference([12, 99930, 3999, 40000]) == 99930 - 3999
    assert get_difference([3999]) == 0
