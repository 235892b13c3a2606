"""Times of which some were stopped, without a model: the log-rank test by permutation, and the restricted mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import stats

from .pseudo_inverse import pseudo_inverse

if TYPE_CHECKING:
    from .._arrays import Flags, Floats, Integers

_DEALS: Final = 9_999
_MANY: Final = 5_000
"""Programs from which on a tenth of the deals is made."""
_SEED: Final = 20250302
_ENOUGH: Final = 100
"""Members of every group from which on no deals are made."""
_CHUNK: Final = 2_000_000


def log_rank(
    time: Floats, finished: Flags, group: Integers, stratum: Integers, groups: int
) -> tuple[float, float] | None:
    """Compare groups by the log-rank test, stratified.

    Returns
    -------
    The chi-square statistic (Mantel 1966; R: ``survdiff``), and how often groups dealt at random within each stratum
    differ at least as much: exact, but for the number of deals (9,999; of more than 5,000 programs 999). Where every
    group has 100 members or more the sums of dealt scores are as good as normal, and the chi-square distribution is
    taken. None where nothing can differ.
    """
    excess, spread = np.zeros(groups), np.zeros((groups, groups))
    scores = np.zeros(len(time))
    for s in np.unique(stratum):
        inside = stratum == s
        more, wider, scores[inside] = _of_stratum(time[inside], finished[inside], group[inside], groups)
        excess, spread = excess + more, spread + wider
    inverse, df = pseudo_inverse(spread)
    if df == 0:
        return None
    return float(excess @ inverse @ excess), _permuted(scores, group, stratum, groups)


def _of_stratum(time: Floats, finished: Flags, group: Integers, groups: int) -> tuple[Floats, Floats, Floats]:
    """Return observed minus expected by group, its covariance, and each one's score (finished minus hazard so far)."""
    order = np.argsort(time, kind="stable")
    rising, ended, member = time[order], finished[order], group[order]
    times, now = np.unique(rising[ended], return_counts=True)
    before = np.searchsorted(rising, times, side="left")
    n, d = len(time) - before.astype(np.float64), now.astype(np.float64)
    share = np.empty((groups, len(times)))
    for g in range(groups):
        gone = np.concatenate([[0], np.cumsum(member == g)])
        share[g] = (gone[-1] - gone[before]) / n
    excess = np.bincount(member[ended], minlength=groups) - share @ d
    weight = np.where(n > 1, d * (n - d) / np.maximum(n - 1, 1), 0.0)
    spread = np.diag(share @ weight) - (share * weight) @ share.T
    so_far = np.concatenate([[0.0], np.cumsum(d / n)])
    scores = np.empty(len(time))
    scores[order] = ended - so_far[np.searchsorted(times, rising, side="right")]
    return excess, spread, scores


def _at_risk(time: Floats, moments: Floats) -> Floats:
    """Return how many were not stopped or finished before each moment."""
    return np.asarray(len(time) - np.searchsorted(np.sort(time), moments, side="left"), dtype=np.float64)


def _permuted(scores: Floats, group: Integers, stratum: Integers, groups: int) -> float:
    """Return the share of deals whose group sums of scores are as far from zero, measured by their own covariance."""
    order = np.argsort(stratum, kind="stable")
    scores, member = scores[order], group[order]
    starts = np.unique(stratum[order], return_index=True)[1]
    ends = np.append(starts[1:], len(scores))
    spread = np.zeros((groups, groups))
    for start, end in zip(starts, ends, strict=True):
        n, of = end - start, np.bincount(member[start:end], minlength=groups)
        if n > 1:
            inside = scores[start:end] - scores[start:end].mean()
            spread += inside @ inside / (n - 1) * (np.diag(of) - np.outer(of, of) / n)
    root, df = pseudo_inverse(spread)
    rng = np.random.default_rng(_SEED)

    def far(sums: Floats) -> Floats:
        return np.asarray(np.sum((sums @ root) * sums, axis=1))

    sums = np.asarray(np.bincount(member, weights=scores, minlength=groups), dtype=np.float64)
    real = float(far(sums[None])[0])
    if int(np.bincount(member, minlength=groups).min()) >= _ENOUGH:
        return float(stats.chi2.sf(real, df))
    # Sums over groups with its members side by side: many groups make a product of matrices dear.
    beside = np.argsort(member, kind="stable")
    present, first = np.unique(member[beside], return_index=True)
    root = root[np.ix_(present, present)]
    deals = _DEALS if len(scores) <= _MANY else _DEALS // 10
    as_far, left, most = 0, deals, max(1, _CHUNK // max(len(scores), 1))
    while left > 0:
        size = min(most, left)
        dealt = np.tile(scores, (size, 1))
        for start, end in zip(starts, ends, strict=True):
            dealt[:, start:end] = rng.permuted(dealt[:, start:end], axis=1)
        dealt_sums = np.add.reduceat(dealt[:, beside], first, axis=1)
        as_far += int((far(dealt_sums) >= real * (1 - 1e-9) - 1e-12).sum())
        left -= size
    return (1 + as_far) / (1 + deals)


def curve(time: Floats, finished: Flags) -> tuple[Floats, Floats]:
    """Return the times at which something finished, rising, and the share not done after each (Kaplan and Meier).

    R: ``survfit``.
    """
    steps = np.unique(time[finished])
    n = _at_risk(time, steps)
    done = np.sort(time[finished])
    d = np.searchsorted(done, steps, side="right") - np.searchsorted(done, steps, side="left")
    return steps, np.asarray(np.cumprod(1 - d / n), dtype=np.float64)


def restricted_mean(time: Floats, finished: Flags, limit: float) -> tuple[float, float]:
    """Return the mean time up to ``limit`` (the area under Kaplan and Meier's curve) and its standard error.

    Greenwood's variance; R: ``summary(survfit(...), rmean = limit)``.
    """
    steps, left = curve(time, finished)
    steps, left = steps[steps <= limit], left[steps <= limit]
    n = _at_risk(time, steps)
    done = np.sort(time[finished])
    d = np.searchsorted(done, steps, side="right") - np.searchsorted(done, steps, side="left")
    hazards = np.where(n > d, d / (n * np.maximum(n - d, 1)), 0.0)
    edges = np.concatenate([[0.0], steps, [limit]])
    areas = np.diff(edges) * np.concatenate([[1.0], left])
    mean = float(areas.sum())
    later = mean - np.cumsum(areas)[: len(steps)]
    return mean, float(np.sqrt((later**2 * hazards).sum())) if len(steps) else 0.0
