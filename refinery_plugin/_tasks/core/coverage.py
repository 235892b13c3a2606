"""Intervals: how many of them hold a point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._tasks.core.declare import declare
from refinery_plugin._tasks.core.draw import Draw

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAME = "core-coverage"
FURTHEST = 1_000_000


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
    """Return few intervals: none, of one point, equal ones; points on ends, beside them, twice, outside of all."""
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    def case(furthest: int) -> SearchStrategy[tuple[object, ...]]:
        point = st.integers(0, furthest)
        interval = st.tuples(point, point).map(lambda pair: (min(pair), max(pair)))
        return st.tuples(st.lists(interval, max_size=10), st.lists(point, max_size=10))

    return st.one_of(case(5), case(30), case(FURTHEST))


TASK = declare(
    count_covering,
    name=NAME,
    prompt="""
        You are given `intervals`, a list of 0 to 2,000 tuples `(start, end)`, and `points`, a list of 0 to 2,000
        integers. All numbers lie between 0 and 1,000,000, and `start <= end`. An interval covers every integer from
        `start` to `end`, both included. Intervals and points are in any order and may occur more than once.

        Return a list with one item for each point, in the order of `points`: the number of intervals that cover it.
    """,
    sample=sample,
    strategy=strategy,
)
