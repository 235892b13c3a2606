"""What is concluded, as values: document, terminal and page say no more than what stands here."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from .._models.formula import BLOCKS
from .multiplicity import holm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .._models.anova import AnovaTable, Term
    from .._models.pass_rates import Failures
    from .._models.sample import Sample
    from .contrasts import ContrastTest
    from .result import TestResult

Answer: TypeAlias = Literal["different", "equivalent", "undecided", "untestable"]

TREATMENT: Final = "treatment"
PASSED: Final = "passed"
RATIO: Final = "ratio"
_SPREADS: Final = "allowing for unequal spread, this can't be told from chance"
_RANK: Final[Mapping[Answer, int]] = {"different": 0, "equivalent": 1, "undecided": 2, "untestable": 3}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """One question and what the data answer.

    Attributes
    ----------
    question : a term of the model (``agents``, ``agents:optimization``), or ``treatment`` for all of them together.
    response : what was compared: the sample's response, or ``passed``.
    answer : ``different`` where chance alone would hardly do as much; ``undecided`` is no proof of equality.
    estimate, ci_low, ci_high : of a difference a - b (or the ratio a / b), the interval 1 - alpha; None without one.
    unit : of the estimate: ``ratio``, or the response's unit; None without an estimate.
    p, p_adjusted : of the question, alone and among all that were asked of this response.
    method : the test, the adjustment, and what the estimate is of.
    why : what stands in the way of an answer, or speaks against it.
    compared : the levels a and b.
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


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The figures that conclusions rest on.

    ``unequal`` has the test of each term that lets every treatment have a spread of its own; a difference is one that
    it finds too. ``notes`` are the study's remarks, for reasons that no test gives.
    """

    sample: Sample
    anova: AnovaTable | None
    contrasts: tuple[ContrastTest, ...]
    tests: Mapping[str, TestResult]
    hc3: tuple[TestResult, ...]
    unequal: Mapping[str, TestResult]
    failures: Failures
    notes: Sequence[str]
    alpha: float


def conclude(evidence: Evidence) -> tuple[Conclusion, ...]:
    """Answer every question of the study: on times first, what is proven before what is not, then on passing."""
    times = sorted(_on_times(evidence), key=lambda conclusion: _RANK[conclusion.answer])
    return (*times, _on_passing(evidence))


def _on_times(evidence: Evidence) -> list[Conclusion]:
    table = evidence.anova
    nothing = _nothing_to_compare(evidence.sample, evidence.failures)
    if nothing is not None or table is None:
        why = nothing or "there are too few programs for it"
        return [_untestable(TREATMENT, evidence.sample.response, "none", why)]
    # Machines and tasks are blocks: nobody asks whether they differ.
    terms = [term for term in table.terms if term.term not in BLOCKS]
    if not any(term.p is not None for term in terms):
        why = _why_not(table, evidence.notes)
        asked = [term.term for term in terms] or [TREATMENT]
        return [_untestable(name, evidence.sample.response, _method(table), why) for name in asked]
    adjusted = holm([term.p for term in terms])
    return [_on_term(evidence, table, term, p) for term, p in zip(terms, adjusted, strict=True)]


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


def _why_not(table: AnovaTable, notes: Sequence[str]) -> str:
    own = [*table.notes, *(term.note for term in table.terms)]
    return next((note for note in (*own, *notes) if note), "there are too few programs for it").rstrip(".")


def _untestable(question: str, response: str, method: str, why: str | None) -> Conclusion:
    return Conclusion(question=question, response=response, answer="untestable", method=method, why=why)


def _method(table: AnovaTable) -> str:
    return f"F test of type {table.type} over programs"


def _on_term(evidence: Evidence, table: AnovaTable, term: Term, adjusted: float | None) -> Conclusion:
    sample, method = evidence.sample, _method(table)
    if term.p is None or adjusted is None:
        return _untestable(term.term, sample.response, method, term.note)
    asked = sum(other.p is not None and other.term not in BLOCKS for other in table.terms)
    if asked > 1:
        method += f", adjusted by Holm's rule for {asked} questions"
    answer: Answer = "different" if adjusted < evidence.alpha else "undecided"
    why = term.note
    if answer == "different":
        answer, why = _lets_spreads_differ(evidence, term.term)
        if answer == "untestable":
            return _untestable(term.term, sample.response, method, why)
        if term.term in evidence.unequal:
            method += ", and the ANOVA-type statistic with Box's degrees of freedom"
    conclusion = Conclusion(
        question=term.term,
        response=sample.response,
        answer=answer,
        method=method,
        p=term.p,
        p_adjusted=adjusted,
        why=why,
    )
    return _with_estimate(conclusion, evidence)


def _lets_spreads_differ(evidence: Evidence, term: str) -> tuple[Answer, str | None]:
    """Return what is left of a difference when every treatment may have a spread of its own, and why.

    With unequal numbers and spreads the test with one variance finds differences in up to a third of studies in which
    nothing differs; both together in at most 6 % (``benchmarks/false_headlines.py``).
    """
    test = evidence.unequal.get(term)
    if test is None:
        return "different", _objection(evidence, term)
    if test.p is None:
        return "untestable", test.note
    names = list(evidence.unequal)
    adjusted = holm([evidence.unequal[name].p for name in names])[names.index(term)]
    if adjusted is None or adjusted >= evidence.alpha:
        return ("undecided", _SPREADS) if test.note is None else ("untestable", test.note)
    return "different", None


def _with_estimate(conclusion: Conclusion, evidence: Evidence) -> Conclusion:
    """Add the clearest planned contrast of the factor: the only one, or the one with the smallest p."""
    known = [
        test
        for test in evidence.contrasts
        if test.contrast.factor == conclusion.question and test.p is not None and test.ci_low is not None
    ]
    if not known:
        return conclusion
    best = min(known, key=lambda test: (test.p or 0.0, -abs(test.t or 0.0)))
    is_ratio = evidence.sample.response in {"log", "ratio"}
    name = f"{best.contrast.a} {'/' if is_ratio else '-'} {best.contrast.b}"
    of_several = f", the clearest of {len(known)} planned contrasts" if len(known) > 1 else ""
    values = (best.estimate, best.ci_low, best.ci_high)
    estimate, low, high = (_ratio(value) for value in values) if is_ratio else values
    return dataclasses.replace(
        conclusion,
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        unit=RATIO if is_ratio else evidence.sample.unit,
        method=f"{conclusion.method}; the estimate is {name} with the pooled variance{of_several}",
        compared=(best.contrast.a, best.contrast.b),
    )


def _ratio(log: float | None) -> float | None:
    """Return the ratio; None where it is too large to be written."""
    return None if log is None or abs(log) > 700 else math.exp(log)  # noqa: PLR2004 - exp overflows at 710


def _objection(evidence: Evidence, term: str) -> str | None:
    """Return what speaks against a proven difference: tests that assume less, where they can be believed."""
    robust = next((test for test in evidence.hc3 if test.name == term), None)
    believed = None if robust is None or not robust.trusted else robust.p
    if believed is not None:
        lost = believed >= evidence.alpha
        return _SPREADS if lost else None
    spread = evidence.tests["brown-forsythe"]
    if spread.p is not None and spread.p < evidence.alpha and spread.trusted is not False:
        return "the spread differs between treatments, which the test assumes it does not"
    return None


def _on_passing(evidence: Evidence) -> Conclusion:
    test = evidence.failures.test
    if test.p is None:
        return _untestable(TREATMENT, PASSED, test.method, test.note)
    return Conclusion(
        question=TREATMENT,
        response=PASSED,
        answer="different" if test.p < evidence.alpha else "undecided",
        method=test.method,
        p=test.p,
        p_adjusted=test.p,
    )
