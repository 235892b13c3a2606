"""The types that values may have, and whether a value is exactly of one (pure)."""

from __future__ import annotations

import sys
import types
import typing
from typing import Any

_PLAIN = (int, float, str, bool, bytes, type(None))
_NUMBERS = (int, float, bool)
_OF_ONE = (list, set, frozenset)
FORMS = (
    "int, float, str, bool, None, bytes, list[T], tuple[A, B], tuple[T, ...], set[T], frozenset[T], dict[K, V], "
    "numpy.ndarray and unions of these"
)


def is_array_form(declared: object) -> bool:
    """Whether a declared type is that of NumPy's arrays, of whatever shape and numbers."""
    numpy = sys.modules.get("numpy")  # who names it has imported it
    return numpy is not None and numpy.ndarray in (declared, typing.get_origin(declared))


def _is_bare(declared: object) -> bool:
    """Whether it is ``typing.List`` or its like alone; ``tuple[()]`` has arguments: none."""
    return typing.get_origin(declared) is not None and not hasattr(declared, "__args__")


def unknown_form(declared: object) -> str:
    """Return the part of a declared type that no value can be checked against, or an empty string.

    Examples
    --------
    >>> unknown_form(dict[str, list[int | None]]), unknown_form(list[complex])
    ('', 'complex')
    """
    origin, arguments = typing.get_origin(declared), typing.get_args(declared)
    if declared is None or declared is typing.Any or declared in _PLAIN or is_array_form(declared):
        return ""
    if declared in (*_OF_ONE, tuple, dict):
        return ""
    if origin not in (*_OF_ONE, tuple, dict, typing.Union, types.UnionType):
        return type_name(declared)
    parts = [part for part in arguments if not (origin is tuple and part is Ellipsis)]
    return next((unknown for part in parts if (unknown := unknown_form(part))), "")


def misfit(value: object, declared: object, *, exact: bool = True) -> str:
    """Tell what is wrong with ``value``, or an empty string if it is exactly of the declared type.

    Exact: a bool is no int, an int is no float; else these three may stand for each other. Where only a part is wrong,
    the text says which.

    Examples
    --------
    >>> misfit(2.0, int)
    'it returned a float, expected int'
    >>> misfit({"a": [1, True]}, dict[str, list[int]])
    "it returned a dict, expected dict[str, list[int]]: ['a'][1] is a bool, expected int"
    """
    mismatch = _misfit(value, declared, exact=exact)
    if mismatch is None:
        return ""
    path, part, wanted = mismatch
    whole = f"it returned {_article(value, declared)}, expected {type_name(declared)}"
    return f"{whole}: {path} is {_article(part, wanted)}, expected {type_name(wanted)}" if path else whole


def type_name(declared: object) -> str:
    """Return a type as it is written in a program."""
    declared = typing.get_origin(declared) if _is_bare(declared) else declared
    if declared is None or declared is type(None):
        return "None"
    if is_array_form(declared):
        return "numpy.ndarray"
    if declared is typing.Any:
        return "Any"
    return declared.__name__ if type(declared) is type else str(declared)


def _article(value: object, declared: object) -> str:
    if value is None:
        return "None"
    name = type(value).__name__
    text = f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
    is_length = type(value) is tuple and typing.get_origin(declared) is tuple
    return f"{text} of {len(value)}" if is_length and isinstance(value, tuple) else text


def _misfit(  # noqa: C901, PLR0911 - one line a kind
    value: object,
    declared: Any,  # noqa: ANN401 - a type form
    *,
    exact: bool,
) -> tuple[str, object, object] | None:
    """Return where the first misfit is, what is there, and what should be."""
    origin, arguments = typing.get_origin(declared), typing.get_args(declared)
    wrong = ("", value, declared)
    if declared is typing.Any:
        return None
    if is_array_form(declared):
        return None if is_array_form(type(value)) else wrong
    if declared is None:
        return None if value is None else wrong
    if origin in (typing.Union, types.UnionType):
        return None if any(_misfit(value, part, exact=exact) is None for part in arguments) else wrong
    if origin is None:
        return None if type(value) is declared or (not exact and _are_numbers(value, declared)) else wrong
    if _is_bare(declared):
        return None if type(value) is origin else wrong
    if type(value) is not origin:
        return wrong
    if origin is tuple and Ellipsis not in arguments:
        items = typing.cast("tuple[object, ...]", value)
        if len(items) != len(arguments):
            return wrong
        pairs = zip(items, arguments, strict=True)
        return _first(((f"[{place}]", item, part) for place, (item, part) in enumerate(pairs)), exact=exact)
    if isinstance(value, dict):
        key_type, item_type = arguments
        return _first(((f"key {key!r:.60}", key, key_type) for key in value), exact=exact) or _first(
            ((f"[{key!r:.60}]", item, item_type) for key, item in value.items()), exact=exact
        )
    if isinstance(value, (set, frozenset)):
        return _first(((f"item {item!r:.60}", item, arguments[0]) for item in value), exact=exact)
    sequence = typing.cast("list[object]", value)
    if type(arguments[0]) is type and set(map(type, sequence)) <= {arguments[0]}:
        return None  # a million numbers are looked at in milliseconds
    return _first(((f"[{place}]", item, arguments[0]) for place, item in enumerate(sequence)), exact=exact)


def _are_numbers(value: object, declared: object) -> bool:
    return type(value) in _NUMBERS and declared in _NUMBERS


def _first(
    parts: typing.Iterable[tuple[str, object, object]],
    *,
    exact: bool,
) -> tuple[str, object, object] | None:
    for path, item, declared in parts:
        mismatch = _misfit(item, declared, exact=exact)
        if mismatch is not None:
            below, part, wanted = mismatch
            return f"{path}{below}", part, wanted
    return None
