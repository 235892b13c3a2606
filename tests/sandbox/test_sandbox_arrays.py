"""NumPy arrays as arguments and results: carried whole, compared by shape and numbers."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from refinery_plugin import Close
from refinery_plugin._sandbox.inside import codec
from refinery_plugin._sandbox.results import WrongTypeError, read_result
from refinery_plugin._verification.equality import difference

if TYPE_CHECKING:
    from typing import Any

    from refinery_plugin._sandbox import Sandbox

ROOM = 1 << 20
NUMBERS = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(),
    hnp.unsigned_integer_dtypes(),
    hnp.floating_dtypes(sizes=(16, 32, 64)),
    hnp.complex_number_dtypes(sizes=(64, 128)),
)


@settings(max_examples=60, database=None)
@given(array=hnp.arrays(NUMBERS, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)))
def test_an_array_comes_back_as_it_was(array: np.ndarray[Any, Any]) -> None:
    """Shape, kind of numbers and every number, whatever the order of its bytes."""
    found = codec.decode(codec.encode(array, ROOM))
    assert isinstance(found, np.ndarray)
    assert found.dtype == array.dtype.newbyteorder("<")
    assert difference(found, array, exact=False) is None
    assert found.flags.writeable


@pytest.mark.parametrize(
    "array",
    [np.array([object()]), np.array(["a"]), np.array([1], dtype="M8[s]")],
    ids=["object", "text", "date"],
)
def test_an_array_of_other_things_than_numbers_is_refused(array: np.ndarray[Any, Any]) -> None:
    """Objects would be code, and the rest has no plain numbers."""
    with pytest.raises(codec.CodecError, match="its numbers must be plain ones"):
        codec.encode(array, ROOM)


@settings(max_examples=200, database=None)
@given(body=st.binary(max_size=60))
def test_bytes_that_are_no_array_are_refused(body: bytes) -> None:
    """They are a program's: nothing but the codec's own error comes of them."""
    data = codec.ARRAY + len(body).to_bytes(8, "little") + body
    try:
        found = codec.decode(data)
    except codec.CodecError:
        return
    assert isinstance(found, np.ndarray)
    assert found.nbytes <= len(body)


@pytest.mark.parametrize(
    ("value", "expected", "close", "place"),
    [
        (np.arange(3), np.array([0, 1, 3]), None, "[2]"),
        (np.eye(2), np.zeros((2, 2)), None, "[0, 0]"),
        (np.arange(3), np.arange(3.0), None, None),
        (np.arange(3), np.arange(4), None, ""),
        (np.array([1.0, np.nan]), np.array([1.0, np.nan]), None, None),
        (np.array([1 + 1e-9, np.nan, np.inf]), np.array([1.0, np.nan, np.inf]), Close(rtol=1e-6), None),
        (np.array([1.0, np.inf]), np.array([1.0, -np.inf]), Close(rtol=1e-6), "[1]"),
        (np.array([np.nan]), np.array([1.0]), Close(atol=9), "[0]"),
        (np.array(2.0), np.array(3.0), None, ""),
    ],
)
def test_arrays_are_compared_by_shape_and_numbers(
    value: object, expected: object, close: Close | None, place: str | None
) -> None:
    """With a tolerance like that of single floats, and without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert difference(value, expected, exact=False, close=close) == place


def test_the_kind_of_numbers_counts_where_types_do() -> None:
    """As with plain numbers."""
    assert difference(np.arange(3), np.arange(3.0), exact=True) == ""


def test_an_array_is_no_list_and_a_list_no_array() -> None:
    """The declared type decides."""
    with pytest.raises(WrongTypeError, match=r"a numpy\.ndarray, expected list\[int\]"):
        read_result(codec.encode(np.arange(3), ROOM), list[int])
    with pytest.raises(WrongTypeError, match=r"a list, expected numpy\.ndarray"):
        read_result(codec.encode([1], ROOM), np.ndarray)


def test_a_program_takes_and_gives_arrays(sandbox: Sandbox) -> None:
    """Also one that imports no NumPy, and one that changes what it was given."""
    source = b"def solve(a, more):\n    a[0] = 9\n    return a + more['x']\n"
    with sandbox.start(source, entry_point="solve", result_type=np.ndarray, arrays=True) as worker:
        assert worker.load() is None
        assert worker.hand_over((np.arange(3), {"x": np.ones(3)}), 20) is None
        outcome = worker.go(20)
    assert difference(outcome.value, np.array([10.0, 2.0, 3.0])) is None
