"""Brown and Forsythe's test of spreads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .oneway_f import oneway_f
from .statistical_test import Figures, StatisticalTest

if TYPE_CHECKING:
    from .._arrays import Integers
    from .rowwise import DataSets


def brown_forsythe(data: DataSets) -> Figures:
    """Compare spreads: one-way F on distances from the medians (Brown & Forsythe 1974, JASA 69).

    NaN where the distances do not vary within treatments. R: ``car::leveneTest``.
    """
    distances = _distances(data)
    of_distances = oneway_f(distances)
    rounding = np.finfo(float).eps * np.sum(distances.y**2, axis=1)
    flat = distances.squares.sum(axis=1) <= rounding
    return Figures(
        statistic=np.where(flat, np.nan, of_distances.statistic),
        p=np.where(flat, np.nan, of_distances.p),
        df_num=of_distances.df_num,
        df_den=of_distances.df_den,
    )


def _distances(data: DataSets) -> DataSets:
    return data.of(np.abs(data.y - np.repeat(data.medians, data.counts, axis=1)))


def _impossible(counts: Integers) -> str | None:
    if counts.size < 2:  # noqa: PLR2004
        return "needs two treatments"
    if int(counts.max()) <= 2:  # noqa: PLR2004
        return (
            "with two programs a treatment both are equally far from their median, so F is 0/0: not testable"
        )
    return None


def _degenerate(data: DataSets, rounding: float) -> str | None:
    if float(_distances(data).squares.sum()) <= data.y.size * rounding:
        return "distances from the medians do not vary within treatments, so F is 0/0"
    return None


BROWN_FORSYTHE = StatisticalTest(
    name="brown-forsythe",
    title="Brown-Forsythe",
    asks="equal spread in all treatments",
    role="assumptions",
    key="brown_forsythe",
    degrees=("df_num", "df_den"),
    of_values=brown_forsythe,
    impossible=_impossible,
    degenerate=_degenerate,
)
