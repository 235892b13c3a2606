"""Power of the ANOVA-type statistic, in which every treatment has a spread of its own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import special, stats

if TYPE_CHECKING:
    from .._arrays import Floats

_POINTS: Final = 64
_PLAIN: Final = 1e6
"""Times the treatments' variances from which on means are so far apart that nobody misses it."""


def box_power(means: Floats, variance: Floats, df_den: float, *, alpha: float) -> float:
    """Power of the ANOVA-type statistic of all treatments (Brunner, Dette and Munk 1997, JASA 92: 1494).

    NaN where ``df_den`` is below 1: there is no test then, and the quantiles of such a chi-square are hardly numbers.

    Parameters
    ----------
    means : of the treatments, shape (k,).
    variance : of each treatment's mean, shape (k,).
    df_den : degrees of freedom of the estimated variances together.

    Notes
    -----
    The numerator is a quadratic form in normal means; its distribution is matched in four cumulants by a noncentral
    chi-square (Liu, Tang and Zhang 2009, Comput. Stat. Data Anal. 53: 853). The denominator is a chi-square with
    ``df_den`` degrees of freedom over these, taken at its quantiles.

    Examples
    --------
    >>> round(box_power(np.array([0.5, -0.5]), np.array([0.04, 0.09]), 30.0, alpha=0.05), 3)
    0.765
    """
    if df_den < 1:
        return math.nan
    k = len(means)
    centred = means - means.mean()
    if float(centred @ centred) >= _PLAIN * float(variance.sum()):
        return 1.0
    spread = (np.eye(k) - 1 / k) * variance
    powers = [spread]
    for _ in range(3):
        powers.append(powers[-1] @ spread)
    traces = [float(np.trace(power)) for power in powers]
    apart = [float(centred @ centred)]
    apart += [float(centred @ power @ centred) for power in powers[:3]]
    c = [trace + (i + 1) * far for i, (trace, far) in enumerate(zip(traces, apart, strict=True))]
    df = traces[0] ** 2 / traces[1]
    critical = traces[0] * float(special.fdtri(df, df_den, 1 - alpha))
    quantiles = stats.chi2.ppf((np.arange(_POINTS) + 0.5) / _POINTS, df_den) / df_den
    return float(np.mean(_beyond(critical * quantiles, c)))


def _beyond(at: Floats, c: list[float]) -> Floats:
    """Return the chance that a quadratic form with these cumulants (over 2^(i-1) (i-1)!) exceeds each value."""
    skewed, tailed = c[2] / c[1] ** 1.5, c[3] / c[1] ** 2
    if skewed**2 > tailed:
        a = 1 / (skewed - math.sqrt(skewed**2 - tailed))
        shift = max(skewed * a**3 - a**2, 0.0)
        df = a**2 - 2 * shift
    else:
        a, shift = 1 / skewed, 0.0
        df = 1 / skewed**2
    standard = (at - c[0]) / math.sqrt(2 * c[1])
    return np.asarray(stats.ncx2.sf(np.maximum(standard * math.sqrt(2) * a + df + shift, 0.0), df, shift))
