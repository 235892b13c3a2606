"""All pairs of levels: Tukey (equal variances) and Games-Howell (unequal ones)."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import TYPE_CHECKING

import numpy as np

from .._models.marginal_means import factors_compared, of_factor
from .result import Size, doubt, trusted
from .satterthwaite import family_size, satterthwaite
from .studentized_range import range_quantile, range_tail

if TYPE_CHECKING:
    from .._arrays import Floats
    from .._models.anova import Fitted
    from .._models.marginal_means import Estimates
    from .._models.sample import Sample

MAX_LEVELS = 60
"""Beyond this many levels a family of pairs is left out: nobody reads 2,000 intervals."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """``difference`` is level a minus level b of the equal-weight marginal means; the interval is simultaneous.

    ``method`` is ``"tukey"`` (exact where levels have equal numbers, never too often wrong elsewhere) or
    ``"games-howell"`` (approximate: ``size`` is what its family does at this design by simulation, and ``trusted`` is
    False where that is off, so that the pair supports no conclusion).
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
    trusted: bool | None = None
    size: Size | None = None
    note: str | None = None


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
    estimates: dict[tuple[int, int], tuple[float, float | None]] = {}
    for a, b in known:
        weights = means.weights[a] - means.weights[b]
        estimates[a, b] = means.estimate(weights), means.se(weights)
    spread = [se is not None and se > 0 for _, se in estimates.values()]
    tails: Floats = np.full(len(known), np.nan)
    critical = math.nan
    if known and all(spread):
        q = np.asarray([abs(d) / se * math.sqrt(2) for d, se in estimates.values() if se])
        tails, critical = range_tail(q, size, df), range_quantile(alpha, size, df)
    position = {pair: i for i, pair in enumerate(known)}
    family = []
    for a, b in pairs:
        names = means.levels[a], means.levels[b]
        if (a, b) not in estimates:
            family.append(_empty("tukey", factor, names, "needs a treatment in which no program passed"))
            continue
        difference, se = estimates[a, b]
        tail = float(tails[position[a, b]])
        family.append(_pair("tukey", factor, names, difference, se, df=df, critical=critical, tail=tail))
    return family


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
    *,
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
    pairs = []
    compared = []
    for a, b in itertools.combinations(levels, 2):
        weights = np.zeros(len(sample.treatments))
        for level, sign in ((a, 1.0), (b, -1.0)):
            inside = [i for i, t in enumerate(sample.treatments) if t.levels[factor] == level]
            weights[inside] = sign / len(inside)
        pair = _howell(sample, factor, (a, b), weights, levels=len(levels), alpha=alpha)
        pairs.append(pair)
        if pair.p_adjusted is not None:
            compared.append(weights)
    if not compared:
        return pairs
    used = np.flatnonzero(np.any(np.stack(compared) != 0, axis=0))
    size = family_size(sample.counts[used], np.stack(compared)[:, used], levels=len(levels), alpha=alpha)
    believed = trusted(size.rate, alpha)
    note = None if believed else doubt(size.rate, alpha)
    return [
        pair if pair.p_adjusted is None else dataclasses.replace(pair, trusted=believed, size=size, note=note)
        for pair in pairs
    ]


def _howell(
    sample: Sample, factor: str, names: tuple[str, str], weights: Floats, *, levels: int, alpha: float
) -> Pair:
    used = weights != 0
    if (sample.counts[used] < 2).any():  # noqa: PLR2004 - no variance of one
        return _empty("games-howell", factor, names, "needs two programs that passed in every treatment")
    difference = float(weights[used] @ sample.means[used])
    se, df = satterthwaite(sample, weights)
    if se is None or df is None:
        return _empty("games-howell", factor, names, "programs of the same treatment do not differ at all")
    # One call per pair: every pair has its own df.
    tail = float(range_tail(np.asarray([abs(difference) / se * math.sqrt(2)]), levels, df)[0])
    critical = range_quantile(alpha, levels, df)
    return _pair("games-howell", factor, names, difference, se, df=df, critical=critical, tail=tail)
