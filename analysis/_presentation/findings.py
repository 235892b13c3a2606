"""What was found, in sentences that the data bear and that need no statistics to be read."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from .._inference.conclusions import PASSED, RATIO, SPREADS, TREATMENT
from .names import effect_words
from .planned_passing import on_planned_passing
from .secondary_sentences import apart, beside, factors_in_passing, on_trends, within_margin
from .tasks import of_which_tasks, tasks_of
from .text import by_chance, count, dollars, listing, number, one_line, p_phrase, p_words, percent
from .undecided import limits_words, on_undecided

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .._analysis import Analysis
    from .._inference.conclusions import Conclusion
    from .._models.pass_rates import PassRate
    from .._power.power import Power, QuestionPower

_MOST_SHOWN = 3
"""Intervals in one sentence; the table has them all."""
_TWO = 2
_TWICE = 2.0
"""From here on ratios are easier to read than percentages."""
_FEW = 10
"""Programs of a treatment, from which on nobody calls them few."""


def findings(analysis: Analysis) -> tuple[str, ...]:
    """Say in sentences whether times differ and whether programs pass, that first which the study asks first.

    Then each factor whose question stays open beside others that have an answer, what there is on teams, time-outs and
    agents, and last what a conclusive study would take.
    """
    times = on_times(analysis)
    if analysis.sample.y.size:
        times = of_which_tasks(analysis.tasks, times)
    first = (times, on_passing(analysis))
    if _counts_all(analysis):
        first = (first[1], first[0])
    open_ones = on_undecided(analysis, [] if _counts_all(analysis) else _shown(analysis), difference)
    return (*first, *open_ones, *beside(analysis), on_planning(analysis))


def term_name(term: str) -> str:
    """``agents:optimization`` as people write it; ``agents: linear`` is no interaction."""
    return " × ".join(one_line(part, limit=60) for part in re.split(r":(?! )", term))


def on_times(analysis: Analysis) -> str:
    """Say what the times show, intervals first, with no more certainty than the conclusions have."""
    about = [c for c in analysis.conclusions if c.kind == "times"]
    same = [c for c in about if c.answer == "equivalent"]
    tested = _tested(analysis)
    proven = [c for c in tested if c.answer == "different"]
    settled = within_margin(same, analysis.options.margin)
    refused = _refused(c for c in about if c.answer == "untestable")
    if not tested:
        return " ".join(filter(None, (settled, refused)))
    intervals = "; ".join(words for c in _shown(analysis) if (words := difference(c)))
    head = f"{intervals[0].upper()}{intervals[1:]} ({limits_words(analysis)}). " if intervals else ""
    answer = _proven(proven) if proven else _unproven(analysis, tested)
    return " ".join(filter(None, (head + answer, settled, on_trends(analysis), refused)))


def _tested(analysis: Analysis) -> list[Conclusion]:
    """Return the questions on times that have a p value and that no margin settled."""
    return [
        c for c in analysis.conclusions if c.kind == "times" and c.p is not None and c.answer != "equivalent"
    ]


def _shown(analysis: Analysis) -> list[Conclusion]:
    """Return the questions whose intervals begin the sentence on times: proven ones, all where none is."""
    tested = _tested(analysis)
    return ([c for c in tested if c.answer == "different"] or tested)[:_MOST_SHOWN]


def _unproven(analysis: Analysis, tested: Sequence[Conclusion]) -> str:
    hint = next((c for c in tested if c.p is not None and c.p < analysis.options.alpha), None)
    if hint is None:
        hint = next((c for c in tested if c.why == SPREADS), None)
        if hint is not None:
            return (
                f"There is a hint, but no proof, that {term_name(hint.question)} matters for the times: {hint.why} "
                f"({p_words(hint.p)})."
            )
    if hint is not None and (hint.p_adjusted or 0.0) < analysis.options.alpha and hint.why is not None:
        return (
            f"There is a hint, but no proof, that {term_name(hint.question)} matters for the times "
            f"({p_words(hint.p)}); {one_line(hint.why, limit=200)}."
        )
    if hint is not None:
        # Counted with times are pass rates that come first, and nothing that is asked beside.
        asked = len(tested) + (_counts_all(analysis) and analysis.conclusions[0].p is not None)
        return (
            f"There is a hint, but no proof, that {term_name(hint.question)} matters for the times: chance alone does "
            f"as much in {by_chance(hint.p)} ({p_phrase(hint.p)}), and in {by_chance(hint.p_adjusted)} "
            f"({p_phrase(hint.p_adjusted)}) where {asked} questions are asked at once, as here. Below "
            f"{1000 * analysis.options.alpha:g} of 1,000 it would count as shown."
        )
    shown = listing(f"{term_name(c.question)} {p_phrase(c.p)}" for c in tested)
    least = by_chance(min(c.p for c in tested if c.p is not None))
    more = " or more" if len(tested) > 1 and least[:1].isdigit() else ""
    small = int(analysis.sample.counts.max(initial=0)) < _FEW
    no_proof = "With so few programs this is no proof" if small else "That is no proof"
    return (
        f"No difference between the treatments' times was shown ({shown}: chance alone does as much in {least}{more}). "
        f"{no_proof} that there is none."
    )


def _counts_all(analysis: Analysis) -> bool:
    """Whether times are counted among all questions, as passing comes first."""
    return analysis.conclusions[0].response == PASSED


def _refused(conclusions: Iterable[Conclusion]) -> str:
    """Say what can't be tested, and why: each reason once."""
    by_reason: dict[str, list[Conclusion]] = {}
    for conclusion in conclusions:
        by_reason.setdefault(conclusion.why or "there are too few programs for it", []).append(conclusion)
    return " ".join(_untestable(of, why) for why, of in by_reason.items())


def _untestable(of: Sequence[Conclusion], why: str) -> str:
    why = one_line(why, limit=300).rstrip(".")
    if ":" in of[0].question and why.startswith(of[0].question):
        why = term_name(of[0].question) + why.removeprefix(of[0].question)
    if of[0].question == TREATMENT:
        return f"{why[0].upper()}{why[1:]}."
    names = listing(term_name(c.question) for c in of)
    first = why[0].lower() + why[1:] if why[1:2].islower() and not why.startswith(names) else why
    return (
        f"Whether {names} {'matters' if len(of) == 1 else 'matter'} for the times can't be tested: {first}."
    )


def _proven(proven: Sequence[Conclusion]) -> str:
    shown = listing(f"{term_name(c.question)} ({p_phrase(c.p_adjusted)})" for c in proven)
    most = by_chance(max(c.p_adjusted or 0.0 for c in proven))
    fewer = " or fewer" if len(proven) > 1 and most[:1].isdigit() else ""
    sentence = (
        f"The times differ by more than chance, which alone does as much in {most}{fewer}: {shown} "
        f"{'makes' if len(proven) == 1 else 'make'} a difference"
    )
    unclear = [c for c in proven if c.compared is not None and not _excludes_equality(c)]
    if unclear:
        sentence += (
            f"; which levels of {listing(term_name(c.question) for c in unclear)} differ is not clear yet"
        )
    objections = dict.fromkeys(c.why for c in proven if c.why is not None)
    against = "; but ".join(_objection(why, proven) for why in objections)
    return sentence + (f"; but {against}" if against else "") + "."


def _objection(why: str, proven: Sequence[Conclusion]) -> str:
    """Say of which questions something is true, unless it is of all."""
    of = [term_name(c.question) for c in proven if c.why == why]
    return why if len(of) == len(proven) else f"as to {listing(of)}, {why}"


def _excludes_equality(conclusion: Conclusion) -> bool:
    equal = 1.0 if conclusion.unit == RATIO else 0.0
    low, high = conclusion.ci_low, conclusion.ci_high
    return low is not None and high is not None and not low <= equal <= high


def difference(conclusion: Conclusion) -> str:
    """Return the interval of an estimate in words, as ``3 agents took between 45 % less and 20 % more time than 1``.

    The level that took less time is named first where that is sure, the last level of the study otherwise. Empty where
    there is no interval.
    """
    low, high, estimate = conclusion.ci_low, conclusion.ci_high, conclusion.estimate
    if conclusion.compared is None or low is None or high is None or estimate is None:
        return ""
    first, second = conclusion.compared
    is_ratio = conclusion.unit == RATIO
    if not (_excludes_equality(conclusion) and high <= (1.0 if is_ratio else 0.0)):
        first, second = second, first
        low, high = (1 / high, 1 / low) if is_ratio else (-high, -low)
    who, than = _levels(conclusion.question, first, second)
    if is_ratio:
        if high >= _TWICE:
            return f"{who} took between {number(low, digits=2)} and {number(high, digits=2)} times as long as {than}"
        return f"{who} took {apart(low - 1, high - 1, percent)} time than {than}"
    unit = conclusion.unit or ""
    return f"{who} took {apart(low, high, lambda value: f'{number(value)} {unit}')} than {than}"


def _levels(factor: str, first: str, second: str) -> tuple[str, str]:
    """Name two levels as people do: ``3 agents`` and ``1``, ``prompt short`` and ``prompt long``."""
    name = one_line(factor, limit=40)
    a, b = one_line(first, limit=40), one_line(second, limit=40)
    if name.endswith("s") and a.isdigit() and b.isdigit():
        return f"{a} {name.removesuffix('s') if a == '1' else name}", b
    return f"{name} {a}", f"{name} {b}"


def overall(analysis: Analysis) -> PassRate | None:
    """Return the pass rate of all programs together."""
    return next((rate for rate in analysis.failures.rates if rate.factor == "all"), None)


def on_passing(analysis: Analysis) -> str:
    """How many programs passed, and whether the treatments differ in that."""
    rate = overall(analysis)
    if rate is None or not rate.programs:
        return "There are no programs, so nothing can be said of how many pass."
    limits = (
        f"anything from {percent(rate.ci_low)} to {percent(rate.ci_high)} would fit, "
        f"{percent(1 - analysis.options.alpha)} interval"
    )
    if rate.passed == rate.programs:
        every = "The one program" if rate.programs == 1 else f"All {rate.programs:,} programs"
        return f"{every} passed; a true pass rate below {percent(rate.ci_low)} would hardly have given that."
    head = f"{rate.passed:,} of {count(rate.programs, 'program')} passed ({percent(rate.estimate)}; {limits})"
    concluded = next(
        (c for c in analysis.conclusions if c.kind == "passing" and c.question == TREATMENT), None
    )
    if concluded is None or concluded.p is None:
        return f"{head}."
    p, of = p_words(concluded.p), tasks_of(analysis.tasks)
    on = f" on{of.removeprefix('Of')}" if of else ""
    after = f"{on}{',' if ',' in on else ''}"
    if concluded.answer == "different":
        words = factors_in_passing(analysis)
        by = f": {words}" if words else ""
        return f"{head}, and the pass rates of the treatments differ by more than chance{on} ({p}){by}."
    if concluded.answer == "equivalent":
        return (
            f"{head}; the pass rates of the treatments differ{after} by less than "
            f"{100 * (analysis.options.margin or 0.0):g} of 100 programs, small enough not to matter."
        )
    if concluded.p < analysis.options.alpha <= (concluded.p_adjusted or 0.0):
        asked = 1 + sum(c.kind == "times" and c.p is not None for c in analysis.conclusions)
        p += f", and in {by_chance(concluded.p_adjusted)} where {asked} questions are asked at once, as here"
    return f"{head}; that the pass rates of the treatments differ{after} was not shown ({p})."


def on_planning(analysis: Analysis) -> str:
    """Return what a conclusive study would take, or what to tell to learn it."""
    sigma = analysis.sample.sigma
    untimed = not analysis.sample.counts.any() and bool(analysis.results.programs["passed"].any())
    if analysis.power is None and (_counts_all(analysis) or untimed):
        return on_planned_passing(analysis)
    if sigma.value is None:
        why = one_line(sigma.note or "no treatment has two programs that passed", limit=160).rstrip(".")
        return (
            f"How many programs a conclusive study needs can't be said: {why[0].lower() + why[1:]}. Make a few more "
            "programs of each treatment first."
        )
    if analysis.power is None:
        return (
            f"Programs of the same treatment typically differ {_spread(analysis)}. "
            "Say which difference matters (--effect 25%) to learn how many programs would show it."
        )
    return _needed(analysis)


def _spread(analysis: Analysis) -> str:
    """Say how much programs of a treatment differ among themselves, from their standard deviation."""
    sigma, unit = analysis.sample.sigma, analysis.sample.unit
    if analysis.sample.response in {"log", "ratio"}:
        values = [_factor(value) for value in (sigma.value, sigma.ci_low, sigma.ci_high)]
        known = values[1] is not None
        limits = (
            f" (anything from {number(values[1])} to {number(values[2])} would fit these data)"
            if known
            else ""
        )
        return f"by a factor of {number(values[0])}{limits}"
    known = sigma.ci_low is not None
    limits = (
        f" (anything from {number(sigma.ci_low)} to {number(sigma.ci_high)} would fit these data)"
        if known
        else ""
    )
    return f"by {number(sigma.value)} {unit}{limits}"


def _factor(log: float | None) -> float | None:
    """Return the ratio that a logarithm is of; None where it is too large to be written."""
    return None if log is None or log > 700 else math.exp(log)  # noqa: PLR2004 - exp overflows at 710


def question_name(name: str) -> str:
    """Return a question of the power analysis in words."""
    patterns = {
        "omnibus: extremes": "any difference (two extremes)",
        "omnibus: half": "any difference (half and half)",
        "omnibus: means": "any difference (means given)",
    }
    return patterns.get(name) or one_line(name, limit=60)


def headline(analysis: Analysis) -> QuestionPower | None:
    """Return the question that comes first: whether any two treatments differ, if that can be answered."""
    if analysis.power is None or analysis.power.sigma is None:
        return None
    return next((test for test in analysis.power.tests() if test.f is not None), None)


def _needed(analysis: Analysis) -> str:
    first, asked = headline(analysis), analysis.power
    if first is None or asked is None:
        note = one_line(
            (asked.note if asked else "") or "the spread between programs is not known", limit=160
        )
        return f"How many programs a conclusive study needs can't be said: {note.rstrip('.')}."
    effect, power = effect_words(analysis), percent(asked.target)
    own = "" if first.power is None else f"; this study's power was {percent(first.power)}"
    if first.total_required is None:
        what = effect[0].upper() + effect[1:]
        return (
            f"{what} between two of {asked.groups} treatments is out of any study's reach (more than 10 million "
            f"programs of each){own}."
        )
    money = "" if first.cost_usd is None else f", about {dollars(first.cost_usd)}"
    two = "the two treatments" if asked.groups == _TWO else f"two of {asked.groups} treatments"
    sentence = (
        f"To find {effect} between {two} in {100 * asked.target:g} of 100 such studies ({power} power) takes "
        f"{count(first.total_required, 'program')} ({first.replicates_required:,} per treatment{money}){own}"
    )
    return f"{sentence}{_cheapest(asked, first)}."


def _cheapest(asked: Power, first: QuestionPower) -> str:
    """Return the planned question that takes fewest programs, where it takes fewer than the first."""
    others = [test for test in asked.contrasts.values() if test.total_required is not None]
    best = min(others, key=lambda test: test.total_required or 0, default=None)
    if best is None or (best.total_required or 0) >= (first.total_required or 0):
        return ""
    return f"; to ask only “{one_line(best.name, limit=60)}” takes {best.total_required:,}"
