"""Strings: the longest piece of a text that stands in it twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._tasks.core.declare import declare
from refinery_plugin._tasks.core.draw import Draw

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAME = "core-repeated-text"


def longest_repeat(text: str) -> str:
    """Compare all pairs of places, by the length of what is equal before them."""
    best = ""
    before = [0] * (len(text) + 1)
    for i in range(1, len(text) + 1):
        row = [0] * (len(text) + 1)
        for j in range(1, i):
            if text[i - 1] == text[j - 1]:
                row[j] = before[j - 1] + 1
                if row[j] >= len(best):
                    piece = text[j - row[j] : j]
                    if row[j] > len(best) or piece < best:
                        best = piece
        before = row
    return best


def sample(seed: int, *, size: int = 1800) -> tuple[str]:
    """Return a text of random letters into which one piece was copied twice."""
    draw = Draw(NAME, seed)
    letters = draw.choices("abcd", size)
    length = draw.integer(size // 40, size // 20)
    for start in draw.integers(0, size - length, 1):
        target = draw.integer(0, size - length)
        letters[target : target + length] = letters[start : start + length]
    return ("".join(letters),)


def strategy() -> SearchStrategy[tuple[object, ...]]:
    """Return short texts: without any repeat, overlapping repeats, repeats of equal length, one letter only."""
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    few = st.text(alphabet="ab", max_size=14)
    many = st.text(alphabet="abcdefghijklmnopqrstuvwxyz", max_size=30)
    overlapping = st.builds(lambda piece, times: piece * times, few, st.integers(0, 5))
    planted = st.builds(lambda piece, middle: piece + middle + piece[::-1] + piece, few, many)
    return st.tuples(st.one_of(few, many, overlapping, planted))


TASK = declare(
    longest_repeat,
    name=NAME,
    prompt="""
        You are given `text`, a string of 0 to 2,000 lowercase letters `a` to `z`. Return the longest string that
        occurs in `text` at two or more different starting positions. The occurrences may overlap: for `"aaa"` the
        answer is `"aa"`. Among several of the same length return the one that comes first in alphabetical order. If
        no letter occurs twice, return the empty string.
    """,
    sample=sample,
    strategy=strategy,
)
