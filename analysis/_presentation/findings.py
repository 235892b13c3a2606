"""What was found, in sentences that the data bear and that need no statistics to be read."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .._inference.multiplicity import holm
from .text import count, dollars, listing, number, one_line, p_phrase, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._analysis import Analysis
    from .._inference.contrasts import ContrastTest
    from .._models.anova import Term
    from .._models.pass_rates import PassRate
    from .._power.power import Power, QuestionPower

MACHINE = "machine"


def findings(analysis: Analysis) -> tuple[str, str, str]:
    """Three sentences: do times differ, do programs pass, and what would a conclusive study take."""
    return on_times(analysis), on_passing(analysis), on_planning(analysis)


def term_name(term: str) -> str:
    """``agents:optimization`` as people write it."""
    return " × ".join(one_line(part, limit=60) for part in term.split(":"))


def tested_terms(analysis: Analysis) -> tuple[Term, ...]:
    """The terms of the model that have a p value, without the machine, which nobody asks about."""
    if analysis.anova is None:
        return ()
    return tuple(term for term in analysis.anova.terms if term.p is not None and term.term != MACHINE)


def on_times(analysis: Analysis) -> str:
    """Whether the treatments' times differ, with no more certainty than the tests give."""
    sample = analysis.sample
    filled = int((sample.counts > 0).sum())
    if not sample.y.size:
        passed = (
            "No program that passed was timed"
            if analysis.results.programs["passed"].any()
            else "No program passed"
        )
        return f"{passed}, so there are no times to compare."
    if filled < 2:  # noqa: PLR2004 - a comparison needs two
        return (
            f"Only one treatment has programs that passed ({count(int(sample.y.size), 'program')}), so there are no "
            "times to compare."
        )
    terms = tested_terms(analysis)
    if not terms:
        return f"Whether the treatments' times differ can't be tested: {_why_not(analysis)}."
    alpha = analysis.options.alpha
    adjusted = [p or 0.0 for p in holm([term.p for term in terms])]
    proven = [term for term, p in zip(terms, adjusted, strict=True) if p < alpha]
    if proven:
        return _proven(analysis, proven)
    hinted = [(term, p) for term, p in zip(terms, adjusted, strict=True) if (term.p or 0.0) < alpha]
    shown = listing(f"{term_name(term.term)} {p_phrase(term.p)}" for term in terms)
    if hinted:
        term, p = hinted[0]
        return (
            f"There is a hint, but no proof, that {term_name(term.term)} matters for the times: "
            f"{p_phrase(term.p)}, and "
            f"{p_phrase(p)} once it is counted that {len(terms)} questions were asked."
        )
    return (
        f"No difference between the treatments' times was shown ({shown}); with so few programs this is no proof that "
        "there is none."
        if _small(analysis)
        else f"No difference between the treatments' times was shown ({shown}), which is no proof that there is none."
    )


def _small(analysis: Analysis) -> bool:
    return int(analysis.sample.counts.max(initial=0)) < 10  # noqa: PLR2004 - programs per treatment


def _why_not(analysis: Analysis) -> str:
    notes = (
        list(analysis.anova.notes) + [t.note for t in analysis.anova.terms if t.note]
        if analysis.anova
        else []
    )
    reasons = [note for note in (*notes, *analysis.notes) if note]
    if not reasons:
        return "there are too few programs for it"
    first = one_line(reasons[0], limit=200).rstrip(".")
    return first[0].lower() + first[1:] if first[1:2].islower() else first


def _proven(analysis: Analysis, proven: Sequence[Term]) -> str:
    shown = listing(f"{term_name(term.term)} ({p_phrase(term.p)})" for term in proven)
    verb = "makes" if len(proven) == 1 else "make"
    sentence = f"The times differ by more than chance: {shown} {verb} a difference"
    detail = _detail(analysis, {part for term in proven for part in term.term.split(":")})
    doubt = _doubt(analysis, proven)
    return sentence + (f", {detail}" if detail else "") + (f"; but {doubt}" if doubt else "") + "."


def _detail(analysis: Analysis, factors: set[str]) -> str:
    """Return the clearest planned contrast of these factors that holds after Holm's adjustment."""
    sure = [
        test
        for test in analysis.contrasts
        if test.p_holm is not None
        and test.p_holm < analysis.options.alpha
        and test.contrast.factor in factors
    ]
    if not sure:
        return ""
    best = min(sure, key=lambda test: (test.p_holm or 0.0, -abs(test.t or 0.0)))
    return f"for instance {difference(analysis, best)}"


def difference(analysis: Analysis, test: ContrastTest) -> str:
    """Return a contrast in words: who took how much less, and how sure that is."""
    contrast, estimate = test.contrast, test.estimate or 0.0
    fast, slow = (contrast.a, contrast.b) if estimate < 0 else (contrast.b, contrast.a)
    names = (f"{one_line(contrast.factor, limit=40)} {one_line(level, limit=40)}" for level in (fast, slow))
    a, b = names
    low, high = sorted(abs(x) for x in (test.ci_low or 0.0, test.ci_high or 0.0))
    confidence = f"{percent(1 - analysis.options.alpha)} interval"
    if analysis.sample.response in {"log", "ratio"}:
        return (
            f"{a} took {percent(-math.expm1(-abs(estimate)))} less time than {b} ({confidence} "
            f"{percent(-math.expm1(-low))} to {percent(-math.expm1(-high))})"
        )
    unit = analysis.sample.unit
    limits = f"{confidence} {number(low)} to {number(high)} {unit}"
    return f"{a} took {number(abs(estimate))} {unit} less than {b} ({limits})"


def _doubt(analysis: Analysis, proven: Sequence[Term]) -> str:
    """Return what speaks against a proven difference: tests that assume less, where they can be believed."""
    alpha = analysis.options.alpha
    spread = analysis.tests["brown-forsythe"]
    robust = {test.name: test for test in analysis.hc3}
    lost = [
        t.term for t in proven if (r := robust.get(t.term)) and r.trusted and r.p is not None and r.p >= alpha
    ]
    if lost:
        return f"allowing for unequal spread, {listing(term_name(t) for t in lost)} can't be told from chance"
    if spread.p is not None and spread.p < alpha and spread.trusted is not False:
        held = all((r := robust.get(t.term)) and r.trusted and (r.p or 0.0) < alpha for t in proven)
        return (
            ""
            if held
            else f"the spread differs between treatments ({p_phrase(spread.p)}), which the test assumes it does not"
        )
    return ""


def overall(analysis: Analysis) -> PassRate | None:
    """Return the pass rate of all programs together."""
    return next((rate for rate in analysis.failures.rates if rate.factor == "all"), None)


def on_passing(analysis: Analysis) -> str:
    """How many programs passed, and whether the treatments differ in that."""
    rate, test = overall(analysis), analysis.failures.test
    if rate is None or not rate.programs:
        return "There are no programs, so nothing can be said of how many pass."
    limits = (
        f"{percent(1 - analysis.options.alpha)} interval {percent(rate.ci_low)} to {percent(rate.ci_high)}"
    )
    if rate.passed == rate.programs:
        every = "The one program" if rate.programs == 1 else f"All {rate.programs:,} programs"
        return f"{every} passed; a true pass rate below {percent(rate.ci_low)} would hardly have given that."
    head = f"{rate.passed:,} of {count(rate.programs, 'program')} passed ({percent(rate.rate)}; {limits})"
    if test.p is None:
        return f"{head}."
    if test.p < analysis.options.alpha:
        return (
            f"{head}, and the pass rates of the treatments differ by more than chance ({p_phrase(test.p)})."
        )
    return f"{head}; that the pass rates of the treatments differ was not shown ({p_phrase(test.p)})."


def on_planning(analysis: Analysis) -> str:
    """Return what a conclusive study would take, or what to tell to learn it."""
    sigma = analysis.sample.sigma
    if sigma.value is None:
        why = one_line(sigma.note or "no treatment has two programs that passed", limit=160).rstrip(".")
        return f"How many programs a conclusive study needs can't be said: {why[0].lower() + why[1:]}."
    if analysis.power is None:
        interval = (
            f"95 % interval {number(sigma.ci_low)} to {number(sigma.ci_high)}"
            if sigma.ci_low is not None
            else ""
        )
        spread = f"{number(sigma.value)} {analysis.sample.unit}" + (f" ({interval})" if interval else "")
        return (
            f"Programs of the same treatment differ by an SD of {spread}; say which difference matters (--effect) to "
            "learn how many programs would show it."
        )
    return _needed(analysis)


def question_name(name: str) -> str:
    """Return a question of the power analysis in words."""
    patterns = {
        "omnibus: extremes": "any difference (two extremes)",
        "omnibus: half": "any difference (half and half)",
        "omnibus: means": "any difference (means given)",
    }
    return patterns.get(name) or one_line(name, limit=60)


def effect_words(analysis: Analysis) -> str:
    """Return the difference that the user wants to find: seconds, or a ratio where the response is a logarithm."""
    effect = analysis.options.effect or 0.0
    if analysis.sample.response in {"log", "ratio"}:
        return f"a ratio of {number(math.exp(effect))}" if effect < 700 else "an immense ratio"  # noqa: PLR2004 - exp
    return f"a difference of {effect:g} {analysis.sample.unit}"


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
        return f"{what} between two of {asked.groups} treatments is out of any study's reach{own}."
    money = "" if first.cost_usd is None else f", about {dollars(first.cost_usd)}"
    sentence = (
        f"To find {effect} between two of {asked.groups} treatments with {power} power takes "
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
