"""Tasks and replicates: the power of a comparison over tasks like these, and the split of the work that is cheapest."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import stats

from .noncentral_f import f_power, required
from .power import upper_sigma

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._arrays import Floats

REPLICATES: Final[tuple[int, ...]] = (*range(1, 13), 15, 20, 25, 30, 40, 50, 75, 100)
"""Programs of each task and treatment that are tried; near the cheapest split the cost hardly changes."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OverTasks:
    """A comparison of treatments within each task, whose mean is held against how much it differs from task to task.

    Attributes
    ----------
    between : variance of the comparison from task to task, however many programs each task has.
    within : by treatment, what one program of it adds to the variance in one task, shape (k,).
    passing : chance that a program has a value, by task of the study and treatment, shape (t, k); all 1 where every
        program counts.
    treatments : how many the comparison takes.
    df_per_task : degrees of freedom that one task more gives to the error: k - 1 with the pooled error of k treatments,
        1 for a difference of two rates.
    known_df : degrees of freedom from which the variances are known.
    parts_known : whether ``between`` and ``within`` could be told apart; otherwise ``within`` holds both, and nothing
        can be said of more than one program of each.

    Notes
    -----
    With T tasks and r programs of each treatment in each, the comparison sum(w_i y_i) has the variance
    (between + sum(within_i) / r) / T, where between is sum(w_i^2) times the variance of task x treatment and within_i
    is w_i^2 times the variance between programs (Scheffe 1959, ch. 8: the mixed model, whose F with
    (k - 1)(T - 1) degrees of freedom is exact). More replicates cannot bring it below between / T (Westfall, Kenny and
    Judd 2014, J. Exp. Psychol. Gen. 143: the power that a fixed number of stimuli allows). Where programs fail, m of r
    have a value; 1 / r becomes the mean of 1 / m, m >= 1, and only tasks in which all treatments have one are counted.

    Of pass rates with means p_a and p_b the same holds with between = (rho - eta) u and within = (1 - rho) u, where
    u = p_a (1 - p_a) + p_b (1 - p_b), rho is the correlation of two programs of one task and treatment and eta that
    of two programs of one task and different treatments (Giraudeau, Ravaud and Donner 2008, Stat. Med. 27: cluster
    randomised cross-over trials).
    """

    between: float
    within: Floats
    passing: Floats
    treatments: int
    df_per_task: int
    known_df: float
    parts_known: bool = True

    def power(
        self, tasks: int, replicates: float, effect: float, *, alpha: float, times: float = 1.0
    ) -> float:
        """Power of the two-sided test; NaN where there is none.

        Parameters
        ----------
        replicates : of each treatment in each task; infinity for what no number of replicates exceeds.
        times : how many times as large as estimated the variance is taken.
        """
        share, within = self._whole(replicates)
        counted = tasks * share
        if counted <= 1 or math.isnan(within):
            return float("nan")
        variance = (self.between + within) * times
        if variance <= 0:
            return 1.0
        df = (counted - 1) * self.df_per_task
        return float(f_power(effect**2 * counted / variance, 1, df, alpha=alpha)) if df >= 1 else float("nan")

    def tasks(
        self, replicates: float, effect: float, *, alpha: float, target: float, times: float = 1.0
    ) -> int | None:
        """Return the fewest tasks for a power; None out of reach."""
        return required(
            lambda n: self.power(n, replicates, effect, alpha=alpha, times=times), target=target, least=2
        )

    def replicates(self, tasks: int, effect: float, *, alpha: float, target: float) -> int | None:
        """Return the fewest replicates for a power with so many tasks; None below the floor, or out of reach."""
        for n in REPLICATES if self.parts_known else REPLICATES[:1]:
            if self.power(tasks, n, effect, alpha=alpha) >= target:
                return n
        return None

    def smallest(self, tasks: int, *, alpha: float, target: float) -> float | None:
        """Return the smallest effect that so many tasks find however many replicates they have; None of one task."""
        df = (tasks - 1) * self.df_per_task
        if df < 1:
            return None
        if self.between <= 0:
            return 0.0
        low, high = 0.0, 1.0
        while float(f_power(high, 1, df, alpha=alpha)) < target:
            high *= 2
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (
                (low, middle) if float(f_power(middle, 1, df, alpha=alpha)) >= target else (middle, high)
            )
        return math.sqrt(high * self.between / tasks)

    def upper(self) -> float:
        """Return how many times as large as estimated the variance may be: its upper 80 % limit, from chi-square."""
        return upper_sigma(1.0, self.known_df) ** 2 if self.known_df >= 1 else math.inf

    def _whole(self, replicates: float) -> tuple[float, float]:
        """Return the share of tasks in which all treatments have a value, and the programs' part of the variance."""
        if math.isinf(replicates):
            return 1.0, 0.0
        if (self.passing >= 1).all():
            return 1.0, float(self.within.sum()) / replicates
        count = np.arange(1, int(replicates) + 1)
        chances = stats.binom.pmf(count, int(replicates), self.passing[..., None])
        some = chances.sum(axis=-1)
        whole = some.prod(axis=-1)
        if not whole.sum() > 0:
            return 0.0, float("nan")
        inverse = (chances / count).sum(axis=-1) / np.maximum(some, 1e-300)
        each = (whole[:, None] * inverse).sum(axis=0) / whole.sum()
        return float(whole.mean()), float(self.within @ each)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """So many tasks with so many programs of each treatment.

    ``tasks`` are the fewest for the power asked for, ``tasks_recommended`` those for the variance's upper 80 % limit.
    ``programs`` are of all tasks and treatments. ``feasible``: no more tasks than there are.
    """

    tasks: int
    tasks_recommended: int | None
    replicates_per_treatment: int
    programs: int
    calls: float | None
    cost_usd: float | None
    hours: float | None
    power: float
    feasible: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ReplicateCost:
    """What one program of each treatment takes; None where unknown. ``usd_per_task`` is what a task costs to have."""

    usd: float | None
    calls: float | None
    hours: float | None
    usd_per_task: float = 0.0


def splits(
    comparison: OverTasks,
    price: ReplicateCost,
    *,
    effect: float,
    alpha: float,
    target: float,
    most_tasks: int | None = None,
    replicates: Sequence[int] = REPLICATES,
) -> tuple[Split, ...]:
    """Return, for each number of replicates, the tasks for a power and what they cost.

    Without a price of a task, and where all programs pass, fewer replicates are always cheaper. With a price c_t of a
    task and c_p of a program of each treatment the cheapest number is near sqrt(c_t within / (c_p between)) (Cochran
    1977, Sampling Techniques, section 10.6).
    """
    splits = []
    for n in replicates if comparison.parts_known else (1,):
        tasks = comparison.tasks(n, effect, alpha=alpha, target=target)
        if tasks is None:
            continue
        upper = comparison.upper()
        split = with_tasks(comparison, price, tasks, n, effect, alpha=alpha)
        splits.append(
            dataclasses.replace(
                split,
                tasks_recommended=None
                if math.isinf(upper)
                else comparison.tasks(n, effect, alpha=alpha, target=target, times=upper),
                feasible=most_tasks is None or tasks <= most_tasks,
            )
        )
    return tuple(splits)


def with_tasks(
    comparison: OverTasks, price: ReplicateCost, tasks: int, replicates: int, effect: float, *, alpha: float
) -> Split:
    """Return what so many tasks and replicates cost and find."""
    each = tasks * replicates
    return Split(
        tasks=tasks,
        tasks_recommended=None,
        replicates_per_treatment=replicates,
        programs=each * comparison.treatments,
        calls=None if price.calls is None else each * price.calls,
        cost_usd=None if price.usd is None else each * price.usd + tasks * price.usd_per_task,
        hours=None if price.hours is None else each * price.hours,
        power=comparison.power(tasks, replicates, effect, alpha=alpha),
        feasible=True,
    )


def cheapest(splits: Sequence[Split]) -> Split | None:
    """Return the feasible split that costs least: dollars, or programs where no price is known; then fewer programs."""
    feasible = [split for split in splits if split.feasible]
    return min(
        feasible,
        key=lambda s: (s.programs if s.cost_usd is None else s.cost_usd, s.programs, s.tasks),
        default=None,
    )
