"""Arrays as results: compared by shape, kind and numbers, without a sandbox."""

from __future__ import annotations

import copy
import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest
from doubles import TASK
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from refinery_plugin._sandbox import Limits
from refinery_plugin._study.tolerance import Close
from refinery_plugin._verification.checker import Checker
from refinery_plugin._verification.equality import difference
from refinery_plugin._verification.task_check import check_task
from refinery_plugin._verification.verdict import Verdict
from refinery_plugin.testing import ScriptedSandbox

if TYPE_CHECKING:
    from typing import Any

NAN = float("nan")
ARRAYS = hnp.arrays(
    st.sampled_from(["i8", "f8"]),
    hnp.array_shapes(min_dims=0, max_side=3, min_side=0),
    elements=st.integers(0, 9),
)
NESTED = st.recursive(
    ARRAYS | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.array([1, 2]), np.array([1.0, 2.0])),
        (np.array([1.0, NAN]), np.array([1.0, NAN])),
        (np.array(3), np.array(3)),
        (np.zeros((2, 0)), np.zeros((2, 0))),
    ],
    ids=["other kind of number", "not a number at one place", "a single number", "empty"],
)
def test_arrays_with_the_same_numbers_are_the_same(value: object, expected: object) -> None:
    """As numbers are: an int equals the float of its value; what is not a number is the same as itself."""
    assert difference(value, expected, exact=False, close=None) is None


def test_where_types_count_the_kind_of_numbers_does() -> None:
    """Exact equality asks for the declared kind, too."""
    assert difference(np.array([1]), np.array([1.0]), exact=True, close=None) == ""
    assert difference(np.array([1.0]), np.array([1.0]), exact=True, close=None) is None


def test_the_first_place_that_differs_is_told() -> None:
    """With all its indices; another shape is no place."""
    ones = np.ones((2, 2))
    other = ones.copy()
    other[1, 0] = other[1, 1] = 5
    assert difference(other, ones, exact=False, close=None) == "[1, 0]"
    assert difference(np.array(1), np.array(2), exact=False, close=None) == ""
    assert difference(np.ones(3), ones, exact=False, close=None) == ""


def test_a_tolerance_holds_for_every_number_of_an_array() -> None:
    """Within it an array is right; one number beyond is told, and an infinity less another is nothing to warn of."""
    close = Close(rtol=1e-6)
    expected = np.array([1.0, 2.0, np.inf])
    assert difference(expected * (1 + 1e-9), expected, exact=False, close=close) is None
    assert difference(np.array([1.0, 2.1, np.inf]), expected, exact=False, close=close) == "[1]"


@given(NESTED, st.booleans())
def test_values_that_hold_arrays_are_the_same_as_their_copies(value: object, exact: bool) -> None:  # noqa: FBT001
    """However deep the arrays lie, and whatever is beside them."""
    assert difference(copy.deepcopy(value), value, exact=exact) is None


@given(ARRAYS, st.booleans())
def test_an_array_in_a_list_is_compared_as_one_alone(array: np.ndarray[Any, Any], exact: bool) -> None:  # noqa: FBT001
    """By shape, kind of numbers and numbers: nothing is spread over another shape, and a list is no array."""
    others = [array[None], array.ravel(), array.astype("i4"), array + 1, array.tolist(), array.sum().item()]
    for other in others:
        alone = difference(other, array, exact=exact)
        for wrap in (lambda one: [one], lambda one: (0, [one]), lambda one: [{"a": one}]):
            assert (difference(wrap(other), wrap(array), exact=exact) is None) is (alone is None)


@pytest.mark.parametrize(
    ("value", "expected", "place"),
    [
        ((np.array([1, 2]), np.array([3])), (np.array([1, 2]), np.array([4])), "[1][0]"),
        ([np.array([1])], [np.array([[1]])], "[0]"),
        ([np.array([1])], [1], "[0]"),
        ([[1, np.array([])]], [[1, np.array([1.0])]], "[0][1]"),
        ([{"a": np.ones(2)}], [{"a": np.zeros(2)}], "[0]['a'][0]"),
        (({"a": [np.ones(2)]}, 1), ({"a": [np.ones(2)]}, 2), "[1]"),
    ],
)
def test_a_difference_between_arrays_in_a_value_has_its_place(
    value: object, expected: object, place: str
) -> None:
    """The place in the value, and then in the array."""
    assert difference(value, expected, exact=False) == place


def test_a_tolerance_holds_for_arrays_in_a_value() -> None:
    """As for one alone."""
    close, expected = Close(rtol=1e-6), [np.array([1.0, NAN]), np.array([2.0, 3.0])]
    assert difference([one * (1 + 1e-9) for one in expected], expected, exact=False, close=close) is None
    assert difference([one * 1.1 for one in expected], expected, exact=False, close=close) == "[0][0]"


def test_programs_may_return_several_arrays() -> None:
    """Their task has no fault, a right program is correct, and one whose shapes are other ones is not."""
    head = "import numpy as np\n\n\ndef double(number):\n    return "
    task = dataclasses.replace(
        TASK,
        result_type=tuple[np.ndarray, np.ndarray],
        reference=f"{head}np.array([float(number)]), np.array([[number / 2], [1.0]])\n",
    )
    assert check_task(ScriptedSandbox(), task, limits=Limits()).faults == ()
    checker = Checker.open(ScriptedSandbox(), task, list_seeds=[], seed=1, limits=Limits(), time_factor=10)
    right = "np.array([number / 1]), np.array([[number * 0.5], [1.0]])"
    wrong = "np.array([[number / 1]]), np.array([number * 0.5, 1.0])"
    assert checker.check(f"{head}{right}\n".encode()).judgement.correct
    assert checker.check(f"{head}{wrong}\n".encode()).judgement.verdict is Verdict.WRONG_ANSWER
