"""By what a result is right: a tolerance, or the task's own check; and what is said of broken ones."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies as st

from refinery_plugin import Close, RefineryError, Task
from refinery_plugin._sandbox import Outcome
from refinery_plugin._verification.inputs import Answers, short_case
from refinery_plugin._verification.verdict import CORRECT, Judgement, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

HALVES = Task(
    name="halves",
    prompt="Halve each number.",
    signature="def halve(numbers: list[float]) -> list[float]",
    result_type=list[float],
    reference="def halve(numbers):\n    return [number / 2 for number in numbers]\n",
    sample=lambda seed: ([float(seed)],),
    strategy=lambda: st.tuples(st.lists(st.floats(0, 9))),
)
REMOVES = Task(
    name="any-item",
    prompt="Return any item of a list.",
    signature="def pick(numbers: list[int]) -> int",
    result_type=int,
    reference="def pick(numbers):\n    return numbers.pop()\n",
    sample=lambda seed: ([seed],),
    strategy=lambda: st.tuples(st.lists(st.integers(), min_size=1)),
    check=lambda arguments, result: result in arguments[0] or f"{result} is none of its items",  # type: ignore[operator]
)


def judged(task: Task, value: object, *arguments: object) -> Judgement:
    return short_case(arguments, Answers(task)).judge(Outcome(kind="value", value=value))


def test_without_a_tolerance_floats_must_be_equal() -> None:
    """The last digit decides, and the reason shows it."""
    judgement = judged(HALVES, [0.1, 0.30000000000000004], [0.2, 0.6])
    assert judgement.reason.endswith("it returned [0.1, 0.30000000000000004], expected [0.1, 0.3]")


def test_with_a_tolerance_they_must_be_near() -> None:
    """As near as the task says, and no further."""
    task = dataclasses.replace(HALVES, close=Close(rtol=1e-9))
    assert judged(task, [0.1, 0.30000000000000004], [0.2, 0.6]) == CORRECT
    assert judged(task, [0.1, 0.3001], [0.2, 0.6]).verdict is Verdict.WRONG_ANSWER


def test_where_a_difference_cannot_be_seen_its_place_is_told() -> None:
    """Of long results the beginning is shown, which may be the same."""
    numbers = [float(number) for number in range(1000)]
    wrong = [number / 2 for number in numbers]
    wrong[700] = 0.0
    assert judged(HALVES, wrong, numbers).reason.endswith("(1,000 items): they differ at [700]")


def test_a_check_takes_every_right_answer() -> None:
    """And sees the arguments as they were before the reference changed them."""
    assert [judged(REMOVES, value, [1, 2, 3]) for value in (1, 2, 3)] == [CORRECT] * 3


def test_the_text_of_a_check_is_the_reason() -> None:
    """In the place of an expected answer, of which there are several."""
    assert judged(REMOVES, 4, [1, 2]).reason == "for [1, 2] it returned 4: 4 is none of its items"
    silent = dataclasses.replace(REMOVES, check=lambda arguments, result: result in arguments[0])  # type: ignore[operator]
    assert judged(silent, 4, [1, 2]).reason.endswith(
        "it returned 4: the task's check says that it is not right"
    )


@pytest.mark.parametrize(
    ("check", "told"),
    [
        (lambda _, result: result[0], "its check raised TypeError: .*; a check must take every result"),
        (lambda *_: None, "its check returned None; it must return True, False or a text"),
        (lambda *_: 1, "its check returned 1; it must return"),
        (lambda *_: "", "its check returned ''; it must return"),
        (
            lambda *_: "never",
            r"the reference does not pass the task's own check: for \[1, 2\] it returned 2: never",
        ),
    ],
    ids=["raises", "None", "int", "empty", "reference"],
)
def test_a_broken_check_is_a_fault_of_the_task(check: Any, told: str) -> None:  # noqa: ANN401 - wrong on purpose
    """And told before any program is judged by it."""
    with pytest.raises(RefineryError, match=told):
        judged(dataclasses.replace(REMOVES, check=check), 1, [1, 2])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"close": 1e-9}, r"close must be a Close, such as Close\(rtol=1e-9\), got 1e-09"),
        ({"check": "numbers"}, "check must be a function, got str"),
        ({"close": Close(atol=1), "check": lambda *_: True}, "give close or check, not both"),
    ],
    ids=["close", "check", "both"],
)
def test_a_task_that_does_not_say_how_it_judges_is_refused(changes: Mapping[str, Any], told: str) -> None:
    """At once, where the task is made."""
    with pytest.raises(RefineryError, match=told):
        dataclasses.replace(HALVES, **changes)
