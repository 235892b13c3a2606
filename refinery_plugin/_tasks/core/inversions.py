"""Lists of numbers: how far a list is from being sorted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._tasks.core.declare import declare
from refinery_plugin._tasks.core.draw import Draw

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAME = "core-inversions"
HIGHEST = 1_000_000_000


def count_inversions(numbers: list[int]) -> int:
    """Compare every number with all that follow."""
    count = 0
    for i in range(len(numbers)):
        for j in range(i + 1, len(numbers)):
            if numbers[i] > numbers[j]:
                count += 1
    return count


def sample(seed: int, *, size: int = 2400) -> tuple[list[int]]:
    """Return random numbers, a third of which occur more than once."""
    draw = Draw(NAME, seed)
    numbers = draw.integers(-HIGHEST, HIGHEST, size)
    for place, other in zip(range(0, size, 3), draw.integers(0, size - 1, size), strict=False):
        numbers[place] = numbers[other]
    return (numbers,)


def strategy() -> SearchStrategy[tuple[object, ...]]:
    """Return short lists: empty, sorted either way, equal numbers, the ends of the domain."""
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    near, far = st.integers(-3, 3), st.integers(-HIGHEST, HIGHEST)
    lists = st.one_of(st.lists(near, max_size=25), st.lists(far, max_size=25))
    return st.tuples(
        st.one_of(lists, lists.map(sorted), lists.map(lambda numbers: sorted(numbers, reverse=True)))
    )


TASK = declare(
    count_inversions,
    name=NAME,
    prompt="""
        You are given `numbers`, a list of 0 to 5,000 integers between -1,000,000,000 and 1,000,000,000, in any order
        and with repeats. Count the pairs of positions `i < j` for which `numbers[i]` is greater than `numbers[j]`;
        equal numbers do not count. Return the count, which is 0 for a list in rising order.
    """,
    sample=sample,
    strategy=strategy,
)
