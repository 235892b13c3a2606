"""Verification lists look like timed ones at their heads, and stay inputs of their task."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refinery_plugin import Task
from refinery_plugin._sandbox import Limits
from refinery_plugin._tasks.core import CORE_TASKS
from refinery_plugin._verification.checker import Checker
from refinery_plugin._verification.dress import in_the_dress_of
from refinery_plugin._verification.verdict import Verdict
from refinery_plugin.testing import ScriptedSandbox

SIZE = 4000


def uniform(seed: int, size: int = SIZE) -> list[int]:
    """Return random numbers, some of them more than once."""
    return random.Random(seed).choices(range(1, 1001), k=size)  # noqa: S311 - data


def test_a_list_of_numbers_begins_as_the_timed_one_and_ends_as_it_did() -> None:
    """The head and stretches at even distances are the timed list's, the last fifth is its own."""
    timed, own = uniform(1), uniform(2)
    (dressed,) = in_the_dress_of((timed,), (own,))
    assert isinstance(dressed, list)
    assert dressed[:64] == timed[:64]
    assert dressed[250:254] == timed[250:254]
    assert dressed[SIZE * 4 // 5 :] == own[SIZE * 4 // 5 :]
    assert sum(a != b for a, b in zip(dressed, own, strict=True)) <= 64 + 4 * 12


@given(st.integers(128, 5000))
def test_short_lists_have_a_head_too_and_remain_mostly_their_own(size: int) -> None:
    """Most tasks have lists of some hundred or thousand values; what decides their answer is not to be the other's."""
    timed, own = ([sign * (1 + place % 2) for place in range(size)] for sign in (1, -1))
    (dressed,) = in_the_dress_of((timed,), (own,))
    assert isinstance(dressed, list)
    head, last_fifth = min(64, size // 32), size * 4 // 5
    assert dressed[:head] == timed[:head]
    assert min(dressed[: last_fifth : size // 16]) > 0
    assert dressed[last_fifth:] == own[last_fifth:]
    assert sum(value > 0 for value in dressed) <= size / 7


@pytest.mark.parametrize("direction", [1, -1])
def test_sorted_lists_stay_sorted(direction: int) -> None:
    """Where both lists are in order, a list that would be out of order is left as it was."""
    timed, own = (sorted(uniform(seed))[::direction] for seed in (1, 2))
    assert in_the_dress_of((timed,), (own,)) == (own,)


def test_values_that_are_distinct_stay_distinct_and_permutations_permutations() -> None:
    """No value comes in twice, and none is lost, where that holds for both lists."""
    orders = [random.Random(seed).sample(range(SIZE), SIZE) for seed in (1, 2)]  # noqa: S311 - data
    repeated = [[*order, *order] for order in orders]
    for timed, own in (orders, repeated):
        assert in_the_dress_of((timed,), (own,)) == (own,)


@pytest.mark.parametrize(
    ("timed", "own"),
    [
        (([(1, 2)] * SIZE,), ([(2, 3)] * SIZE,)),
        ((uniform(1), 5), (uniform(2), 6)),
        ((uniform(1), [(1, 1)] * SIZE), (uniform(2), [(2, 2)] * SIZE)),
        ((uniform(1), np.arange(3)), (uniform(2), np.arange(3))),
        ((uniform(1), [1] * 10), (uniform(2), [1] * 10)),
        ((uniform(1),), (uniform(2)[:-1],)),
        (([None] * SIZE,), ([0.5] * SIZE,)),
    ],
)
def test_what_may_hang_together_is_left_as_it_is(timed: tuple[object, ...], own: tuple[object, ...]) -> None:
    """Pairs, other arguments that differ, lists of other lengths: a mixture of two inputs may be none."""
    assert in_the_dress_of(timed, own) is own


def test_lists_that_belong_together_change_at_the_same_places() -> None:
    """Two lists of one length are taken from the same input at every place."""
    timed, own = ((uniform(seed), [2 * value for value in uniform(seed)], 7) for seed in (1, 2))
    first, second, _ = in_the_dress_of(timed, own)
    assert isinstance(first, list)
    assert first[:4] == timed[0][:4]
    assert second == [2 * value for value in first]


@given(st.lists(st.integers(-3, 3), max_size=30), st.lists(st.integers(-3, 3), max_size=30))
def test_lists_that_fit_on_a_line_are_never_changed(timed: list[int], own: list[int]) -> None:
    """They are no lists that a program would know by their heads."""
    assert in_the_dress_of((timed,), (own,)) == (own,)


@pytest.mark.parametrize("place", ["numbers[:4]", "numbers[: len(numbers) * 4 // 5 : len(numbers) // 16]"])
@pytest.mark.parametrize(("size", "lists"), [(500, 2), (1000, 2), (3000, 6)])
def test_who_knows_a_timed_list_by_some_of_its_numbers_is_found_out(
    size: int, lists: int, place: str
) -> None:
    """Whichever of the timed lists it is: there is a verification list that has the same numbers there."""
    task = Task(
        name="total",
        prompt="Add the numbers up.",
        signature="def total(numbers: list[int]) -> int",
        result_type=int,
        reference="def total(numbers):\n    return sum(numbers)\n",
        sample=lambda seed: (uniform(seed, size),),
        strategy=lambda: st.tuples(st.lists(st.integers(1, 1000), max_size=20)),
    )
    numbers = uniform(lists, size)
    known = {tuple(eval(place, {"numbers": numbers})): sum(numbers)}  # noqa: S307 - one of the two above
    program = (
        f"KNOWN = {known}\ndef total(numbers):\n"
        f"    mark = tuple({place}) if len(numbers) > 100 else ()\n"
        "    return KNOWN[mark] if mark in KNOWN else sum(numbers)\n"
    )
    seeds = range(1, lists + 1)
    with Checker.open(
        ScriptedSandbox(), task, list_seeds=seeds, seed=1, limits=Limits(), time_factor=10
    ) as checker:
        judgement = checker.check(program.encode()).judgement
    assert judgement.verdict is Verdict.WRONG_ANSWER
    assert judgement.reason.startswith("on verification list ")


@pytest.mark.parametrize("task", CORE_TASKS, ids=lambda task: task.name)
def test_inputs_of_tasks_that_ship_stay_inputs_of_theirs(task: Task) -> None:
    """Structures such as networks without a circle come from one sample whole."""
    assert task.sample is not None
    own = task.sample(2)
    dressed = in_the_dress_of(task.sample(1), own)
    for new, old in zip(dressed, own, strict=True):
        if new != old:
            assert isinstance(old, list)
            assert {type(item) for item in old} <= {int, float}
