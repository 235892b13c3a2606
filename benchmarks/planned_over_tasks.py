"""Whether plans over tasks and replicates have the power that was asked for.

Run by hand: ``python benchmarks/planned_over_tasks.py > benchmarks/planned_over_tasks.txt``. Each line is a design:
with so many programs of each treatment in each task, the plan's number of tasks for 80 % power, the power that the plan
promises, and the share of simulated studies of that size in which the report's own test finds the effect. Pass rates
are planned from a pilot in which treatments are alike; the study then has log odds that vary over tasks and treatments.
No line may be more than a point below 80 %.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from refinery_analysis._inference import passing, two_proportions
from refinery_analysis._models.passing_table import PassingTable
from refinery_analysis._models.rate_spread import rate_spread
from refinery_analysis._models.task_reml import CellTable, Satterthwaite, exact_f, fit_tasks
from refinery_analysis._power.over_tasks import OverTasks
from refinery_analysis._power.rates_over_tasks import RatesOverTasks
from scipy import optimize, special, stats

if TYPE_CHECKING:
    from collections.abc import Iterator

ALPHA: Final = 0.05
TARGET: Final = 0.8
Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Times:
    """Log times: SDs of task x treatment and of programs, and each task's chance to pass (one of these, evenly)."""

    arms: int
    programs: int
    apart: float
    program: float
    effect: float
    chances: tuple[float, ...] = (1.0,)

    def __str__(self) -> str:
        """Say what it is."""
        fails = "" if self.chances == (1.0,) else f", pass {', '.join(f'{c:.0%}' for c in self.chances)}"
        return (
            f"times, {self.arms} arms x {self.programs}, SD {self.apart:g} and {self.program:g}, "
            f"effect {self.effect:g}{fails}"
        )

    def comparison(self) -> OverTasks:
        """Return what the plan knows: the first arm against the last."""
        squares = np.asarray([1.0, 1.0] if self.arms == 2 else [1.0, *[0.0] * (self.arms - 2), 1.0])
        return OverTasks(
            between=float(squares.sum()) * self.apart**2,
            within=squares * self.program**2,
            passing=np.repeat(np.asarray(self.chances)[:, None], self.arms, axis=1),
            treatments=self.arms,
            df_per_task=self.arms - 1,
            known_df=np.inf,
        )

    def found(self, rng: np.random.Generator, tasks: int) -> bool:
        """Draw a study and test it."""
        mean = rng.standard_normal((tasks, 1)) + self.apart * rng.standard_normal((tasks, self.arms))
        mean[:, 0] += self.effect
        chance = rng.choice(self.chances, (tasks, 1))
        count = rng.binomial(self.programs, chance, mean.shape)
        noise = self.program * rng.standard_normal(mean.shape) / np.sqrt(np.maximum(count, 1))
        left = max(0, int(np.maximum(count - 1, 0).sum()))
        there = np.flatnonzero(count.sum(axis=1))
        table = CellTable(
            count=count[there].astype(np.intp),
            mean=np.where(count > 0, mean + noise, 0.0)[there],
            within=self.program**2 * float(rng.chisquare(left)) if left else 0.0,
            x=np.column_stack([np.ones(self.arms), np.eye(self.arms)[:, 1:]]),
        )
        if table.balanced:
            contrast = np.zeros((1, self.arms))
            contrast[0, 0], contrast[0, -1] = 1.0, -1.0
            exact = exact_f(table, contrast)
            return exact is not None and exact.p < ALPHA
        fit = fit_tasks(table)
        if fit is None:
            return False
        contrast = np.zeros((1, self.arms))
        contrast[0, -1] = 1.0
        tested = Satterthwaite(fit).test(contrast)
        return tested is not None and tested.p < ALPHA


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rates:
    """Pass rates of two arms: the mean of one, the difference, SDs of log odds over tasks and of task x treatment."""

    programs: int
    base: float
    effect: float
    difficulty: float
    interaction: float

    def __str__(self) -> str:
        """Say what it is."""
        return (
            f"passing, 2 arms x {self.programs}, SD {self.difficulty:g} and {self.interaction:g}, "
            f"from {self.base:g} by {self.effect:g}"
        )

    def odds(self, rate: float) -> float:
        """Return the mean log odds of arms whose mean rate this is."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(60)
        spread = float(np.hypot(self.difficulty, self.interaction))

        def apart(mean: float) -> float:
            return float(weights @ special.expit(mean + spread * nodes) / weights.sum()) - rate

        return float(optimize.brentq(apart, -30, 30))

    def draw(self, rng: np.random.Generator, tasks: int, programs: int, odds: Floats) -> Floats:
        """Draw how many pass, (tasks, 2)."""
        logit = odds + self.difficulty * rng.standard_normal((tasks, 1))
        logit = logit + self.interaction * rng.standard_normal((tasks, 2))
        return np.asarray(rng.binomial(programs, special.expit(logit)))

    def comparison(self) -> OverTasks:
        """Plan from a large pilot in which both arms have the base rate."""
        passed = self.draw(np.random.default_rng(1), 20_000, 10, np.repeat(self.odds(self.base), 2))
        levels = ("a", "b")
        table = PassingTable(
            tasks=tuple(map(str, range(len(passed)))),
            treatments=levels,
            factors={"arm": levels},
            own=("arm",),
            level={"arm": np.arange(2)},
            generated=np.full(passed.shape, 10),
            passed=passed.astype(np.intp),
        )
        spread = rate_spread(table, "arm", (0, 1), (0, 1))
        if spread is None or spread.between is None:
            raise ValueError("all programs of the pilot ended alike")
        return RatesOverTasks.of(spread, two_proportions.apart(self.base, self.effect), self.effect)

    @functools.cached_property
    def means(self) -> Floats:
        """Return the mean log odds of both arms."""
        return np.asarray([self.odds(rate) for rate in two_proportions.apart(self.base, self.effect)])

    def found(self, rng: np.random.Generator, tasks: int) -> bool:
        """Draw a study and test it."""
        rates = self.draw(rng, tasks, self.programs, self.means) / self.programs
        p = passing._between(rates).p  # noqa: SLF001 - the step by itself, without a study around it
        return p is not None and p < ALPHA


DESIGNS: Final[tuple[Times | Rates, ...]] = (
    Times(arms=2, programs=1, apart=0.3, program=0.4, effect=0.25),
    Times(arms=2, programs=5, apart=0.3, program=0.4, effect=0.25),
    Times(arms=3, programs=3, apart=0.2, program=0.6, effect=0.3),
    Times(arms=4, programs=10, apart=0.1, program=0.5, effect=0.2),
    Times(arms=2, programs=3, apart=0.3, program=0.4, effect=0.3, chances=(0.3, 0.8, 1.0)),
    Rates(programs=1, base=0.5, effect=0.15, difficulty=1.5, interaction=0.7),
    Rates(programs=5, base=0.5, effect=0.15, difficulty=1.5, interaction=0.7),
    Rates(programs=5, base=0.7, effect=0.2, difficulty=1.0, interaction=0.5),
    Rates(programs=3, base=0.2, effect=0.1, difficulty=2.0, interaction=0.5),
    Rates(programs=10, base=0.6, effect=0.1, difficulty=1.5, interaction=1.0),
)


def lines(studies: int, only: list[int] | None = None) -> Iterator[str]:
    """Yield a line for each design."""
    for number in only or range(len(DESIGNS)):
        design = DESIGNS[number]
        comparison = design.comparison()
        tasks = comparison.tasks(design.programs, design.effect, alpha=ALPHA, target=TARGET)
        if tasks is None:
            yield f"{design}: out of reach"
            continue
        promised = comparison.power(tasks, design.programs, design.effect, alpha=ALPHA)
        rng = np.random.default_rng([20261126, number])
        # REML takes milliseconds where the exact test takes microseconds.
        many = studies if not isinstance(design, Times) or design.chances == (1.0,) else max(1, studies // 10)
        found = sum(design.found(rng, tasks) for _ in range(many)) / many
        error = 100 * float(stats.norm.isf(0.025)) * (found * (1 - found) / many) ** 0.5
        yield (
            f"{design!s:62} {tasks:5} tasks {100 * promised:6.1f} {100 * found:6.1f} +- {error:.1f} "
            f"({many:,} studies)"
        )


def main() -> None:
    """Print a line for each design."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=10_000, help="of each design (default: %(default)s)")
    parser.add_argument("--design", type=int, action="append", help="number, from 0 (default: all)")
    args = parser.parse_args()
    print("design, tasks planned for 80 % power, power promised and found (per cent)")
    for line in lines(args.studies, args.design):
        print(line, flush=True)


if __name__ == "__main__":
    main()
