"""Whether two values are the same, exactly, as Python says, or nearly."""

# ruff: noqa: FBT001 - tables of cases

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refinery_plugin import RefineryError
from refinery_plugin._study.tolerance import Close
from refinery_plugin._verification.equality import difference, same

plain = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(-2, 2)
    | st.text(max_size=3)
    | st.binary(max_size=2)
)
hashable = (
    plain
    | st.tuples(plain, plain)
    | st.frozensets(plain, max_size=3)
    | st.tuples(st.frozensets(plain, max_size=2))
)
values = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(hashable, inner, max_size=3)
        | st.sets(hashable, max_size=3)
    ),
    max_leaves=12,
)
finite = st.floats(allow_nan=False, allow_infinity=False)


@given(values, st.booleans())
def test_a_value_is_the_same_as_its_copy(value: object, exact: bool) -> None:
    """However deep, under either equality."""
    assert difference(copy.deepcopy(value), value, exact=exact) is None


@given(values, values)
def test_without_types_it_is_what_python_says(value: object, expected: object) -> None:
    """The values that Hypothesis draws here hold no NaN, the only one that Python finds unlike itself."""
    assert same(value, expected, exact=False) is (value == expected)


@given(values, values)
def test_with_types_it_is_what_repr_says_too(value: object, expected: object) -> None:
    """What is exactly the same is equal for Python too, and the same whichever comes first."""
    if same(value, expected, exact=True):
        assert value == expected
    assert same(value, expected, exact=True) is same(expected, value, exact=True)


@pytest.mark.parametrize(
    ("value", "expected", "exact", "python"),
    [
        (1, True, False, True),
        (1, 1.0, False, True),
        ([1, 2.0], [1.0, 2], False, True),
        ((1,), [1], False, False),
        ({1: "a"}, {True: "a"}, False, True),
        ({(1, 2)}, {(1.0, 2)}, False, True),
        ({frozenset({1})}, {frozenset({True})}, False, True),
        ({1}, frozenset({1}), False, True),
        ("1", 1, False, False),
        (b"a", "a", False, False),
        (None, 0, False, False),
        (math.nan, math.nan, True, True),
        ([math.nan, [float("nan")]], [float("nan"), [math.nan]], True, True),
        ({float("nan")}, {float("nan")}, True, True),
        (-0.0, 0.0, True, True),
        ([1, 2], [1, 2, 3], False, False),
        ({"a": 1}, {"a": 1, "b": 2}, False, False),
    ],
)
def test_the_two_equalities(value: object, expected: object, exact: bool, python: bool) -> None:
    """Exactly the same means of the same types at every depth; not a number is the same as itself."""
    assert same(value, expected, exact=True) is exact
    assert same(value, expected, exact=False) is python


@pytest.mark.parametrize(
    ("value", "expected", "where"),
    [
        ([1, 2, 3], [1, 5, 4], "[1]"),
        ([[1], [2, 3]], [[1], [2, 4]], "[1][1]"),
        ({"a": (1, 2)}, {"a": (1, 3)}, "['a'][1]"),
        ([1, 2], [1, 2, 3], ""),
        (1, 2, ""),
        ([{1, 2}], [{1, 3}], "[0]"),
    ],
)
def test_a_difference_says_where_it_begins(value: object, expected: object, where: str) -> None:
    """In a list of thousands, where to look."""
    assert difference(value, expected) == where


@given(finite, finite, st.floats(0, 0.5), st.floats(0, 10))
def test_a_tolerance_is_that_of_numpy(value: float, expected: float, rtol: float, atol: float) -> None:
    """`numpy.isclose` with the same figures gives the same answers."""
    if rtol or atol:
        with np.errstate(over="ignore"):
            assert Close(rtol=rtol, atol=atol).accepts(value, expected) is bool(
                np.isclose(value, expected, rtol=rtol, atol=atol)
            )


@pytest.mark.parametrize(
    ("value", "expected", "near"),
    [
        ([1.0000001, 2.0], [1.0, 2.0], True),
        ({"a": (0.1 + 0.2,)}, {"a": (0.3,)}, True),
        ([1.1], [1.0], False),
        ({0.30000000000000004, 1.0}, {0.3, 1.0}, True),
        ({0.4, 1.0}, {0.3, 1.0}, False),
        (math.inf, math.inf, True),
        (math.inf, -math.inf, False),
        (math.inf, 1e308, False),
        (1.0, math.inf, False),
        (math.nan, math.nan, True),
        (math.nan, 1.0, False),
        (10_000_001, 10_000_000, False),
    ],
)
def test_floats_anywhere_in_a_result_may_be_near(value: object, expected: object, near: bool) -> None:
    """Ints may not: a tolerance is for floats."""
    assert same(value, expected, close=Close(rtol=1e-6)) is near


def test_near_integers_count_as_floats_where_python_says_so() -> None:
    """A whole number in the place of a float is near, if types do not matter; enormous ones are no fault."""
    assert same(1, 1.0000001, exact=False, close=Close(rtol=1e-6))
    assert not same(1, 1.0, exact=True, close=Close(rtol=1e-6))
    assert not same(10**400, 1.0, exact=False, close=Close(rtol=1e-6))


@pytest.mark.parametrize(
    ("figures", "told"),
    [
        ({}, "give rtol, atol or both"),
        ({"rtol": -1e-9}, "rtol must be a number of at least 0, got -1e-09"),
        ({"atol": math.nan}, "atol must be a number of at least 0, got nan"),
        ({"rtol": "tight"}, "rtol must be a number of at least 0, got 'tight'"),
        ({"rtol": 1.0}, "rtol must be below 1, or 0 is always right"),
    ],
)
def test_a_tolerance_that_means_nothing_is_refused(figures: dict[str, Any], told: str) -> None:
    """At once, with the figure that was given."""
    with pytest.raises(RefineryError, match=told):
        Close(**figures)
