"""What it takes to find a difference of pass rates: a sentence, and the rows of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._command_name import COMMAND
from .._inference.passing import MOST_LEVELS
from .text import count, dollars, one_line, percent, whole

if TYPE_CHECKING:
    from .._analysis import Analysis
    from .._inference.passing import PairPower, PassPower


def on_planned_passing(analysis: Analysis) -> str:
    """Return how many programs show the difference that was asked for, or how to ask.

    Of several comparisons that which takes most is told. Where tasks are a sample of tasks, how many programs it takes
    depends on how many tasks there are: that is the business of ``plan``.
    """
    asked = analysis.further.passing.power
    if asked is None:
        return (
            "Say which difference of pass rates matters (--response passed --effect 0.2 is 20 of 100 programs) to "
            "learn how many programs would show it."
        )
    if analysis.tasks is not None and analysis.tasks.random:
        return (
            f"How many tasks and programs show {difference_words(asked)} on tasks like these: {COMMAND} plan RESULTS "
            f"--response passed --effect {asked.effect:g}."
        )
    if not asked.contrasts:
        many = any(len(levels) > MOST_LEVELS for levels in analysis.sample.factors.values())
        why = (
            f"pairs of more than {MOST_LEVELS} levels are too many"
            if many
            else "there are no two levels with programs"
        )
        return f"How many programs a conclusive study needs can't be said: {why}."
    hardest = max(asked.contrasts, key=_total)
    sure = f"{100 * asked.target:g} of 100 such studies ({percent(asked.target)} power)"
    own = f"this study's power was {percent(hardest.power)}"
    name = one_line(hardest.name, limit=60)
    if hardest.total_required is None or hardest.replicates_required is None:
        return f"No number of programs can be named that shows {difference_words(asked)} (“{name}”) in {sure}; {own}."
    each = "per treatment and task" if asked.tasks > 1 else "per treatment"
    money = "" if hardest.cost_usd is None else f", about {dollars(hardest.cost_usd)}"
    return (
        f"To find {difference_words(asked)} (“{name}”) in {sure} takes {count(hardest.total_required, 'program')} "
        f"({hardest.replicates_required:,} {each}{money}); {own}."
    )


def difference_words(asked: PassPower) -> str:
    """Return the difference of pass rates that is to be found."""
    return f"a difference of {100 * asked.effect:.3g} of 100 programs"


def passing_rows(asked: PassPower) -> list[tuple[str, ...]]:
    """Return a row for each pair of levels, below a line with the names of the columns."""
    rows = [
        (
            one_line(pair.name, limit=60),
            percent(pair.power),
            whole(pair.replicates_required),
            whole(pair.total_required),
            dollars(pair.cost_usd),
        )
        for pair in asked.contrasts
    ]
    each = "each, a task" if asked.tasks > 1 else "each"
    return [("question", "power now", each, "in all", "cost"), *rows]


def _total(pair: PairPower) -> float:
    return float("inf") if pair.total_required is None else pair.total_required
