"""Simulation: numbers on a ring that change with their neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._tasks.core.declare import declare
from refinery_plugin._tasks.core.draw import Draw

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAME = "core-cells"


def simulate(cells: list[int], steps: int) -> list[int]:
    """Look at the two neighbours of every cell, one by one."""
    size = len(cells)
    for _ in range(steps):
        after = []
        for place in range(size):
            left, right = cells[(place - 1) % size], cells[(place + 1) % size]
            after.append((left + cells[place] + right) % 10)
        cells = after
    return cells


def sample(seed: int, *, size: int = 1200, steps: int = 500) -> tuple[list[int], int]:
    """Return a ring of random digits, and about so many steps."""
    draw = Draw(NAME, seed)
    return draw.integers(0, 9, size), steps + draw.integer(-40, 40)


def strategy() -> SearchStrategy[tuple[object, ...]]:
    """Return short rings: no step, all cells alike, three cells only."""
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    ring = st.lists(st.integers(0, 9), min_size=3, max_size=12)
    alike = st.builds(lambda digit, size: [digit] * size, st.integers(0, 9), st.integers(3, 6))
    lonely = st.lists(st.sampled_from((0, 0, 0, 1, 7)), min_size=5, max_size=20)
    return st.tuples(st.one_of(ring, lonely, alike), st.integers(0, 9))


TASK = declare(
    simulate,
    name=NAME,
    version="2",
    prompt="""
        You are given `cells`, a list of 3 to 2,000 integers from 0 to 9, and `steps`, an integer from 0 to 1,000. The
        cells lie on a ring: the left neighbour of the first cell is the last cell, and the right neighbour of the last
        cell is the first cell.

        In one step all cells change at the same time: each becomes the last digit of the sum of three numbers, which
        are its left neighbour, itself and its right neighbour. Return the list of cells after `steps` steps; after 0
        steps it is the given one.

        For example, `simulate([1, 2, 3, 9], 1)` is `[2, 6, 4, 3]`: the first cell becomes 2, the last digit of 9 + 1 +
        2. `simulate([1, 2, 3, 9], 2)` is `[1, 2, 3, 9]`.
    """,
    examples=((([1, 2, 3, 9], 1), [2, 6, 4, 3]), (([1, 2, 3, 9], 2), [1, 2, 3, 9])),
    sample=sample,
    strategy=strategy,
)
