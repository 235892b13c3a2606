"""Lists of tuples: how high the outline is of buildings that stand in front of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._tasks.core.declare import declare
from refinery_plugin._tasks.core.draw import Draw

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAME = "core-skyline"


def get_outline(buildings: list[tuple[int, int, int]], width: int) -> list[int]:
    """Ask all buildings at every x."""
    outline = []
    for x in range(width):
        highest = 0
        for left, right, height in buildings:
            if left <= x < right and height > highest:
                highest = height
        outline.append(highest)
    return outline


def sample(seed: int, *, size: int = 1000, width: int = 2500) -> tuple[list[tuple[int, int, int]], int]:
    """Return narrow buildings of any height, which leave few gaps."""
    draw = Draw(NAME, seed)
    lefts = draw.integers(0, width - 1, size)
    widths = draw.integers(1, width // 100, size)
    heights = draw.integers(1, 1_000, size)
    buildings = [
        (left, min(left + wide, width), height)
        for left, wide, height in zip(lefts, widths, heights, strict=True)
    ]
    return buildings, width


def strategy() -> SearchStrategy[tuple[object, ...]]:
    """Return few buildings: equal ones, neighbours that touch, nested ones, gaps, up to the last x."""
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    def case(furthest: int, highest: int) -> SearchStrategy[tuple[object, ...]]:
        one = st.builds(
            lambda left, wide, height: (left, left + wide, height),
            st.integers(0, furthest),
            st.integers(1, max(1, furthest // 2)),
            st.integers(1, highest),
        )
        several = st.lists(one, min_size=1, max_size=12)
        return st.builds(
            lambda found, more: (found, max(right for _, right, _ in found) + more),
            several,
            st.integers(0, 2),
        )

    return st.one_of(case(6, 3), case(12, 4), case(60, 1_000))


TASK = declare(
    get_outline,
    name=NAME,
    version="2",
    prompt="""
        You are given `buildings`, a list of 1 to 1,500 tuples `(left, right, height)` of integers, in any order, with
        `0 <= left < right <= width` and `1 <= height <= 1,000`, and `width`, an integer from 1 to 5,000. A building
        stands at every integer `x` from `left` to `right - 1`, and is `height` high there. Buildings may stand in front
        of each other.

        Return a list of exactly `width` integers: for every `x` from 0 to `width - 1` the height of the highest
        building that stands there, and 0 where there is none.

        For example, `get_outline([(1, 3, 4), (2, 4, 2), (5, 7, 3)], 8)` is `[0, 4, 4, 2, 0, 3, 3, 0]`.
    """,
    examples=((([(1, 3, 4), (2, 4, 2), (5, 7, 3)], 8), [0, 4, 4, 2, 0, 3, 3, 0]),),
    sample=sample,
    strategy=strategy,
)
