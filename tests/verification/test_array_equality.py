"""Arrays as results: compared by shape, kind and numbers, without a sandbox."""

from __future__ import annotations

import numpy as np
import pytest

from refinery_plugin._study.tolerance import Close
from refinery_plugin._verification.equality import difference

NAN = float("nan")


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
