"""Two pass rates: Newcombe's interval of their difference, Boschloo's exact test, and its power by enumeration."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import optimize, special, stats

from .._models.pass_rates import wilson

if TYPE_CHECKING:
    from .._arrays import Floats

_GRID: Final = 64
_NARROW: Final = 1e-9
_EDGE: Final = 1e-12
_SAME: Final = 1 + 1e-7
"""Tables whose statistics differ by less than rounding are equally extreme (R's ``fisher.test`` has the same)."""

_MOST: Final = 160
"""Programs of a treatment up to which the power is enumerated; beyond, the normal approximation serves."""

_LARGEST: Final = 100_000


def newcombe(good: tuple[float, float], generated: tuple[float, float], alpha: float) -> tuple[float, float]:
    """Return Newcombe's hybrid score interval of p1 - p2 (Newcombe 1998, Stat. Med. 17, method 10).

    Examples
    --------
    >>> [round(limit, 4) for limit in newcombe((56, 48), (70, 80), 0.05)]
    [0.0524, 0.3339]
    """
    one, two = (passed / n for passed, n in zip(good, generated, strict=True))
    (low_one, high_one), (low_two, high_two) = (
        wilson(passed, n, alpha) for passed, n in zip(good, generated, strict=True)
    )
    return (
        one - two - math.hypot(one - low_one, high_two - two),
        one - two + math.hypot(high_one - one, two - low_two),
    )


def boschloo(good: tuple[int, int], generated: tuple[int, int]) -> float:
    """Return Boschloo's exact two-sided p value of equal pass rates (Boschloo 1970).

    Fisher's one-sided p is the statistic, its tail maximised over the common rate; two-sided is twice the smaller
    side, as ``exact2x2::boschloo`` (``tsmethod = "central"``) and ``scipy.stats.boschloo_exact`` have it.

    Examples
    --------
    >>> round(boschloo((7, 0), (8, 7)), 6)
    0.000654
    """
    sides = (_one_sided(good, generated), _one_sided((good[1], good[0]), (generated[1], generated[0])))
    return min(1.0, 2 * min(sides))


def _one_sided(good: tuple[int, int], generated: tuple[int, int]) -> float:
    """Return the p value against the first rate being the larger."""
    fisher = _fisher(*generated)
    extreme = fisher <= fisher[good] * _SAME

    def tails(rates: Floats) -> Floats:
        return np.asarray(
            np.sum((_chances(generated[0], rates) @ extreme) * _chances(generated[1], rates), axis=-1)
        )

    grid = (np.arange(_GRID) + 0.5) / _GRID
    values = tails(grid)
    best = float(values.max())
    for i in np.argsort(-values, kind="stable")[:2]:
        peak = optimize.minimize_scalar(
            lambda rate: -float(tails(np.asarray(rate))),
            bounds=(max(grid[i] - 1 / _GRID, _EDGE), min(grid[i] + 1 / _GRID, 1 - _EDGE)),
            method="bounded",
            options={"xatol": _NARROW},
        )
        best = max(best, -float(peak.fun))
    return min(best, 1.0)


@functools.lru_cache(maxsize=64)
def _fisher(n: int, m: int) -> Floats:
    """Return Fisher's one-sided p of every table, shape (n + 1, m + 1): how large the first count is for its total."""
    x, y = np.arange(n + 1)[:, None], np.arange(m + 1)[None, :]
    return np.asarray(stats.hypergeom.sf(x - 1, n + m, n, x + y))


@functools.lru_cache(maxsize=256)
def _log_ways(n: int) -> Floats:
    x = np.arange(n + 1)
    return np.asarray(special.gammaln(n + 1) - special.gammaln(x + 1) - special.gammaln(n - x + 1))


def _chances(n: int, rates: Floats) -> Floats:
    """Return the binomial chances of 0 to n at each rate, shape (..., n + 1); no rate is 0 or 1."""
    x, rates = np.arange(n + 1), rates[..., None]
    return np.asarray(np.exp(_log_ways(n) + x * np.log(rates) + (n - x) * np.log1p(-rates)))


def power(n: int, rates: tuple[float, float], alpha: float) -> float:
    """Return the power of Boschloo's test with ``n`` programs on each side, by enumeration of all outcomes.

    Where n is above 160, by the normal approximation with pooled variance under equality (Fleiss 1981, ch. 3).
    """
    if n > _MOST:
        one, two = rates
        mean = (one + two) / 2
        null, real = math.sqrt(2 * mean * (1 - mean) / n), math.sqrt((one * (1 - one) + two * (1 - two)) / n)
        z = (abs(one - two) - float(stats.norm.isf(alpha / 2)) * null) / max(real, 1e-300)
        return float(stats.norm.cdf(z))
    region = rejection_region(n, alpha)
    of_a, of_b = _chances(n, np.clip(rates, _EDGE, 1 - _EDGE))
    return float(of_a @ region @ of_b)


@functools.lru_cache(maxsize=256)
def rejection_region(n: int, alpha: float) -> Floats:
    """Return which tables of n and n programs Boschloo's test rejects at ``alpha``, 0 or 1, shape (n + 1, n + 1)."""
    fisher = _fisher(n, n)
    # With equal numbers the two sides are mirror images; each may spend half of alpha.
    levels = np.unique(fisher[fisher <= alpha])
    grid = (np.arange(4 * _GRID) + 0.5) / (4 * _GRID)
    low, high = 0, len(levels)
    chances = _chances(n, grid)
    while low < high:
        middle = (low + high) // 2
        extreme = fisher <= levels[middle] * _SAME
        size = float(np.einsum("gi,ij,gj->g", chances, extreme, chances, optimize=True).max())
        low, high = (middle + 1, high) if 2 * size < alpha else (low, middle)
    if low == 0:
        return np.zeros_like(fisher)
    one = fisher <= levels[low - 1] * _SAME
    return np.asarray((one | one.T).astype(float))


def required(rates: tuple[float, float], *, alpha: float, target: float) -> int | None:
    """Return the smallest number of programs on each side from which on the power stays at ``target``, if any.

    The exact power saws up and down; from the number that is returned on, the next two reach the target too.
    """
    if rates[0] == rates[1]:
        return None
    high = 2
    while power(high, rates, alpha) < target:
        high *= 2
        if high > _LARGEST:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power(middle, rates, alpha) >= target else (middle, high)
    for n in range(high, high + 200):
        if all(power(n + more, rates, alpha) >= target for more in range(3)):
            return n
    return high


def apart(base: float, effect: float) -> tuple[float, float]:
    """Return two rates that differ by the effect: the base and a better one, or where there is no room a worse one."""
    other = base + effect if base + effect <= 1 else base - effect
    return (base, other) if other >= 0 else (0.5 - effect / 2, 0.5 + effect / 2)
