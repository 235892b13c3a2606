"""Plan the next experiment: designs and questions side by side, what each costs, and what a budget buys."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from .._errors import AnalysisError
from .._inference.passing import MOST_LEVELS
from .._power import candidate_designs, effect_sizes
from .._power.arms import Arms, arms, spreads_differ
from .._power.noncentral_f import required
from .._power.power import check_rates, upper_sigma
from .._power.unit_cost import Rates, rates
from .._sequential.bounds import Rules
from .._sequential.schedule import Schedule, check_looks, schedule
from .plan_passing import passing_rows
from .plan_rows import PlanRow
from .plan_tasks import TaskPlan, TaskTerms, plan_tasks
from .sequential_options import add_sequential_arguments

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from .._analysis import Analysis
    from .._inference.passing import PassPower
    from .._models.sample import Sample
    from .._power.candidate_designs import Question

_SEQUENTIAL_ROWS = 3
_LEAST = 2


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PlanResult:
    """Rows, the cheapest first; without prices the one with the fewest programs.

    ``sigma`` and what follows from it are None where pass rates are planned for; ``passed`` is then there. ``tasks`` is
    there where tasks are a sample of tasks: rows are of these tasks only.
    """

    effect: float
    unit: str
    alpha: float
    target: float
    sigma: float | None
    sigma_ci: tuple[float, float] | None
    sigma_upper: float | None
    pass_rate: float
    budget: float | None
    rows: tuple[PlanRow, ...]
    notes: tuple[str, ...]
    tasks: TaskPlan | None = None
    passed: PassPower | None = None

    def document(self) -> dict[str, Any]:
        """Return plain JSON values."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {
            "schema": 1,
            **fields,
            "sigma_ci": None if self.sigma_ci is None else list(self.sigma_ci),
            "rows": [row.document() for row in self.rows],
            "notes": list(self.notes),
            "tasks": None if self.tasks is None else self.tasks.document(),
            "passed": None if self.passed is None else self.passed.document(),
        }


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """What the user asked the plan for, beyond the options of the analysis."""

    budget: float | None = None
    usd_per_program: float | None = None
    usd_per_task: float | None = None
    most_tasks: int | None = None
    looks: int | None = None
    spending: str = "obrien-fleming"
    futility: str = "non-binding"

    def __post_init__(self) -> None:
        for name, value in (
            ("budget", self.budget),
            ("usd-per-program", self.usd_per_program),
            ("usd-per-task", self.usd_per_task),
        ):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise AnalysisError(f"--{name} {value:g}: give a positive number of US dollars")
        if self.most_tasks is not None and self.most_tasks < _LEAST:
            raise AnalysisError(
                f"--most-tasks {self.most_tasks}: give at least {_LEAST}; one task tells nothing of others"
            )
        if self.looks is not None:
            check_looks(self.looks)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``plan`` takes beside the options of the analysis."""
    parser.add_argument(
        "--budget", type=float, metavar="USD", help="show the power that this much money buys"
    )
    parser.add_argument(
        "--usd-per-program",
        type=float,
        metavar="USD",
        help="price of one program, where the files do not tell what was paid (or instead of it)",
    )
    parser.add_argument(
        "--usd-per-task",
        type=float,
        metavar="USD",
        help="what one more task costs to have, where tasks are a sample: decides between tasks and replicates",
    )
    parser.add_argument(
        "--most-tasks",
        type=int,
        metavar="N",
        help="how many tasks there are at most, where they are a sample",
    )
    parser.add_argument(
        "--looks", type=int, metavar="K", help="show group-sequential versions with 2 to 5 looks, too"
    )
    add_sequential_arguments(parser)


def run(analysis: Analysis, args: argparse.Namespace) -> PlanResult:
    """Answer ``python -m analysis plan``."""
    defaults = PlanOptions()
    return plan(
        analysis,
        PlanOptions(
            budget=args.budget,
            usd_per_program=args.usd_per_program,
            usd_per_task=args.usd_per_task,
            most_tasks=args.most_tasks,
            looks=args.looks,
            spending=args.spending or defaults.spending,
            futility=args.futility or defaults.futility,
        ),
    )


def plan(analysis: Analysis, settings: PlanOptions | None = None) -> PlanResult:
    """Put designs for the next experiment side by side.

    Parameters
    ----------
    analysis : of a pilot, with ``options.effect``; only its spread, its pass rate and its costs are used.
    settings : budget, prices, the most tasks, and group-sequential looks.

    Raises
    ------
    AnalysisError : no effect was given, sigma is unknown, or there is nothing to compare.
    """
    settings = settings or PlanOptions()
    options, sample = analysis.options, analysis.sample
    if options.effect is None:
        raise AnalysisError(
            "plan: say which difference would matter to you, in the unit of the response, for example --effect 0.5; "
            "it can't be taken from the data (the observed effect is no guide to what matters)"
        )
    effect_sizes.checked_effect(options.effect)
    check_rates(options.alpha, options.power)
    within = any(known.sd is not None for known in analysis.further.nested)
    if len(sample.treatments) < 2 and not within:  # noqa: PLR2004 - nothing to compare
        raise AnalysisError("plan: the study has one treatment, so there is nothing to compare")
    priced = rates(sample, analysis.cost, usd_per_program=settings.usd_per_program)
    if options.response == "passed":
        return _on_passing(analysis, settings, priced, options.effect)
    sigma = sample.sigma
    if sigma.value is None or sigma.ci_low is None or sigma.ci_high is None:
        raise AnalysisError(f"plan: replicates cannot be estimated because {sigma.note}")
    planner = _Planner(
        sample=sample,
        rates=priced,
        arms=arms(sample, unequal=spreads_differ(analysis.tests, options.alpha)),
        settings=settings,
        effect=options.effect,
        alpha=options.alpha,
        target=options.power,
        sigmas=(sigma.value, sigma.ci_low, sigma.ci_high, upper_sigma(sigma.value, sigma.df)),
    )
    asked = candidate_designs.questions(sample, planner.replicate_price, analysis.further.nested)
    pairs = sorted(((planner.row(q), q) for q in asked), key=lambda pair: _order(pair[0]))
    return PlanResult(
        effect=options.effect,
        unit=sample.unit,
        alpha=options.alpha,
        target=options.power,
        sigma=sigma.value,
        sigma_ci=(sigma.ci_low, sigma.ci_high),
        sigma_upper=planner.sigmas[3],
        pass_rate=planner.rates.pass_rate,
        budget=settings.budget,
        rows=_with_looks(planner, pairs),
        notes=tuple(_notes(analysis, settings, planner.rates)),
        tasks=plan_tasks(analysis, priced, _terms(settings)),
    )


def _terms(settings: PlanOptions) -> TaskTerms:
    return TaskTerms(usd_per_task=settings.usd_per_task or 0.0, most_tasks=settings.most_tasks)


def _on_passing(analysis: Analysis, settings: PlanOptions, priced: Rates, effect: float) -> PlanResult:
    """Plan for pass rates: nothing is asked of times, which there need not be."""
    rows = sorted(passing_rows(analysis, priced, settings.budget), key=_order)
    if not rows:
        many = [name for name, levels in analysis.sample.factors.items() if len(levels) > MOST_LEVELS]
        if many:
            raise AnalysisError(
                f"plan: {many[0]} has more than {MOST_LEVELS} levels, whose pairs are too many to plan for; give the "
                "programs of those levels that you want to compare"
            )
        raise AnalysisError("plan: no two levels have programs, so there are no pass rates to compare")
    return PlanResult(
        effect=effect,
        unit="pass rate",
        alpha=analysis.options.alpha,
        target=analysis.options.power,
        sigma=None,
        sigma_ci=None,
        sigma_upper=None,
        pass_rate=float(analysis.results.programs["passed"].astype(bool).mean()),
        budget=settings.budget,
        rows=tuple(rows),
        notes=tuple(_notes(analysis, settings, priced)),
        tasks=plan_tasks(analysis, priced, _terms(settings)),
        passed=analysis.further.passing.power,
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Planner:
    """The facts that every row shares; ``sigmas`` are the estimate, both 95 % limits and the upper 80 % limit."""

    sample: Sample
    rates: Rates
    arms: Arms
    settings: PlanOptions
    effect: float
    alpha: float
    target: float
    sigmas: tuple[float, float, float, float]

    def replicate_price(self, treatments: Sequence[int]) -> float:
        """Price of one replicate of some treatments: dollars, or calls, or else programs."""
        for rate in (self.rates.usd, self.rates.calls):
            price = self.rates.total(rate, treatments, 1)
            if price is not None:
                return price
        return float(len(treatments))

    def row(self, question: Question) -> PlanRow:
        """Answer one question."""
        design = question.design
        feasible = self.arms.feasible(design.treatments)
        ratios = self._times(question)
        needed = [self._needed(question, times) if feasible else None for times in ratios]
        programs_each, recommended = needed[0], needed[3]
        at_budget = self._affordable(question) if feasible else None
        note = question.note
        if not feasible:
            lost = next(i for i in design.treatments if not self.arms.passed[i])
            note = f"not feasible: no program of {self.sample.treatments[lost].label} passed here"
        elif needed[0] is None:
            note = "more than 10 million replicates would be needed"
        return PlanRow(
            design=design.label,
            kind=design.kind,
            question=question.name,
            test=question.test,
            treatments=tuple(self.sample.treatments[i].label for i in design.treatments),
            replicates_per_treatment=needed[0],
            replicates_low=needed[1],
            replicates_high=needed[2],
            replicates_recommended=needed[3],
            programs=None if programs_each is None else programs_each * len(design.treatments),
            calls=None
            if programs_each is None
            else self.rates.total(self.rates.calls, design.paid, programs_each),
            usd=None
            if programs_each is None
            else self.rates.total(self.rates.usd, design.paid, programs_each),
            hours=None
            if programs_each is None
            else self.rates.total(self.rates.hours, design.treatments, programs_each),
            recommended_programs=None if recommended is None else recommended * len(design.treatments),
            recommended_usd=None
            if recommended is None
            else self.rates.total(self.rates.usd, design.paid, recommended),
            replicates_at_budget=at_budget,
            power_at_budget=None if at_budget is None else self._power(question, at_budget),
            power=None if programs_each is None else self._at(question, programs_each, 1.0),
            feasible=feasible,
            note=note,
        )

    def sequential(self, question: Question) -> Schedule | None:
        """Return the group-sequential version of a row."""
        rules = Rules(
            df_num=question.df_num,
            alpha=self.alpha,
            target=self.target,
            unit_ncp=question.squares * (self.effect / self.sigmas[0]) ** 2,
            spending=self.settings.spending,
            futility=self.settings.futility,
        )
        return schedule(rules, question.groups, self.settings.looks or 0)

    def _times(self, question: Question) -> tuple[float, float, float, float]:
        """Return the spread's estimate, both 95 % limits and upper 80 % limit, in multiples of the estimate."""
        if question.within is not None:
            return _limits(question.within.df)
        if not self.arms.unequal:
            return _multiples(self.sigmas)
        weights = question.weights
        if weights is None:
            weights = np.zeros(len(self.sample.treatments))
            weights[list(question.design.treatments)] = 1.0
        _, df = self.arms.sigma(weights)
        return _limits(df)

    def _at(self, question: Question, generated: int, times: float) -> float:
        """Power with so many programs of each treatment, where spreads are ``times`` as large as estimated."""
        if question.within is not None:
            known = question.within
            return self.arms.within_power(
                known.rate, known.sd * times, self.effect, generated, alpha=self.alpha
            )
        if question.pairs:
            return self.arms.paired_power(
                question.pairs, self.effect, generated, alpha=self.alpha, times=times
            )
        if question.weights is not None:
            return self.arms.contrast_power(
                question.weights,
                self.effect,
                generated,
                alpha=self.alpha,
                # Of nested designs the trajectories count: prefixes are no programs of their own.
                design=question.design.paid,
                times=times,
            )
        f = math.sqrt(question.squares / question.groups) * self.effect / (self.sigmas[0] * times)
        return self.arms.omnibus_power(f, question.design.treatments, generated, alpha=self.alpha)

    def _needed(self, question: Question, times: float) -> int | None:
        return required(lambda n: self._at(question, n, times), target=self.target, least=2)

    def _affordable(self, question: Question) -> int | None:
        price = self.rates.total(self.rates.usd, question.design.paid, 1)
        if self.settings.budget is None or price is None or price <= 0:
            return None
        return math.floor(self.settings.budget / price + 1e-9)

    def _power(self, question: Question, generated: int) -> float | None:
        if generated < 2:  # noqa: PLR2004 - no residual to test with
            return None
        power = self._at(question, generated, 1.0)
        return power if math.isfinite(power) else None


def _limits(df: float) -> tuple[float, float, float, float]:
    """Return 1, both 95 % limits and the upper 80 % limit of a spread in multiples of its estimate."""
    low, high = stats.chi2.ppf([0.975, 0.025], df)
    return 1.0, math.sqrt(df / low), math.sqrt(df / high), upper_sigma(1.0, df)


def _multiples(sigmas: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """Return spreads in multiples of the first."""
    value, low, high, upper = sigmas
    return 1.0, low / value, high / value, upper / value


def _order(row: PlanRow) -> tuple[float, float, str]:
    worst = math.inf
    return (
        worst if row.usd is None else row.usd,
        worst if row.programs is None else row.programs,
        row.question,
    )


def _with_looks(planner: _Planner, pairs: list[tuple[PlanRow, Question]]) -> tuple[PlanRow, ...]:
    """Add group-sequential versions to the cheapest rows and to the full design's, since each takes a simulation."""
    if planner.settings.looks is None:
        return tuple(row for row, _ in pairs)
    planned = []
    for i, (row, question) in enumerate(pairs):
        wanted = i < _SEQUENTIAL_ROWS or (row.kind == "full" and question.df_num > 1)
        able = wanted and row.kind != "nested" and row.replicates_per_treatment is not None
        planned.append(dataclasses.replace(row, sequential=planner.sequential(question)) if able else row)
    return tuple(planned)


def _notes(analysis: Analysis, settings: PlanOptions, rates: Rates) -> list[str]:
    notes = []
    if settings.usd_per_program is None and analysis.cost.note is not None:
        notes.append(f"{analysis.cost.note}; --usd-per-program gives a price")
    if (
        settings.budget is not None
        and analysis.cost.usd_per_replicate is None
        and settings.usd_per_program is None
    ):
        notes.append("the budget buys an unknown number of programs, as their price is unknown")
    on_passing = analysis.options.response == "passed"
    if on_passing and settings.looks is not None:
        notes.append("looks are for times; these plans are for one test at the end")
    if len(analysis.results.tasks) > 1:
        several = (
            "each is programs of a treatment of each task"
            if on_passing
            else (f"each is programs of a treatment over all {len(analysis.results.tasks)} tasks together")
        )
        notes.append(f"{several}; the designs are of these tasks only")
    if rates.pass_rate < 1 and not on_passing:
        notes.append(
            f"{rates.pass_rate:.0%} of the programs passed here; all numbers are of programs to make and allow for "
            "failures, treatment by treatment"
        )
    if analysis.sample.response in {"log", "ratio"} and not on_passing:
        notes.append(
            f"the effect is a difference of logarithms: {analysis.options.effect:g} is a factor of "
            f"{math.exp(min(analysis.options.effect or 0.0, 700.0)):.3g}"
        )
    notes.append("hours are of loading, verifying and timing; waiting for the model comes on top")
    return notes
