"""Kruskal and Wallis' test of ranks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special, stats

from .statistical_test import Figures, StatisticalTest

if TYPE_CHECKING:
    from .._arrays import Floats, Integers
    from .rowwise import DataSets


def kruskal_wallis(data: DataSets) -> Figures:
    """Compare ranks, corrected for ties; R: ``kruskal.test``."""
    ranks, counts = _ranks(data.y), data.counts
    total, k = int(counts.sum()), counts.size
    sums = np.add.reduceat(ranks, data.starts, axis=1)
    centre = (total + 1) / 2
    between = (sums / counts - centre) ** 2 @ counts
    # The variance of the ranks themselves is what the correction for ties amounts to.
    h = between * (total - 1) / np.sum((ranks - centre) ** 2, axis=1)
    return Figures(statistic=np.asarray(h), p=np.asarray(special.chdtrc(k - 1, h)), df_num=k - 1)


def _ranks(y: Floats) -> Floats:
    """Return the ranks of each row, (s, n), ties at their mean rank; a sort is enough where there are none."""
    order = np.argsort(y, axis=1)
    if (np.diff(np.take_along_axis(y, order, axis=1), axis=1) == 0).any():
        return np.asarray(stats.rankdata(y, axis=1))
    ranks = np.empty(y.shape)
    np.put_along_axis(ranks, order, np.arange(1.0, y.shape[1] + 1)[None, :], axis=1)
    return ranks


def _impossible(counts: Integers) -> str | None:
    return "needs two treatments" if counts.size < 2 else None  # noqa: PLR2004


def _degenerate(data: DataSets, rounding: float) -> str | None:  # noqa: ARG001
    return "all programs took the same time" if float(np.ptp(data.y)) == 0.0 else None


KRUSKAL_WALLIS = StatisticalTest(
    name="kruskal",
    title="Kruskal-Wallis",
    asks="equal ranks",
    role="robust",
    key="kruskal",
    degrees=("df_num",),
    of_values=kruskal_wallis,
    impossible=_impossible,
    degenerate=_degenerate,
    ignores_machines=True,
)
