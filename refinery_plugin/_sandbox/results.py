"""A program's result, read by the type that its task declares, within bounds of time and size (pure).

The bytes are the program's. Nothing is built that the declared type has no place for, no more items than
:data:`MAX_ITEMS` are built one by one, and no dict is made of keys that all have the same hash: that would take time
with the square of their number, in one call that nobody can interrupt.
"""

from __future__ import annotations

import struct
import types
import typing
from collections import Counter

from refinery_plugin._sandbox.inside.codec import MAX_DEPTH, MAX_INT_BITS, WORDS, CodecError
from refinery_plugin._sandbox.value_types import article, name_of

MAX_ITEMS = 1_000_000
"""Items of lists, tuples and dicts together, but for those of a list of integers, which are words."""
_MAX_EQUAL_HASHES = 64

_SIZE = struct.Struct("<Q")
_INT = struct.Struct("<q")
_FLOAT = struct.Struct("<d")
_KINDS: dict[bytes, type] = {
    b"i": int,
    b"I": int,
    b"f": float,
    b"T": bool,
    b"F": bool,
    b"N": type(None),
    b"s": str,
    b"l": list,
    b"t": tuple,
    b"d": dict,
    **dict.fromkeys(WORDS, list),
}
_NUMBERS = (int, float, bool)
_KEYS = (int, float, str, bool, type(None))


class WrongTypeError(ValueError):
    """The result is of another type than the declared one; the message says of which."""


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
    reader = _Reader(memoryview(data), exact=exact)
    try:
        value, end = reader.read(0, declared, 0)
    except _MisfitError:
        raise WrongTypeError(f"it returned {article(reader.kind(0))}, expected {name_of(declared)}") from None
    except (struct.error, IndexError, UnicodeDecodeError, OverflowError, TypeError) as exc:
        raise CodecError(f"malformed value: {exc}") from None
    if end != len(data):
        raise CodecError(f"malformed value: {len(data) - end} bytes are left over")
    return value


class _MisfitError(Exception):
    pass


class _Reader:
    def __init__(self, view: memoryview, *, exact: bool) -> None:
        self._view = view
        self._exact = exact
        self._left = MAX_ITEMS

    def kind(self, at: int) -> type:
        """Return the type of the value that begins here."""
        tag = bytes(self._view[at : at + 1])
        if tag not in _KINDS:
            raise CodecError(f"there is no tag {tag!r}")
        return _KINDS[tag]

    def read(self, at: int, declared: object, depth: int) -> tuple[object, int]:
        if depth > MAX_DEPTH:
            raise CodecError("it is nested too deep")
        kind = self.kind(at)
        fitting = [form for form in _alternatives(declared) if self._suits(kind, form)]
        for form in fitting[:-1]:
            try:
                return self._read(at, kind, form, depth)
            except _MisfitError:
                continue
        if not fitting:
            raise _MisfitError
        return self._read(at, kind, fitting[-1], depth)

    def _suits(self, kind: type, form: object) -> bool:
        wanted = typing.get_origin(form) or form
        if not self._exact and wanted in _NUMBERS:
            return kind in _NUMBERS
        return kind is wanted

    def _read(  # noqa: PLR0911 - one a tag
        self, at: int, kind: type, form: object, depth: int
    ) -> tuple[object, int]:
        tag = bytes(self._view[at : at + 1])
        at += 1
        if tag == b"i":
            return _INT.unpack_from(self._view, at)[0], at + _INT.size
        if tag == b"f":
            return _FLOAT.unpack_from(self._view, at)[0], at + _FLOAT.size
        if kind in (bool, type(None)):
            return (None if kind is not bool else tag == b"T"), at
        if tag in (b"l", b"t", b"d"):
            return self._items(tag, at, form, depth)
        body, end = self._take(at)
        if tag == b"s":
            return str(body, "utf-8"), end
        if tag == b"I":
            if len(body) > MAX_INT_BITS // 8 + 1:
                raise CodecError("it is an integer that is too large")
            return int.from_bytes(body, "little", signed=True), end
        if not any(self._suits(int, item) for item in _alternatives(_parameters(form, 1)[0])):
            raise _MisfitError
        return body.cast(WORDS[tag]).tolist(), end

    def _take(self, at: int) -> tuple[memoryview, int]:
        (size,) = _SIZE.unpack_from(self._view, at)
        start = at + _SIZE.size
        if size > len(self._view) - start:
            raise CodecError("it is cut short")
        return self._view[start : start + size], start + size

    def _items(self, tag: bytes, at: int, form: object, depth: int) -> tuple[object, int]:
        (count,) = _SIZE.unpack_from(self._view, at)
        at += _SIZE.size
        total = 2 * count if tag == b"d" else count
        if total > len(self._view) - at:  # every item takes a byte at least
            raise CodecError("it is cut short")
        self._left -= total
        if self._left < 0:
            raise WrongTypeError(f"the result has more than {MAX_ITEMS:,} items")
        inner = _parameters(form, 2 if tag == b"d" else 1)
        if tag == b"t" and Ellipsis not in inner:
            if len(inner) != count:
                raise _MisfitError
        elif tag != b"d":
            inner = (inner[0],)
        items: list[object] = []
        for index in range(total):
            if tag == b"d" and index % 2 == 0 and self.kind(at) not in _KEYS:
                raise CodecError("a key of it is no plain value")
            item, at = self.read(at, inner[index % len(inner)], depth + 1)
            items.append(item)
        if tag == b"d":
            return _dict(items[::2], items[1::2]), at
        return (items if tag == b"l" else tuple(items)), at


def _dict(keys: list[object], values: list[object]) -> dict[object, object]:
    if len(keys) > _MAX_EQUAL_HASHES:
        # Hashes differ where keys do not, so counting them cannot take that long itself.
        most = max(Counter(map(hash, keys)).values())
        if most > _MAX_EQUAL_HASHES:
            raise CodecError(f"{most} of its keys have the same hash")
    return dict(zip(keys, values, strict=True))


def _alternatives(declared: object) -> tuple[object, ...]:
    if declared is None:
        return (type(None),)
    if typing.get_origin(declared) in (typing.Union, types.UnionType):
        return tuple(form for item in typing.get_args(declared) for form in _alternatives(item))
    return (declared,)


def _parameters(form: object, count: int) -> tuple[object, ...]:
    """Return the types of a container's items; a bare ``list`` names none, so only an empty one fits."""
    found = typing.get_args(form)
    return found or (typing.Never,) * (0 if form is tuple else count)
