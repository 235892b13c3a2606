"""Simulation: cells on a ring that change with their neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._tasks.core.declare import declare
from refinery_plugin._tasks.core.draw import Draw

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAME = "core-cells"


def simulate(cells: str, steps: int) -> str:
    """Look at the two neighbours of every cell, one by one."""
    size = len(cells)
    for _ in range(steps):
        after = ""
        for place in range(size):
            left, right = cells[(place - 1) % size], cells[(place + 1) % size]
            if left != right:
                after += cells[place]
            elif cells[place] == "#":
                after += "."
            else:
                after += "#"
        cells = after
    return cells


def sample(seed: int, *, size: int = 1000, steps: int = 450) -> tuple[str, int]:
    """Return a ring on which a third of the cells are full, and about so many steps."""
    draw = Draw(NAME, seed)
    return "".join(draw.choices("#..", size)), steps + draw.integer(-60, 60)


def strategy() -> SearchStrategy[tuple[object, ...]]:
    """Return short rings: no step, all cells alike, three cells only."""
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    def ring(letters: str, longest: int) -> SearchStrategy[str]:
        return st.text(alphabet=letters, min_size=3, max_size=longest)

    return st.tuples(
        st.one_of(ring("#.", 12), ring("#...", 30), ring("#", 6), ring(".", 6)), st.integers(0, 9)
    )


TASK = declare(
    simulate,
    name=NAME,
    version="2",
    prompt="""
        You are given `cells`, a string of 3 to 2,000 characters, and `steps`, an integer from 0 to 1,000. Each
        character is a cell: `#` is full and `.` is empty. The cells lie on a ring: the left neighbour of the first cell
        is the last cell, and the right neighbour of the last cell is the first cell.

        In one step all cells look at their two neighbours and then change at the same time. If both neighbours are full
        or both are empty, the cell changes: a full one becomes empty, an empty one becomes full. If one neighbour is
        full and the other one is empty, the cell stays as it is. Return the string after `steps` steps; after 0 steps
        it is the given one.

        For example, `simulate("#....", 1)` is `"..##."`, and `simulate("#....", 2)` is `"#.##."`.
    """,
    examples=((("#....", 1), "..##."), (("#....", 2), "#.##.")),
    sample=sample,
    strategy=strategy,
)
