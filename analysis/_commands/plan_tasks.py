"""Plans over tasks that are a sample of tasks: how many of them, how many programs of each, which split is cheapest."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .._inference.two_proportions import apart
from .._models.passing_table import passing_table
from .._models.rate_spread import rate_spread
from .._power import over_tasks
from .._power.arms import PRIOR
from .._power.over_tasks import OverTasks, ReplicateCost, Split
from .._power.rates_over_tasks import RatesOverTasks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .._analysis import Analysis
    from .._arrays import Floats
    from .._models.passing_table import PassingTable
    from .._models.sample import Sample
    from .._power.unit_cost import Rates

_LOGS = frozenset({"log", "ratio"})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """What no number of replicates goes below.

    ``tasks`` are the fewest with which the effect is found at all; ``effect`` and ``power`` are of the study's own
    tasks. None where tasks and programs can't be told apart.
    """

    tasks: int | None
    effect: float | None
    power: float | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TaskQuestion:
    """One comparison of two levels over tasks like these.

    Attributes
    ----------
    question : as among the planned comparisons.
    effect : in ``unit``.
    treatments : that the comparison takes, all of them in every task.
    between, within : variance of the comparison from task to task, and from one program of each treatment.
    splits : for each number of replicates the tasks for the power asked for.
    cheapest : of those with no more tasks than there are; dollars, or programs where no price is known.
    tasks_here, here : the study's own tasks, and the split with these; None where no number of replicates is enough.
    """

    question: str
    effect: float
    unit: str
    treatments: tuple[str, ...]
    between: float | None
    within: float | None
    splits: tuple[Split, ...]
    cheapest: Split | None
    tasks_here: int
    here: Split | None
    floor: Floor
    note: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TaskPlan:
    """Every comparison, the cheapest first; ``response`` is what is compared."""

    response: str
    tasks: int
    usd_per_task: float
    most_tasks: int | None
    questions: tuple[TaskQuestion, ...]
    note: str | None = None

    def document(self) -> dict[str, Any]:
        """Return plain JSON values."""
        values: dict[str, Any] = dataclasses.asdict(self)
        for question in values["questions"]:
            question["treatments"] = list(question["treatments"])
            question["splits"] = list(question["splits"])
        values["questions"] = list(values["questions"])
        return values


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TaskTerms:
    """What a task costs to have, and how many there are at most; None without a limit."""

    usd_per_task: float = 0.0
    most_tasks: int | None = None


def plan_tasks(analysis: Analysis, rates: Rates, terms: TaskTerms) -> TaskPlan | None:
    """Plan over tasks and replicates; None where there is one task, or tasks are all that matters."""
    tasks = analysis.tasks
    if tasks is None or not tasks.random or analysis.options.effect is None:
        return None
    on_passing = analysis.options.response == "passed"
    plan = TaskPlan(
        response="passed" if on_passing else tasks.response,
        tasks=len(tasks.by_task),
        usd_per_task=terms.usd_per_task,
        most_tasks=terms.most_tasks,
        questions=(),
    )
    if not on_passing and analysis.options.scale not in _LOGS:
        note = "tasks are compared by ratios: give the effect as one, such as --effect 25%"
        return dataclasses.replace(plan, note=note)
    asking = _SharedFacts(
        analysis=analysis,
        rates=rates,
        terms=terms,
        effect=analysis.options.effect,
        tasks=len(tasks.by_task),
    )
    questions = sorted(asking.passing() if on_passing else asking.times(), key=_order)
    return dataclasses.replace(
        plan,
        questions=tuple(questions),
        note=None if questions else "what treatments do from task to task is not known",
    )


def _order(question: TaskQuestion) -> tuple[float, float, str]:
    best = question.cheapest
    if best is None:
        return math.inf, math.inf, question.question
    return (math.inf if best.cost_usd is None else best.cost_usd), best.programs, question.question


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _SharedFacts:
    """The facts that all questions share."""

    analysis: Analysis
    rates: Rates
    terms: TaskTerms
    effect: float
    tasks: int

    def times(self) -> Iterator[TaskQuestion]:
        """Yield the planned comparisons of times."""
        tasks, sample = self.analysis.tasks, self.analysis.sample
        if tasks is None or tasks.variance.program is None:
            return
        chances = _chances(passing_table(self.analysis.results), sample)
        for test in self.analysis.contrasts:
            weights = test.contrast.weights
            used = np.flatnonzero(weights)
            squares = weights[used] ** 2
            comparison = OverTasks(
                between=float(squares.sum()) * (tasks.variance.task_treatment or 0.0),
                within=squares * tasks.variance.program,
                passing=chances[:, used],
                treatments=len(used),
                df_per_task=len(used) - 1,
                known_df=float((self.tasks - 1) * (len(sample.treatments) - 1)),
                parts_known=tasks.variance.task_treatment is not None,
            )
            yield self._answered(test.contrast.name, comparison, used.tolist(), unit="ln(ratio)")

    def passing(self) -> Iterator[TaskQuestion]:
        """Yield the planned comparisons of pass rates."""
        table, sample = passing_table(self.analysis.results), self.analysis.sample
        places = {label: i for i, label in enumerate(table.treatments)}
        for test in self.analysis.contrasts:
            factor, a, b = test.contrast.factor, test.contrast.a, test.contrast.b
            levels = table.factors.get(factor, ())
            if a not in levels or b not in levels:
                continue
            used = np.flatnonzero(test.contrast.weights)
            first, second = sorted((levels.index(a), levels.index(b)))
            among = [places[label] for i in used if (label := sample.treatments[i].label) in places]
            spread = rate_spread(table, factor, (first, second), among)
            if spread is None:
                continue
            rates = apart(spread.rates[0], self.effect)
            yield self._answered(
                test.contrast.name,
                RatesOverTasks.of(spread, rates, self.effect),
                used.tolist(),
                unit="pass rate",
                note=f"from a pass rate of {rates[0]:.3g} to {rates[1]:.3g}",
            )

    def _answered(
        self, name: str, comparison: OverTasks, used: Sequence[int], *, unit: str, note: str | None = None
    ) -> TaskQuestion:
        options = self.analysis.options
        alpha, target = options.alpha, options.power
        price = ReplicateCost(
            usd=self.rates.total(self.rates.usd, used, 1),
            calls=self.rates.total(self.rates.calls, used, 1),
            hours=self.rates.total(self.rates.hours, used, 1),
            usd_per_task=self.terms.usd_per_task,
        )
        splits = over_tasks.splits(
            comparison,
            price,
            effect=self.effect,
            alpha=alpha,
            target=target,
            most_tasks=self.terms.most_tasks,
        )
        enough = comparison.replicates(self.tasks, self.effect, alpha=alpha, target=target)
        apart_known = comparison.parts_known
        return TaskQuestion(
            question=name,
            effect=self.effect,
            unit=unit,
            treatments=tuple(self.analysis.sample.treatments[i].label for i in used),
            between=comparison.between if apart_known else None,
            within=float(comparison.within.sum()) if apart_known else None,
            splits=splits,
            cheapest=over_tasks.cheapest(splits),
            tasks_here=self.tasks,
            here=None
            if enough is None
            else over_tasks.with_tasks(comparison, price, self.tasks, enough, self.effect, alpha=alpha),
            floor=Floor(
                tasks=comparison.tasks(math.inf, self.effect, alpha=alpha, target=target),
                effect=comparison.smallest(self.tasks, alpha=alpha, target=target),
                power=_finite(comparison.power(self.tasks, math.inf, self.effect, alpha=alpha)),
            )
            if apart_known
            else Floor(tasks=None, effect=None, power=None),
            note=note,
        )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _chances(table: PassingTable, sample: Sample) -> Floats:
    """Return the chance that a program has a value, by task and treatment, (t, k).

    Each task's own rate, drawn towards that of all by as many programs as ``Arms`` takes, times how much better or
    worse than all a treatment is: tasks that are hard for one are hard for all. Exactly 1 where nothing failed.
    """
    generated, passed = table.generated.astype(float), table.passed.astype(float)
    whole = float(passed.sum() / generated.sum()) if passed.sum() else 1.0
    by_task = (passed.sum(axis=1) + PRIOR * whole) / (generated.sum(axis=1) + PRIOR)
    by_arm = (passed.sum(axis=0) + PRIOR * whole) / (generated.sum(axis=0) + PRIOR)
    rate = dict(zip(table.treatments, by_arm.tolist(), strict=True))
    of_arms = np.asarray([rate.get(treatment.label, whole) for treatment in sample.treatments])
    return np.asarray(np.minimum(by_task[:, None] * of_arms / whole, 1.0))
