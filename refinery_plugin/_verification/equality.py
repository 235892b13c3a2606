"""Whether two plain values are the same, and where they are not (pure)."""

from __future__ import annotations

import itertools
import math
import sys
from typing import TYPE_CHECKING, Any

from refinery_plugin._study.value_types import is_array_form

if TYPE_CHECKING:
    from collections.abc import Iterable

    from refinery_plugin._study.tolerance import Close


def same(value: object, expected: object, *, exact: bool = True, close: Close | None = None) -> bool:
    """Tell whether a value is as good as the expected one.

    Parameters
    ----------
    exact : types must be the same too, at every depth; else it is as ``==`` says: 1, 1.0 and True are the same, and
        a list and a tuple are not. Not a number is the same as itself either way.
    close : the tolerance where one of two numbers is a float.
    """
    return difference(value, expected, exact=exact, close=close) is None


def difference(  # noqa: PLR0911 - one for each kind of value
    value: object, expected: object, *, exact: bool = True, close: Close | None = None
) -> str | None:
    """Return where two values begin to differ, such as ``"[3]['a']"``, or ``None`` where they are the same.

    The text is empty where they differ as a whole: in their types or lengths, or as plain values.

    Examples
    --------
    >>> difference([1, {"a": 2}], [1, {"a": 3}])
    "[1]['a']"
    >>> difference([1, 2], [1]), difference((1.0,), (1,), exact=False)
    ('', None)
    """
    if _kind(value, exact=exact) is not _kind(expected, exact=exact):
        return ""
    if is_array_form(type(value)):
        return _array_difference(value, expected, exact=exact, close=close)
    if isinstance(value, (list, tuple)) and isinstance(expected, (list, tuple)):
        if len(value) != len(expected):
            return ""
        if _quickly_same(value, expected, exact=exact):
            return None
        return _first(
            ((f"[{place}]", *pair) for place, pair in enumerate(zip(value, expected, strict=True))),
            exact=exact,
            close=close,
        )
    if isinstance(value, dict) and isinstance(expected, dict):
        mine, theirs = _by_key(value, exact=exact), _by_key(expected, exact=exact)
        if mine.keys() != theirs.keys():
            return ""
        return _first(
            ((f"[{key[1]!r:.60}]", mine[key], item) for key, item in theirs.items()), exact=exact, close=close
        )
    if isinstance(value, (set, frozenset)) and isinstance(expected, (set, frozenset)):
        return None if _same_items(value, expected, exact=exact, close=close) else ""
    return None if _same_plain(value, expected, close=close) else ""


def _array_difference(value: Any, expected: Any, *, exact: bool, close: Close | None) -> str | None:  # noqa: ANN401
    """Compare two NumPy arrays: shapes and numbers, and where types count the kind of the numbers too."""
    if value.shape != expected.shape or (exact and value.dtype != expected.dtype):
        return ""
    wrong = value != expected
    if wrong.any():
        with sys.modules["numpy"].errstate(all="ignore"):  # an infinity less another is nothing to warn of
            if close is not None and {value.dtype.kind, expected.dtype.kind} & {"f", "c"}:
                wrong &= ~close.accepts_all(value, expected)
            else:
                wrong &= ~((value != value) & (expected != expected))  # noqa: PLR0124 - not a number
    if not wrong.any():
        return None
    place = [int(axis[0]) for axis in wrong.nonzero()] if wrong.shape else []
    return f"[{', '.join(map(str, place))}]" if place else ""


def _kind(value: object, *, exact: bool) -> type:
    if not exact:
        if isinstance(value, (int, float)):
            return float
        if isinstance(value, frozenset):
            return set
    return type(value)


def _quickly_same(
    value: list[object] | tuple[object, ...], expected: list[object] | tuple[object, ...], *, exact: bool
) -> bool:
    """Look at a million numbers in milliseconds, where they are the same."""
    # For Python two arrays that are compared are an array: without a truth value, or with that of another shape.
    if _holds_arrays(value) or _holds_arrays(expected) or value != expected:
        return False
    return not exact or set(map(type, value)) == set(map(type, expected)) in ({int}, {str}, {float}, {bool})


def _holds_arrays(value: Iterable[object]) -> bool:
    """Whether an array is among some items, however deep; looked for level by level, as fast as types can be told."""
    if "numpy" not in sys.modules:  # nobody has made one
        return False
    items = list(value)
    while items:
        kinds = set(map(type, items))
        if any(map(is_array_form, kinds)):
            return True
        if not any(issubclass(kind, (list, tuple, dict)) for kind in kinds):
            return False
        items = list(itertools.chain.from_iterable(map(_items_of, items)))
    return False


def _items_of(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, (list, tuple)) else ()


def _first(parts: Iterable[tuple[str, object, object]], *, exact: bool, close: Close | None) -> str | None:
    for path, value, expected in parts:
        below = difference(value, expected, exact=exact, close=close)
        if below is not None:
            return path + below
    return None


def _by_key(value: dict[object, object], *, exact: bool) -> dict[tuple[object, object], object]:
    return {(_token(key) if exact else None, key): item for key, item in value.items()}


def _token(item: object) -> object:
    """Return what tells equal items of other types apart, at every depth: True from 1, (1,) from (1.0,)."""
    if isinstance(item, tuple):
        return (tuple, *map(_token, item))
    if isinstance(item, frozenset):
        return frozenset((_token(part), part) for part in item)
    return type(item)


def _same_items(
    value: set[object] | frozenset[object],
    expected: set[object] | frozenset[object],
    *,
    exact: bool,
    close: Close | None,
) -> bool:
    """Compare without order; with a tolerance, sets of numbers in rising order."""
    if len(value) != len(expected):
        return False
    mine, theirs = (
        {(_token(item) if exact else None, item) for item in items} for items in (value, expected)
    )
    if mine == theirs:
        return True
    numbers = [[item for item in items if isinstance(item, (int, float))] for items in (value, expected)]
    if min(map(len, numbers)) < len(value):
        return False
    first, second = (sorted(items, key=_rank) for items in numbers)
    return all(map(lambda a, b: difference(a, b, exact=exact, close=close) is None, first, second))


def _rank(number: float) -> tuple[bool, float]:
    return (True, 0) if number != number else (False, number)  # noqa: PLR0124 - not a number has no place among them


def _same_plain(value: object, expected: object, *, close: Close | None) -> bool:
    if isinstance(value, (int, float)) and isinstance(expected, (int, float)):
        one_is_float = isinstance(value, float) or isinstance(expected, float)
        if close is not None and one_is_float:
            return close.accepts(value, expected)
        both = isinstance(value, float) and isinstance(expected, float)
        return value == expected or (both and math.isnan(value) and math.isnan(expected))
    return value == expected
