"""What two and more factors do together for passing: differences of differences of pass rates, and so on."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import special

from .._models.students_t import critical_t, two_sided_p

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .._arrays import Floats, Integers
    from .._models.passing_table import PassingTable

_MOST: Final = 36
"""Choices of two levels of each factor up to which an interaction is asked about."""
_SAME: Final = "what they do together is the same in every task"
_NUMBERS: Final = {2: "two", 4: "four", 8: "eight"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """One difference of differences of pass rates, and what its tests rest on.

    ``middle``, ``se`` and ``df`` are of the tests: t with these degrees of freedom, normal where they are infinite.
    ``name`` is as contrasts of times have it.
    """

    name: str
    estimate: float
    middle: float
    se: float
    df: float


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Whether factors do more, or less, together than fewer of them do.

    ``pairs`` has two levels of each factor. Of two factors ``difference`` is (rate of a - rate of b) at x minus the
    same at y; of three that at u minus the same at v, and so on, for those levels for which it is clearest; ``p``
    counts all of them, and the limits hold for all together. None and no levels where nothing can be compared.
    ``each`` has all of them that have a spread, ``choices`` says how many there are in the design.
    """

    term: str
    factors: tuple[str, ...]
    method: str
    p: float | None = None
    pairs: tuple[tuple[str, str], ...] = ()
    difference: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    note: str | None = None
    each: tuple[Apart, ...] = ()
    choices: int = 0


def together(table: PassingTable, *, alpha: float, random: bool) -> tuple[Together, ...]:
    """Compare what the levels of each two factors do at the levels of the other, then of each three, and so on.

    Parameters
    ----------
    random : whether tasks are a sample of tasks; what factors do together from task to task is chance then.

    Notes
    -----
    Of these tasks: the normal approximation for a sum of independent rates, each with one program more that passed and
    one that failed, as Agresti and Caffo (2000, Am. Stat. 54: 280) have it for a difference of two. Limits put together
    of Wilson's (Zou and Donner 2008, Stat. Med. 27: 1693) miss what is true in up to 18 % of studies with few programs,
    these in at most 6 (``benchmarks/false_passes.py``). Other factors and tasks are strata that weigh the same.
    """
    varying = table.varying()
    return tuple(
        _term(table, factors, alpha=alpha, random=random)
        for size in range(2, len(varying) + 1)
        for factors in itertools.combinations(varying, size)
    )


def _method(size: int, *, random: bool) -> str:
    differences = "difference" + " of differences" * (size - 1)
    if random:
        return f"t test of the tasks' {differences.replace('difference', 'differences', 1)} of pass rates"
    return f"{differences} of pass rates, with Agresti and Caffo's two programs more of each"


def _term(table: PassingTable, factors: tuple[str, ...], *, alpha: float, random: bool) -> Together:
    choices = math.prod(math.comb(len(table.factors[name]), 2) for name in factors)
    plain = Together(
        term=":".join(factors),
        factors=factors,
        method=_method(len(factors), random=random),
        choices=choices,
    )
    if choices > _MOST:
        levels = "pairs of pairs of levels" if len(factors) == 2 else "choices of two levels of each"  # noqa: PLR2004
        return dataclasses.replace(plain, note=f"more than {_MOST} {levels}")
    tests = [
        (pairs, test)
        for pairs in itertools.product(
            *(itertools.combinations(range(len(table.factors[name])), 2) for name in factors)
        )
        if (weights := _weights(table, dict(zip(factors, pairs, strict=True)))) is not None
        and (test := _of(table, weights, random=random)) is not None
    ]
    known = [(test.p, pairs, test) for pairs, test in tests if test.p is not None]
    if not known:
        corners = 2 ** len(factors)
        empty = f"no {_NUMBERS.get(corners, f'{corners}')} combinations of their levels all have programs"
        return dataclasses.replace(plain, note=_SAME if tests else empty)
    p, pairs, best = min(known, key=lambda one: (one[0], -abs(one[2].estimate)))
    whole = min(1.0, p * len(known))
    low, high = best.limits(alpha / len(known))
    if whole >= alpha:
        low, high = min(low, 0.0), max(high, 0.0)
    most = 2.0 ** (len(factors) - 1)
    return dataclasses.replace(
        plain,
        p=whole,
        pairs=_levels(table, factors, pairs),
        difference=best.estimate,
        ci_low=max(low, -most),
        ci_high=min(high, most),
        each=tuple(
            test.apart(_called(plain.term, _levels(table, factors, of)))
            for _, of, test in known
            if test.se > 0
        ),
    )


def _levels(
    table: PassingTable, factors: tuple[str, ...], pairs: tuple[tuple[int, int], ...]
) -> tuple[tuple[str, str], ...]:
    return tuple(
        (table.factors[name][a], table.factors[name][b]) for name, (a, b) in zip(factors, pairs, strict=True)
    )


def _called(term: str, pairs: tuple[tuple[str, str], ...]) -> str:
    return f"{term}: {' by '.join(f'{a} - {b}' for a, b in pairs)}"


def _weights(table: PassingTable, pairs: Mapping[str, tuple[int, int]]) -> Floats | None:
    """Return the weight of each task's treatments, (t, k): a task's add up to a difference of differences, or are 0.

    The combinations of the other factors that have programs of all corners weigh the same within a task.
    """
    others = [name for name in table.own if name not in pairs]
    groups: dict[tuple[int, ...], dict[tuple[int, ...], int]] = {}
    for i in range(len(table.treatments)):
        corner = tuple(int(table.level[name][i]) for name in pairs)
        if all(level in of for level, of in zip(corner, pairs.values(), strict=True)):
            groups.setdefault(tuple(int(table.level[name][i]) for name in others), {})[corner] = i
    weights = np.zeros(table.generated.shape)
    for task in range(len(table.tasks)):
        whole = [
            of
            for of in groups.values()
            if len(of) == 2 ** len(pairs) and all(table.generated[task, i] for i in of.values())
        ]
        for of in whole:
            for corner, i in of.items():
                signs = (
                    1 if level == a else -1 for level, (a, _) in zip(corner, pairs.values(), strict=True)
                )
                weights[task, i] = math.prod(signs) / len(whole)
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
        return float(2 * special.ndtr(-abs(self.middle) / self.se))

    def limits(self, alpha: float) -> tuple[float, float]:
        """Return limits of the sum; they hold the sum of the rates as they are, too."""
        half = -float(special.ndtri(alpha / 2)) * self.se
        return min(self.middle - half, self.estimate), max(self.middle + half, self.estimate)

    @property
    def middle(self) -> float:
        """The sum of the rates with one more program that passed and one that failed each."""
        return float(self.weights @ self._adjusted)

    @property
    def se(self) -> float:
        """Of ``middle``."""
        rate = self._adjusted
        return math.sqrt(float(self.weights**2 @ (rate * (1 - rate) / (self.generated + 2))))

    @property
    def _adjusted(self) -> Floats:
        return (self.passed + 1) / (self.generated + 2)

    def apart(self, name: str) -> Apart:
        """Return it by its name."""
        return Apart(name=name, estimate=self.estimate, middle=self.middle, se=self.se, df=math.inf)


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

    def apart(self, name: str) -> Apart:
        """Return it by its name."""
        return Apart(name=name, estimate=self.estimate, middle=self.estimate, se=self.se, df=self.df)


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
