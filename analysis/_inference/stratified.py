"""Pass rates over strata (tasks, other factors): the exact conditional test of two arms, and CMH for several."""

from __future__ import annotations

import dataclasses
import math
import sys
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import optimize, special, stats

from .._models.pseudo_inverse import pseudo_inverse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._arrays import Floats, Integers

_SAME: Final = 1 + 1e-7
_MOST: Final = 100_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stratified:
    """Two arms over strata, all margins fixed: how likely each total of passes of the first arm is, and the one seen.

    Attributes
    ----------
    log_chances : of the totals, from the lowest on, where the arms have the same odds; -inf of what is too unlikely
        for a number beside the likeliest.
    at : place of the total that was seen.
    counts, log_weights : of every stratum that varies its counts of passes of the first arm, from 0 on for the lowest,
        and how likely they are beside each other; one stratum after the other, from ``starts`` on.
    """

    log_chances: Floats
    at: int
    counts: Integers
    log_weights: Floats
    starts: Integers

    @property
    def p(self) -> float:
        """The sum of the chances of all totals that are no likelier than the one seen; never 0."""
        chances = np.exp(self.log_chances)
        p = float(chances[chances <= chances[self.at] * _SAME].sum())
        return min(1.0, max(p, sys.float_info.min))

    @property
    def odds_ratio(self) -> float | None:
        """The common odds ratio (conditional maximum likelihood); 0 or None (infinite) at the ends."""
        if self.at == 0:
            return 0.0
        if self.at == len(self.log_chances) - 1:
            return None
        size = np.diff(self.starts, append=len(self.counts))

        def miss(log_odds: float) -> float:
            # Strata are independent, their margins given: their means add up, however unlikely the total is.
            tilted = self.log_weights + self.counts * log_odds
            weights = np.exp(tilted - np.repeat(np.maximum.reduceat(tilted, self.starts), size))
            passed = np.add.reduceat(weights * self.counts, self.starts)
            return float((passed / np.add.reduceat(weights, self.starts)).sum()) - self.at

        return math.exp(optimize.brentq(miss, -60.0, 60.0, xtol=1e-13, rtol=1e-14))


def exact_conditional(tables: Sequence[tuple[int, int, int, int]]) -> Stratified | None:
    """Test that two arms have the same odds of passing in every stratum, all margins fixed.

    Parameters
    ----------
    tables : for each stratum (passed, programs) of the first arm and of the second: (x, n, y, m).

    Returns
    -------
    The test and the odds ratio of R's ``mantelhaen.test(exact = TRUE)``. None where nothing can vary: no stratum has
    both arms and both outcomes.
    """
    log_weights, at = np.zeros(1), 0
    parts: list[Floats] = []
    for x, n, y, m in tables:
        total = x + y
        low, high = max(0, total - m), min(n, total)
        if low == high:
            continue
        counts = np.arange(low, high + 1)
        part = _log_choose(n, counts) + _log_choose(m, total - counts)
        parts.append(part - part.max())
        log_weights = _convolved(log_weights, parts[-1])
        at += x - low
        if len(log_weights) > _MOST:
            return None
    if len(log_weights) < 2:  # noqa: PLR2004 - one total only
        return None
    sizes = [len(part) for part in parts]
    return Stratified(
        log_chances=log_weights - special.logsumexp(log_weights),
        at=at,
        counts=np.concatenate([np.arange(size) for size in sizes]),
        log_weights=np.concatenate(parts),
        starts=np.cumsum([0, *sizes[:-1]]),
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """Passes and programs of two arms as if those of both were spread alike over strata; they may be no whole numbers.

    ``programs`` are so many as would know one rate as well as the strata's together.
    """

    passed: tuple[float, float]
    programs: tuple[float, float]

    @property
    def difference(self) -> float:
        """Rate of the first arm minus that of the second."""
        return self.passed[0] / self.programs[0] - self.passed[1] / self.programs[1]


def matched(tables: Sequence[tuple[int, int, int, int]]) -> Matched | None:
    """Compare two arms' rates within strata, which weigh as by Mantel and Haenszel.

    Parameters
    ----------
    tables : as those of ``exact_conditional``; both arms have programs in each.

    Returns
    -------
    The counts of all strata together where programs are spread alike over them. None without any.

    Examples
    --------
    >>> matched([(3, 4, 2, 4), (1, 2, 1, 2)])
    Matched(passed=(4.0, 3.0), programs=(6.0, 6.0))
    >>> round(matched([(24, 40, 7, 8), (2, 8, 18, 40)]).difference, 4)
    -0.2375
    """
    if not tables:
        return None
    x, n, y, m = np.asarray(tables, dtype=float).T
    if (n * m.sum() == m * n.sum()).all():
        return Matched(passed=(float(x.sum()), float(y.sum())), programs=(float(n.sum()), float(m.sum())))
    weights = n * m / (n + m)
    (one, of_one), (two, of_two) = (_of_arm(*arm, weights / weights.sum()) for arm in ((x, n), (y, m)))
    return Matched(passed=(one, two), programs=(of_one, of_two))


def _of_arm(passed: Floats, programs: Floats, weights: Floats) -> tuple[float, float]:
    """Return passes and programs that give the weighted rate, with its variance where strata have the same rate."""
    rate, size = float(weights @ (passed / programs)), 1 / float(weights @ (weights / programs))
    return min(rate, 1.0) * size, size


def _log_choose(n: int, k: np.ndarray[tuple[int], np.dtype[np.int_]]) -> Floats:
    return np.asarray(special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1))


def _convolved(a: Floats, b: Floats) -> Floats:
    """Return the logs of the weights of the sum of two counts."""
    # One weight underflows only where it is 1e-300 of the largest: it adds nothing to a sum of chances.
    product = np.convolve(np.exp(a - a.max()), np.exp(b - b.max()))
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(product))


def cmh(strata: Sequence[tuple[Sequence[int], Sequence[int]]]) -> tuple[float, int, float] | None:
    """Return the generalised Cochran-Mantel-Haenszel statistic of several arms, its degrees of freedom, and p.

    Each stratum is (passed, programs) by arm. Landis, Heyman & Koch (1978); R: ``mantelhaen.test`` without
    continuity correction. None where no stratum has both outcomes in two arms.
    """
    arms = len(strata[0][0])
    surplus, spread = np.zeros(arms), np.zeros((arms, arms))
    for passed, programs in strata:
        x, n = np.asarray(passed, dtype=float), np.asarray(programs, dtype=float)
        total, good = n.sum(), x.sum()
        if total < 2 or good in {0.0, total}:  # noqa: PLR2004
            continue
        surplus += x - n * good / total
        spread += good * (total - good) / (total**2 * (total - 1)) * (total * np.diag(n) - np.outer(n, n))
    inverse, df = pseudo_inverse(spread)
    if df == 0:
        return None
    statistic = float(surplus @ inverse @ surplus)
    return statistic, df, float(stats.chi2.sf(statistic, df))
