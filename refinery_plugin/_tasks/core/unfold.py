"""Parsing: a text in which repeats are written short, written out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._tasks.core.declare import declare
from refinery_plugin._tasks.core.draw import Draw

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAME = "core-unfold"


def unfold(text: str) -> str:
    """Write out the last group, which holds no other, until there is none."""
    while "(" in text:
        start = text.rindex("(")
        end = text.index(")", start)
        digits = start
        while digits > 0 and text[digits - 1].isdigit():
            digits -= 1
        times = int(text[digits:start]) if digits < start else 2
        written = ""
        for _ in range(times):
            written += text[start + 1 : end]
        text = text[:digits] + written + text[end + 1 :]
    return text


def sample(seed: int, *, size: int = 5_000) -> tuple[str]:
    """Return so many groups side by side, each with letters and two groups within."""
    draw = Draw(NAME, seed)
    letters = iter(draw.choices("abcdefghijklmnopqrstuvwxyz", 5 * size))
    numbers = iter(draw.choices(("", "0", "1", "2", "3", "4", "11"), 3 * size))

    def group(inside: str) -> str:
        return f"{next(numbers)}({next(letters)}{inside}{next(letters)})"

    return ("".join(group(group(next(letters)) if index % 2 else "") for index in range(size)),)


def strategy() -> SearchStrategy[tuple[object, ...]]:
    """Return short texts: empty groups, no number, the number 0, numbers of several digits, groups in groups."""
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    number = st.sampled_from(("", "0", "1", "2", "3", "10", "12"))
    letters = st.text(alphabet="abcxyz", max_size=4)
    piece = st.recursive(
        letters,
        lambda inner: st.builds(
            lambda times, parts: f"{times}({''.join(parts)})", number, st.lists(inner, max_size=3)
        ),
        max_leaves=6,
    )
    whole = st.lists(st.one_of(letters, piece), max_size=5).map("".join)
    return st.tuples(whole.filter(lambda text: _depth(text) <= 4))  # noqa: PLR2004


def _depth(text: str) -> int:
    depth = deepest = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        deepest = max(deepest, depth)
    return deepest


TASK = declare(
    unfold,
    name=NAME,
    prompt="""
        You are given `text`, a string of 0 to 50,000 characters in which repeats are written short: `3(ab)` stands for
        `ababab`. A group is a decimal number without a sign, followed by the text to repeat in round brackets. The
        number may be 0, and then the group stands for nothing; it may have two digits; where it is left out the text is
        repeated twice, so `(ab)` stands for `abab`. Groups may stand inside of groups, at most four deep: `2(a3(b))`
        stands for `abbbabbb`. A group may be empty. Apart from groups there are lowercase letters only; a number always
        belongs to the bracket that follows it, and brackets are balanced.

        Return the text with all groups written out. It has at most 2,000,000 letters.
    """,
    sample=sample,
    strategy=strategy,
)
