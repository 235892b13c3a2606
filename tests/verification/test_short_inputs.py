"""Short inputs and shrinking."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st

from refinery_plugin._errors import RefineryError
from refinery_plugin._tasks.digit_sum_difference import strategy
from refinery_plugin._verification.drawn_inputs import draw, smallest
from refinery_plugin._verification.verdict import CORRECT, Judgement, Verdict, show_arguments

if TYPE_CHECKING:
    from collections.abc import Callable

    from refinery_plugin._study.task import Arguments

Program = "Callable[[list[int]], int]"


def matching(numbers: list[int]) -> list[int]:
    return [number for number in numbers if sum(map(int, str(number))) == 30]


def spread(found: list[int]) -> int:
    return max(found) - min(found) if found else 0


def first_then_else(numbers: list[int]) -> int:
    """Make the slip in which a new smallest number cannot be the largest too."""
    low, high = 100_001, 0
    for number in matching(numbers):
        if number < low:
            low = number
        elif number > high:
            high = number
    return high - low


def judged(program: Callable[[list[int]], int], arguments: Arguments) -> Judgement:
    numbers: list[int] = list(arguments[0])  # type: ignore[call-overload]
    expected, answer = spread(matching(numbers)), program(numbers)
    if answer == expected:
        return CORRECT
    reason = f"for {show_arguments(arguments)} it returned {answer}, expected {expected}"
    return Judgement(verdict=Verdict.WRONG_ANSWER, reason=reason)


def shrunk(program: Callable[[list[int]], int], *, seed: int) -> str:
    first = next(
        j for j in (judged(program, arguments) for arguments in draw(strategy(), seed=seed)) if not j.correct
    )
    found = smallest(strategy(), lambda args: judged(program, args), seed=seed, like=first, seconds=60)
    return found.reason


def test_a_seed_draws_the_same_inputs_again_and_another_seed_others() -> None:
    """Inputs are decided by the seed alone."""
    assert draw(strategy(), seed=5) == draw(strategy(), seed=5)
    assert draw(strategy(), seed=5) != draw(strategy(), seed=6)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("slip", "reason"),
    [
        (lambda numbers: max(matching(numbers)), "for [3999] it returned 3999, expected 0"),
        (lambda _: 95_931, "for [3999] it returned 95931, expected 0"),
        (lambda numbers: spread(matching(numbers[:-1])), "it returned 0, expected"),
        (lambda numbers: spread(matching(numbers[1:])), "it returned 0, expected"),
        (lambda numbers: spread([n for n in numbers if n % 9 == 3]), "expected 0"),
        (
            lambda numbers: spread(matching(numbers)) if len(set(numbers)) == len(numbers) else -1,
            "it returned -1",
        ),
        (first_then_else, "for [3999] it returned -3999, expected 0"),
    ],
)
def test_usual_slips_are_found_and_shrunk(slip: Callable[[list[int]], int], reason: str, seed: int) -> None:
    """Whatever is fresh in a session: one match, repeats, falling order, first and last items are always among it."""
    found = shrunk(slip, seed=seed)
    assert reason in found
    assert len(found) < 80


def test_a_program_that_answers_at_random_still_gets_one_reason() -> None:
    """Shrinking a counterexample that comes and goes ends with a reason, not with an error."""
    answers = itertools.cycle([False, True, True])
    found = shrunk(lambda numbers: spread(matching(numbers)) + next(answers), seed=1)
    assert "it returned" in found


def test_shrinking_ends_when_its_time_is_up() -> None:
    """Without time left nothing is tried, and the first judgement stands."""
    like = Judgement(verdict=Verdict.WRONG_ANSWER, reason="as first seen")
    calls = 0

    def check(_: Arguments) -> Judgement:
        nonlocal calls
        calls += 1
        return like

    assert smallest(st.tuples(st.integers()), check, seed=1, like=like, seconds=0) is like
    assert calls == 0


def test_a_fault_of_ours_while_shrinking_is_not_held_against_the_program() -> None:
    """A sandbox that fails while a counterexample is shrunk raises; there is no judgement."""
    like = Judgement(verdict=Verdict.WRONG_ANSWER)

    def check(_: Arguments) -> Judgement:
        raise RefineryError("the sandbox would not start")

    with pytest.raises(RefineryError, match="would not start"):
        smallest(st.tuples(st.integers()), check, seed=1, like=like, seconds=60)
