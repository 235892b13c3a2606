"""Pass rates over tasks: the power of the tasks' paired t test, with all that their programs can come to enumerated."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import fft, stats

from .._models.students_t import critical_t
from .over_tasks import OverTasks

if TYPE_CHECKING:
    from .._arrays import Floats
    from .._models.rate_spread import RateSpread

_MOST_CELLS: Final = 400_000
"""Sums and sums of squares up to which all are enumerated; beyond, moments and the noncentral t are as good."""
_MOST_PROGRAMS: Final = 40
_MOST_STEPS: Final = 30
_NODES: Final = 9
_SMALL: Final = 1e-9


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RatesOverTasks(OverTasks):
    """A comparison of two levels' pass rates whose tasks are known as points.

    Attributes
    ----------
    first, second : both levels' rates in equally likely tasks, shape (q,).
    cells : treatments of each level, whose programs of a task share its rate.
    effect : the difference of their means: only for this one all outcomes are enumerated.
    apart : variance of the difference of the true rates that is left beside the points: what levels do on their own.

    Notes
    -----
    A task's difference of passed programs is a whole number d between -n and n, n = replicates x cells. The t test of
    T tasks needs the sums of d and of d^2 alone, whose joint distribution is the T-fold convolution of one task's,
    worked out by the Fourier transform.
    """

    first: Floats
    second: Floats
    cells: int
    effect: float
    apart: float = 0.0

    @classmethod
    def of(cls, spread: RateSpread, rates: tuple[float, float], effect: float) -> RatesOverTasks:
        """Return two levels with these mean rates, ``effect`` apart, in tasks that differ as a pilot's do."""
        between, within = spread.planned(rates)
        first, second = spread.points(rates) or (np.asarray([rates[0]]), np.asarray([rates[1]]))
        return cls(
            between=between,
            within=np.asarray([within]),
            passing=np.ones((1, 1)),
            treatments=2 * spread.cells,
            df_per_task=1,
            known_df=float(spread.tasks - 1),
            parts_known=spread.between is not None,
            first=first,
            second=second,
            cells=spread.cells,
            effect=effect,
            apart=max(0.0, between - float((second - first).var())),
        )

    def power(
        self, tasks: int, replicates: float, effect: float, *, alpha: float, times: float = 1.0
    ) -> float:
        """Power of the two-sided test: enumerated where that is feasible, by moments elsewhere; NaN without a test."""
        n = replicates * self.cells
        cells = (2 * tasks * n + 1) * (tasks * n**2 + 1)
        if (
            tasks < 2  # noqa: PLR2004 - no spread of one
            or times != 1
            or abs(effect - self.effect) > _SMALL
            or not self.parts_known
            or n > _MOST_PROGRAMS
            or cells > _MOST_CELLS
        ):
            return OverTasks.power(self, tasks, replicates, effect, alpha=alpha, times=times)
        return _enumerated(self._task(int(n)), tasks, alpha)

    def tasks(
        self, replicates: float, effect: float, *, alpha: float, target: float, times: float = 1.0
    ) -> int | None:
        """Return the fewest tasks for a power, near those that moments give; None out of reach."""
        tasks = OverTasks.tasks(self, replicates, effect, alpha=alpha, target=target, times=times)
        if tasks is None or times != 1:
            return tasks
        for _ in range(_MOST_STEPS):
            if self.power(tasks, replicates, effect, alpha=alpha) >= target:
                break
            tasks += 1
        for _ in range(_MOST_STEPS):
            if tasks <= 2 or not self.power(tasks - 1, replicates, effect, alpha=alpha) >= target:  # noqa: PLR2004
                break
            tasks -= 1
        return tasks

    def _task(self, n: int) -> Floats:
        """Return the chances of a task's differences -n to n, shape (2n + 1,)."""
        x, weight = np.polynomial.hermite_e.hermegauss(_NODES if self.apart > 0 else 1)
        shift = x * math.sqrt(self.apart) / 2
        chances = np.zeros(2 * n + 1)
        k = np.arange(n + 1)
        for by, share in zip(shift, weight / weight.sum(), strict=True):
            one = stats.binom.pmf(k, n, np.clip(self.first - by, 0, 1)[:, None])
            two = stats.binom.pmf(k, n, np.clip(self.second + by, 0, 1)[:, None])
            joint = two.T @ one / len(self.first)
            for d in range(-n, n + 1):
                chances[d + n] += share * float(np.trace(joint, offset=-d))
        return chances


def _enumerated(chances: Floats, tasks: int, alpha: float) -> float:
    """Return how often the t test of so many differences, each with these chances, finds one."""
    n = len(chances) // 2
    sums, squares = 2 * tasks * n + 1, tasks * n**2 + 1
    shape = tuple(fft.next_fast_len(size, real=True) for size in (sums, squares))
    one = np.zeros(shape)
    d = np.arange(-n, n + 1)
    np.add.at(one, (d + n, d**2), chances)
    joint = fft.irfft2(fft.rfft2(one) ** tasks, s=shape)[:sums, :squares]
    return float(np.clip(joint[_rejected(tasks, n, alpha)].sum(), 0.0, 1.0))


@functools.lru_cache(maxsize=16)
def _rejected(tasks: int, n: int, alpha: float) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Return which sums (rows, from -tasks n) and sums of squares the test rejects with."""
    total = np.arange(-tasks * n, tasks * n + 1, dtype=float)[:, None]
    left = np.arange(tasks * n**2 + 1, dtype=float)[None] - total**2 / tasks
    critical = critical_t(alpha, tasks - 1)
    varies = left > _SMALL
    with np.errstate(divide="ignore", invalid="ignore"):
        far = total**2 / tasks * (tasks - 1) > critical**2 * left
    # Every task says the same: the chance of that, had the levels been dealt at random in each, is 2^(1 - tasks).
    same = (abs(left) <= _SMALL) & (total != 0) & (2.0 ** (1 - tasks) < alpha)
    return np.asarray((varies & far) | same)
