"""Lists of tuples: the outline of buildings that stand in front of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._tasks.core.declare import declare
from refinery_plugin._tasks.core.draw import Draw

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAME = "core-skyline"


def get_outline(buildings: list[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """Ask at every edge for the highest of all buildings."""
    outline: list[tuple[int, int]] = []
    last = 0
    for x in sorted({edge for left, right, _ in buildings for edge in (left, right)}):
        height = 0
        for left, right, top in buildings:
            if left <= x < right and top > height:
                height = top
        if height != last:
            outline.append((x, height))
            last = height
    return outline


def sample(seed: int, *, size: int = 1400) -> tuple[list[tuple[int, int, int]]]:
    """Return buildings of which most are narrow, so that many of their edges are seen."""
    draw = Draw(NAME, seed)
    lefts = draw.integers(0, 50_000, size)
    widths = draw.integers(1, 200, size)
    heights = draw.integers(1, 1_000, size)
    return (
        [(left, left + width, height) for left, width, height in zip(lefts, widths, heights, strict=True)],
    )


def strategy() -> SearchStrategy[tuple[object, ...]]:
    """Return few buildings: none, equal ones, neighbours that touch, nested ones, gaps."""
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    def buildings(furthest: int, highest: int) -> SearchStrategy[list[tuple[int, int, int]]]:
        one = st.builds(
            lambda left, width, height: (left, left + width, height),
            st.integers(0, furthest),
            st.integers(1, max(1, furthest // 2)),
            st.integers(1, highest),
        )
        return st.lists(one, max_size=12)

    return st.tuples(st.one_of(buildings(6, 3), buildings(12, 4), buildings(60_000, 1_000)))


TASK = declare(
    get_outline,
    name=NAME,
    prompt="""
        You are given `buildings`, a list of 0 to 2,000 tuples `(left, right, height)` of integers, in any order, with
        `0 <= left < right <= 100,000` and `1 <= height <= 1,000`. Each is a rectangle that stands on the ground and
        covers every `x` with `left <= x < right`. The outline at `x` is the height of the highest rectangle that
        covers `x`, or 0 where there is none.

        Return the list of the tuples `(x, height)` at which the outline changes, in rising order of `x`: the
        outline has the new `height` from `x` on. Two tuples in a row never have the same height, and the first one is
        never of height 0. Without buildings return an empty list.
    """,
    sample=sample,
    strategy=strategy,
)
