"""Steps of the analysis beside the comparison of times: passing, time-outs, equivalence, trends."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from ._inference import equivalence as equivalences
from ._inference.censored import censored
from ._inference.passing import Asked, passing
from ._inference.trend import trends
from ._models.passing_table import passing_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._analysis import Options
    from ._inference.censored import Censored
    from ._inference.contrasts import ContrastTest
    from ._inference.equivalence import Equivalence
    from ._inference.passing import Passing
    from ._inference.trend import Trend
    from ._models.formula import Model
    from ._models.sample import Sample
    from ._power.cost import Cost
    from ._reading.frames import Results

PASSED = "passed"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Further:
    """What these steps found; ``censored`` is None without time-outs, ``equivalence`` empty without a margin."""

    passing: Passing
    censored: Censored | None
    trend: tuple[Trend, ...]
    equivalence: tuple[Equivalence, ...]


def further(
    results: Results,
    sample: Sample,
    model: Model,
    contrasts: Sequence[ContrastTest],
    options: Options,
    *,
    paid: Cost,
) -> Further:
    """Do these steps.

    Raises
    ------
    AnalysisError : the margin or the effect does not fit the response.
    """
    on_passing = options.response == PASSED
    rates = passing(
        results,
        Asked(
            model=model,
            type=options.type,
            alpha=options.alpha,
            power=options.power,
            effect=options.effect if on_passing else None,
        ),
        paid,
    )
    own = tuple(name for name in results.factors if name not in results.derived)
    return Further(
        passing=rates,
        censored=censored(results, passing_table(results), alpha=options.alpha),
        trend=trends(sample, own, alpha=options.alpha),
        equivalence=_equivalence(sample, contrasts, rates, options),
    )


def _equivalence(
    sample: Sample, contrasts: Sequence[ContrastTest], rates: Passing, options: Options
) -> tuple[Equivalence, ...]:
    if options.margin is None:
        return ()
    if options.response == PASSED:
        return equivalences.of_rates(
            rates.differences, rates.rates, margin=options.margin, alpha=options.alpha
        )
    return equivalences.equivalence(
        sample, contrasts, margin=options.margin, alpha=options.alpha, target=options.power
    )
