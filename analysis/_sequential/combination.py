"""Looks at a study whose size was changed on the way: each stage's own test, with weights that were fixed before.

Bounds for all data together hold where the sizes of stages do not follow from what was seen. Where they do, every stage
is tested by itself, by the programs that are new at its look. Their p values, made normal, are independent and standard
normal when nothing differs, however large a stage was made after the one before it; so is their sum with weights that
were fixed at the first look (inverse-normal combination: Lehmacher & Wassmer 1999, Biometrics 55).
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize, special

from .._errors import AnalysisError
from .bounds import SEED, allowed_paths
from .spending import spent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._arrays import Flags, Floats
    from .statistic import Statistic

PATHS = 400_000
_FAR = 8.0
"""Standard normal values are kept within this: p values of 1e-15."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PastLook:
    """A look that was taken, and the test of the programs that were new at it.

    ``replicates`` and ``df_den`` are of all programs until then, ``own_df`` the residual degrees of freedom of the new
    ones by themselves. Where the design was as planned the study went on if F was below ``efficacy`` and, where the
    stop is binding, above ``futility``; after a change if the sum ``|z|`` was below ``z_bound``.
    """

    replicates: float
    df_den: int
    own_df: int
    efficacy: float | None = None
    futility: float | None = None
    z_bound: float | None = None


def weights(information: Sequence[float], planned: float, looks: int) -> tuple[float, ...]:
    """Return each look's squared weight: what the looks before the change added, then equal shares of what was left.

    Parameters
    ----------
    information : replicates per treatment at the looks before the change.
    planned : replicates per treatment at the end, as planned at the first look.
    looks : planned in all.

    Examples
    --------
    >>> weights([10.0], 30, 3)
    (10.0, 10.0, 10.0)
    """
    added = np.diff([0.0, *information])
    left = looks - len(information)
    return (*added.tolist(), *([(planned - information[-1]) / left] * left))


def stage_z(stage: Statistic) -> float:
    """Return a stage's test as a standard normal value: signed for a contrast, large for an omnibus test."""
    if stage.estimate is not None and stage.se:
        return _of_t(stage.estimate / stage.se, stage.df_den)
    p = special.fdtrc(stage.df_num, stage.df_den, stage.f)
    return float(np.clip(-special.ndtri(p), -_FAR, _FAR))


def combined(stages: Sequence[Statistic], squared: Sequence[float]) -> float:
    """Return the stages' values together, standard normal when nothing differs."""
    return _weighted([stage_z(stage) for stage in stages], squared)


def interval(stages: Sequence[Statistic], squared: Sequence[float], bound: float) -> tuple[float, float]:
    """Return the differences that the stages together do not refuse: a repeated confidence interval of a contrast.

    Raises
    ------
    AnalysisError : a stage has no estimate, as an omnibus test has none.
    """
    pairs = [(stage.estimate, stage.se, stage.df_den) for stage in stages]
    known = [(e, se, df) for e, se, df in pairs if e is not None and se]
    if len(known) < len(pairs):
        raise AnalysisError("look: an omnibus test has no interval")

    def at(difference: float) -> float:
        return _weighted([_of_t((e - difference) / se, df) for e, se, df in known], squared)

    centre = sum(e for e, _, _ in known) / len(known)
    reach = max(se for _, se, _ in known)
    ends = []
    for target in (bound, -bound):
        low, high, wide = centre - reach, centre + reach, reach
        while not at(low) > target > at(high):
            wide *= 2
            if not math.isfinite(wide) or wide > 1e9 * reach:
                return -math.inf, math.inf
            low, high = centre - wide, centre + wide
        ends.append(float(optimize.brentq(lambda d, t=target: at(d) - t, low, high)))
    return ends[0], ends[1]


def bound(
    past: Sequence[PastLook],
    squared: Sequence[float],
    *,
    df_num: int,
    alpha: float,
    spending: str,
    planned: float,
    margin: float = 2.0,
    count: int = PATHS,
) -> tuple[float, float]:
    """Return what the stages' sum must reach at the look after these, and the error spent by then.

    Parameters
    ----------
    past : all looks before this one.
    squared : squared weights of all planned looks; the last look spends what is left.
    df_num : of the question; 1 for a contrast, whose sum may be large on either side.
    planned : replicates per treatment at the end as planned, for the error that may be spent.
    margin, count : as for ``bounds``; the value does not depend on how large the stage is.
    """
    number = len(past)
    last = number == len(squared) - 1
    error = spent(spending, 1.0 if last else min(1.0, sum(squared[: number + 1]) / planned), alpha)
    rng = np.random.default_rng([SEED, 3])
    going, crossed, sums = _followed(past, squared, df_num, count, rng)
    whole = math.sqrt(sum(squared[: number + 1]))
    now = (sums[going] + math.sqrt(squared[number]) * rng.standard_normal(int(going.sum()))) / whole
    values = np.abs(now) if df_num == 1 else now
    # Nothing is ever shown with less than a study without looks would ask for.
    fixed = -float(special.ndtri(alpha / 2 if df_num == 1 else alpha))
    left = math.floor(allowed_paths(error, count, margin) - crossed)
    if left < 1:
        return math.inf, error
    if left >= values.size:
        return fixed, error
    return max(fixed, float(np.partition(values, values.size - left)[values.size - left])), error


def _followed(
    past: Sequence[PastLook], squared: Sequence[float], df_num: int, count: int, rng: np.random.Generator
) -> tuple[Flags, int, Floats]:
    """Return which simulated studies without effect go on, how many were stopped as shown, and their sums so far."""
    score, residual, sums = np.zeros((df_num, count)), np.zeros(count), np.zeros(count)
    going, crossed = np.ones(count, dtype=bool), 0
    before, df_before = 0.0, 0
    for i, look in enumerate(past):
        gain = look.replicates - before
        step = math.sqrt(gain) * rng.standard_normal((df_num, count))
        own = rng.chisquare(look.own_df, count)
        rest = look.df_den - df_before - (df_num if before else 0) - look.own_df
        residual = residual + own + (rng.chisquare(rest, count) if rest > 0 else 0.0)
        after = score + step
        if before:
            moved = ((after / look.replicates - score / before) ** 2).sum(axis=0)
            residual += moved / (1 / before - 1 / look.replicates)
        f_own = (step**2).sum(axis=0) / gain / df_num / (own / look.own_df)
        z = (
            special.ndtri(special.stdtr(look.own_df, np.sign(step[0]) * np.sqrt(f_own)))
            if df_num == 1
            else -special.ndtri(special.fdtrc(df_num, look.own_df, f_own))
        )
        sums += math.sqrt(squared[i]) * np.clip(z, -_FAR, _FAR)
        if look.z_bound is not None:
            whole = sums / math.sqrt(sum(squared[: i + 1]))
            up = going & ((np.abs(whole) if df_num == 1 else whole) >= look.z_bound)
            down = np.zeros(count, dtype=bool)
        else:
            f = (after**2).sum(axis=0) / look.replicates / df_num / (residual / look.df_den)
            up = going & (f >= (math.inf if look.efficacy is None else look.efficacy))
            down = going & (f <= (-1.0 if look.futility is None else look.futility))
        crossed += int(up.sum())
        going &= ~(up | down)
        score, before, df_before = after, look.replicates, look.df_den
    return going, crossed, sums


def _weighted(z: Sequence[float], squared: Sequence[float]) -> float:
    used = squared[: len(z)]
    return math.fsum(math.sqrt(w) * value for w, value in zip(used, z, strict=True)) / math.sqrt(sum(used))


def _of_t(t: float, df: int) -> float:
    """Return t as a standard normal value; from the small side, where both functions are exact."""
    return math.copysign(min(_FAR, -float(special.ndtri(special.stdtr(df, -abs(t))))), t)
