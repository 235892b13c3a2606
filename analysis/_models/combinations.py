"""Combinations of several columns' values: NumPy's sorting of whole rows takes many times as long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._arrays import Integers


def combinations(columns: Sequence[Integers]) -> tuple[Integers, Integers]:
    """Return which combinations of whole numbers occur, in the order of the first column, then the next.

    Parameters
    ----------
    columns : at least one; none has a number below 0; each of shape (n,).

    Returns
    -------
    The first row of each combination, shape (c,), and the combination of each row, shape (n,).

    Examples
    --------
    >>> first, of_row = combinations([np.asarray([1, 0, 1, 0]), np.asarray([5, 0, 5, 7])])
    >>> first.tolist(), of_row.tolist()
    ([1, 3, 0], [2, 0, 2, 1])
    """
    first, number = _distinct(columns[0])
    for column in columns[1:]:
        first, number = _distinct(number * (int(column.max(initial=0)) + 1) + column)
    return first, number


def _distinct(values: Integers) -> tuple[Integers, Integers]:
    _, first, number = np.unique(values, return_index=True, return_inverse=True)
    return first.astype(np.intp), number.reshape(-1).astype(np.intp)
