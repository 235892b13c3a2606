"""All pairs of levels: Tukey (equal variances) and Games-Howell (unequal ones)."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
import warnings
from typing import TYPE_CHECKING

import numpy as np
from scipy import interpolate, optimize, stats

from analysis._means import factors_compared, of_factor

if TYPE_CHECKING:
    from analysis._anova import Fitted
    from analysis._design import Floats, Sample
    from analysis._means import Estimates

MAX_LEVELS = 60
"""Beyond this many levels a family of pairs is left out: nobody reads 2,000 intervals."""

_DIRECT = 40
_NODES = 48


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """``difference`` is level a minus level b of the equal-weight marginal means; the interval is simultaneous.

    ``method`` is ``"tukey"`` or ``"games-howell"``.
    """

    method: str
    factor: str
    a: str
    b: str
    difference: float | None
    se: float | None
    df: float | None
    ci_low: float | None
    ci_high: float | None
    p_adjusted: float | None
    note: str | None = None


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
    return np.clip(np.exp(np.asarray(smooth(q))), 0.0, 1.0)


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
    return float(optimize.brentq(lambda q: math.log(_tail(q, levels, df) / alpha), low, high * (1 + 1e-9), xtol=1e-10))


def tukey(fitted: Fitted | None, *, alpha: float) -> tuple[Pair, ...]:
    """Compare all levels of each factor of the model (Tukey-Kramer on equal-weight marginal means).

    One family per factor: the intervals of a factor hold together with probability 1 - alpha.
    """
    if fitted is None:
        return ()
    return tuple(
        pair
        for factor in factors_compared(fitted)
        if len(fitted.levels[factor]) <= MAX_LEVELS
        for pair in _tukey_family(factor, of_factor(fitted, factor), alpha)
    )


def _tukey_family(factor: str, means: Estimates, alpha: float) -> list[Pair]:
    pairs = list(itertools.combinations(range(len(means.levels)), 2))
    known = [(a, b) for a, b in pairs if means.estimable[a] and means.estimable[b]]
    size, df = sum(means.estimable), means.fit.df
    found: dict[tuple[int, int], tuple[float, float | None]] = {}
    for a, b in known:
        weights = means.weights[a] - means.weights[b]
        found[a, b] = means.estimate(weights), means.se(weights)
    spread = [se is not None and se > 0 for _, se in found.values()]
    tails: Floats = np.full(len(known), np.nan)
    critical = math.nan
    if known and all(spread):
        q = np.asarray([abs(d) / se * math.sqrt(2) for d, se in found.values() if se])
        tails, critical = range_tail(q, size, df), range_quantile(alpha, size, df)
    position = {pair: i for i, pair in enumerate(known)}
    made = []
    for a, b in pairs:
        names = means.levels[a], means.levels[b]
        if (a, b) not in found:
            made.append(_empty("tukey", factor, names, "needs a treatment in which no program passed"))
            continue
        difference, se = found[a, b]
        tail = float(tails[position[a, b]])
        made.append(_pair("tukey", factor, names, difference, se, float(df), critical, tail))
    return made


def _empty(method: str, factor: str, names: tuple[str, str], note: str) -> Pair:
    return Pair(
        method=method,
        factor=factor,
        a=names[0],
        b=names[1],
        difference=None,
        se=None,
        df=None,
        ci_low=None,
        ci_high=None,
        p_adjusted=None,
        note=note,
    )


def _pair(
    method: str,
    factor: str,
    names: tuple[str, str],
    difference: float,
    se: float | None,
    df: float,
    critical: float,
    tail: float,
) -> Pair:
    known = se is not None and math.isfinite(critical) and math.isfinite(tail)
    half = critical * se / math.sqrt(2) if known and se is not None else math.nan
    return Pair(
        method=method,
        factor=factor,
        a=names[0],
        b=names[1],
        difference=difference,
        se=se,
        df=df,
        ci_low=difference - half if known else None,
        ci_high=difference + half if known else None,
        p_adjusted=min(1.0, max(0.0, tail)) if known else None,
        note=None if known else "the spread between programs is unknown",
    )


def games_howell(sample: Sample, fitted: Fitted | None, *, alpha: float) -> tuple[Pair, ...]:
    """Compare all levels of each factor without assuming that treatments spread alike.

    Games and Howell's procedure, on means over treatments with equal weights: the variance of a difference is the
    sum of c_i^2 s_i^2 / n_i over treatments, its df Satterthwaite's. With one factor it is the classic procedure.
    """
    if fitted is None:
        return ()
    return tuple(
        pair
        for factor in factors_compared(fitted)
        if len(fitted.levels[factor]) <= MAX_LEVELS
        for pair in _howell_family(sample, factor, fitted.levels[factor], alpha)
    )


def _howell_family(sample: Sample, factor: str, levels: tuple[str, ...], alpha: float) -> list[Pair]:
    made = []
    for a, b in itertools.combinations(levels, 2):
        weights = np.zeros(len(sample.treatments))
        for level, sign in ((a, 1.0), (b, -1.0)):
            inside = [i for i, t in enumerate(sample.treatments) if t.levels[factor] == level]
            weights[inside] = sign / len(inside)
        used = weights != 0
        if (sample.counts[used] < 2).any():  # noqa: PLR2004 - no variance of one
            note = "needs two programs that passed in every treatment"
            made.append(_empty("games-howell", factor, (a, b), note))
            continue
        difference = float(weights[used] @ sample.means[used])
        se, df = satterthwaite(sample, weights)
        if se is None or df is None:
            note = "programs of the same treatment do not differ at all"
            made.append(_empty("games-howell", factor, (a, b), note))
            continue
        # One call per pair: every pair has its own df.
        tail = float(range_tail(np.asarray([abs(difference) / se * math.sqrt(2)]), len(levels), df)[0])
        critical = range_quantile(alpha, len(levels), df)
        made.append(_pair("games-howell", factor, (a, b), difference, se, df, critical, tail))
    return made


def satterthwaite(sample: Sample, weights: Floats) -> tuple[float | None, float | None]:
    """Return standard error and df of a weighted sum of treatment means, each with its own variance.

    None where a treatment that counts has fewer than two programs, or no treatment has any spread.
    """
    used = weights != 0
    count = sample.counts[used]
    if (count < 2).any():  # noqa: PLR2004
        return None, None
    parts = weights[used] ** 2 * sample.sds[used] ** 2 / count
    total = float(parts.sum())
    largest = float(np.abs(sample.y).max())
    if total <= (64 * np.finfo(float).eps * largest) ** 2:
        return None, None
    return math.sqrt(total), total**2 / float(np.sum(parts**2 / (count - 1)))
