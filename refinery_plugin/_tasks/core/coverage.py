"""Intervals: how many of them hold a point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._tasks.core.declare import declare
from refinery_plugin._tasks.core.draw import Draw

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAME = "core-coverage"
FURTHEST = 10_000


def count_covering(intervals: list[tuple[int, int]], points: list[int]) -> list[int]:
    """Ask every interval for every point."""
    counts = []
    for point in points:
        count = 0
        for start, end in intervals:
            if start <= point <= end:
                count += 1
        counts.append(count)
    return counts


def sample(seed: int, *, size: int = 1800) -> tuple[list[tuple[int, int]], list[int]]:
    """Return intervals of any length; a third of the points lie on an end of one."""
    draw = Draw(NAME, seed)
    ends = zip(draw.integers(0, FURTHEST, size), draw.integers(0, FURTHEST, size), strict=True)
    intervals = [(min(pair), max(pair)) for pair in ends]
    points = draw.integers(0, FURTHEST, size)
    for place, interval in zip(range(0, size, 3), intervals, strict=False):
        points[place] = interval[place % 2]
    return intervals, points


def strategy() -> SearchStrategy[tuple[object, ...]]:
    """Return few intervals: of one point, equal ones; points on ends, beside them, twice, outside of all."""
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    def case(furthest: int) -> SearchStrategy[tuple[object, ...]]:
        point = st.integers(0, furthest)
        interval = st.tuples(point, point).map(lambda pair: (min(pair), max(pair)))
        return st.tuples(
            st.lists(interval, min_size=1, max_size=10), st.lists(point, min_size=1, max_size=10)
        )

    return st.one_of(case(5), case(30), case(FURTHEST))


TASK = declare(
    count_covering,
    name=NAME,
    version="2",
    prompt="""
        You are given `intervals`, a list of 1 to 2,000 tuples `(start, end)` with `start <= end`, and `points`, a list
        of 1 to 2,000 integers. All numbers lie between 0 and 10,000. An interval covers a point if the point is neither
        below its `start` nor above its `end`; it covers both of its ends. Intervals and points are in any order and may
        occur more than once.

        For each point count the intervals that cover it. Return the counts in a list, one for each point, in the order
        of `points`.

        For example, `count_covering([(1, 5), (4, 8)], [4, 9, 1])` is `[2, 0, 1]`: both intervals cover 4, none covers
        9, and only the first one covers 1.
    """,
    examples=((([(1, 5), (4, 8)], [4, 9, 1]), [2, 0, 1]),),
    sample=sample,
    strategy=strategy,
)
