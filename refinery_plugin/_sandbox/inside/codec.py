"""Values as bytes, both ways, without pickle or eval.

Runs on both sides: in the trusted parent, and inside the sandbox before the program is imported. It imports nothing
that a program could have replaced by the time it is used: every name is bound here and now.

One value is a tag and its body. Only exact types have a tag: no subclass, no look-alike passes. A list of integers
that fit 32 or 64 bits, or of floats, is an array of machine words, so that a million of them cost milliseconds. Sets
are written in the order of their items' bytes: equal sets have equal encodings, whatever the seed of hashes.

A NumPy array is the name of its numbers' type, its shape, and its words in C order: booleans, integers, floats and
complex numbers only. Whoever decodes one needs NumPy, which :func:`prepare_arrays` binds before a program is there.
"""

from __future__ import annotations

from array import array
from struct import Struct, error
from sys import modules
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import Literal

MAX_DEPTH = 32
MAX_INT_BITS = 14_000  # what every Python can print without being told to (sys.set_int_max_str_digits)
# Tags of arrays and their type codes: 4, 8 and 8 bytes wherever CPython runs.
WORDS: dict[bytes, Literal["i", "q", "d"]] = {b"w": "i", b"q": "q", b"x": "d"}
_WORDS_OF = {int: (b"w", b"q"), float: (b"x",)}
_COLLECTIONS = {b"l": list, b"t": tuple, b"S": set, b"Z": frozenset}
_MOST_EQUAL_HASHES = 64
ARRAY = b"A"
_DTYPES = (
    *("|b1", "|i1", "|u1"),
    *("<i2", "<i4", "<i8", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16"),
)
_MAX_DIMENSIONS = 32
_numpy: Any = None
_KEYS = (int, float, str, bool, type(None), bytes, tuple, frozenset)

_SIZE = Struct("<Q")
_INT = Struct("<q")
_FLOAT = Struct("<d")


class CodecError(ValueError):
    """The value has no encoding, or the bytes are none."""


class TooManyItemsError(CodecError):
    """The bytes would be more items than may be made of them."""


_type_name = type.__dict__["__name__"].__get__


def name_of_type(value: object) -> str:
    """Name of the type of ``value``; not ``type(value).__name__``, which a metaclass may answer with its own code."""
    return str(_type_name(type(value)))[:80]


def prepare_arrays() -> None:
    """Import NumPy, so that arrays can be decoded; ``ImportError`` where it may not be imported."""
    global _numpy  # noqa: PLW0603 - bound once, before a program is there
    if _numpy is None:
        import numpy as np  # noqa: PLC0415 - only where there are arrays

        _numpy = (np.frombuffer, np.dtype)


def holds_array(value: object) -> bool:
    """Whether there is a NumPy array anywhere in a value."""
    numpy = modules.get("numpy")
    return numpy is not None and _holds(value, getattr(numpy, "ndarray", None), 0)


def _holds(value: object, array_type: object, depth: int) -> bool:
    kind = type(value)
    if kind is array_type:
        return True
    if depth > MAX_DEPTH or kind not in (list, tuple, dict):
        return False
    items: Any = value.values() if kind is dict else value  # type: ignore[attr-defined]
    if not set(map(type, items)) & {list, tuple, dict, array_type}:  # a million numbers: milliseconds
        return False
    return any(_holds(item, array_type, depth + 1) for item in items)


def encode(value: object, limit: int, plain: bool = False) -> bytes:  # noqa: FBT001, FBT002 - called by the worker
    """Bytes of ``value``, at most ``limit`` of them; exact built-in types only, at most 32 levels deep.

    ``plain``: NumPy's integers, floats and bools, anywhere in it, are the numbers that they hold, and the dicts of
    the module ``collections`` the dicts that they are.
    """
    out: list[bytes] = []
    room = [limit]
    _encode(value, out, room, 0, _counted_as_plain() if plain else ())
    return b"".join(out)


def _counted_as_plain() -> tuple[type, ...]:
    numpy, collections = modules.get("numpy"), modules.get("collections")
    kinds = [getattr(numpy, name, None) for name in ("integer", "floating", "bool_")]
    kinds += [getattr(collections, name, None) for name in ("Counter", "defaultdict", "OrderedDict")]
    return tuple(kind for kind in kinds if type(kind) is type)


def _put(out: list[bytes], room: list[int], *parts: bytes) -> None:
    for part in parts:
        room[0] -= len(part)
        if room[0] < 0:
            raise CodecError("is too large")
        out.append(part)


def _encode(  # noqa: C901, PLR0912 - one branch a type
    value: object, out: list[bytes], room: list[int], depth: int, scalars: tuple[type, ...]
) -> None:
    if depth > MAX_DEPTH:
        raise CodecError(f"is nested more than {MAX_DEPTH} levels deep")
    kind = type(value)
    if kind is int:
        _encode_int(value, out, room)  # type: ignore[arg-type]
    elif kind is bool:
        _put(out, room, b"T" if value else b"F")
    elif kind is float:
        _put(out, room, b"f", _FLOAT.pack(value))
    elif kind is str:
        _encode_str(value, out, room)  # type: ignore[arg-type]
    elif value is None:
        _put(out, room, b"N")
    elif kind is bytes:
        _put(out, room, b"b", _SIZE.pack(len(value)), value)  # type: ignore[arg-type]
    elif kind is list or kind is tuple:
        _encode_items(value, kind is list, out, room, depth, scalars)  # type: ignore[arg-type]
    elif kind is dict:
        items = list(value.items())  # type: ignore[attr-defined]
        _put(out, room, b"d", _SIZE.pack(len(items)))
        for key, item in items:
            if type(key) not in _KEYS and not isinstance(key, scalars):
                raise CodecError(f"has a key of type {name_of_type(key)}")
            _encode(key, out, room, depth + 1, scalars)
            _encode(item, out, room, depth + 1, scalars)
    elif kind is set or kind is frozenset:
        _encode_set(value, kind is set, out, room, depth, scalars)  # type: ignore[arg-type]
    elif isinstance(value, dict) and any(kind is each for each in scalars):
        _encode(dict(value), out, room, depth, scalars)
    elif isinstance(value, scalars) and not isinstance(value, dict):
        number = value.item()  # type: ignore[attr-defined]
        if type(number) not in (int, float, bool):  # a long double has no plain number
            raise CodecError(f"is of type {name_of_type(value)}")
        _encode(number, out, room, depth, scalars)
    elif kind is getattr(modules.get("numpy"), "ndarray", None):
        _encode_array(value, out, room)
    else:
        raise CodecError(f"is of type {name_of_type(value)}")


def _encode_array(value: Any, out: list[bytes], room: list[int]) -> None:  # noqa: ANN401 - NumPy need not be there
    name = value.dtype.str
    if name.startswith(">"):
        value = value.astype(value.dtype.newbyteorder("<"))
        name = value.dtype.str
    if name not in _DTYPES:
        raise CodecError(f"is an array of {str(value.dtype)[:40]}; its numbers must be plain ones")
    if value.nbytes > room[0]:
        raise CodecError("is too large")
    shape = b"".join(map(_SIZE.pack, value.shape))
    head = bytes([_DTYPES.index(name), len(value.shape)]) + shape
    words = value.tobytes()
    _put(out, room, ARRAY, _SIZE.pack(len(head) + len(words)), head, words)


def _encode_int(value: int, out: list[bytes], room: list[int]) -> None:
    bits = value.bit_length()
    if bits < 64:  # noqa: PLR2004 - a machine word
        _put(out, room, b"i", _INT.pack(value))
    elif bits > MAX_INT_BITS:
        raise CodecError(f"is an integer of {bits} bits; {MAX_INT_BITS} are allowed")
    else:
        body = value.to_bytes(bits // 8 + 1, "little", signed=True)
        _put(out, room, b"I", _SIZE.pack(len(body)), body)


def _encode_str(value: str, out: list[bytes], room: list[int]) -> None:
    if len(value) > room[0]:
        raise CodecError("is too large")
    try:
        body = value.encode("utf-8")
    except UnicodeEncodeError:
        raise CodecError("is text with lone surrogates") from None
    _put(out, room, b"s", _SIZE.pack(len(body)), body)


def _encode_items(  # noqa: PLR0917 - one recursion
    value: list[object] | tuple[object, ...],
    is_list: bool,  # noqa: FBT001
    out: list[bytes],
    room: list[int],
    depth: int,
    scalars: tuple[type, ...],
) -> None:
    if len(value) > room[0]:
        raise CodecError("is too large")
    kinds = set(map(type, value)) if is_list else ()
    if len(kinds) == 1:
        for tag in _WORDS_OF.get(kinds.pop(), ()):
            try:
                words = array(WORDS[tag], value)  # type: ignore[arg-type]
            except OverflowError:
                continue
            _put(out, room, tag, _SIZE.pack(len(words) * words.itemsize), words.tobytes())
            return
    _put(out, room, b"l" if is_list else b"t", _SIZE.pack(len(value)))
    for item in value:
        _encode(item, out, room, depth + 1, scalars)


def _encode_set(  # noqa: PLR0917 - one recursion
    value: set[object] | frozenset[object],
    is_set: bool,  # noqa: FBT001
    out: list[bytes],
    room: list[int],
    depth: int,
    scalars: tuple[type, ...],
) -> None:
    if len(value) > room[0]:
        raise CodecError("is too large")
    _put(out, room, b"S" if is_set else b"Z", _SIZE.pack(len(value)))
    items = []
    for item in value:
        if type(item) not in _KEYS and not isinstance(item, scalars):
            raise CodecError(f"has an item of type {name_of_type(item)} in a set")
        parts: list[bytes] = []
        _encode(item, parts, room, depth + 1, scalars)
        items.append(b"".join(parts))
    out += sorted(items)


def decode(data: bytes | memoryview, most: int = 1 << 62) -> object:
    """Give the value that ``data`` is the encoding of, all of it and nothing more.

    ``most`` is how many items of collections, those of arrays of words aside, may be made one by one.
    """
    view = memoryview(data)
    try:
        value, end = _decode(view, 0, 0, [most])
    except (error, OverflowError, IndexError, UnicodeDecodeError, ValueError, TypeError) as exc:
        if isinstance(exc, TooManyItemsError):
            raise
        raise CodecError(f"malformed value: {exc}") from None
    if end != len(view):
        raise CodecError(f"malformed value: {len(view) - end} bytes are left over")
    return value


def _take(view: memoryview, at: int) -> tuple[memoryview, int]:
    (size,) = _SIZE.unpack_from(view, at)
    start = at + _SIZE.size
    if size > len(view) - start:
        raise CodecError("it is cut short")
    return view[start : start + size], start + size


def _decode(  # noqa: C901, PLR0911 - one a tag
    view: memoryview, at: int, depth: int, left: list[int]
) -> tuple[object, int]:
    if depth > MAX_DEPTH:
        raise CodecError("it is nested too deep")
    tag = bytes(view[at : at + 1])
    at += 1
    if tag == b"i":
        return _INT.unpack_from(view, at)[0], at + _INT.size
    if tag == b"f":
        return _FLOAT.unpack_from(view, at)[0], at + _FLOAT.size
    if tag in (b"N", b"T", b"F"):
        return {b"N": None, b"T": True, b"F": False}[tag], at
    if tag == b"d" or tag in _COLLECTIONS:
        return _decode_items(tag, view, at, depth, left)
    body, end = _take(view, at)
    if tag == ARRAY:
        return _decode_array(body), end
    if tag in WORDS:
        return body.cast(WORDS[tag]).tolist(), end
    if tag == b"b":
        return bytes(body), end
    if tag == b"s":
        return str(body, "utf-8"), end
    if tag == b"I" and len(body) <= MAX_INT_BITS // 8 + 1:
        return int.from_bytes(body, "little", signed=True), end
    raise CodecError(f"there is no tag {tag!r}")


def _decode_array(body: memoryview) -> object:
    prepare_arrays()
    from_buffer, type_of = _numpy
    name, dimensions = _DTYPES[body[0]], body[1]
    if dimensions > _MAX_DIMENSIONS:
        raise CodecError("it is an array of too many dimensions")
    start = 2 + dimensions * _SIZE.size
    shape = [_SIZE.unpack_from(body, 2 + place * _SIZE.size)[0] for place in range(dimensions)]
    # A copy: an array over bytes could not be written to.
    return from_buffer(bytearray(body[start:]), type_of(name)).reshape(shape)


def _decode_items(tag: bytes, view: memoryview, at: int, depth: int, left: list[int]) -> tuple[object, int]:
    (count,) = _SIZE.unpack_from(view, at)
    at += _SIZE.size
    if (
        count > len(view) - at
    ):  # every item takes a byte at least: no count makes us allocate what is not there
        raise CodecError("it is cut short")
    left[0] -= count * 2 if tag == b"d" else count
    if left[0] < 0:
        raise TooManyItemsError("it has more items than may be")
    items: list[object] = []
    for _ in range(count * 2 if tag == b"d" else count):
        item, at = _decode(view, at, depth + 1, left)
        items.append(item)
    if tag in (b"d", b"S", b"Z"):
        _refuse_equal_hashes(items[::2] if tag == b"d" else items)
    collection = dict(zip(items[::2], items[1::2], strict=True)) if tag == b"d" else _COLLECTIONS[tag](items)
    if len(collection) != count:
        raise CodecError("it has the same key or item twice")
    return collection, at


def _refuse_equal_hashes(keys: list[object]) -> None:
    """Refuse keys that would take time with the square of their number, in one call that nobody can interrupt."""
    if len(keys) <= _MOST_EQUAL_HASHES:
        return
    counts: dict[int, int] = {}  # of hashes that differ, so this cannot take that long itself
    for key in keys:
        value = hash(key)
        counts[value] = counts.get(value, 0) + 1
        if counts[value] > _MOST_EQUAL_HASHES:
            raise CodecError(f"more than {_MOST_EQUAL_HASHES} of its keys have the same hash")


def decode_arguments(data: bytes) -> tuple[object, ...]:
    """Give the arguments that :func:`encode_arguments` wrote."""
    view = memoryview(data)
    (count,) = _SIZE.unpack_from(view, 0)
    args, at = [], _SIZE.size
    for _ in range(count):
        body, at = _take(view, at)
        args.append(decode(body))
    return tuple(args)


def encode_arguments(args: tuple[object, ...], limit: int = 1 << 30) -> bytes:
    """Positional arguments as a count and, for each, its length and encoding: what the worker takes apart in place."""
    if type(args) is not tuple:
        raise CodecError(f"arguments must be a tuple, got {name_of_type(args)}")
    out = [_SIZE.pack(len(args))]
    for arg in args:
        body = encode(arg, limit, True)  # noqa: FBT003 - they are trusted, and NumPy's numbers plain ones
        out += (_SIZE.pack(len(body)), body)
    return b"".join(out)
