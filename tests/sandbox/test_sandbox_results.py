"""What the parent makes of a program's bytes: the declared type or a refusal, within bounds."""

# ruff: noqa: PT018 - one check of several steps

from __future__ import annotations

import contextlib
import resource
import struct
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refinery_plugin._sandbox.inside import codec
from refinery_plugin._sandbox.results import MAX_ITEMS, WrongTypeError, read_result
from refinery_plugin._study.value_types import misfit

if TYPE_CHECKING:
    from sandbox_bench import Bench

ROOM = 1 << 24
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8))
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.tuples(inner, inner),
        st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=4),
    ),
    max_leaves=20,
)
FORMS: tuple[Any, ...] = (
    int,
    float,
    str,
    bool,
    None,
    list[int],
    list[list[int]],
    list[float],
    tuple[int, str],
    tuple[int, ...],
    dict[str, int],
    dict[int, list[str]],
    int | None,
    list[int] | list[str],
)


@given(VALUES, st.sampled_from(FORMS))
def test_what_fits_comes_through_and_nothing_else(value: object, form: object) -> None:
    """A value is returned as it was exactly when it is of the declared type."""
    try:
        data = codec.encode(value, ROOM)
    except codec.CodecError:
        return
    if misfit(value, form):
        with pytest.raises(WrongTypeError, match="expected"):
            read_result(data, form)
    else:
        found = read_result(data, form)
        assert found == value
        assert type(found) is type(value)


@given(st.binary(max_size=200), st.sampled_from(FORMS), st.booleans())
def test_any_bytes_are_a_value_or_a_refusal(data: bytes, form: object, exact: bool) -> None:  # noqa: FBT001
    """No other exception, whatever a program writes."""
    with contextlib.suppress(WrongTypeError, codec.CodecError):
        read_result(data, form, exact=exact)


@given(VALUES, st.data(), st.sampled_from(FORMS))
def test_damaged_encodings_are_a_value_or_a_refusal(value: object, data: st.DataObject, form: object) -> None:
    """One byte changed, or the end missing."""
    try:
        good = bytearray(codec.encode(value, ROOM))
    except codec.CodecError:
        return
    at = data.draw(st.integers(0, len(good) - 1))
    good[at] = data.draw(st.integers(0, 255))
    with contextlib.suppress(WrongTypeError, codec.CodecError):
        read_result(bytes(good[: data.draw(st.integers(0, len(good)))]), form)


ITEMS = st.sampled_from(
    [
        b"N",
        codec.encode(1, ROOM),
        codec.encode(1.0, ROOM),
        codec.encode("", ROOM),
        codec.encode(2**61 - 1, ROOM),
        codec.encode(0.5, ROOM),
        b"l" + bytes(8),
        b"t" + bytes(8),
        b"d" + bytes(8),
        b"l" + struct.pack("<Q", 1),
        b"t" + struct.pack("<Q", 1),
        b"d" + struct.pack("<Q", 1) + b"N",
    ]
)
"""Small items, empty collections, and the beginnings of such as hold one more."""


@settings(max_examples=40)
@given(
    tag=st.sampled_from([b"l", b"t", b"d", b"S", b"Z", *codec.WORDS]),
    claimed=st.one_of(st.integers(0, 10), st.integers(10**5, 10**7), st.just(2**63)),
    items=st.lists(ITEMS, min_size=1, max_size=3),
    repeats=st.sampled_from([1, 1000, 100_000, 1_500_000]),
    form=st.sampled_from([*FORMS, dict[int, None], list[None], set[int], Any]),
)
def test_whatever_is_repeated_or_nested_is_read_in_bounded_time_and_memory(
    tag: bytes, claimed: int, items: list[bytes], repeats: int, form: object
) -> None:
    """Many small items, deep nesting, equal keys, huge counts: seconds of processor time and megabytes, not hours."""
    data = (tag + struct.pack("<Q", claimed) + b"".join(items) * repeats)[:ROOM]
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with contextlib.suppress(WrongTypeError, codec.CodecError):
        read_result(data, form)
    assert time.process_time() - began < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1 << 20  # kilobytes


def test_numbers_stand_for_each_other_where_types_do_not_matter() -> None:
    """As with ``==``: a bool or a float may be an int's equal; text never is."""
    for value in (1, True, 1.0):
        assert read_result(codec.encode(value, ROOM), int, exact=False) == 1
        assert read_result(codec.encode([value], ROOM), list[float], exact=False) == [1]
    with pytest.raises(WrongTypeError, match="it returned a str, expected int"):
        read_result(codec.encode("1", ROOM), int, exact=False)


def test_more_small_items_than_anybody_needs_are_refused_unread() -> None:
    """A list of fifteen million times None is refused by its count, or by its type before."""
    size = 15_000_000
    data = b"l" + struct.pack("<Q", size) + b"N" * size
    with pytest.raises(WrongTypeError, match="expected int"):
        read_result(data, int)
    with pytest.raises(WrongTypeError, match=f"more than {MAX_ITEMS:,} items"):
        read_result(data, list[None])


def test_keys_of_equal_hashes_are_refused() -> None:
    """A dict of two hundred thousand of them would take hours to build, in a call that nothing interrupts."""
    hashes = 2**61 - 1
    keys = b"".join(codec.encode(index * hashes, ROOM) + b"N" for index in range(1, 200_000))
    data = b"d" + struct.pack("<Q", 199_999) + keys
    with pytest.raises(codec.CodecError, match="have the same hash"):
        read_result(data, dict[int, None])


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("numpy.int64(42)", 42),
        ("numpy.uint8(42)", 42),
        ("numpy.float32(0.5)", 0.5),
        ("numpy.bool_(True)", True),
        ("[numpy.int64(1), 2]", [1, 2]),
        ("{'a': (numpy.int32(3),)}", {"a": (3,)}),
    ],
)
def test_a_numpy_scalar_counts_as_the_number_that_it_holds(bench: Bench, source: str, value: object) -> None:
    """Converted inside the call, anywhere in the result; refused where types matter."""
    forms: dict[type, Any] = {list: list[int], dict: dict[str, tuple[int]]}
    for exact in (False, True):
        with bench.sandbox.start(
            f"import numpy\ndef solve(): return {source}".encode(),
            entry_point="solve",
            result_type=forms.get(type(value), type(value)),
            exact=exact,
        ) as worker:
            assert not (worker.load() or worker.hand_over((), 20))
            outcome = worker.go(20)
        assert outcome.kind == ("wrong_type" if exact else "value")
        if not exact:
            assert outcome.value == value
            assert type(outcome.value) is type(value)


def test_a_dict_of_the_standard_library_counts_as_a_dict(bench: Bench) -> None:
    """Found in the module that the program itself has imported."""
    program = "from collections import Counter\ndef solve(text): return Counter(text)"
    for exact, kind in ((False, "value"), (True, "wrong_type")):
        with bench.sandbox.start(
            program.encode(), entry_point="solve", result_type=dict[str, int], exact=exact
        ) as worker:
            assert not (worker.load() or worker.hand_over(("aab",), 20))
            outcome = worker.go(20)
        assert outcome.kind == kind
        assert exact or repr(outcome.value) == "{'a': 2, 'b': 1}"


def test_tracing_left_on_at_import_is_switched_off(bench: Bench) -> None:
    """An honest slip: the call is as fast as without, and nothing is held against the program."""
    program = "import tracemalloc\ntracemalloc.start()\ndef solve(n): return int(tracemalloc.is_tracing())"
    assert bench.call(program, 1) == 0


def test_memory_of_processes_whose_first_thread_has_ended_counts(bench: Bench) -> None:
    """Its other threads still hold what they took."""
    from refinery_plugin._sandbox import Limits  # noqa: PLC0415

    program = """
import ctypes, os, threading, time
def work():
    kept = [bytearray(b"x") * (8 << 20) for _ in range(13)]
    time.sleep(60)
def leave():
    threading.Thread(target=work, daemon=True).start()
    ctypes.CDLL(None).syscall(60 if os.uname().machine == "x86_64" else 93, 0)  # exit, of this thread alone
def solve(n):
    for _ in range(2):
        os.fork() or leave()
    time.sleep(60)
    return 1
"""
    result = bench.run(program, 1, limits=Limits(memory_bytes=160 << 20), seconds=60)
    assert result.outcome.kind == "memory"


def test_the_parent_reads_no_result_for_long(bench: Bench) -> None:
    """A forged reply of millions of items costs the session next to nothing beside its way through the pipe."""
    program = """
import os, sys
def solve(n):
    frame = sys._getframe(1)
    body = b"l" + (15_000_000).to_bytes(8, "little") + b"N" * 15_000_000
    message = memoryview(b"V" + bytes(frame.f_locals["token"]) + len(body).to_bytes(8, "little") + body)
    while message:
        message = message[os.write(frame.f_locals["reply"], message):]
    os._exit(0)
"""
    began = time.process_time()
    assert bench.run(program, 1).outcome.kind == "wrong_type"
    assert time.process_time() - began < 5
