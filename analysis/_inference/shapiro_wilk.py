"""Shapiro and Wilk's test of normality."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special, stats

from .statistical_test import Figures, StatisticalTest

if TYPE_CHECKING:
    from .._arrays import Floats, Integers
    from .rowwise import DataSets

_MOST = 5000


def shapiro_wilk(data: DataSets) -> Figures:
    """Test values for normality, 3 to 5,000 of them; R: ``shapiro.test``.

    Notes
    -----
    Royston (1995), algorithm AS R94; scipy's function, which agrees, takes one data set at a time.
    """
    n = data.y.shape[1]
    x = np.sort(data.y, axis=1)
    centred = x - x.mean(axis=1, keepdims=True)
    w = np.minimum((centred @ _royston_weights(n)) ** 2 / np.sum(centred**2, axis=1), 1.0)
    return Figures(statistic=w, p=_tail(w, n))


def _tail(w: Floats, n: int) -> Floats:
    if n == 3:  # noqa: PLR2004 - exact
        return np.asarray(np.clip(6 / np.pi * (np.arcsin(np.sqrt(w)) - np.arcsin(np.sqrt(0.75))), 0, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.log1p(-w)
        if n <= 11:  # noqa: PLR2004
            bound = -2.273 + 0.459 * n
            z = np.where(z >= bound, np.inf, -np.log(bound - z))
            centre = np.polyval([-6.714e-4, 0.025054, -0.39978, 0.544], n)
            spread = np.exp(np.polyval([-0.0020322, 0.062767, -0.77857, 1.3822], n))
        else:
            log_n = np.log(n)
            centre = np.polyval([0.0038915, -0.083751, -0.31082, -1.5861], log_n)
            spread = np.exp(np.polyval([0.0030302, -0.082676, -0.4803], log_n))
        return np.asarray(stats.norm.sf((z - centre) / spread))


def _royston_weights(n: int) -> Floats:
    m = special.ndtri((np.arange(1, n + 1) - 0.375) / (n + 0.25))
    squares = float(m @ m)
    if n == 3:  # noqa: PLR2004
        return np.asarray([-np.sqrt(0.5), 0.0, np.sqrt(0.5)])
    u = 1 / np.sqrt(n)
    last = np.polyval([-2.706056, 4.434685, -2.07119, -0.147981, 0.221157, 0.0], u) + m[-1] / np.sqrt(squares)
    if n <= 5:  # noqa: PLR2004
        phi = (squares - 2 * m[-1] ** 2) / (1 - 2 * last**2)
        a = m / np.sqrt(phi)
    else:
        second = np.polyval([-3.582633, 5.682633, -1.752461, -0.293762, 0.042981, 0.0], u)
        second += m[-2] / np.sqrt(squares)
        phi = (squares - 2 * m[-1] ** 2 - 2 * m[-2] ** 2) / (1 - 2 * last**2 - 2 * second**2)
        a = m / np.sqrt(phi)
        a[1], a[-2] = -second, second
    a[0], a[-1] = -last, last
    return np.asarray(a)


def _impossible(counts: Integers) -> str | None:
    total = int(counts.sum())
    if total < 3:  # noqa: PLR2004
        return "needs three programs that passed"
    if total > _MOST:
        return f"p values are known up to {_MOST:,} programs only; at such numbers look at the residual plot"
    return None


def _degenerate(data: DataSets, rounding: float) -> str | None:
    y = data.y[0]
    return "the model leaves no residuals" if float(np.sum((y - y.mean()) ** 2)) <= rounding else None


SHAPIRO_WILK = StatisticalTest(
    name="shapiro",
    title="Shapiro-Wilk",
    asks="normal residuals",
    role="assumptions",
    key="shapiro",
    of_values=shapiro_wilk,
    of_residuals=True,
    impossible=_impossible,
    degenerate=_degenerate,
)
