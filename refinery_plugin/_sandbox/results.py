"""A program's result, read by the type that its task declares, within bounds of time and size (pure).

The bytes are the program's. What cannot be of the declared type is refused unread, no more items than :data:`MAX_ITEMS`
are made one by one, and no dict or set of keys that all have the same hash is made.
"""

from __future__ import annotations

import types
import typing

from refinery_plugin._sandbox.inside import codec
from refinery_plugin._study.value_types import is_array_form, misfit, type_name

MAX_ITEMS = 1_000_000
"""Items of collections together, but for those of lists of integers or floats alone, which are words."""

_KINDS: dict[bytes, type] = {
    b"l": list,
    b"t": tuple,
    b"d": dict,
    b"S": set,
    b"Z": frozenset,
    **dict.fromkeys(codec.WORDS, list),
}


class WrongTypeError(ValueError):
    """The result is of another type than the declared one, or has too many items; the message says so."""


def read_result(data: bytes, declared: object, *, exact: bool = True) -> object:
    """Return the value that ``data`` is the encoding of, all of it and nothing more.

    Parameters
    ----------
    declared : the type that it must have, such as ``int`` or ``dict[str, list[float]]``.
    exact : a bool is no int and an int no float; else any of the three may stand for another, as with ``==``.

    Raises
    ------
    WrongTypeError : it is of another type, or has too many items.
    CodecError : the bytes are no encoding of anything.
    """
    kind = _KINDS.get(data[:1])
    forms = _outer_types(declared)
    if typing.Any in forms:
        kind = None
    elif data[:1] == codec.ARRAY and not any(map(is_array_form, forms)):
        raise WrongTypeError(f"it returned a numpy.ndarray, expected {type_name(declared)}")
    if kind is not None and kind not in forms:
        raise WrongTypeError(f"it returned a {kind.__name__}, expected {type_name(declared)}")
    try:
        value = codec.decode(data, MAX_ITEMS)
    except codec.TooManyItemsError:
        raise WrongTypeError(f"the result has more than {MAX_ITEMS:,} items") from None
    if wrong := misfit(value, declared, exact=exact):
        raise WrongTypeError(wrong)
    return value


def _outer_types(declared: object) -> tuple[object, ...]:
    if typing.get_origin(declared) in (typing.Union, types.UnionType):
        return tuple(form for item in typing.get_args(declared) for form in _outer_types(item))
    return (typing.get_origin(declared) or declared,)
