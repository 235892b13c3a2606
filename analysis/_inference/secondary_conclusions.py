"""What is concluded beside times and pass rates of all treatments: factors in passing, time-outs, trends and so on."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Final

from .._models.students_t import critical_t
from .conclusions import PASSED, RATIO, SHARE, Conclusion
from .equivalence import PASSED as MARGIN_ON_PASSING
from .equivalence import bound, two_one_sided
from .multiplicity import holm
from .passing_together import Together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .censored import Censored
    from .nested_budgets import Nested
    from .passing import FactorPassing, Passing
    from .synergy import Synergy, SynergyPassed, Turns
    from .trend import Trend

CENSORED: Final = "censored"
SYNERGY: Final = "synergy"
_LOGS: Final = frozenset({"log", "ratio"})
_LARGEST: Final = 700.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SecondaryEvidence:
    """The figures that these conclusions rest on.

    Attributes
    ----------
    response, unit : of the times; trends are of these.
    margin : the difference that does not matter, of the response ``margin_on``; None without.
    tasks : how many tasks, and whether they are a sample; None of one task.
    doubt : what speaks against a factor that tests find, by the factor's name.
    """

    passing: Passing
    censored: Censored | None
    trends: Sequence[Trend]
    nested: Sequence[Nested]
    turns: Turns | None
    response: str
    unit: str
    alpha: float
    margin: float | None = None
    margin_on: str = "times"
    tasks: tuple[int, bool] | None = None
    doubt: Callable[[str], str | None] = lambda _: None


def with_beside(conclusions: Sequence[Conclusion], beside: SecondaryEvidence) -> tuple[Conclusion, ...]:
    """Add these conclusions after those that there are.

    What is asked beside the primary response is counted among all questions of the report, by Holm's rule. Factors in
    passing refine the question whether treatments differ in it at all: they are answered only where that is, and share
    its level among themselves, so they make no false report more likely.
    """
    passing = next((c for c in conclusions if c.response == PASSED), None)
    counted = [c.p for c in conclusions]
    others = [*_on_time_outs(beside), *_on_trends(beside), *_on_nested(beside), *_on_teams(beside)]
    adjusted = holm([*(c.p for c in others), *counted])[: len(others)]
    asked = sum(p is not None for p in [*(c.p for c in others), *counted])
    answered = [
        _answered(conclusion, p, asked, beside) for conclusion, p in zip(others, adjusted, strict=True)
    ]
    if passing is None:
        return (*conclusions, *answered)
    factors = _on_factors(beside, passing)
    kept = [_with_estimate(c, beside) if c is passing else c for c in conclusions]
    if passing is conclusions[0]:
        return (kept[0], *factors, *kept[1:], *answered)
    return (*kept[:-1], *factors, kept[-1], *answered)


def _answered(
    conclusion: Conclusion, adjusted: float | None, asked: int, beside: SecondaryEvidence
) -> Conclusion:
    if conclusion.p is None or adjusted is None:
        return conclusion
    method = conclusion.method
    if asked > 1:
        method += f", adjusted by Holm's rule for all {asked} questions"
    different = adjusted < beside.alpha
    doubt = beside.doubt(conclusion.question.removesuffix(": linear")) if different else None
    if doubt is not None and conclusion.kind == "trend":
        return dataclasses.replace(
            conclusion, answer="untestable", method=method, p_adjusted=adjusted, why=doubt
        )
    low, high = conclusion.ci_low, conclusion.ci_high
    equal = 1.0 if conclusion.unit == RATIO else 0.0
    if not different:
        # No interval of an undecided question excludes equality.
        low = None if low is None else min(low, equal)
        high = None if high is None else max(high, equal)
    answer = "different" if different else conclusion.answer
    return dataclasses.replace(
        conclusion, answer=answer, p_adjusted=adjusted, method=method, ci_low=low, ci_high=high
    )


# -- factors in passing


def _with_estimate(conclusion: Conclusion, beside: SecondaryEvidence) -> Conclusion:
    """Add the clearest pair of levels of a study with one factor to the question of all treatments."""
    factors = beside.passing.factors
    if len(factors) != 1 or conclusion.p is None:
        return conclusion
    return _estimated(conclusion, factors[0], beside.alpha)


def _estimated(conclusion: Conclusion, factor: FactorPassing, alpha: float) -> Conclusion:
    if factor.a is None or factor.b is None or factor.ci_low is None or factor.ci_high is None:
        return conclusion
    low, high = factor.ci_low, factor.ci_high
    if conclusion.p_adjusted is None or conclusion.p_adjusted >= alpha:
        low, high = min(low, 0.0), max(high, 0.0)
    return conclusion.with_estimate(
        (factor.a, factor.b), (factor.difference, low, high), SHARE, how=factor.how
    )


def _on_factors(beside: SecondaryEvidence, passing: Conclusion) -> list[Conclusion]:
    factors, pairs = beside.passing.factors, beside.passing.together
    if len(factors) < 2 or passing.p_adjusted is None:  # noqa: PLR2004 - one is the question of all treatments
        return []
    every: tuple[FactorPassing | Together, ...] = (*factors, *pairs)
    adjusted = holm([one.p for one in every])
    asked = sum(p is not None for p in adjusted)
    rows = []
    for factor, p in zip(every, adjusted, strict=True):
        plain = Conclusion(
            question=factor.term if isinstance(factor, Together) else factor.factor,
            response=PASSED,
            answer="untestable",
            method=factor.method + _of_tasks(beside),
            why=factor.note,
            kind="passing",
        )
        if p is None or factor.p is None:
            rows.append(plain)
            continue
        of_all = max(p, passing.p_adjusted)
        answered = dataclasses.replace(
            plain,
            answer="different" if of_all < beside.alpha else "undecided",
            p=factor.p,
            p_adjusted=of_all,
            method=f"{plain.method}, adjusted by Holm's rule for {asked} questions and for the one whether treatments "
            "differ at all (the larger p counts)",
        )
        rows.append(
            _of_both(answered, factor, beside.alpha)
            if isinstance(factor, Together)
            else _estimated(answered, factor, beside.alpha)
        )
    return rows


def _of_both(conclusion: Conclusion, both: Together, alpha: float) -> Conclusion:
    """Add the difference of differences that is clearest."""
    low, high = both.ci_low, both.ci_high
    if not both.pairs or low is None or high is None:
        return conclusion
    if conclusion.p_adjusted is None or conclusion.p_adjusted >= alpha:
        low, high = min(low, 0.0), max(high, 0.0)
    return dataclasses.replace(
        conclusion,
        estimate=both.difference,
        ci_low=low,
        ci_high=high,
        unit=SHARE,
        method=f"{conclusion.method}; the estimate is {_written_out(both.pairs)}",
    )


def _written_out(pairs: Sequence[tuple[str, str]]) -> str:
    """Return ``a - b at x minus a - b at y``; of three factors ``(that) at u minus (that) at v``, and so on."""
    (a, b), *others = pairs
    words = f"{a} - {b}"
    for i, (x, y) in enumerate(others):
        whole = f"({words})" if i else words
        words = f"{whole} at {x} minus {whole} at {y}"
    return words


# -- time-outs


def _on_time_outs(beside: SecondaryEvidence) -> Iterator[Conclusion]:
    if beside.censored is None:
        return
    for factor in beside.censored.factors:
        plain = Conclusion(
            question=factor.factor,
            response=CENSORED,
            answer="untestable",
            method="log-rank test by permutation within tasks and other levels, time-outs censored at their limit"
            + _of_tasks(beside, fixed=True),
            kind="time-outs",
        )
        if factor.p is None:
            yield dataclasses.replace(
                plain, why="there is nothing in it that could have come out otherwise by chance"
            )
            continue
        answered = dataclasses.replace(plain, answer="undecided", p=factor.p)
        ratio = factor.clearest
        if ratio is not None and ratio.estimate is not None:
            answered = answered.with_estimate(
                (ratio.a, ratio.b),
                (ratio.estimate, ratio.ci_low, ratio.ci_high),
                RATIO,
                how=" by the log-normal model",
            )
        yield answered


# -- trends


def _on_trends(beside: SecondaryEvidence) -> Iterator[Conclusion]:
    """Say what the response does on the way from the lowest to the highest level; the larger of two p values counts."""
    for trend in beside.trends:
        plain = Conclusion(
            question=f"{trend.factor}: linear",
            response=beside.response,
            answer="untestable",
            method=trend.method + _of_tasks(beside),
            why=trend.note,
            kind="trend",
        )
        if trend.p is None or trend.slope is None or trend.se is None or trend.estimate is None:
            yield plain
            continue
        tests = [(trend.p, trend.se, trend.df)]
        method = trend.method
        if trend.own_p is not None and trend.own_se is not None and trend.own_df is not None:
            tests.append((trend.own_p, trend.own_se, trend.own_df))
            method += ", and with a variance for each treatment (the larger p counts)"
        p, se, df = max(tests)
        change, per = trend.slope * trend.span, trend.slope * trend.span / (trend.estimate or 1.0)
        half = abs(per) * se * critical_t(beside.alpha, df)
        is_ratio = beside.response in _LOGS
        values = (change, change - half, change + half)
        answered = dataclasses.replace(
            plain, answer="undecided", p=p, why=None, method=method + _of_tasks(beside)
        ).with_estimate(
            (trend.highest, trend.lowest),
            _ratios(*values) if is_ratio else values,
            RATIO if is_ratio else beside.unit,
            how=" along the line",
        )
        yield _within(answered, change, abs(per) * se, df, beside)


def _ratios(estimate: float, low: float, high: float) -> tuple[float, float, float]:
    """Return what differences of logs are as ratios, none so large that it can't be written."""
    estimate, low, high = (math.exp(max(-_LARGEST, min(_LARGEST, v))) for v in (estimate, low, high))
    return estimate, low, high


def _within(
    conclusion: Conclusion, estimate: float, se: float, df: float, beside: SecondaryEvidence
) -> Conclusion:
    """Answer ``equivalent`` where the whole difference is within the margin; a difference that is found stays one."""
    if beside.margin is None or beside.margin_on == MARGIN_ON_PASSING or se <= 0:
        return conclusion
    p = two_one_sided(estimate, se, df, bound(beside.margin, beside.response))
    if p >= beside.alpha:
        return conclusion
    return dataclasses.replace(
        conclusion,
        answer="equivalent",
        method=f"{conclusion.method}; within the margin of {beside.margin:g} by two one-sided tests (p = {p:.3g})",
    )


# -- nested budgets


def _on_nested(beside: SecondaryEvidence) -> Iterator[Conclusion]:
    """Compare earlier and later programs of the same trajectories; the larger of two p values counts."""
    for row in beside.nested:
        plain = Conclusion(
            question=row.name,
            response=beside.response,
            answer="untestable",
            method=row.method + _of_tasks(beside),
            why=row.note,
            kind="nested",
        )
        if row.p is None or row.se is None or row.estimate is None:
            yield plain
            continue
        tests, method = [(row.p, row.se, row.df)], row.method
        if (
            row.own_p is not None
            and row.own_se is not None
            and row.own_df is not None
            and len(row.treatments) > 1
        ):
            tests.append((row.own_p, row.own_se, row.own_df))
            method += ", and with a variance for each treatment (the larger p counts)"
        p, se, df = max(tests)
        half = se * critical_t(beside.alpha, df)
        is_ratio = beside.response in _LOGS
        values = (row.estimate, row.estimate - half, row.estimate + half)
        answered = dataclasses.replace(
            plain, answer="undecided", p=p, why=None, method=method + _of_tasks(beside)
        ).with_estimate(
            (row.a, row.b),
            _ratios(*values) if is_ratio else values,
            RATIO if is_ratio else beside.unit,
            how=f" in the {row.trajectories} of {row.generated} trajectories in which both passed",
        )
        yield _within(answered, row.estimate, se, df, beside)


# -- teams


def _on_teams(beside: SecondaryEvidence) -> Iterator[Conclusion]:
    if beside.turns is None:
        return
    for row in beside.turns.synergy:
        yield _on_speed(row, beside)
        if row.passed is not None:
            yield _on_ends(row, row.passed)


def _called(row: Synergy) -> str:
    return f"{SYNERGY}: {row.team} - {row.nominal}"


def _on_speed(row: Synergy, beside: SecondaryEvidence) -> Conclusion:
    plain = Conclusion(
        question=_called(row),
        response=RATIO,
        answer="untestable",
        method=row.method,
        why=row.note,
        kind="team",
    )
    if row.p is None or row.difference is None or row.ci_low is None or row.ci_high is None:
        return plain
    answered = dataclasses.replace(plain, answer="undecided", p=row.p).with_estimate(
        (row.team, row.nominal),
        _ratios(row.difference, row.ci_low, row.ci_high),
        RATIO,
        how=", of trajectories that ended with a correct program",
    )
    if beside.response not in _LOGS or row.se is None or row.df is None:
        return answered
    return _within(answered, row.difference, row.se, row.df, beside)


def _on_ends(row: Synergy, of: SynergyPassed) -> Conclusion:
    return Conclusion(
        question=_called(row),
        response=PASSED,
        answer="undecided",
        p=of.p,
        estimate=of.difference,
        ci_low=of.ci_low,
        ci_high=of.ci_high,
        unit=SHARE,
        compared=(row.team, row.nominal),
        method=f"{of.method}; the estimate is {row.team} - {row.nominal}",
        kind="team",
    )


def _of_tasks(beside: SecondaryEvidence, *, fixed: bool = False) -> str:
    """Return of which tasks a sentence speaks; nothing where there is one."""
    if beside.tasks is None:
        return ""
    tasks, random = beside.tasks
    if fixed or not random:
        return f"; said of these {tasks} tasks only"
    return f"; said of tasks like these {tasks}, a sample of tasks"
