"""Values as bytes, texts made harmless, directories removed: the parts that need no process."""

# ruff: noqa: FBT001 - tables of cases

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sandbox_bench import SECONDS

from refinery_plugin._sandbox import SandboxError, encode_arguments, last_words
from refinery_plugin._sandbox.backends.remove_tree import remove_tree
from refinery_plugin._sandbox.inside import codec
from refinery_plugin._sandbox.value_types import misfit

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox_bench import Bench

plain = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 13_999), 1 << 13_999)
    | st.integers(-(1 << 65), 1 << 65)
    | st.floats()
    | st.text()
)
keys = st.none() | st.booleans() | st.integers() | st.text()
values = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner) | st.lists(st.integers()) | st.lists(inner).map(tuple) | st.dictionaries(keys, inner)
    ),
)


@given(values)
def test_values_come_back_exactly(value: object) -> None:
    """Types included: repr tells True from 1, -0.0 from 0.0, a tuple from a list."""
    assert repr(codec.decode(codec.encode(value, 1 << 24))) == repr(value)


@given(
    st.binary(max_size=200)
    | st.lists(st.sampled_from([b"l", b"d", b"t", b"w", b"q", b"\xff", bytes(8), b"\x01" + bytes(7)])).map(
        b"".join
    )
)
def test_hostile_bytes_are_a_codec_error_or_a_value(data: bytes) -> None:
    """Never another exception, never memory that the bytes do not pay for."""
    with contextlib.suppress(codec.CodecError):
        codec.decode(data)


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {1, 2},
        b"x",
        1j,
        type("I", (int,), {})(1),
        type("L", (list,), {})(),
        {(): 1},
        {"a": object()},
        [b""],
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
    ],
)
def test_types_fit_exactly_or_not_at_all(value: object, declared: object, fits: bool) -> None:
    """A bool is no int, a tuple no list."""
    assert (misfit(value, declared) == "") is fits


@given(st.text(), st.integers(4, 50))
def test_escaped_text_is_one_harmless_line(text: str, limit: int) -> None:
    """Printable, bounded, no line breaks."""
    clean = last_words.escaped(text, limit)
    assert clean.isprintable()
    assert len(clean) <= limit


@given(st.binary(max_size=3000))
def test_last_lines_of_anything_are_harmless(data: bytes) -> None:
    """Whatever bytes a program wrote."""
    assert last_words.last_lines(data).isprintable()


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
