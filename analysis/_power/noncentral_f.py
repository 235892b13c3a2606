"""Power of F tests from their noncentrality, and the replicates that a power asks for: plain numbers in and out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

MOST_REPLICATES = 10_000_000
"""Nobody makes more programs of one treatment; a design that needs more is reported as out of reach."""

_FAR = 1e5


def f_power(ncp: npt.ArrayLike, df_num: npt.ArrayLike, df_den: npt.ArrayLike, *, alpha: float) -> Floats:
    """Power of an F test; a two-sided t test is the F test with ``df_num`` 1.

    Parameters
    ----------
    ncp : noncentrality, at least 0; broadcast with the degrees of freedom.
    df_num, df_den : degrees of freedom, positive; where ``df_den`` is below 1 there is no test and the power is NaN.
    alpha : type I error rate, between 0 and 1.

    Returns
    -------
    Probabilities in the broadcast shape, never below ``alpha`` where there is a test.

    Notes
    -----
    The upper tail of the noncentral F, ``ncp = sum n_i (mu_i - mu)^2 / sigma^2`` (Scheffe 1959, ch. 2). The
    noncentral t of scipy is not used: its far tail is NaN in places. Beyond a noncentrality of 1e5, where the series
    takes long, the chi-square's normal limit takes over: there the power is 1 for any test that anyone would plan.
    """
    lam, num, den = np.broadcast_arrays(
        np.asarray(ncp, dtype=np.float64),
        np.asarray(df_num, dtype=np.float64),
        np.asarray(df_den, dtype=np.float64),
    )
    power = np.full(lam.shape, np.nan)
    able = (den >= 1) & (num >= 1)
    if not able.any():
        return power
    lam, num, den = lam[able], num[able], den[able]
    critical = stats.f.isf(alpha, num, den)
    near = np.minimum(lam, _FAR)
    tail = np.asarray(stats.ncf.sf(critical, num, den, near))
    # Zero noncentrality, rounding: the power of an unbiased test is never below its level.
    tail = np.clip(np.where(np.isfinite(tail), tail, _normal_tail(near, num, den, critical)), alpha, 1.0)
    power[able] = np.where(lam > _FAR, np.maximum(tail, _normal_tail(lam, num, den, critical)), tail)
    return power


def _normal_tail(lam: Floats, num: Floats, den: Floats, critical: Floats) -> Floats:
    """Approximate the tail by cube roots (Severo & Zelen 1960, Biometrika 47), good far out."""
    a = 1 + lam / num
    spread = (num + 2 * lam) / (num + lam)
    ratio = np.cbrt(critical / a)
    first, second = 2 / (9 * den), 2 * spread / (9 * num * a)
    z = (ratio * (1 - first) - (1 - second)) / np.sqrt(second + ratio**2 * first)
    return np.asarray(stats.norm.sf(z))


def required(power_at: Callable[[int], float], *, target: float, least: int = 2) -> int | None:
    """Return the smallest number of replicates whose power reaches the target; None if it is out of reach.

    ``power_at`` must not fall as replicates are added; NaN counts as no power.
    """
    if _reaches(power_at(least), target):
        return least
    low, high = least, least * 2
    while not _reaches(power_at(high), target):
        if high >= MOST_REPLICATES:
            return None
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        if _reaches(power_at(middle), target):
            high = middle
        else:
            low = middle
    return high


def _reaches(power: float, target: float) -> bool:
    return not math.isnan(power) and power >= target
