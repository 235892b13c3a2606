"""The studentised range: tails and critical values of Tukey's and of Games and Howell's intervals."""

from __future__ import annotations

import functools
import math
import sys
import warnings
from typing import TYPE_CHECKING

import numpy as np
from scipy import interpolate, optimize, stats

if TYPE_CHECKING:
    from .._arrays import Floats

_DIRECT = 40
_NODES = 48
_COARSE = 6


def range_tail(q: Floats, levels: int, df: float) -> Floats:
    """Return P(Q > q) of the studentised range, shape of ``q``.

    Many values are interpolated from a Chebyshev grid (relative error below 1e-6), as each one is a double integral.
    """
    if q.size <= _DIRECT:
        return np.asarray([_tail(value, levels, df) for value in q.tolist()])
    top = float(q.max())
    nodes = top / 2 * (1 - np.cos(np.pi * (np.arange(_NODES) + 0.5) / _NODES))
    tail = np.asarray([_tail(value, levels, df) for value in nodes.tolist()])
    smooth = interpolate.BarycentricInterpolator(nodes, np.log(np.maximum(tail, 1e-300)))
    return np.asarray(np.clip(np.exp(np.asarray(smooth(q))), 0.0, 1.0))


@functools.lru_cache(maxsize=4096)
def _tail(q: float, levels: int, df: float) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the integrator's doubts; the caller tells what is not finite
        return float(stats.studentized_range.sf(q, levels, df))


@functools.lru_cache(maxsize=4096)
def range_quantile(alpha: float, levels: int, df: float) -> float:
    """Return the value that the studentised range exceeds with probability alpha.

    Two levels are Student's t; more lie between that and Bonferroni's bound, where few steps suffice (scipy's own
    quantile takes three times as many of these costly tails).
    """
    low = math.sqrt(2) * float(stats.t.isf(alpha / 2, df))
    if levels == 2:  # noqa: PLR2004 - one difference
        return low
    high = math.sqrt(2) * float(stats.t.isf(alpha / (levels * (levels - 1)), df))

    def gap(q: float) -> float:
        return math.log(max(_tail(q, levels, df), sys.float_info.min) / alpha)

    if not gap(low) > 0 > gap(high):
        # The integral has no digits left so far out (alpha near 1e-6): Bonferroni's bound is a hair wider.
        return high
    return float(optimize.brentq(gap, low, high * (1 + 1e-9), xtol=1e-10))


def critical_values(alpha: float, levels: int, df: Floats) -> Floats:
    """Return critical values for many df, interpolated (to about 0.1 %) from a few: for simulations."""
    if levels == 2:  # noqa: PLR2004 - one difference
        return np.asarray(math.sqrt(2) * stats.t.isf(alpha / 2, df))
    low, high = float(df.min()), float(df.max())
    nodes = np.unique(np.geomspace(max(low, 0.5), max(high, low * 1.01), _COARSE))
    values = np.log([range_quantile(alpha, levels, round(node, 3)) for node in nodes.tolist()])
    # In 1/df the logarithm of the critical value is nearly straight.
    curve = interpolate.PchipInterpolator(1 / nodes[::-1], values[::-1], extrapolate=True)
    return np.asarray(np.exp(np.asarray(curve(1 / df))))
