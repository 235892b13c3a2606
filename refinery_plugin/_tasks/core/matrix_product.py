"""Matrices: a product with remainders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._tasks.core.declare import declare
from refinery_plugin._tasks.core.draw import Draw

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

NAME = "core-matrix-product"
HIGHEST = 100_000


def multiply(left: list[list[int]], right: list[list[int]], modulus: int) -> list[list[int]]:
    """Take the sum of products for every row and column."""
    product = []
    for i in range(len(left)):
        row = []
        for j in range(len(right[0])):
            total = 0
            for k in range(len(right)):
                total += left[i][k] * right[k][j]
            row.append(total % modulus)
        product.append(row)
    return product


def sample(
    seed: int, *, rows: int = 100, inner: int = 120, columns: int = 100
) -> tuple[list[list[int]], list[list[int]], int]:
    """Return two matrices, and a modulus that differs from seed to seed."""
    draw = Draw(NAME, seed)
    left = [draw.integers(-HIGHEST, HIGHEST, inner) for _ in range(rows)]
    right = [draw.integers(-HIGHEST, HIGHEST, columns) for _ in range(inner)]
    return left, right, draw.integer(1_000, 1_000_000)


def strategy() -> SearchStrategy[tuple[object, ...]]:
    """Return small matrices: one row, one column, of zeros, with the outermost numbers; small moduli, the modulus 1."""
    from hypothesis import strategies as st  # noqa: PLC0415 - only a session that verifies needs it

    @st.composite
    def case(draw: st.DrawFn) -> tuple[object, ...]:
        rows, inner, columns = (draw(st.integers(1, 5)) for _ in range(3))
        item = st.one_of(
            st.integers(-3, 3), st.sampled_from((-HIGHEST, HIGHEST)), st.integers(-HIGHEST, HIGHEST)
        )

        def matrix(height: int, width: int) -> list[list[int]]:
            line = st.lists(item, min_size=width, max_size=width)
            return draw(st.lists(line, min_size=height, max_size=height))

        modulus = draw(st.one_of(st.integers(1, 10), st.integers(1, 1_000_000)))
        return matrix(rows, inner), matrix(inner, columns), modulus

    return case()


TASK = declare(
    multiply,
    name=NAME,
    prompt="""
        You are given two matrices as lists of rows, `left` with n rows of m integers and `right` with m rows of p
        integers, and an integer `modulus`. All of n, m and p are between 1 and 200, the integers between -100,000 and
        100,000, and `modulus` between 1 and 1,000,000.

        Return the matrix product of `left` and `right` as a list of n rows of p integers, each one reduced to its
        remainder from 0 to `modulus - 1`, as Python's `%` does it for negative numbers too. The sums before that are
        exact and may be as large as 2 * 10**12.
    """,
    sample=sample,
    strategy=strategy,
)
