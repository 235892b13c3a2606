"""How much two levels' pass rates differ from task to task, and how much programs of one task do."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import optimize, special, stats

if TYPE_CHECKING:
    from collections.abc import Collection

    from .._arrays import Floats
    from .passing_table import PassingTable

_ALIKE: Final = 1e-3  # correlation of two programs of one task, below which tasks are all alike
_MOST_ALIKE: Final = 0.98
_POINTS: Final = 400
_EDGE: Final = 1e-12
_FARTHEST: Final = 60.0  # log odds


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RateSpread:
    """Two levels a and b of a factor, over the tasks and combinations of other factors that have both.

    Attributes
    ----------
    rates : of both, each task weighing the same.
    tasks, cells : tasks, and treatments of each level.
    between, within : variance of the true difference over tasks, and of one program of each treatment within a task,
        as shares of a(1 - a) + b(1 - b) of the rates; ``between`` is None where some treatment has a single program in
        a task, and ``within`` then holds both.
    """

    rates: tuple[float, float]
    tasks: int
    cells: int
    between: float | None
    within: float

    def planned(self, rates: tuple[float, float]) -> tuple[float, float]:
        """Return the variances ``between`` and ``within`` of two other rates, as they are, for one program a cell.

        Tasks differ in how hard they are, so that the same difference in log odds is another difference of rates in
        each: that is added to what treatments do from task to task. The first level's rates over tasks are taken as
        beta distributed with the correlation 1 - ``within`` of two programs; the second's are theirs, shifted in log
        odds to the mean asked for.
        """
        unit = sum(rate * (1 - rate) for rate in rates)
        points = self.points(rates)
        if points is None:
            return unit * (self.between or 0.0), unit * self.within / self.cells
        first, second = points
        single = float((first * (1 - first) + second * (1 - second)).mean())
        return unit * (self.between or 0.0) + float((second - first).var()), single / self.cells

    def points(self, rates: tuple[float, float]) -> tuple[Floats, Floats] | None:
        """Return both levels' rates in equally likely tasks, as `planned` has them; None where tasks are all alike."""
        alike = min(1.0 - self.within, _MOST_ALIKE)
        if self.between is None or alike <= _ALIKE or not all(0 < rate < 1 for rate in rates):
            return None
        strength = (1 - alike) / alike
        points = (np.arange(_POINTS) + 0.5) / _POINTS
        first = np.clip(
            stats.beta.ppf(points, rates[0] * strength, (1 - rates[0]) * strength), _EDGE, 1 - _EDGE
        )

        def shifted(by: float) -> Floats:
            return np.asarray(special.expit(special.logit(first) + by))

        second = shifted(
            float(optimize.brentq(lambda by: float(shifted(by).mean()) - rates[1], -_FARTHEST, _FARTHEST))
        )
        return first, second


def rate_spread(
    table: PassingTable, factor: str, levels: tuple[int, int], among: Collection[int]
) -> RateSpread | None:
    """Estimate it by moments; None where fewer than two tasks have both levels, or all programs end alike.

    Parameters
    ----------
    levels : numbers of a and b among those of the factor.
    among : treatments that are compared, numbers into those of the table.

    Notes
    -----
    p(1 - p) of n programs is estimated without bias by n / (n - 1) times that of their rate; what the binomial leaves
    of the variance of the tasks' differences is theirs (as in DerSimonian & Laird 1986), and zero where negative.
    """
    a, b = levels
    others = [name for name in table.own if name != factor]
    of: dict[tuple[int, ...], dict[int, int]] = {}
    for i in sorted(among):
        of.setdefault(tuple(int(table.level[name][i]) for name in others), {})[
            int(table.level[factor][i])
        ] = i
    pairs = np.asarray([[c[a], c[b]] for c in of.values() if a in c and b in c], dtype=np.intp)
    if not pairs.size:
        return None
    whole = (table.generated[:, pairs.ravel()] > 0).all(axis=1)
    generated = table.generated[whole][:, pairs].astype(float)  # (tasks, cells, 2)
    if len(generated) < 2:  # noqa: PLR2004 - a spread needs two
        return None
    rate = table.passed[whole][:, pairs] / generated
    mean = rate.mean(axis=(0, 1))
    unit = float((mean * (1 - mean)).sum())
    if unit <= 0:
        return None
    cells = len(pairs)
    apart = rate.mean(axis=1)
    variance = float((apart[:, 0] - apart[:, 1]).var(ddof=1))
    rates = float(mean[0]), float(mean[1])
    if (generated < 2).any():  # noqa: PLR2004 - a single program has no spread
        return RateSpread(
            rates=rates, tasks=len(generated), cells=cells, between=None, within=variance * cells / unit
        )
    noise = float((rate * (1 - rate) / (generated - 1)).sum(axis=(1, 2)).mean()) / cells**2
    single = float((rate * (1 - rate) * generated / (generated - 1)).sum(axis=2).mean())
    return RateSpread(
        rates=rates,
        tasks=len(generated),
        cells=cells,
        between=max(0.0, variance - noise) / unit,
        within=single / unit,
    )
