"""The tests of the report on many data sets at once: one row per data set, programs of a treatment side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special, stats

from .studentized_range import critical_values, range_quantile

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._arrays import Floats, Integers


def moments(y: Floats, counts: Integers) -> tuple[Floats, Floats]:
    """Return means and sums of squared deviations by group, each (s, k), of data (s, n) in groups of these sizes."""
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    mean = np.add.reduceat(y, starts, axis=1) / counts
    squares = np.add.reduceat((y - np.repeat(mean, counts, axis=1)) ** 2, starts, axis=1)
    return mean, squares


def f_test(mean: Floats, squares: Floats, counts: Integers) -> Floats:
    """One-way analysis of variance: p values, shape (s,)."""
    total, k = int(counts.sum()), counts.size
    centre = mean @ counts / total
    between = (mean - centre[:, None]) ** 2 @ counts
    f = between / (k - 1) / (squares.sum(axis=1) / (total - k))
    return np.asarray(special.fdtrc(k - 1, total - k, f))


def contrast_test(mean: Floats, squares: Floats, counts: Integers, weights: Floats) -> Floats:
    """Student's t of a contrast with the pooled variance, two-sided: p values, shape (s,)."""
    df = int(counts.sum()) - counts.size
    variance = squares.sum(axis=1) / df * float(np.sum(weights**2 / counts))
    return np.asarray(special.fdtrc(1, df, (mean @ weights) ** 2 / variance))


def space_test(mean: Floats, squares: Floats, counts: Integers, basis: Floats) -> Floats:
    """F test of a term of a balanced design: orthonormal columns of contrasts, (k, df), that span it."""
    df, df_num = int(counts.sum()) - counts.size, basis.shape[1]
    explained = np.sum((mean @ basis) ** 2, axis=1) * counts[0]
    return np.asarray(special.fdtrc(df_num, df, explained / df_num / (squares.sum(axis=1) / df)))


def welch_test(mean: Floats, squares: Floats, counts: Integers) -> Floats:
    """Compare means with Welch's test (1951): p values, shape (s,); every group needs two values."""
    k = counts.size
    weight = counts / (squares / (counts - 1))
    total = weight.sum(axis=1, keepdims=True)
    centre = np.sum(weight * mean, axis=1, keepdims=True) / total
    lack = np.sum((1 - weight / total) ** 2 / (counts - 1), axis=1)
    between = np.sum(weight * (mean - centre) ** 2, axis=1) / (k - 1)
    f = between / (1 + 2 * (k - 2) * lack / (k * k - 1))
    return np.asarray(special.fdtrc(k - 1, (k * k - 1) / (3 * lack), f))


def kruskal_test(ranks: Floats, counts: Integers) -> Floats:
    """Kruskal-Wallis from the ranks of each data set, (s, n), ties at their mean rank: p values, shape (s,)."""
    total, k = int(counts.sum()), counts.size
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    sums = np.add.reduceat(ranks, starts, axis=1)
    centre = (total + 1) / 2
    between = (sums / counts - centre) ** 2 @ counts
    # The variance of the ranks themselves is what the correction for ties amounts to.
    h = between * (total - 1) / np.sum((ranks - centre) ** 2, axis=1)
    return np.asarray(special.chdtrc(k - 1, h))


def ranked(y: Floats) -> Floats:
    """Return the ranks of each row of data without ties, (s, n)."""
    order = np.argsort(y, axis=1)
    ranks = np.empty(y.shape)
    np.put_along_axis(ranks, order, np.arange(1.0, y.shape[1] + 1)[None, :], axis=1)
    return ranks


def brown_forsythe_test(y: Floats, counts: Integers) -> Floats:
    """F test on distances from the medians: p values, shape (s,); NaN where the distances do not vary."""
    distance = np.abs(y - np.repeat(_medians(y, counts), counts, axis=1))
    mean, squares = moments(distance, counts)
    within = squares.sum(axis=1)
    squares[within <= np.finfo(float).eps * np.sum(distance**2, axis=1)] = np.nan
    return f_test(mean, squares, counts)


def _medians(y: Floats, counts: Integers) -> Floats:
    """Return medians by group, (s, k), the groups of one size together."""
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    out = np.empty((y.shape[0], counts.size))
    for size in np.unique(counts):
        of_size = np.flatnonzero(counts == size)
        columns = starts[of_size][:, None] + np.arange(size)
        out[:, of_size] = np.median(y[:, columns], axis=2)
    return out


def residuals(y: Floats, counts: Integers) -> Floats:
    """Return what is left of the data when each group's mean is taken out, (s, n)."""
    return np.asarray(y - np.repeat(moments(y, counts)[0], counts, axis=1))


def shapiro_test(values: Floats) -> Floats:
    """Shapiro-Wilk for every row of (s, n), 3 <= n <= 5000: p values, shape (s,).

    Notes
    -----
    Royston (1995), algorithm AS R94; scipy's function, which agrees, takes one data set at a time.
    """
    n = values.shape[1]
    x = np.sort(values, axis=1)
    centred = x - x.mean(axis=1, keepdims=True)
    w = np.minimum((centred @ _royston_weights(n)) ** 2 / np.sum(centred**2, axis=1), 1.0)
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


def tukey_rejects(mean: Floats, squares: Floats, counts: Integers, *, alpha: float) -> npt.NDArray[np.bool_]:
    """Whether any pair of groups differs by Tukey-Kramer, shape (s,)."""
    df, k = int(counts.sum()) - counts.size, counts.size
    a, b = np.triu_indices(k, 1)
    t = np.abs(mean[:, a] - mean[:, b]) / np.sqrt(1 / counts[a] + 1 / counts[b])
    largest = t.max(axis=1) / np.sqrt(squares.sum(axis=1) / df)
    return np.asarray(largest * np.sqrt(2) >= range_quantile(alpha, k, float(df)))


def games_howell_rejects(
    mean: Floats, squares: Floats, counts: Integers, *, alpha: float
) -> npt.NDArray[np.bool_]:
    """Whether any pair of groups differs by Games-Howell, shape (s,); every group needs two values.

    Critical values of the studentised range are interpolated over degrees of freedom, to about 0.1 %.
    """
    a, b = np.triu_indices(counts.size, 1)
    part = squares / (counts - 1) / counts
    variance = part[:, a] + part[:, b]
    df = variance**2 / (part[:, a] ** 2 / (counts[a] - 1) + part[:, b] ** 2 / (counts[b] - 1))
    q = np.abs(mean[:, a] - mean[:, b]) * np.sqrt(2 / variance)
    return np.asarray((q >= critical_values(alpha, counts.size, df)).any(axis=1))
