"""Welch's test of means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from .statistical_test import Figures, StatisticalTest

if TYPE_CHECKING:
    from .._arrays import Integers
    from .rowwise import DataSets, Moments


def welch(data: Moments) -> Figures:
    """Compare means without assuming equal variances (Welch 1951, Biometrika 38).

    Every treatment needs two values that differ; R: ``oneway.test``.
    """
    counts, mean, k = data.counts, data.mean, data.counts.size
    weight = counts / (data.squares / (counts - 1))
    total = weight.sum(axis=1, keepdims=True)
    centre = np.sum(weight * mean, axis=1, keepdims=True) / total
    lack = np.sum((1 - weight / total) ** 2 / (counts - 1), axis=1)
    between = np.sum(weight * (mean - centre) ** 2, axis=1) / (k - 1)
    f = between / (1 + 2 * (k - 2) * lack / (k * k - 1))
    df = (k * k - 1) / (3 * lack)
    return Figures(statistic=f, p=np.asarray(special.fdtrc(k - 1, df, f)), df_num=k - 1, df_den=df)


def _impossible(counts: Integers) -> str | None:
    if counts.size < 2:  # noqa: PLR2004
        return "needs two treatments"
    if int(counts.min()) < 2:  # noqa: PLR2004
        return "a treatment has only one program that passed, so its spread is unknown"
    return None


def _degenerate(data: DataSets, rounding: float) -> str | None:
    if (data.squares[0] / (data.counts - 1) <= rounding).any():
        return "in a treatment all programs took the same time, so its weight would be infinite"
    return None


WELCH = StatisticalTest(
    name="welch",
    title="Welch",
    asks="equal means, any spread",
    role="robust",
    key="welch",
    degrees=("df_num", "df_den"),
    of_moments=welch,
    impossible=_impossible,
    degenerate=_degenerate,
    ignores_machines=True,
)
