"""Dynamic programming: how many edits turn one text into another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._tasks.core.declare import declare
from refinery_plugin._tasks.core.draw import Draw

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAME = "core-edit-distance"
LETTERS = "acgt"


def count_edits(first: str, second: str) -> int:
    """Fill the whole table (Wagner and Fischer 1974)."""
    table = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i in range(len(first) + 1):
        table[i][0] = i
    for j in range(len(second) + 1):
        table[0][j] = j
    for i in range(1, len(first) + 1):
        for j in range(1, len(second) + 1):
            cost = 0 if first[i - 1] == second[j - 1] else 1
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + cost)
    return table[len(first)][len(second)]


def sample(seed: int, *, size: int = 750) -> tuple[str, str]:
    """Return a text and what random edits, other shares of it from seed to seed, made of it."""
    draw = Draw(NAME, seed)
    first = draw.choices(LETTERS, size)
    share = draw.integer(30, 400)
    second = []
    fresh = draw.choices(LETTERS, size)
    for letter, chance, kind, new in zip(
        first, draw.integers(0, 999, size), draw.integers(0, 2, size), fresh, strict=True
    ):
        edited = chance < share
        second += [letter] if not edited else ([], [new], [letter, new])[kind]
    return "".join(first), "".join(second)


def strategy() -> SearchStrategy[tuple[object, ...]]:
    """Return short texts: empty ones, equal ones, one within the other, one a shift of the other."""
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    text = st.text(alphabet=LETTERS, max_size=12)
    return st.one_of(
        st.tuples(text, text),
        st.builds(lambda a, b: (a, a + b), text, text),
        st.builds(lambda a, b, c: (a + b + c, a + c), text, text, text),
        st.builds(lambda a, b: (a + b, b + a), text, text),
        st.builds(lambda a: (a, a), text),
    )


TASK = declare(
    count_edits,
    name=NAME,
    prompt="""
        You are given two strings `first` and `second` of 0 to 1,000 letters each, all of them among `a`, `c`, `g`
        and `t`. An edit inserts one letter anywhere, deletes one letter, or replaces one letter by another. Return the
        smallest number of edits that turn `first` into `second`; it is 0 if they are equal.
    """,
    sample=sample,
    strategy=strategy,
)
