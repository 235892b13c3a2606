"""What two factors do together for passing: differences of differences of pass rates."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import special

from .._models.students_t import critical_t, two_sided_p

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .._arrays import Floats, Integers
    from .._models.passing_table import PassingTable

_MOST: Final = 36
"""Pairs of pairs of levels up to which an interaction is asked about."""
ADJUSTED: Final = (
    "difference of differences of pass rates, with Agresti and Caffo's two programs more of each"
)
OVER_TASKS: Final = "t test of the tasks' differences of differences of pass rates"
_EMPTY: Final = "no four combinations of their levels all have programs"
_SAME: Final = "what they do together is the same in every task"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Whether two factors do more, or less, together than each by itself.

    ``difference`` is (rate of a - rate of b) at x minus the same at y, for the pair of pairs that is clearest; ``p``
    counts all of them, and the limits hold for all together. None where nothing can be compared.
    """

    term: str
    factors: tuple[str, str]
    method: str
    p: float | None = None
    levels: tuple[str, str] | None = None
    at: tuple[str, str] | None = None
    difference: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    note: str | None = None


def together(table: PassingTable, *, alpha: float, random: bool) -> tuple[Together, ...]:
    """Compare what the levels of each two factors do at the levels of the other.

    Parameters
    ----------
    random : whether tasks are a sample of tasks; what two factors do together from task to task is chance then.

    Notes
    -----
    Of these tasks: the normal approximation for a sum of independent rates, each with one program more that passed and
    one that failed, as Agresti and Caffo (2000, Am. Stat. 54: 280) have it for a difference of two. Limits put together
    of Wilson's (Zou and Donner 2008, Stat. Med. 27: 1693) miss what is true in up to 18 % of studies with few programs,
    these in at most 6 (``benchmarks/false_passes.py``). Other factors and tasks are strata that weigh the same.
    """
    return tuple(
        _term(table, f, g, alpha=alpha, random=random) for f, g in itertools.combinations(table.varying(), 2)
    )


def _term(table: PassingTable, f: str, g: str, *, alpha: float, random: bool) -> Together:
    method = OVER_TASKS if random else ADJUSTED
    plain = Together(term=f"{f}:{g}", factors=(f, g), method=method)
    pairs = math.comb(len(table.factors[f]), 2) * math.comb(len(table.factors[g]), 2)
    if pairs > _MOST:
        return dataclasses.replace(plain, note=f"more than {_MOST} pairs of pairs of levels")
    tests = [
        (levels, at, test)
        for levels in itertools.combinations(range(len(table.factors[f])), 2)
        for at in itertools.combinations(range(len(table.factors[g])), 2)
        if (weights := _weights(table, (f, levels), (g, at))) is not None
        and (test := _of(table, weights, random=random)) is not None
    ]
    known = [(test.p, levels, at, test) for levels, at, test in tests if test.p is not None]
    if not known:
        return dataclasses.replace(plain, note=_SAME if tests else _EMPTY)
    p, levels, at, best = min(known, key=lambda one: (one[0], -abs(one[3].estimate)))
    whole = min(1.0, p * len(known))
    low, high = best.limits(alpha / len(known))
    if whole >= alpha:
        low, high = min(low, 0.0), max(high, 0.0)
    return dataclasses.replace(
        plain,
        p=whole,
        levels=(table.factors[f][levels[0]], table.factors[f][levels[1]]),
        at=(table.factors[g][at[0]], table.factors[g][at[1]]),
        difference=best.estimate,
        ci_low=max(low, -2.0),
        ci_high=min(high, 2.0),
    )


def _weights(
    table: PassingTable, first: tuple[str, tuple[int, int]], second: tuple[str, tuple[int, int]]
) -> Floats | None:
    """Return the weight of each task's treatments, (t, k): a task's add up to a difference of differences, or are 0.

    The combinations of the other factors that have programs of all four corners weigh the same within a task.
    """
    others = [name for name in table.own if name not in {first[0], second[0]}]
    groups: dict[tuple[int, ...], dict[tuple[int, int], int]] = {}
    for i in range(len(table.treatments)):
        corner = int(table.level[first[0]][i]), int(table.level[second[0]][i])
        if corner[0] in first[1] and corner[1] in second[1]:
            groups.setdefault(tuple(int(table.level[name][i]) for name in others), {})[corner] = i
    weights = np.zeros(table.generated.shape)
    for task in range(len(table.tasks)):
        whole = [
            of
            for of in groups.values()
            if len(of) == 4 and all(table.generated[task, i] for i in of.values())  # noqa: PLR2004 - corners
        ]
        for of in whole:
            for (a, x), i in of.items():
                sign = (1 if a == first[1][0] else -1) * (1 if x == second[1][0] else -1)
                weights[task, i] = sign / len(whole)
    return weights if weights.any() else None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Rates:
    """A weighted sum of independent rates."""

    weights: Floats
    passed: Floats
    generated: Floats

    @classmethod
    def of(cls, table: PassingTable, weights: Floats) -> _Rates:
        """Take the rates that have a weight; tasks weigh the same."""
        used = weights != 0
        tasks = int(used.any(axis=1).sum())
        return cls(
            weights=weights[used] / tasks,
            passed=table.passed[used].astype(float),
            generated=table.generated[used].astype(float),
        )

    @property
    def estimate(self) -> float:
        return float(self.weights @ (self.passed / self.generated))

    @property
    def p(self) -> float:
        """Two-sided, by the normal approximation."""
        middle, se = self._adjusted()
        return float(2 * special.ndtr(-abs(middle) / se))

    def limits(self, alpha: float) -> tuple[float, float]:
        """Return limits of the sum; they hold the sum of the rates as they are, too."""
        middle, se = self._adjusted()
        half = -float(special.ndtri(alpha / 2)) * se
        return min(middle - half, self.estimate), max(middle + half, self.estimate)

    def _adjusted(self) -> tuple[float, float]:
        """Return the sum of the rates with one more program that passed and one that failed each, and its error."""
        n = self.generated + 2
        rate = (self.passed + 1) / n
        return float(self.weights @ rate), math.sqrt(float(self.weights**2 @ (rate * (1 - rate) / n)))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _MeanOverTasks:
    """The mean of the tasks' values against how much they vary."""

    estimate: float
    se: float
    df: int

    @property
    def p(self) -> float | None:
        if self.se > 0:
            return two_sided_p(self.estimate / self.se, self.df)
        # Every task says the same: the chance of that, had the signs been dealt at random.
        return None if abs(self.estimate) < 1e-12 else 2.0**-self.df  # noqa: PLR2004 - shares of whole numbers

    def limits(self, alpha: float) -> tuple[float, float]:
        """Return limits of the mean."""
        half = self.se * critical_t(alpha, self.df)
        return self.estimate - half, self.estimate + half


def _of(table: PassingTable, weights: Floats, *, random: bool) -> _Rates | _MeanOverTasks | None:
    return _over_tasks(table, weights) if random else _Rates.of(table, weights)


def _over_tasks(table: PassingTable, weights: Floats) -> _MeanOverTasks | None:
    values = np.asarray(list(_by_task(table.passed, table.generated, weights)))
    if len(values) < 2:  # noqa: PLR2004 - no spread of one
        return None
    spread = float(values.std(ddof=1))
    return _MeanOverTasks(
        estimate=float(values.mean()),
        se=spread / math.sqrt(len(values)) if spread > 1e-12 else 0.0,  # noqa: PLR2004 - rounding
        df=len(values) - 1,
    )


def _by_task(passed: Integers, generated: Integers, weights: Floats) -> Iterator[float]:
    for good, n, of in zip(passed, generated, weights, strict=True):
        if of.any():
            yield float(of @ (good / np.maximum(n, 1)))
