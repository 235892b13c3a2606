"""Runs of passing programs by program and list: what variance components are worked out from."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from .least_squares import basis

if TYPE_CHECKING:
    from .._arrays import Floats, Integers


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Runs of passing programs, gathered by program and list.

    ``count`` and ``mean`` are (programs, lists), 0 where a program was not timed on a list; ``within`` is the sum of
    squares of runs about the mean of their cell. ``cell`` and ``block`` (programs,) are treatment and machine, whose
    additive space has dimension ``rank``.
    """

    count: Integers
    mean: Floats
    within: float
    cell: Integers
    block: Integers
    rank: int

    @property
    def runs(self) -> int:
        """Number of runs."""
        return int(self.count.sum())

    @property
    def cells(self) -> int:
        """Number of programs by lists that have runs."""
        return int((self.count > 0).sum())

    def fixed(self, cell: Integers, block: Integers) -> Floats:
        """Return independent columns for treatments and machines, one row per pair given, (pairs, rank)."""
        used = np.unique(self.cell)
        x = np.concatenate(
            [
                cell[:, None] == used[None, :],
                block[:, None] == np.arange(1, int(self.block.max()) + 1)[None, :],
            ],
            axis=1,
        ).astype(float)
        return x if x.shape[1] == self.rank else basis(x)
