"""Values as bytes, texts made harmless, directories removed: the parts that need no process."""

# ruff: noqa: FBT001 - tables of cases

from __future__ import annotations

import contextlib
import os
from collections import Counter, OrderedDict, defaultdict
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sandbox_bench import SECONDS

from refinery_plugin._sandbox import SandboxError, encode_arguments, foreign_text
from refinery_plugin._sandbox.backends.remove_tree import remove_tree
from refinery_plugin._sandbox.inside import codec
from refinery_plugin._study.value_types import misfit, unknown_form

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from random import Random

    from sandbox_bench import Bench

plain = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 13_999), 1 << 13_999)
    | st.integers(-(1 << 65), 1 << 65)
    | st.floats()
    | st.text()
    | st.binary()
)
names = st.none() | st.booleans() | st.integers() | st.text() | st.binary()
keys = names | st.tuples(names, names) | st.frozensets(names)
values = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner)
        | st.lists(st.integers())
        | st.lists(st.floats())
        | st.lists(inner).map(tuple)
        | st.dictionaries(keys, inner)
        | st.sets(keys)
        | st.frozensets(keys)
    ),
)


@given(values)
def test_values_come_back_exactly(value: object) -> None:
    """Types included: repr tells True from 1, -0.0 from 0.0, a tuple from a list; sets have no order."""
    assert unordered(codec.decode(codec.encode(value, 1 << 24))) == unordered(value)


def unordered(value: object) -> str:
    """Return what ``repr`` says, with the items of sets in one order."""
    if isinstance(value, (set, frozenset)):
        return f"{type(value).__name__}({sorted(map(unordered, value))})"
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__}({list(map(unordered, value))})"
    if isinstance(value, dict):
        return str([(unordered(key), unordered(item)) for key, item in value.items()])
    return repr(value)


@given(st.sets(st.text() | st.integers()), st.randoms())
def test_equal_sets_have_equal_bytes(value: set[str | int], random: Random) -> None:
    """In whatever order their items came, so that checksums of inputs are the same in every process."""
    items = list(value)
    random.shuffle(items)
    assert codec.encode(set(items), 1 << 20) == codec.encode(value, 1 << 20)


@pytest.mark.parametrize("tag", [b"S", b"Z", b"d"])
def test_an_item_that_comes_twice_is_malformed(tag: bytes) -> None:
    """Nothing but our own encoder's bytes is a set or a dict."""
    item = codec.encode(1, 100) * (2 if tag == b"d" else 1)
    with pytest.raises(codec.CodecError, match="twice"):
        codec.decode(tag + (2).to_bytes(8, "little") + 2 * item)


@pytest.mark.parametrize("number", [7, 2**40, 0.5])
def test_a_list_of_numbers_takes_one_word_a_number(number: float) -> None:
    """Ints of 64 bits and floats alike: a tag, a size, and eight bytes each."""
    assert len(codec.encode([number, 2**40 if number == 7 else number] * 500, 1 << 20)) == 9 + 8 * 1000


@given(
    st.binary(max_size=200)
    | st.lists(
        st.sampled_from(
            [b"l", b"d", b"t", b"w", b"q", b"x", b"S", b"Z", b"b", b"\xff", bytes(8), b"\x01" + bytes(7)]
        )
    ).map(b"".join)
)
def test_hostile_bytes_are_a_codec_error_or_a_value(data: bytes) -> None:
    """Never another exception, never memory that the bytes do not pay for."""
    with contextlib.suppress(codec.CodecError):
        codec.decode(data)


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {1j},
        bytearray(b"x"),
        1j,
        type("I", (int,), {})(1),
        type("L", (list,), {})(),
        {range(3): 1},
        {"a": object()},
        {(1j,)},
        {frozenset({1j}): 1},
        [memoryview(b"")],
        range(3),
        "\ud800",
    ],
)
def test_only_exact_plain_types_have_an_encoding(value: object) -> None:
    """Subclasses and look-alikes have none."""
    with pytest.raises(codec.CodecError):
        codec.encode(value, 1 << 20)
    with pytest.raises(SandboxError, match="argument"):
        encode_arguments((value,))


@pytest.mark.parametrize("made", [Counter, OrderedDict, lambda items: defaultdict(list, items)])
def test_dicts_of_the_standard_library_are_dicts_where_types_do_not_matter(
    made: Callable[[dict[str, object]], object],
) -> None:
    """As ``==`` has it: ``collections.Counter("aab") == {"a": 2, "b": 1}``; no other subclass is one."""
    inner = {"a": 2, "b": 1}
    value = codec.decode(codec.encode([made({"x": 3, **inner})], 1 << 20, plain=True))
    assert repr(value) == repr([{"x": 3, **inner}])
    with pytest.raises(codec.CodecError):
        codec.encode(made(dict(inner)), 1 << 20)
    with pytest.raises(codec.CodecError):
        codec.encode(type("Mine", (OrderedDict,), {})(inner), 1 << 20, plain=True)


def test_depth_and_size_are_bounded() -> None:
    """A list in itself, an integer of millions of digits, and text that is too long."""
    deep: list[object] = []
    deep.append(deep)
    for value in (deep, 1 << 14_000, "x" * 101, [0.5] * 101):
        with pytest.raises(codec.CodecError):
            codec.encode(value, 100 if value is not deep else 1 << 20)


@pytest.mark.parametrize(
    ("value", "declared", "fits"),
    [
        (1, int, True),
        (True, int, False),
        (1.0, int, False),
        (1, float, False),
        (True, bool, True),
        (None, int, False),
        (None, int | None, True),
        ([1, 2], list[int], True),
        ([1, True], list[int], False),
        ((1, 2), list[int], False),
        ((1, "a"), tuple[int, str], True),
        ((1,), tuple[int, str], False),
        ((1, 2), tuple[int, ...], True),
        ({"a": [1]}, dict[str, list[int]], True),
        ({1: [1]}, dict[str, list[int]], False),
        ([], list, True),
        (b"a", bytes, True),
        ({1, 2}, set[int], True),
        ({1, 2}, frozenset[int], False),
        ({1, "a"}, set[int], False),
        (frozenset({(1, "a")}), frozenset[tuple[int, str]], True),
        ({(1, 2): None}, dict[tuple[int, int], None], True),
        ([1, "a", None], list[int | str | None], True),
        ([1, 2.0], list[int] | list[float], False),
        ([], list[int], True),
    ],
)
def test_types_fit_exactly_or_not_at_all(value: object, declared: object, fits: bool) -> None:
    """A bool is no int, a tuple no list."""
    assert (misfit(value, declared) == "") is fits


@pytest.mark.parametrize(
    ("value", "declared", "told"),
    [
        (1.0, int, "it returned a float, expected int"),
        (None, list[int], "it returned None, expected list[int]"),
        ([[1], [2, "a"]], list[list[int]], ": [1][1] is a str, expected int"),
        ({"a": (1, True)}, dict[str, tuple[int, int]], ": ['a'][1] is a bool, expected int"),
        ({1: 2}, dict[str, int], ": key 1 is an int, expected str"),
        ({2.5}, set[int], ": item 2.5 is a float, expected int"),
        ([(1, 2, 3)], list[tuple[int, int]], ": [0] is a tuple of 3, expected tuple[int, int]"),
        ([1, 2.0], list[int | None], ": [1] is a float, expected int | None"),
    ],
)
def test_a_misfit_names_the_part_that_is_wrong(value: object, declared: object, told: str) -> None:
    """In a list of thousands, where to look."""
    assert misfit(value, declared).endswith(told)


@pytest.mark.parametrize(
    ("declared", "unknown"),
    [
        (int, ""),
        (None, ""),
        (dict[str, list[tuple[int, ...]]], ""),
        (frozenset[bytes] | None, ""),
        (complex, "complex"),
        (list[range], "range"),
        (tuple[int, dict[str, object]], "object"),
        ("int", "int"),
    ],
)
def test_types_that_no_value_can_have_are_told(declared: object, unknown: str) -> None:
    """Nested as deep as they may be."""
    assert unknown_form(declared) == unknown


@given(st.text(), st.integers(4, 50))
def test_escaped_text_is_one_harmless_line(text: str, limit: int) -> None:
    """Printable, bounded, no line breaks."""
    clean = foreign_text.escaped(text, limit)
    assert clean.isprintable()
    assert len(clean) <= limit


@given(st.binary(max_size=3000))
def test_last_lines_of_anything_are_harmless(data: bytes) -> None:
    """Whatever bytes a program wrote."""
    assert foreign_text.last_lines(data).isprintable()


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("ZeroDivisionError", True),
        ("_ArrayMemoryError", True),
        ("OddError", True),
        ("dError", False),
        ("Odd", False),
        ("n95000_95001", False),
        ("OddError\n", False),
        ("", False),
        (None, False),
    ],
)
def test_only_names_that_the_data_cannot_be_in_are_known(name: str | None, known: bool) -> None:
    """Those of Python, and those that stand in the program, whole."""
    source = b"class OddError(Exception):\n    pass\n"
    assert foreign_text.known_exception(name, source) == (name if known else None)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("E: x (line 3)", " (line 3)"),
        ("E (line 4)", ""),
        ("E (line 0)", ""),
        ("E (line 03)", ""),
        ("E (line 3) x", ""),
        (f"E (line {'9' * 400})", ""),
    ],
)
def test_only_lines_that_the_program_has_are_told(text: str, line: str) -> None:
    """A forged one could be any number."""
    assert foreign_text.known_line(text, b"a\rb\r\nc") == line


def test_a_hostile_directory_is_removed(tmp_path: Path) -> None:
    """Deeper than any path may be long, closed to everybody, with names that are no text; links are not followed."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("x", encoding="utf-8")
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(outside)
    for name in (b"\xff\xfe", b"new\nline", b"\x1b[2J"):
        os.close(os.open(os.fsencode(root) + b"/" + name, os.O_CREAT | os.O_WRONLY, 0))
    os.mkfifo(root / "fifo")
    here = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    for _ in range(600):
        os.mkdir("d" * 20, dir_fd=here)
        inner = os.open("d" * 20, os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
        os.fchmod(here, 0)
        os.close(here)
        here = inner
    os.close(here)
    remove_tree(root)
    assert not root.exists()
    assert (outside / "kept").exists()


def test_removing_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    """Closing twice is fine."""
    remove_tree(tmp_path / "nothing")


def test_freeing_the_arguments_is_no_part_of_the_call(bench: Bench) -> None:
    """However late the parent reads the clocks: on a busy machine that may be long after the reply."""
    source = """
        import os
        class Slow:
            def __del__(self):
                os.write(2, b"freed")
        def solve(numbers):
            numbers.append(Slow())
            return len(numbers)
    """
    with bench.start(source) as worker:
        for _ in range(2):
            assert worker.load() is None
            assert worker.hand_over(([1, 2],), SECONDS) is None
            assert worker.go(SECONDS).value == 3
        assert worker.close().stderr == "freed"  # after the first call, when the second one's data came
