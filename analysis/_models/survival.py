"""Times of which some were stopped, without a model: the log-rank test by permutation, and the restricted mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from .._arrays import Flags, Floats, Integers

_DEALS: Final = 9_999
_MANY: Final = 5_000
"""Programs from which on a tenth of the deals is made."""
_SEED: Final = 20250302
_CHUNK: Final = 2_000_000


def log_rank(
    time: Floats, finished: Flags, group: Integers, stratum: Integers, groups: int
) -> tuple[float, float] | None:
    """Compare groups by the log-rank test, stratified.

    Returns
    -------
    The chi-square statistic (Mantel 1966; R: ``survdiff``), and how often groups dealt at random within each stratum
    differ at least as much: exact at any size, but for the number of deals (9,999; of many programs 999). None where
    nothing can differ.
    """
    excess, spread = np.zeros(groups), np.zeros((groups, groups))
    scores = np.zeros(len(time))
    for s in np.unique(stratum):
        inside = stratum == s
        more, wider, scores[inside] = _of_stratum(time[inside], finished[inside], group[inside], groups)
        excess, spread = excess + more, spread + wider
    if np.linalg.matrix_rank(spread) == 0:
        return None
    statistic = float(excess @ np.linalg.pinv(spread, hermitian=True) @ excess)
    return statistic, _permuted(scores, group, stratum, groups)


def _of_stratum(time: Floats, finished: Flags, group: Integers, groups: int) -> tuple[Floats, Floats, Floats]:
    """Return observed minus expected by group, its covariance, and each one's score (finished minus hazard so far)."""
    order = np.argsort(time, kind="stable")
    time, finished, member = time[order], finished[order], np.eye(groups)[group[order]]
    # Those at risk at a time are all from its first place on.
    left = np.cumsum(member[::-1], axis=0)[::-1]
    times, first = np.unique(time, return_index=True)
    at_risk = left[first]
    now = np.add.reduceat(member * finished[:, None], first, axis=0)
    n, d = at_risk.sum(axis=1), now.sum(axis=1)
    share = at_risk / n[:, None]
    excess = (now - d[:, None] * share).sum(axis=0)
    weight = np.where(n > 1, d * (n - d) / np.maximum(n - 1, 1), 0.0)
    spread = np.diag((weight[:, None] * share).sum(axis=0)) - (weight[:, None] * share).T @ share
    hazard = np.cumsum(d / n)[np.searchsorted(times, time)]
    scores = np.empty(len(time))
    scores[order] = finished - hazard
    return excess, spread, scores


def _permuted(scores: Floats, group: Integers, stratum: Integers, groups: int) -> float:
    """Return the share of deals whose group sums of scores are as far from zero, measured by their own covariance."""
    order = np.argsort(stratum, kind="stable")
    scores, member = scores[order], np.eye(groups)[group[order]]
    starts = np.unique(stratum[order], return_index=True)[1]
    ends = np.append(starts[1:], len(scores))
    spread = np.zeros((groups, groups))
    for start, end in zip(starts, ends, strict=True):
        n, of = end - start, member[start:end].sum(axis=0)
        if n > 1:
            inside = scores[start:end] - scores[start:end].mean()
            spread += inside @ inside / (n - 1) * (np.diag(of) - np.outer(of, of) / n)
    root = np.linalg.pinv(spread, hermitian=True)
    rng = np.random.default_rng(_SEED)

    def far(sums: Floats) -> Floats:
        return np.asarray(np.einsum("ij,jk,ik->i", sums, root, sums))

    real = float(far((scores @ member)[None])[0])
    deals = _DEALS if len(scores) <= _MANY else _DEALS // 10
    as_far, left, most = 0, deals, max(1, _CHUNK // max(len(scores), 1))
    while left > 0:
        size = min(most, left)
        dealt = np.concatenate(
            [
                rng.permuted(np.tile(scores[start:end], (size, 1)), axis=1)
                for start, end in zip(starts, ends, strict=True)
            ],
            axis=1,
        )
        as_far += int((far(dealt @ member) >= real * (1 - 1e-9) - 1e-12).sum())
        left -= size
    return (1 + as_far) / (1 + deals)


def restricted_mean(time: Floats, finished: Flags, limit: float) -> tuple[float, float]:
    """Return the mean time up to ``limit`` (the area under Kaplan and Meier's curve) and its standard error.

    Greenwood's variance; R: ``summary(survfit(...), rmean = limit)``.
    """
    steps = np.unique(time[finished & (time <= limit)])
    alive, curve, hazards = 1.0, [], []
    for t in steps:
        n, d = float((time >= t).sum()), float((finished & (time == t)).sum())
        alive *= 1 - d / n
        curve.append(alive)
        hazards.append(d / (n * (n - d)) if n > d else 0.0)
    edges = np.concatenate([[0.0], steps, [limit]])
    areas = np.diff(edges) * np.concatenate([[1.0], curve])
    mean = float(areas.sum())
    later = mean - np.cumsum(areas)[: len(steps)]
    return mean, float(np.sqrt((later**2 * np.asarray(hazards)).sum())) if len(steps) else 0.0
