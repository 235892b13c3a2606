"""Does it pass more often? Rates, differences, terms, pass@k and power, each by the method that its data bear."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy import stats

from .._errors import AnalysisError
from .._models import firth, least_squares, logistic_glmm
from .._models.formula import Model, Term, name_of
from .._models.freeman_halton import PassTest, pass_test
from .._models.pass_at_k import PassAtK, pass_at_k
from .._models.pass_rates import PassRate
from .._models.passing_table import PassingTable, passing_table, without_machine
from .._models.students_t import critical_t
from .._models.tasks import RANDOM_FROM
from . import stratified, two_proportions
from .multiplicity import holm
from .passing_together import Together, together

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .._arrays import Floats
    from .._reading.frames import Results

MOST_LEVELS: Final = 30
"""Levels of a factor, above which no pairs are compared."""

_MOST_COLUMNS: Final = 120
_MOST_TABLES: Final = 40_000
BOSCHLOO: Final = "Boschloo's exact test"
FISHER: Final = "Fisher's exact test (more programs than Boschloo's is worked out for)"
CONDITIONAL: Final = "exact conditional test over strata"
CMH: Final = "Cochran-Mantel-Haenszel test"
FIRTH: Final = "likelihood ratio of Firth's penalised fits"
GLMM: Final = "likelihood ratio of mixed models with task and task x treatment"
OVER_TASKS: Final = "analysis of variance of the tasks' pass rates (task x treatment is the error)"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Pass rate of level a minus that of b, with Newcombe's interval and an exact p (Holm's rule over the factor).

    The rates are those of all programs. ``matched`` compares levels within tasks and levels of the other factors, as p
    does; None where none of these has programs of both.
    """

    factor: str
    a: str
    b: str
    difference: float
    ci_low: float
    ci_high: float
    p_exact: float | None
    p_adjusted: float | None
    method: str
    matched: stratified.Matched | None

    @property
    def is_even(self) -> bool:
        """Whether all programs together say what they do within tasks and levels of the other factors."""
        return self.matched is not None and self.matched.difference == self.difference


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PassTerm:
    """Whether a term of the model matters for passing."""

    term: str
    df: int
    chi_sq: float | None
    p: float | None
    method: str
    note: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """The odds ratio of a factor's two levels (a against b) that all strata share."""

    factor: str
    a: str
    b: str
    strata: int
    odds_ratio: float | None
    p_exact: float


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LevelsOverTasks:
    """Pass rate of level a minus that of b in the mean of tasks, held against how much it differs between tasks."""

    factor: str
    a: str
    b: str
    difference: float
    se: float
    df: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FactorPassing:
    """Whether a factor matters for passing, and the pair of its levels that is clearest.

    ``p`` counts all pairs of the factor. The limits of a - b hold for all of them together; they hold 0 where p is not
    below alpha. None where there is no pair, or nothing to test with. ``how`` is said of the pair where its difference
    is not that of all programs together.
    """

    factor: str
    p: float | None
    method: str
    a: str | None = None
    b: str | None = None
    difference: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    note: str | None = None
    how: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PairPower:
    """Power of Boschloo's test for a pair of levels whose rates differ by the effect."""

    name: str
    factor: str
    a: str
    b: str
    rates: tuple[float, float]
    power: float
    replicates_required: int | None
    total_required: int | None
    cost_usd: float | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PassPower:
    """What it takes to find a difference of ``effect`` between two pass rates."""

    effect: float
    alpha: float
    target: float
    tasks: int
    contrasts: tuple[PairPower, ...]

    def document(self) -> dict[str, Any]:
        """Return plain JSON values; pairs by their names."""
        pairs = {
            pair.name: {
                "rates": list(pair.rates),
                "power": pair.power,
                "replicates_required": pair.replicates_required,
                "total_required": pair.total_required,
                "cost_usd": pair.cost_usd,
            }
            for pair in self.contrasts
        }
        return {
            "effect": self.effect,
            "alpha": self.alpha,
            "target": self.target,
            "tasks": self.tasks,
            "contrasts": pairs,
        }


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """Everything about passing; ``omnibus`` asks whether the treatments differ at all, ``factors`` which factors do.

    ``over_tasks`` compares all pairs of levels over tasks like these; it is empty where tasks are no sample.
    ``together`` asks what each two factors do together.
    """

    rates: tuple[PassRate, ...]
    differences: tuple[Difference, ...]
    terms: tuple[PassTerm, ...]
    stratified: Common | None
    pass_at_k: tuple[PassAtK, ...]
    power: PassPower | None
    omnibus: PassTest
    factors: tuple[FactorPassing, ...]
    over_tasks: tuple[LevelsOverTasks, ...] = ()
    together: tuple[Together, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the user wants to know: see ``Options``. ``effect`` is a difference of rates, above 0 and below 1."""

    model: Model
    type: int
    alpha: float
    power: float
    effect: float | None = None
    random: bool | None = None


def passing(results: Results, asked: Asked, *, usd: float | None = None) -> Passing:
    """Say all about passing that the data bear; ``usd`` is the price of one program."""
    table = passing_table(results)
    random = len(table.tasks) >= RANDOM_FROM if asked.random is None else asked.random
    random = random and len(table.tasks) > 1
    differences = tuple(_differences(table, asked.alpha))
    over = tuple(_over_tasks(table)) if random else ()
    return Passing(
        rates=tuple(_rates(table, asked.alpha)),
        differences=differences,
        terms=_terms(table, asked, random=random),
        stratified=_common(table),
        pass_at_k=pass_at_k(
            table.generated.sum(axis=1).tolist(), table.passed.sum(axis=1).tolist(), alpha=asked.alpha
        ),
        power=None if asked.effect is None else _power(table, asked, asked.effect, usd),
        omnibus=_omnibus(table, random=random),
        factors=tuple(
            _factor_over_tasks(table, factor, [pair for pair in over if pair.factor == factor], asked.alpha)
            for factor in table.varying()
        )
        if random
        else factors(table, differences, alpha=asked.alpha),
        over_tasks=over,
        together=together(table, alpha=asked.alpha, random=random),
    )


def factors(
    table: PassingTable, pairs: Sequence[Difference] | None = None, *, alpha: float
) -> tuple[FactorPassing, ...]:
    """Test each factor of these tasks; ``pairs`` are the table's differences, where they are known already."""
    known = tuple(_differences(table, alpha)) if pairs is None else pairs
    return tuple(
        _factor(table, factor, [pair for pair in known if pair.factor == factor], alpha)
        for factor in table.varying()
    )


# -- rates and differences


def _rates(table: PassingTable, alpha: float) -> Iterator[PassRate]:
    generated, passed = table.generated.sum(axis=0), table.passed.sum(axis=0)
    yield PassRate.of("all", "all programs", int(passed.sum()), int(generated.sum()), alpha=alpha)
    for factor, levels in table.factors.items():
        for i, level in enumerate(levels):
            at = table.at(factor, i)
            if generated[at].sum():
                yield PassRate.of(factor, level, int(passed[at].sum()), int(generated[at].sum()), alpha=alpha)
    if len(table.tasks) > 1:
        for i, task in enumerate(table.tasks):
            yield PassRate.of(
                "task", task, int(table.passed[i].sum()), int(table.generated[i].sum()), alpha=alpha
            )
    for i, label in enumerate(table.treatments):
        yield PassRate.of("treatment", label, int(passed[i]), int(generated[i]), alpha=alpha)


def _differences(table: PassingTable, alpha: float) -> Iterator[Difference]:
    generated, passed = table.generated.sum(axis=0), table.passed.sum(axis=0)
    for factor in table.varying():
        levels = table.factors[factor]
        if len(levels) > MOST_LEVELS:
            continue
        strata = [(x, n) for x, n in table.strata(factor) if np.count_nonzero(n) > 1]
        pairs = list(itertools.combinations(range(len(levels)), 2))
        exact = [_exact(strata, a, b) for a, b in pairs]
        adjusted = holm([p for p, _ in exact])
        for (a, b), (p, method), of_many in zip(pairs, exact, adjusted, strict=True):
            good = int(passed[table.at(factor, a)].sum()), int(passed[table.at(factor, b)].sum())
            every = int(generated[table.at(factor, a)].sum()), int(generated[table.at(factor, b)].sum())
            if 0 in every:
                continue
            low, high = two_proportions.newcombe(good, every, alpha)
            yield Difference(
                factor=factor,
                a=levels[a],
                b=levels[b],
                difference=good[0] / every[0] - good[1] / every[1],
                ci_low=low,
                ci_high=high,
                p_exact=p,
                p_adjusted=of_many,
                method=method,
                matched=stratified.matched(_tables(strata, a, b)),
            )


def _tables(
    strata: Sequence[tuple[np.ndarray, np.ndarray]], a: int, b: int
) -> list[tuple[int, int, int, int]]:
    return [(int(x[a]), int(n[a]), int(x[b]), int(n[b])) for x, n in strata if n[a] and n[b]]


def _exact(strata: Sequence[tuple[np.ndarray, np.ndarray]], a: int, b: int) -> tuple[float | None, str]:
    """Test two levels of a factor: Boschloo in one stratum, the exact conditional test over several."""
    tables = _tables(strata, a, b)
    if not tables:
        return None, BOSCHLOO
    if len(tables) == 1:
        x, n, y, m = tables[0]
        if n * m > _MOST_TABLES:
            fisher = stratified.exact_conditional(tables)
            return (1.0 if fisher is None else fisher.p), FISHER
        return two_proportions.boschloo((x, y), (n, m)), BOSCHLOO
    conditional = stratified.exact_conditional(tables)
    if conditional is not None:
        return conditional.p, CONDITIONAL
    # Too many totals to enumerate, or nothing that could have come out otherwise.
    large = stratified.cmh([((x, y), (n, m)) for x, n, y, m in tables])
    return (1.0, CONDITIONAL) if large is None else (large[2], CMH)


def _common(table: PassingTable) -> Common | None:
    """Return the odds ratio over strata of the first factor with two levels, where there are several strata."""
    for factor in table.varying():
        levels = table.factors[factor]
        if len(levels) != 2:  # noqa: PLR2004
            continue
        tables = _tables(list(table.strata(factor)), 0, 1)
        if len(tables) > 1 and (common := stratified.exact_conditional(tables)) is not None:
            return Common(
                factor=factor,
                a=levels[0],
                b=levels[1],
                strata=len(tables),
                odds_ratio=common.odds_ratio,
                p_exact=common.p,
            )
    return None


# -- factors


def _factor(table: PassingTable, factor: str, pairs: Sequence[Difference], alpha: float) -> FactorPassing:
    """Test a factor exactly by its clearest pair of levels, all pairs counted; many levels by one test of all.

    Test and estimate compare levels within tasks and levels of the other factors. No pair is named where all programs
    together say the opposite.
    """
    known = [
        (pair, pair.matched) for pair in pairs if pair.p_adjusted is not None and pair.matched is not None
    ]
    if not known:
        strata = [(x.tolist(), n.tolist()) for x, n in table.strata(factor) if np.count_nonzero(n) > 1]
        large = stratified.cmh(strata) if strata else None
        if large is None:
            return FactorPassing(
                factor=factor,
                p=None,
                method=CMH,
                note="there is nothing in it that could have come out otherwise by chance",
            )
        return FactorPassing(factor=factor, p=large[2], method=CMH)
    best, rates = min(
        known, key=lambda one: (one[0].p_adjusted or 0.0, one[0].p_exact or 0.0, -abs(one[0].difference))
    )
    p = best.p_adjusted or 0.0
    if best.difference * rates.difference < 0:
        note = (
            "programs of both levels are spread so unevenly over tasks and other factors that all together say the "
            "opposite"
        )
        return FactorPassing(factor=factor, p=p, method=best.method, note=note)
    low, high = two_proportions.newcombe(rates.passed, rates.programs, alpha / len(known))
    if p >= alpha:
        low, high = min(low, 0.0), max(high, 0.0)
    return FactorPassing(
        factor=factor,
        p=p,
        method=best.method,
        a=best.a,
        b=best.b,
        difference=rates.difference,
        ci_low=low,
        ci_high=high,
        how="" if best.is_even else ", within tasks and levels of the other factors",
    )


def _by_level(table: PassingTable, factor: str) -> Floats | None:
    """Return the pass rates of tasks and levels: means over the combinations of other factors that all levels have.

    Shape (tasks, levels), of the tasks that have programs in all of these; None where there are none.
    """
    others = [name for name in table.own if name != factor]
    groups: dict[tuple[int, ...], dict[int, int]] = {}
    for i in range(len(table.treatments)):
        key = tuple(int(table.level[name][i]) for name in others)
        groups.setdefault(key, {})[int(table.level[factor][i])] = i
    size = len(table.factors[factor])
    used = np.asarray(
        [[of[level] for level in range(size)] for of in groups.values() if len(of) == size], dtype=np.intp
    ).reshape(-1, size)
    if not used.size:
        return None
    whole = (table.generated[:, used.ravel()] > 0).all(axis=1)
    rates = table.passed[whole] / np.maximum(table.generated[whole], 1)
    return np.asarray(rates[:, used].mean(axis=1))


def _over_tasks(table: PassingTable) -> Iterator[LevelsOverTasks]:
    """Compare all pairs of levels over tasks like these (R: ``t.test(paired = TRUE)`` of the tasks' rates)."""
    for factor in table.varying():
        levels, rates = table.factors[factor], _by_level(table, factor)
        if rates is None or len(rates) < 2 or len(levels) > MOST_LEVELS:  # noqa: PLR2004 - a spread needs two
            continue
        for a, b in itertools.combinations(range(len(levels)), 2):
            apart = rates[:, a] - rates[:, b]
            yield LevelsOverTasks(
                factor=factor,
                a=levels[a],
                b=levels[b],
                difference=float(apart.mean()),
                se=float(apart.std(ddof=1)) / math.sqrt(len(apart)),
                df=len(apart) - 1,
            )


def _factor_over_tasks(
    table: PassingTable, factor: str, pairs: Sequence[LevelsOverTasks], alpha: float
) -> FactorPassing:
    rates = _by_level(table, factor)
    if rates is None:
        return FactorPassing(
            factor=factor, p=None, method=OVER_TASKS, note="no task has programs of all its levels"
        )
    test = _between(rates)
    if test.p is None or not pairs:
        return FactorPassing(factor=factor, p=test.p, method=OVER_TASKS, note=test.note)
    best = max(pairs, key=lambda pair: abs(pair.difference))
    half = critical_t(alpha / len(pairs), best.df) * best.se
    low, high = best.difference - half, best.difference + half
    if test.p >= alpha:
        low, high = min(low, 0.0), max(high, 0.0)
    return FactorPassing(
        factor=factor,
        p=test.p,
        method=OVER_TASKS,
        a=best.a,
        b=best.b,
        difference=best.difference,
        ci_low=max(low, -1.0),
        ci_high=min(high, 1.0),
    )


# -- terms


def _terms(table: PassingTable, asked: Asked, *, random: bool) -> tuple[PassTerm, ...]:
    model = without_machine(asked.model)
    method = GLMM if random else FIRTH
    blocks = table.design(model)
    if not 0 < table.passed.sum() < table.generated.sum():
        note = "all programs passed" if table.passed.sum() else "no program passed"
        return tuple(_untested(term, method, note) for term in model.terms)
    if sum(block.shape[1] for block in blocks) > _MOST_COLUMNS:
        note = f"more than {_MOST_COLUMNS} parameters; ask for fewer terms with --model"
        return tuple(_untested(term, method, note) for term in model.terms)
    fits = _Fits(table, blocks, random=random)
    return tuple(fits.test(model.terms, i, asked.type, method) for i in range(len(model.terms)))


def _untested(term: Term, method: str, note: str, df: int = 0) -> PassTerm:
    return PassTerm(term=name_of(term), df=df, chi_sq=None, p=None, method=method, note=note)


class _Fits:
    """Models of the pass rates, each fitted once."""

    def __init__(self, table: PassingTable, blocks: list[Floats], *, random: bool) -> None:
        self.table, self.blocks, self.random = table, blocks, random
        self.known: dict[frozenset[int], tuple[float, int]] = {}
        task, arm = np.nonzero(table.generated)
        self.task, self.arm = task, arm

    def test(self, terms: Sequence[Term], i: int, kind: int, method: str) -> PassTerm:
        """Compare the models with and without a term, by the rule of the type of the sums of squares."""
        others = frozenset(
            j
            for j, other in enumerate(terms)
            if j != i and (j < i if kind == 1 else kind == 3 or not set(terms[i]) < set(other))  # noqa: PLR2004
        )
        try:
            full, reduced = self.fit(others | {i}), self.fit(others)
        except (AnalysisError, np.linalg.LinAlgError) as error:
            return _untested(terms[i], method, str(error))
        df = full[1] - reduced[1]
        if df == 0:
            return _untested(
                terms[i],
                method,
                "can't be told from the other factors: combinations of levels have no program",
            )
        statistic = max(0.0, 2 * (full[0] - reduced[0]))
        return PassTerm(
            term=name_of(terms[i]),
            df=df,
            chi_sq=statistic,
            p=float(stats.chi2.sf(statistic, df)),
            method=method,
        )

    def fit(self, chosen: frozenset[int]) -> tuple[float, int]:
        """Return the log likelihood of a model and its number of coefficients."""
        if chosen not in self.known:
            self.known[chosen] = self._fitted(chosen)
        return self.known[chosen]

    def _fitted(self, chosen: frozenset[int]) -> tuple[float, int]:
        x = np.concatenate([self.blocks[0], *(self.blocks[j + 1] for j in sorted(chosen))], axis=1)
        generated, passed = self.table.generated.astype(float), self.table.passed.astype(float)
        if self.random:
            base = least_squares.basis(x)
            return logistic_glmm.fit_glmm(base, passed, generated).log_likelihood, base.shape[1]
        rows = x[self.arm]
        if len(self.table.tasks) > 1:
            rows = np.concatenate([rows, np.eye(len(self.table.tasks))[self.task][:, 1:]], axis=1)
        base = least_squares.basis(rows)
        at = (self.task, self.arm)
        return firth.firth(base, passed[at], generated[at]).log_likelihood, base.shape[1]


# -- do the treatments differ at all


def _omnibus(table: PassingTable, *, random: bool) -> PassTest:
    """Test all treatments at once: exactly for one task, over strata for fixed tasks, between tasks for random ones."""
    if len(table.tasks) == 1:
        return pass_test(table.generated[0].tolist(), table.passed[0].tolist())
    return _between_tasks(table) if random else _within_tasks(table)


def _within_tasks(table: PassingTable) -> PassTest:
    strata = list(zip(table.passed.tolist(), table.generated.tolist(), strict=True))
    if len(table.treatments) == 2:  # noqa: PLR2004
        conditional = stratified.exact_conditional([(x[0], n[0], x[1], n[1]) for x, n in strata if all(n)])
        if conditional is not None:
            return PassTest(method=CONDITIONAL, p=conditional.p, note="of these tasks only")
    large = stratified.cmh(strata)
    if large is None:
        return PassTest(method=CMH, p=None, note="no task has programs that passed and programs that failed")
    return PassTest(method=CMH, p=large[2], note="of these tasks only")


def _between_tasks(table: PassingTable) -> PassTest:
    """Compare the treatments' pass rates with how much their differences vary from task to task.

    Tasks in which all treatments have programs; F on (k - 1) and (k - 1)(T - 1) with Box's correction by the
    covariances of the treatments (Greenhouse & Geisser 1959), so that these need not be alike.
    """
    whole = (table.generated > 0).all(axis=1)
    return _between(table.passed[whole] / np.maximum(table.generated[whole], 1))


def _between(rates: Floats) -> PassTest:
    """Test the columns of a table of tasks and what is compared."""
    tasks, arms = rates.shape
    if tasks < 2 or arms < 2:  # noqa: PLR2004
        return PassTest(
            method=OVER_TASKS, p=None, note="fewer than two tasks have programs of every treatment"
        )
    centred = rates - rates.mean(axis=1, keepdims=True)
    mean = centred.mean(axis=0)
    left = centred - mean
    error = float((left**2).sum())
    if error <= 1e-12:  # noqa: PLR2004 - rates are shares of whole numbers
        if float(mean @ mean) <= 1e-12:  # noqa: PLR2004
            return PassTest(method=OVER_TASKS, p=None, note="in no task do the treatments' pass rates differ")
        # Every task says the same: the chance of that, had the treatments been dealt at random in each.
        return PassTest(method=OVER_TASKS, p=math.factorial(arms) ** (1.0 - tasks))
    f = tasks * float(mean @ mean) / (arms - 1) / (error / ((arms - 1) * (tasks - 1)))
    covariance = left.T @ left / (tasks - 1)
    epsilon = float(np.trace(covariance) ** 2 / ((arms - 1) * (covariance**2).sum()))
    epsilon = min(1.0, max(epsilon, 1 / (arms - 1)))
    df = epsilon * (arms - 1)
    return PassTest(method=OVER_TASKS, p=float(stats.f.sf(f, df, df * (tasks - 1))))


# -- power


def _power(table: PassingTable, asked: Asked, effect: float, usd: float | None) -> PassPower:
    """Plan each pair of levels, from the rate of the first; the treatments of a level share its programs evenly."""
    generated, passed = table.generated.sum(axis=0), table.passed.sum(axis=0)
    contrasts = []
    for factor in table.varying():
        levels = table.factors[factor]
        if len(levels) > MOST_LEVELS:
            continue
        per_level = len(table.treatments) / len(levels)
        for a, b in itertools.combinations(range(len(levels)), 2):
            of_a, of_b = table.at(factor, a), table.at(factor, b)
            n = int(min(generated[of_a].sum(), generated[of_b].sum()))
            if n == 0:
                continue
            base = float(passed[of_a].sum() / generated[of_a].sum())
            rates = two_proportions.apart(base, effect)
            per_arm = two_proportions.required(rates, alpha=asked.alpha, target=asked.power)
            replicates = None if per_arm is None else math.ceil(per_arm / per_level / len(table.tasks))
            total = None if replicates is None else replicates * len(table.treatments) * len(table.tasks)
            contrasts.append(
                PairPower(
                    name=f"{factor}: {levels[a]} - {levels[b]}",
                    factor=factor,
                    a=levels[a],
                    b=levels[b],
                    rates=rates,
                    power=two_proportions.power(n, rates, asked.alpha),
                    replicates_required=replicates,
                    total_required=total,
                    cost_usd=None if total is None or usd is None else total * usd,
                )
            )
    return PassPower(
        effect=effect,
        alpha=asked.alpha,
        target=asked.power,
        tasks=len(table.tasks),
        contrasts=tuple(contrasts),
    )
