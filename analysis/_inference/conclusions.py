"""What is concluded, as values: document, terminal and page say no more than what stands here."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from scipy import special

from .._models.formula import BLOCKS
from .._models.students_t import critical_t
from .clearest_pair import Pooled, clearest
from .multiplicity import holm, holm_levels

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .._models.anova import AnovaTable, Term
    from .._models.pass_rates import Failures
    from .._models.sample import Sample
    from .contrasts import ContrastTest
    from .result import TestResult

Answer: TypeAlias = Literal["different", "equivalent", "undecided", "untestable"]
Kind: TypeAlias = Literal["times", "passing", "time-outs", "trend", "nested", "team"]

TREATMENT: Final = "treatment"
PASSED: Final = "passed"
SHARE: Final = "share of programs"
RATIO: Final = "ratio"
SPREADS: Final = (
    "as programs of some treatments may vary more than those of others, this can't be told from chance"
)
_OF_ALL: Final = ", adjusted by Holm's rule for all"
_RANK: Final[Mapping[Answer, int]] = {"different": 0, "equivalent": 1, "undecided": 2, "untestable": 3}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """One question and what the data answer.

    Attributes
    ----------
    question : a term of the model (``agents``, ``agents:optimization``), or ``treatment`` for all of them together.
    response : what was compared: the sample's response, or ``passed``.
    answer : ``different`` where chance alone would hardly do as much; ``undecided`` is no proof of equality.
    estimate, ci_low, ci_high : of a difference a - b (or the ratio a / b); the interval holds together with those of
        the other questions with 1 - alpha, and excludes equality only where the answer is ``different``.
    unit : of the estimate: ``ratio``, or the response's unit; None without an estimate.
    p, p_adjusted : of the question alone, and among its family: the questions on the primary response, or all of the
        report where the response is another one. Where two tests must find a difference these are the larger ones.
    method : the test, the adjustment, and what the estimate is of.
    why : what stands in the way of an answer, or speaks against it.
    compared : the levels a and b.
    kind : what the question is about.
    """

    question: str
    response: str
    answer: Answer
    method: str
    estimate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    unit: str | None = None
    p: float | None = None
    p_adjusted: float | None = None
    why: str | None = None
    compared: tuple[str, str] | None = None
    kind: Kind = "times"

    def with_estimate(
        self,
        levels: tuple[str, str],
        values: tuple[float | None, float | None, float | None],
        unit: str,
        *,
        how: str = "",
    ) -> Conclusion:
        """Add an estimate of a - b, or of the ratio a / b, and its two limits; ``how`` goes on after the levels."""
        estimate, low, high = values
        a, b = levels
        return dataclasses.replace(
            self,
            estimate=estimate,
            ci_low=low,
            ci_high=high,
            unit=unit,
            compared=levels,
            method=f"{self.method}; the estimate is {a} {'/' if unit == RATIO else '-'} {b}{how}",
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The figures that conclusions rest on.

    Attributes
    ----------
    unequal : the test of each term that lets every treatment have a spread of its own; a difference is one that it
        finds too.
    own : the study's own factors, which its treatments cross.
    pooled : variance and df of the analysis of variance, None without.
    doubt : what speaks against a term that tests find; None where nothing does.
    notes : the study's remarks, for reasons that no test gives.
    primary : the response whose questions have the whole alpha: that of the sample, or ``passed``.
    """

    sample: Sample
    anova: AnovaTable | None
    contrasts: tuple[ContrastTest, ...]
    tests: Mapping[str, TestResult]
    hc3: tuple[TestResult, ...]
    unequal: Mapping[str, TestResult]
    own: Sequence[str]
    pooled: Pooled | None
    doubt: Callable[[str], str | None]
    failures: Failures
    notes: Sequence[str]
    alpha: float
    primary: Literal["time", "passed"] = "time"


def conclude(evidence: Evidence) -> tuple[Conclusion, ...]:
    """Answer every question of the study: the primary response first, and what is proven before what is not.

    The questions on the primary response share alpha by Holm's rule; every other question is counted among all of the
    report. So the whole table has a false difference in at most about alpha of studies.
    """
    passing = _on_passing(evidence)
    if evidence.primary == PASSED:
        times = _on_times(evidence, [passing.p])
        return (passing, *_ranked(times))
    times = _on_times(evidence, [])
    return (*_ranked(times), among(passing, [c.p for c in times], evidence.alpha))


def _ranked(conclusions: Sequence[Conclusion]) -> list[Conclusion]:
    return sorted(conclusions, key=lambda conclusion: _RANK[conclusion.answer])


def among(conclusion: Conclusion, others: Sequence[float | None], alpha: float) -> Conclusion:
    """Count a question of a response that is not the primary one among all questions of the report.

    One that was counted among others before is counted anew.
    """
    adjusted = holm([conclusion.p, *others])[0]
    if adjusted is None:
        return conclusion
    asked = 1 + sum(p is not None for p in others)
    method = conclusion.method.partition(_OF_ALL)[0]
    return dataclasses.replace(
        conclusion,
        p_adjusted=adjusted,
        answer="different" if adjusted < alpha else "undecided",
        method=f"{method}{_OF_ALL} {asked} questions" if asked > 1 else method,
    )


def _on_times(evidence: Evidence, before: Sequence[float | None]) -> list[Conclusion]:
    """Answer the questions on times; ``before`` are p values of a primary response that they are counted with."""
    table = evidence.anova
    nothing = _nothing_to_compare(evidence.sample, evidence.failures)
    if nothing is not None or table is None:
        why = nothing or "there are too few programs for it"
        return [_untestable(TREATMENT, evidence.sample.response, "none", why)]
    # Machines and tasks are blocks: nobody asks whether they differ.
    terms = [term for term in table.terms if term.term not in BLOCKS]
    if not any(term.p is not None for term in terms):
        asked: Sequence[Term | None] = terms or [None]
        return [
            _untestable(
                TREATMENT if term is None else term.term,
                evidence.sample.response,
                _method(table),
                _why_not(table, term, evidence.notes),
            )
            for term in asked
        ]
    return [_on_term(evidence, table, term, _family(evidence, terms, term, before)) for term in terms]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Test:
    """One of the two tests of a term: its p value, adjusted, and the level at which Holm's rule tests it."""

    p: float | None
    adjusted: float | None
    level: float
    statistic: float | None
    df_num: float | None
    df_den: float | None
    note: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Family:
    """A term's tests with one variance and with a spread for each treatment (None: not made for it)."""

    pooled: _Test
    own: _Test | None
    asked: int


def _family(evidence: Evidence, terms: Sequence[Term], term: Term, before: Sequence[float | None]) -> _Family:
    at, table = terms.index(term), evidence.anova
    p = [*(other.p for other in terms), *before]
    pooled = _Test(
        p=term.p,
        adjusted=holm(p)[at],
        level=holm_levels(p, evidence.alpha)[at],
        statistic=term.f,
        df_num=term.df,
        df_den=None if table is None else table.residual_df,
        note=term.note,
    )
    asked = sum(value is not None for value in p)
    test = evidence.unequal.get(term.term)
    if test is None:
        return _Family(pooled=pooled, own=None, asked=asked)
    names = list(evidence.unequal)
    p = [*(evidence.unequal[name].p for name in names), *before]
    own = _Test(
        p=test.p,
        adjusted=holm(p)[names.index(term.term)],
        level=holm_levels(p, evidence.alpha)[names.index(term.term)],
        statistic=test.statistic,
        df_num=test.df_num,
        df_den=test.df_den,
        note=test.note,
    )
    return _Family(pooled=pooled, own=own, asked=asked)


def _nothing_to_compare(sample: Sample, failures: Failures) -> str | None:
    if not sample.y.size:
        passed = any(rate.passed for rate in failures.rates)
        return (
            f"no program {'that passed was timed' if passed else 'passed'}, so there are no times to compare"
        )
    if int((sample.counts > 0).sum()) < 2:  # noqa: PLR2004 - a comparison needs two
        n = int(sample.y.size)
        programs = "1 program" if n == 1 else f"{n:,} programs"
        return f"only one treatment has programs that passed ({programs}), so there are no times to compare"
    return None


def _why_not(table: AnovaTable, term: Term | None, notes: Sequence[str]) -> str:
    """Return why a term has no test: what it is confounded with, unless there is nothing left to test anything with."""
    own = term.note if term is not None and term.df == 0 and table.residual_df > 0 else None
    return (
        own or next((note for note in (*table.notes, *notes) if note), "there are too few programs")
    ).rstrip(".")


def _untestable(question: str, response: str, method: str, why: str | None) -> Conclusion:
    return Conclusion(question=question, response=response, answer="untestable", method=method, why=why)


def _method(table: AnovaTable) -> str:
    return f"F test of type {table.type} over programs"


def _on_term(evidence: Evidence, table: AnovaTable, term: Term, family: _Family) -> Conclusion:
    response, method = evidence.sample.response, _method(table)
    if family.pooled.adjusted is None:
        return _untestable(term.term, response, method, term.note)
    tests = [family.pooled]
    if family.own is not None and family.own.adjusted is not None:
        tests.append(family.own)
        method += " and ANOVA-type statistic with Box's degrees of freedom (the larger p counts)"
    if family.asked > 1:
        method += f", adjusted by Holm's rule for {family.asked} questions"
    p, adjusted = (
        max(value for value in values if value is not None)
        for values in (
            [test.p for test in tests],
            [test.adjusted for test in tests],
        )
    )
    answer, why = _answered(evidence, term, family)
    if answer == "untestable":
        return _untestable(term.term, response, method, why)
    return _with_estimate(
        Conclusion(
            question=term.term,
            response=response,
            answer=answer,
            method=method,
            p=p,
            p_adjusted=adjusted,
            why=why,
        ),
        evidence,
        family,
    )


def _answered(evidence: Evidence, term: Term, family: _Family) -> tuple[Answer, str | None]:
    """Return what the tests say of a term, and why.

    With unequal numbers and spreads the test with one variance finds differences in up to a third of studies in which
    nothing differs; both together in at most 6 % (``benchmarks/false_headlines.py``).
    """
    alpha, own = evidence.alpha, family.own
    if (family.pooled.adjusted or 0.0) >= alpha:
        return "undecided", term.note
    if own is None:
        why = _objection(evidence, term.term)
        if why == SPREADS:
            return "undecided", why
    elif own.adjusted is None:
        return "untestable", own.note
    elif own.adjusted >= alpha:
        return ("undecided", SPREADS) if own.note is None else ("untestable", own.note)
    else:
        why = None
    doubt = evidence.doubt(term.term)
    return ("different", why) if doubt is None else ("untestable", doubt)


def _with_estimate(conclusion: Conclusion, evidence: Evidence, family: _Family) -> Conclusion:
    """Add the pair of levels that lies farthest from equality, with limits that say what the tests say."""
    if evidence.pooled is None:
        return conclusion
    own = family.own if family.own is not None and family.own.adjusted is not None else family.pooled
    pair = clearest(
        evidence.sample,
        conclusion.question,
        evidence.own,
        pooled=evidence.pooled,
        levels=(family.pooled.level, own.level),
    )
    if pair is None:
        return _with_contrast(conclusion, evidence, family.pooled.level)
    half = pair.half
    if conclusion.answer != "different":
        # No interval of an undecided question excludes equality: the failing test's own limits are wider then.
        half = max(half, abs(pair.estimate) * _inverted(family.pooled), abs(pair.estimate) * _inverted(own))
    of_several = (
        "" if pair.of == 1 else f", the clearest of {pair.of} pairs, with limits that allow for all of them"
    )
    return _estimated(
        conclusion,
        evidence.sample,
        (pair.a, pair.b),
        (pair.estimate, pair.estimate - half, pair.estimate + half),
        f"by the wider of the intervals with one variance and with a spread for each treatment{of_several}",
    )


def _inverted(test: _Test) -> float:
    """Return the half width, in estimates, of the limits that a test gives which does not reject; 0 of others."""
    if test.adjusted is None or test.statistic is None or test.df_num is None or test.df_den is None:
        return 0.0
    critical = float(special.fdtri(test.df_num, test.df_den, 1 - test.level))
    return math.sqrt(critical / test.statistic) if 0 < test.statistic < critical else 0.0


def _with_contrast(conclusion: Conclusion, evidence: Evidence, level: float) -> Conclusion:
    """Add the clearest planned contrast of a factor whose levels can't be compared within whole sets of treatments.

    Its limits allow for all planned contrasts of the factor (Bonferroni), at the level that Holm's rule leaves to it.
    """
    known = [
        test
        for test in evidence.contrasts
        if test.contrast.factor == conclusion.question and test.p is not None and test.ci_low is not None
    ]
    if not known:
        return conclusion
    best = min(known, key=lambda test: (test.p or 0.0, -abs(test.t or 0.0)))
    of_several = (
        f", the clearest of {len(known)} planned contrasts, with limits that allow for all of them"
        if len(known) > 1
        else ""
    )
    estimate, half = (
        best.estimate or 0.0,
        (best.se or 0.0) * critical_t(level / len(known), best.df),
    )
    low, high = estimate - half, estimate + half
    if conclusion.answer != "different":
        low, high = min(low, 0.0), max(high, 0.0)
    return _estimated(
        conclusion,
        evidence.sample,
        (best.contrast.a, best.contrast.b),
        (estimate, low, high),
        f"with the pooled variance{of_several}",
    )


def _estimated(
    conclusion: Conclusion,
    sample: Sample,
    levels: tuple[str, str],
    values: tuple[float, float, float],
    how: str,
) -> Conclusion:
    if sample.response in {"log", "ratio"}:
        estimate, low, high = map(_ratio, values)
        return conclusion.with_estimate(levels, (estimate, low, high), RATIO, how=f" {how}")
    return conclusion.with_estimate(levels, values, sample.unit, how=f" {how}")


def _ratio(log: float | None) -> float | None:
    """Return the ratio; None where it is too large or too small to be written."""
    return None if log is None or abs(log) > 700 else math.exp(log)  # noqa: PLR2004 - exp overflows at 710


def _objection(evidence: Evidence, term: str) -> str | None:
    """Return what speaks against a proven difference: tests that assume less, where they can be believed."""
    robust = next((test for test in evidence.hc3 if test.name == term), None)
    believed = None if robust is None or not robust.trusted else robust.p
    if believed is not None:
        lost = believed >= evidence.alpha
        return SPREADS if lost else None
    spread = evidence.tests["brown-forsythe"]
    if spread.p is not None and spread.p < evidence.alpha and spread.trusted is not False:
        return (
            "programs of some treatments vary more than those of others, which this test does not allow for"
        )
    return None


def _on_passing(evidence: Evidence) -> Conclusion:
    test = evidence.failures.test
    if test.p is None:
        return dataclasses.replace(_untestable(TREATMENT, PASSED, test.method, test.note), kind="passing")
    return Conclusion(
        kind="passing",
        question=TREATMENT,
        response=PASSED,
        answer="different" if test.p < evidence.alpha else "undecided",
        method=test.method,
        p=test.p,
        p_adjusted=test.p,
    )
