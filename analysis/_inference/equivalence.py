"""Equivalence: is a difference small enough not to matter? Two one-sided tests, and the programs that they take."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np
from scipy import integrate, stats

from .._errors import AnalysisError
from .._models.students_t import two_sided_p
from . import two_proportions
from .satterthwaite import satterthwaite

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .._models.sample import Sample
    from .._models.tasks import OverContrast
    from .contrasts import ContrastTest
    from .passing import Difference, LevelsOverTasks
    from .passing_together import Together

Verdict: TypeAlias = Literal["different", "equivalent", "undecided", "untestable"]
_LOGS: Final = frozenset({"log", "ratio"})
_MOST: Final = 10_000
PASSED: Final = "passed"
_UNEVEN: Final = (
    "programs of both levels are spread unevenly over tasks and other factors, "
    "so their rates within these are compared"
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Equivalence:
    """One planned comparison against the margin.

    Attributes
    ----------
    margin : as told: a ratio above 1 for logarithms, a difference otherwise.
    ci_low, ci_high : 1 - 2 alpha, a ratio for logarithms; inside the margin exactly where the answer is equivalent.
    p : the larger of the two one-sided ones.
    replicates_required : programs per treatment that find equivalence with the power asked for where there is no
        difference at all; None where it can't be said.
    """

    contrast: str
    factor: str
    margin: float
    ci_low: float | None
    ci_high: float | None
    p: float | None
    answer: Verdict
    method: str
    replicates_required: int | None
    note: str | None = None


def bound(margin: float, response: str) -> float:
    """Return the margin on the scale of the values.

    Raises
    ------
    AnalysisError : it is no margin of this response.
    """
    if response in _LOGS:
        if not 1 < margin < math.inf:
            raise AnalysisError(
                f"--margin {margin:g}: must be a ratio above 1, such as 1.25 (up to 25 % slower is as good as equal)"
            )
        return math.log(margin)
    if response == PASSED and not 0 < margin < 1:
        raise AnalysisError(
            f"--margin {margin:g}: must be a difference of pass rates between 0 and 1, such as 0.1"
        )
    if not 0 < margin < math.inf:
        raise AnalysisError(f"--margin {margin:g}: must be above 0, in the unit of the response")
    return margin


def equivalence(
    sample: Sample,
    contrasts: Sequence[ContrastTest],
    *,
    margin: float,
    alpha: float,
    target: float,
    over: Sequence[OverContrast | None] | None = None,
) -> tuple[Equivalence, ...]:
    """Compare each contrast with the margin, by Welch's version where every treatment has two programs.

    Schuirmann (1987); R: ``TOSTER::t_TOST``.

    Parameters
    ----------
    over : the same contrasts over tasks like these, where tasks are a sample of tasks.
    """
    if over is None:
        return tuple(_compared(sample, test, margin, alpha, target) for test in contrasts)
    rows = []
    for test, of in zip(contrasts, over, strict=True):
        estimate = (None, None, 0.0) if of is None else (of.estimate, of.se, of.df)
        row = _row(sample, test, estimate, margin, alpha)
        rows.append(
            dataclasses.replace(
                row, method="two one-sided t tests against what treatments do from task to task"
            )
        )
    return tuple(rows)


def _compared(sample: Sample, test: ContrastTest, margin: float, alpha: float, target: float) -> Equivalence:
    se, df, method = test.se, float(test.df), "two one-sided t tests, pooled variance"
    if len(sample.blocks) == 1:
        own_se, own_df = satterthwaite(sample, test.contrast.weights)
        if own_se is not None and own_df is not None and own_se > 0:
            se, df, method = own_se, own_df, "two one-sided t tests, Welch's degrees of freedom"
    row = _row(sample, test, (test.estimate, se, df), margin, alpha)
    required = _required(sample, test, bound(margin, sample.response), alpha, target)
    return dataclasses.replace(row, method=method, replicates_required=required)


def _row(
    sample: Sample,
    test: ContrastTest,
    estimated: tuple[float | None, float | None, float],
    margin: float,
    alpha: float,
) -> Equivalence:
    """Compare an estimate, with its standard error and degrees of freedom, with the margin."""
    estimate, se, df = estimated
    row = Equivalence(
        contrast=test.contrast.name,
        factor=test.contrast.factor,
        margin=margin,
        ci_low=None,
        ci_high=None,
        p=None,
        answer="untestable",
        method="",
        replicates_required=None,
    )
    if estimate is None or se is None or se <= 0 or df <= 0:
        return dataclasses.replace(row, note=test.note or "the spread between programs is unknown")
    edge = bound(margin, sample.response)
    half = float(stats.t.isf(alpha, df)) * se
    p = two_one_sided(estimate, se, df, edge)
    different = two_sided_p(estimate / se, df) < alpha
    limits: tuple[float | None, float | None] = estimate - half, estimate + half
    if sample.response in _LOGS:
        limits = _exp(estimate - half), _exp(estimate + half)
    return dataclasses.replace(
        row,
        ci_low=limits[0],
        ci_high=limits[1],
        p=p,
        answer="equivalent" if p < alpha else "different" if different else "undecided",
    )


def two_one_sided(estimate: float, se: float, df: float, edge: float) -> float:
    """Return the larger p of the two one-sided t tests against a margin on the scale of the estimate."""
    return float(max(stats.t.sf((estimate + edge) / se, df), stats.t.cdf((estimate - edge) / se, df)))


def _exp(value: float) -> float | None:
    return math.exp(value) if abs(value) < 700 else None  # noqa: PLR2004 - exp overflows at 710


def _required(sample: Sample, test: ContrastTest, edge: float, alpha: float, target: float) -> int | None:
    sigma = sample.sigma.value
    if sigma is None:
        return None
    used = test.contrast.weights[test.contrast.weights != 0]
    return required(edge / sigma, weights=float(used @ used), arms=len(used), alpha=alpha, target=target)


def required(edge: float, *, weights: float, arms: int, alpha: float, target: float) -> int | None:
    """Return the programs per treatment that two one-sided tests take where the true difference is zero.

    Parameters
    ----------
    edge : the margin in standard deviations.
    weights : the sum of the squares of the contrast's weights (2 for two treatments).
    arms : treatments whose spread is pooled.
    """
    low, high = 1, 2
    while power(high, edge, weights=weights, arms=arms, alpha=alpha) < target:
        low, high = high, high * 2
        if high > _MOST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        enough = power(middle, edge, weights=weights, arms=arms, alpha=alpha) >= target
        low, high = (low, middle) if enough else (middle, high)
    return high


def power(n: int, edge: float, *, weights: float, arms: int, alpha: float) -> float:
    """Return the exact power of two one-sided tests at a true difference of zero (Phillips 1990).

    The estimate is within both limits where its deviation is below margin - t s se; averaged over s.
    """
    df = arms * (n - 1)
    if df < 1:
        return 0.0
    t, scale = float(stats.t.isf(alpha, df)), math.sqrt(weights / n)
    largest = edge / (t * scale)

    def inside(s: float) -> float:
        reach = (edge - t * s * scale) / scale
        density = 2 * df * s * float(stats.chi2.pdf(df * s * s, df))
        return float(2 * stats.norm.cdf(reach) - 1) * density

    middle = [point for point in (1.0,) if point < largest]
    return float(integrate.quad(inside, 0, min(largest, 1 + 12 / math.sqrt(df)), points=middle, limit=200)[0])


def of_rates(
    differences: Sequence[Difference],
    *,
    margin: float,
    alpha: float,
    over: Sequence[LevelsOverTasks] = (),
) -> tuple[Equivalence, ...]:
    """Compare differences of pass rates with the margin: equivalent where Newcombe's 1 - 2 alpha interval is inside it.

    The p value is the level at which that interval just touches the margin. Where programs are spread unevenly over
    tasks and other factors it is the interval of the rates within these: all together may be alike though no part is.
    Over tasks like these by two one-sided t tests of the tasks' differences.
    """
    edge = bound(margin, PASSED)
    if over:
        return tuple(_over_tasks(pair, margin, alpha) for pair in over)
    return tuple(_within_strata(d, margin, edge, alpha) for d in differences)


def _within_strata(d: Difference, margin: float, edge: float, alpha: float) -> Equivalence:
    row = Equivalence(
        contrast=f"{d.factor}: {d.a} - {d.b}",
        factor=d.factor,
        margin=margin,
        ci_low=None,
        ci_high=None,
        p=None,
        answer="untestable",
        method="Newcombe's interval inside the margin",
        replicates_required=None,
    )
    if d.matched is None:
        return dataclasses.replace(row, note="no task and level of the other factors has programs of both")
    passed, programs = d.matched.passed, d.matched.programs
    low, high = two_proportions.newcombe(passed, programs, 2 * alpha)
    different = d.p_exact is not None and d.p_exact < alpha
    inside = -edge < low and high < edge
    return dataclasses.replace(
        row,
        ci_low=low,
        ci_high=high,
        p=_touching(passed, programs, edge),
        answer="equivalent" if inside else "different" if different else "undecided",
        note=None if d.is_even else _UNEVEN,
    )


def _over_tasks(pair: LevelsOverTasks, margin: float, alpha: float) -> Equivalence:
    row = Equivalence(
        contrast=f"{pair.factor}: {pair.a} - {pair.b}",
        factor=pair.factor,
        margin=margin,
        ci_low=pair.difference,
        ci_high=pair.difference,
        p=None,
        answer="untestable",
        method="two one-sided t tests of the tasks' differences of pass rates",
        replicates_required=None,
    )
    if pair.se <= 0:
        return dataclasses.replace(
            row, ci_low=None, ci_high=None, note="the difference is the same in every task"
        )
    half = float(stats.t.isf(alpha, pair.df)) * pair.se
    p = two_one_sided(pair.difference, pair.se, pair.df, margin)
    different = two_sided_p(pair.difference / pair.se, pair.df) < alpha
    return dataclasses.replace(
        row,
        ci_low=pair.difference - half,
        ci_high=pair.difference + half,
        p=p,
        answer="equivalent" if p < alpha else "different" if different else "undecided",
    )


def of_what_they_do_together(
    terms: Sequence[Together], *, margin: float, alpha: float
) -> Iterator[Equivalence]:
    """Compare differences of differences of pass rates with the margin, by two one-sided tests.

    A term of which some can't be tested has no row, so that no margin settles it.
    """
    for term in terms:
        if len(term.each) < term.choices:
            continue
        for row in term.each:
            half = float(stats.t.isf(alpha, row.df)) * row.se
            p = two_one_sided(row.middle, row.se, row.df, margin)
            if abs(row.estimate) >= margin:
                p = max(p, 0.5)
            different = two_sided_p(row.middle / row.se, row.df) < alpha
            yield Equivalence(
                contrast=row.name,
                factor=term.term,
                margin=margin,
                ci_low=min(row.middle - half, row.estimate),
                ci_high=max(row.middle + half, row.estimate),
                p=p,
                answer="equivalent" if p < alpha else "different" if different else "undecided",
                method=f"two one-sided tests of the {term.method}",
                replicates_required=None,
            )


def _touching(good: tuple[float, float], trials: tuple[float, float], edge: float) -> float:
    """Return the alpha at which the interval reaches the margin, by bisection; 0.5 where the estimate is beyond."""
    low, high = 1e-9, 0.5
    for _ in range(60):
        alpha = math.sqrt(low * high)
        limits = two_proportions.newcombe(good, trials, min(2 * alpha, 1 - 1e-12))
        low, high = (low, alpha) if max(-limits[0], limits[1]) < edge else (alpha, high)
    return float(np.clip(high, 0.0, 0.5))
