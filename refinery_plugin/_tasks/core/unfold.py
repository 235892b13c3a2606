"""Parsing: a text in which repeats are written short, written out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._tasks.core.declare import declare
from refinery_plugin._tasks.core.draw import Draw

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAME = "core-unfold"


def unfold(text: str) -> str:
    """Write out the first group that is left, until there is none."""
    while "(" in text:
        start = text.index("(")
        end = text.index(")")
        digits = start
        while digits > 0 and text[digits - 1].isdigit():
            digits -= 1
        written = ""
        for _ in range(int(text[digits:start])):
            written += text[start + 1 : end]
        text = text[:digits] + written + text[end + 1 :]
    return text


def sample(seed: int, *, size: int = 6_000) -> tuple[str]:
    """Return so many groups, of no letter to five, with letters between some of them."""
    draw = Draw(NAME, seed)
    letters = draw.choices("abcdefghijklmnopqrstuvwxyz", 8 * size)
    numbers = draw.choices(("0", "1", "2", "3", "4", "5", "13"), size)
    inside, between = draw.integers(0, 5, size), draw.integers(0, 2, size)
    parts = []
    for place, number in enumerate(numbers):
        own = "".join(letters[8 * place : 8 * place + inside[place]])
        parts += [f"{number}({own})", *letters[8 * place + 5 : 8 * place + 5 + between[place]]]
    return ("".join(parts),)


def strategy() -> SearchStrategy[tuple[object, ...]]:
    """Return short texts: no group, empty ones, side by side, the number 0, numbers of two digits."""
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    number = st.sampled_from(("0", "1", "2", "3", "9", "10", "12", "20"))
    letters = st.text(alphabet="abcxyz", max_size=4)
    group = st.builds(lambda times, piece: f"{times}({piece})", number, letters)
    return st.tuples(st.lists(st.one_of(letters, group), max_size=6).map("".join))


TASK = declare(
    unfold,
    name=NAME,
    version="2",
    prompt="""
        You are given `text`, a string of 0 to 80,000 characters in which repeats are written short. A group is a number
        followed by letters in round brackets, and it stands for these letters, repeated so many times: `3(ab)` stands
        for `ababab`. The number is always there; it has one or two digits, and may be 0: then the group stands for
        nothing. There may be no letters in the brackets. Groups never stand inside of other groups. Before, between and
        after groups there may be other lowercase letters, which stay as they are.

        Return the text with all groups written out. For example, `unfold("x3(ab)c")` is `"xabababc"`, and
        `unfold("a0(b)12(z)2()")` is `"azzzzzzzzzzzz"`.
    """,
    examples=((("x3(ab)c",), "xabababc"), (("a0(b)12(z)2()",), "azzzzzzzzzzzz")),
    sample=sample,
    strategy=strategy,
)
