"""Strings: the longest piece of a text that stands in it twice, side by side or apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._tasks.core.declare import declare
from refinery_plugin._tasks.core.draw import Draw

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAME = "core-repeated-text"


def longest_repeat(text: str) -> str:
    """Look for every piece in what comes after it."""
    best = ""
    for start in range(len(text)):
        for end in range(start + 1, len(text) + 1):
            if text[start:end] in text[end:] and end - start > len(best):
                best = text[start:end]
    return best


def sample(seed: int, *, size: int = 620) -> tuple[str]:
    """Return a text of random letters into which one piece was copied twice."""
    draw = Draw(NAME, seed)
    letters = draw.choices("abcd", size)
    length = draw.integer(size // 30, size // 12)
    for start in draw.integers(0, size - length, 1):
        target = draw.integer(0, size - length)
        letters[target : target + length] = letters[start : start + length]
    return ("".join(letters),)


def strategy() -> SearchStrategy[tuple[object, ...]]:
    """Return short texts: without any repeat, pieces side by side, that overlap, of equal length, one letter only."""
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    few = st.text(alphabet="ab", min_size=1, max_size=14)
    many = st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=30)
    overlapping = st.builds(lambda piece, times: piece * times, few, st.integers(1, 5))
    planted = st.builds(lambda piece, middle: piece + middle + piece[::-1] + piece, few, many)
    return st.tuples(st.one_of(few, many, overlapping, planted))


TASK = declare(
    longest_repeat,
    name=NAME,
    version="2",
    prompt="""
        You are given `text`, a string of 1 to 700 lowercase letters `a` to `z`. Return the longest piece of it (letters
        that follow each other) that occurs in `text` at least twice without overlapping: a second time at or after the
        end of the first. Among several pieces of the same length return the one that starts first in `text`. If no
        letter occurs twice, return the empty string.

        For example, `longest_repeat("xabcyabcz")` is `"abc"`, and `longest_repeat("kokokom")` is `"ko"`: `"kok"` occurs
        twice, too, but the second time begins before the first one ends.
    """,
    examples=((("xabcyabcz",), "abc"), (("kokokom",), "ko")),
    sample=sample,
    strategy=strategy,
)
