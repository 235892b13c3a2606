"""The studentised range: tails and critical values of Tukey's and of Games and Howell's intervals."""

from __future__ import annotations

import functools
import math
import sys
from typing import TYPE_CHECKING

import numpy as np
from scipy import interpolate, optimize, special

from .._models.students_t import critical_t

if TYPE_CHECKING:
    from .._arrays import Floats

_COARSE = 6
_WIDEST = 50.0
"""Standard deviations; the range of so few normal values exceeds it with probability below 1e-250."""
_RANGE_STEP, _NORMAL_STEP, _SCALE_STEP = 0.02, 0.1, 0.04
_SMALLEST = 40.0
"""Natural logarithms by which the left tail of the scale's density is followed down."""
_LARGEST_DF = 1e9


def range_tail(q: Floats, levels: int, df: float) -> Floats:
    """Return P(Q > q) of the studentised range, shape of ``q``; relative error below 1e-8.

    R's ptukey promises less: it agrees to about four digits far out.
    The tail of the range of normal values is averaged over the scale s, ``df`` s^2 being chi-square with ``df``
    degrees of freedom. In ln(s) the density is smooth and falls off fast on both sides, where the trapezoidal rule
    gains digits with every point (Trefethen & Weideman 2014).
    """
    log_scale, weight = _scale(min(df, _LARGEST_DF))
    wide = np.maximum(q, 0.0)[..., None] * np.exp(log_scale)
    tail = np.exp(_normal_range(levels)(np.minimum(wide, _WIDEST)))
    return np.asarray(np.clip(np.where(wide < _WIDEST, tail, 0.0) @ weight, 0.0, 1.0))


@functools.lru_cache(maxsize=256)
def _normal_range(levels: int) -> interpolate.CubicSpline:
    """Return ln P(range > w) of ``levels`` standard normal values, for w from 0 to _WIDEST.

    The largest value is z, all others lie below it, and one lies below z - w: n phi(z) (Phi(z)^(n-1) -
    (Phi(z) - Phi(z - w))^(n-1)), integrated over z. Written so that no digits cancel far out.
    """
    w = np.arange(0.0, _WIDEST + _RANGE_STEP / 2, _RANGE_STEP)
    z = np.arange(-9.0, _WIDEST / 2 + 9.0, _NORMAL_STEP)
    # Every z - w is on the finer of the two grids, so each needs the tail once.
    steps = round(_NORMAL_STEP / _RANGE_STEP)
    finest = special.log_ndtr(z[0] - w[-1] + _RANGE_STEP * np.arange(w.size + steps * (z.size - 1)))
    reached = w.size - 1 + steps * np.arange(z.size)
    below = special.log_ndtr(z)
    largest = -(z**2) / 2 - math.log(math.sqrt(2 * math.pi)) + (levels - 1) * below
    tail = np.empty_like(w)
    for part in np.array_split(np.arange(w.size), 20):
        share = np.exp(np.minimum(finest[reached - part[:, None]] - below, 0.0))
        with np.errstate(divide="ignore"):
            some = -np.expm1((levels - 1) * np.log1p(-share))
        tail[part] = levels * _NORMAL_STEP * (some @ np.exp(largest))
    return interpolate.CubicSpline(w, np.log(np.minimum(tail, 1.0)))


@functools.lru_cache(maxsize=256)
def _scale(df: float) -> tuple[Floats, Floats]:
    """Return points in ln(s) and their weights, which sum to 1."""
    width = 1 / math.sqrt(2 * df)
    low, high = -(10 * width + _SMALLEST / df), math.log1p(10 * width)
    count = math.ceil((high - low) / min(_SCALE_STEP, 0.15 * width))
    u = np.linspace(low, high, count + 1)
    density = np.exp(df * (u - np.expm1(2 * u) / 2))
    return u, np.asarray(density / density.sum())


@functools.lru_cache(maxsize=4096)
def range_quantile(alpha: float, levels: int, df: float) -> float:
    """Return the value that the studentised range exceeds with probability alpha.

    Two levels are Student's t; more lie between that and Bonferroni's bound, where few steps suffice.
    """
    low = math.sqrt(2) * critical_t(alpha, df)
    if levels == 2:  # noqa: PLR2004 - one difference
        return low
    high = math.sqrt(2) * critical_t(2 * alpha / (levels * (levels - 1)), df)

    def gap(q: float) -> float:
        return math.log(max(float(range_tail(np.asarray(q), levels, df)), sys.float_info.min) / alpha)

    if not gap(low) > 0 > gap(high):
        # Bonferroni's bound is a hair wider where alpha is so small that no digits are left between the two.
        return high
    return float(optimize.brentq(gap, low, high * (1 + 1e-9), xtol=1e-10))


def critical_values(alpha: float, levels: int, df: Floats) -> Floats:
    """Return critical values for many df, interpolated (to about 0.1 %) from a few: for simulations."""
    if levels == 2:  # noqa: PLR2004 - one difference
        return np.asarray(-math.sqrt(2) * special.stdtrit(df, alpha / 2))
    low, high = float(df.min()), float(df.max())
    nodes = np.unique(np.geomspace(max(low, 0.5), max(high, low * 1.01), _COARSE))
    values = np.log([range_quantile(alpha, levels, round(node, 3)) for node in nodes.tolist()])
    # In 1/df the logarithm of the critical value is nearly straight.
    curve = interpolate.PchipInterpolator(1 / nodes[::-1], values[::-1], extrapolate=True)
    return np.asarray(np.exp(np.asarray(curve(1 / df))))
