"""Factors whose question stays open: what still fits the data, and what would decide it, each in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .._inference.conclusions import PASSED, TREATMENT
from .names import effect_words
from .planned_passing import difference_words
from .secondary_sentences import more_passed
from .text import count, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .._analysis import Analysis
    from .._inference.conclusions import Conclusion
    from .._inference.passing import PairPower
    from .._power.power import QuestionPower

_MOST: Final = 3
"""Open questions that have a sentence of their own; the table has them all."""


def limits_words(analysis: Analysis) -> str:
    """Return what limits that stand in a sentence promise."""
    sure = 100 * (1 - analysis.options.alpha)
    return f"limits that hold together in {sure:g} of 100 studies"


def on_undecided(
    analysis: Analysis, mentioned: Sequence[Conclusion], difference: Callable[[Conclusion], str]
) -> tuple[str, ...]:
    """Return a sentence for each factor of the study that stayed undecided, on the response that comes first.

    Parameters
    ----------
    mentioned : conclusions whose limits are told already.
    difference : words for the limits of a difference of times.
    """
    on_passing = analysis.conclusions[0].response == PASSED
    kind, words = ("passing", more_passed) if on_passing else ("times", difference)
    factors = {name for name in analysis.sample.factors if name not in analysis.results.derived}
    asked = [
        c
        for c in analysis.conclusions
        if c.kind == kind
        and c.answer == "undecided"
        and c.question in factors - {TREATMENT}
        and c not in mentioned
    ]
    return tuple(
        f"{_upper(one_line(c.question, limit=60))}: undecided; {limits} ({limits_words(analysis)}). "
        f"{_more(analysis, c, on_passing=on_passing)}"
        for c in asked
        if (limits := words(c))
    )[:_MOST]


def _more(analysis: Analysis, conclusion: Conclusion, *, on_passing: bool) -> str:
    """Say how many more programs would decide a question; without a difference that matters, how to learn it."""
    power = analysis.further.passing.power if on_passing else analysis.power
    if power is None:
        return (
            f"How many more programs would decide follows from the difference that matters to you: --effect "
            f"{'0.2 (20 of 100 programs)' if on_passing else '25%'}."
        )
    if on_passing and analysis.further.passing.power is not None:
        what = difference_words(analysis.further.passing.power)
        asked: Sequence[PairPower | QuestionPower] = [
            pair for pair in analysis.further.passing.power.contrasts if pair.factor == conclusion.question
        ]
    else:
        what = effect_words(analysis)
        asked = [
            test
            for name, test in (analysis.power.contrasts if analysis.power is not None else {}).items()
            if name.startswith(f"{conclusion.question}: ") and " at " not in name
        ]
    needed = [test.total_required for test in asked]
    if not needed or None in needed:
        return f"No number of programs of this design can be named that would decide on {what}."
    more = max(n for n in needed if n is not None) - int(analysis.sample.generated.sum())
    sure = f"in {100 * analysis.options.power:g} of 100 such studies"
    if more <= 0:
        return f"This study had programs enough to find {what} {sure}, so what there is may well be smaller."
    return f"{count(more, 'more program')} would decide on {what} {sure}."


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
