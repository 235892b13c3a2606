"""What was found, in sentences that the data bear and that need no statistics to be read."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .._inference.conclusions import PASSED, RATIO, TREATMENT
from .tasks import of_which_tasks
from .text import count, dollars, listing, number, one_line, p_phrase, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._analysis import Analysis
    from .._inference.conclusions import Conclusion
    from .._models.pass_rates import PassRate
    from .._power.power import Power, QuestionPower

_FEW = 10
"""Programs of a treatment, from which on nobody calls them few."""


def findings(analysis: Analysis) -> tuple[str, str, str]:
    """Three sentences: do times differ, do programs pass, and what would a conclusive study take."""
    times = of_which_tasks(analysis.tasks, on_times(analysis))
    return times, on_passing(analysis), on_planning(analysis)


def term_name(term: str) -> str:
    """``agents:optimization`` as people write it."""
    return " × ".join(one_line(part, limit=60) for part in term.split(":"))


def on_times(analysis: Analysis) -> str:
    """Whether the treatments' times differ, in the words of the conclusions and with no more certainty than theirs."""
    about = [c for c in analysis.conclusions if c.response != PASSED]
    tested = [c for c in about if c.p is not None]
    if not tested:
        return _untestable(about[0])
    proven = [c for c in tested if c.answer == "different"]
    if proven:
        return _proven(analysis, proven)
    hint = next((c for c in tested if c.p is not None and c.p < analysis.options.alpha), None)
    if hint is not None and hint.why is not None and (hint.p_adjusted or 0.0) < analysis.options.alpha:
        return (
            f"There is a hint, but no proof, that {term_name(hint.question)} matters for the times "
            f"({p_phrase(hint.p)}): {one_line(hint.why, limit=200)}."
        )
    if hint is not None:
        return (
            f"There is a hint, but no proof, that {term_name(hint.question)} matters for the times: "
            f"{p_phrase(hint.p)}, and {p_phrase(hint.p_adjusted)} once it is counted that {len(tested)} questions "
            "were asked."
        )
    shown = listing(f"{term_name(c.question)} {p_phrase(c.p)}" for c in tested)
    small = int(analysis.sample.counts.max(initial=0)) < _FEW
    no_proof = "; with so few programs this is no proof" if small else ", which is no proof"
    return f"No difference between the treatments' times was shown ({shown}){no_proof} that there is none."


def _untestable(conclusion: Conclusion) -> str:
    why = one_line(conclusion.why or "there are too few programs for it", limit=200).rstrip(".")
    if conclusion.question == TREATMENT:
        return f"{why[0].upper()}{why[1:]}."
    why = why[0].lower() + why[1:] if why[1:2].islower() else why
    return f"Whether the treatments' times differ can't be tested: {why}."


def _proven(analysis: Analysis, proven: Sequence[Conclusion]) -> str:
    shown = listing(f"{term_name(c.question)} ({p_phrase(c.p)})" for c in proven)
    sentence = f"The times differ by more than chance: {shown} {'makes' if len(proven) == 1 else 'make'} a difference"
    sure = [c for c in proven if c.compared is not None and _excludes_equality(c)]
    detail = f", for instance {difference(analysis, sure[0])}" if sure else ""
    objections = dict.fromkeys(c.why for c in proven if c.why is not None)
    against = "; but ".join(_objection(why, proven) for why in objections)
    return sentence + detail + (f"; but {against}" if against else "") + "."


def _objection(why: str, proven: Sequence[Conclusion]) -> str:
    """Say of which questions something is true, unless it is of all."""
    of = [term_name(c.question) for c in proven if c.why == why]
    return why if len(of) == len(proven) else f"as to {listing(of)}, {why}"


def _excludes_equality(conclusion: Conclusion) -> bool:
    equal = 1.0 if conclusion.unit == RATIO else 0.0
    low, high = conclusion.ci_low, conclusion.ci_high
    return low is not None and high is not None and not low <= equal <= high


def difference(analysis: Analysis, conclusion: Conclusion) -> str:
    """Return an estimate in words: who took how much less, and how sure that is."""
    first, second = conclusion.compared or ("", "")
    values = [conclusion.estimate or 0.0, conclusion.ci_low or 0.0, conclusion.ci_high or 0.0]
    is_ratio = conclusion.unit == RATIO
    slower = values[0] > 1 if is_ratio else values[0] > 0
    fast, slow = (second, first) if slower else (first, second)
    a, b = (
        f"{one_line(conclusion.question, limit=40)} {one_line(level, limit=40)}" for level in (fast, slow)
    )
    confidence = f"{percent(1 - analysis.options.alpha)} interval"
    if is_ratio:
        less, *limits = (1 - (1 / value if slower and value else value) for value in values)
        low, high = sorted(limits)
        return f"{a} took {percent(less)} less time than {b} ({confidence} {percent(low)} to {percent(high)})"
    low, high = sorted(abs(value) for value in values[1:])
    unit = conclusion.unit or ""
    limits_shown = f"{confidence} {number(low)} to {number(high)} {unit}"
    return f"{a} took {number(abs(values[0]))} {unit} less than {b} ({limits_shown})"


def overall(analysis: Analysis) -> PassRate | None:
    """Return the pass rate of all programs together."""
    return next((rate for rate in analysis.failures.rates if rate.factor == "all"), None)


def on_passing(analysis: Analysis) -> str:
    """How many programs passed, and whether the treatments differ in that."""
    rate = overall(analysis)
    if rate is None or not rate.programs:
        return "There are no programs, so nothing can be said of how many pass."
    limits = (
        f"{percent(1 - analysis.options.alpha)} interval {percent(rate.ci_low)} to {percent(rate.ci_high)}"
    )
    if rate.passed == rate.programs:
        every = "The one program" if rate.programs == 1 else f"All {rate.programs:,} programs"
        return f"{every} passed; a true pass rate below {percent(rate.ci_low)} would hardly have given that."
    head = f"{rate.passed:,} of {count(rate.programs, 'program')} passed ({percent(rate.rate)}; {limits})"
    concluded = next((c for c in analysis.conclusions if c.response == PASSED), None)
    if concluded is None or concluded.p is None:
        return f"{head}."
    p = p_phrase(concluded.p)
    if concluded.answer == "different":
        return f"{head}, and the pass rates of the treatments differ by more than chance ({p})."
    return f"{head}; that the pass rates of the treatments differ was not shown ({p})."


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
