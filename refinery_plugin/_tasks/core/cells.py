"""Simulation: cells that live and die on a board without edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._tasks.core.declare import declare
from refinery_plugin._tasks.core.draw import Draw

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAME = "core-cells"


def simulate(board: list[str], steps: int) -> list[str]:
    """Count the neighbours of every cell, one by one."""
    height, width = len(board), len(board[0])
    for _ in range(steps):
        rows = []
        for y in range(height):
            row = ""
            for x in range(width):
                living = 0
                for dy in (-1, 0, 1):
                    for dx in (-1, 0, 1):
                        if (dy or dx) and board[(y + dy) % height][(x + dx) % width] == "#":
                            living += 1
                alive = board[y][x] == "#"
                row += "#" if living in ((2, 3, 6) if alive else (3, 6)) else "."
            rows.append(row)
        board = rows
    return board


def sample(seed: int, *, height: int = 44, width: int = 52, steps: int = 40) -> tuple[list[str], int]:
    """Return a board on which a third of the cells live."""
    draw = Draw(NAME, seed)
    cells = "".join(draw.choices("#..", height * width))
    return [cells[start : start + width] for start in range(0, len(cells), width)], steps


def strategy() -> SearchStrategy[tuple[object, ...]]:
    """Return small boards: no step, empty and full ones, three cells wide, life across the edges."""
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    @st.composite
    def case(draw: st.DrawFn) -> tuple[object, ...]:
        height, width = draw(st.integers(3, 7)), draw(st.integers(3, 7))
        cells = draw(st.sampled_from(("#", ".", "#.", "#..")))
        row = st.text(alphabet=cells, min_size=width, max_size=width)
        return draw(st.lists(row, min_size=height, max_size=height)), draw(st.integers(0, 6))

    return case()


TASK = declare(
    simulate,
    name=NAME,
    prompt="""
        You are given `board`, a list of 3 to 100 strings of the same length, 3 to 100, and `steps`, an integer from 0
        to 100. Each character is a cell: `#` is alive, `.` is dead. The board has no edges: the right neighbour of the
        last cell of a row is the first one of that row, and the row below the last one is the first one. So every cell
        has exactly eight neighbours, diagonal ones included.

        In one step all cells change at the same time. A living cell stays alive if 2, 3 or 6 of its neighbours are
        alive, and a dead cell becomes alive if 3 or 6 of its neighbours are; every other cell is dead afterwards.
        Return the board after `steps` steps, in the same form. After 0 steps it is the given one.
    """,
    sample=sample,
    strategy=strategy,
)
