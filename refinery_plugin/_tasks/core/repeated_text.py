"""Strings: the pieces of a text that stand in it more than once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._tasks.core.declare import declare
from refinery_plugin._tasks.core.draw import Draw

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAME = "core-repeated-text"


def find_repeats(text: str, length: int) -> list[str]:
    """Compare every piece with all that begin after it."""
    repeats: list[str] = []
    for start in range(len(text) - length + 1):
        piece = text[start : start + length]
        for later in range(start + 1, len(text) - length + 1):
            if text[later : later + length] == piece:
                if piece not in repeats:
                    repeats.append(piece)
                break
    return repeats


def sample(seed: int, *, size: int = 1500, length: int = 6) -> tuple[str, int]:
    """Return a text of random letters in which about one piece of ten stands twice."""
    draw = Draw(NAME, seed)
    return "".join(draw.choices("abcd", size)), length


def strategy() -> SearchStrategy[tuple[object, ...]]:
    """Return short texts: without any repeat, repeats that overlap, three times the same, as long as a piece."""
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    few = st.text(alphabet="ab", min_size=4, max_size=20)
    many = st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=4, max_size=30)
    tripled = st.builds(lambda piece, middle: piece + middle + piece + piece, few, many)
    return st.tuples(st.one_of(few, many, tripled), st.integers(1, 4))


TASK = declare(
    find_repeats,
    name=NAME,
    version="2",
    prompt="""
        You are given `text`, a string of 1 to 2,000 lowercase letters, and `length`, an integer from 1 to 10 that is
        never greater than the length of `text`. Which pieces of `length` letters occur in `text` more than once? Count
        how often each piece occurs, at whichever position it begins; occurrences may overlap.

        Return a list of the pieces that occur at least twice, each of them once, in the order in which they occur first
        in `text`. Pieces that occur only once are not in it. If no piece occurs twice, return an empty list.

        For example, `find_repeats("xabyabxab", 2)` is `["xa", "ab"]`: `"xa"` occurs twice, `"ab"` three times, and
        `"by"`, `"ya"` and `"bx"` only once. `find_repeats("aaab", 2)` is `["aa"]`.
    """,
    examples=((("xabyabxab", 2), ["xa", "ab"]), (("aaab", 2), ["aa"])),
    sample=sample,
    strategy=strategy,
)
