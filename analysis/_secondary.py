"""Steps of the analysis beside the comparison of times: passing, time-outs, equivalence, trends."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final, Protocol

from ._inference import equivalence as equivalences
from ._inference.censored import censored
from ._inference.judged_turns import ends, with_verdicts
from ._inference.nested_budgets import nested
from ._inference.passing import Asked, passing
from ._inference.synergy import turns
from ._inference.trend import trends
from ._models.nested_pairs import nested_pairs
from ._models.noise_floor import same_within
from ._models.passing_table import passing_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._inference.censored import Censored
    from ._inference.contrasts import ContrastTest
    from ._inference.equivalence import Equivalence
    from ._inference.nested_budgets import Nested
    from ._inference.passing import Passing
    from ._inference.synergy import Turns
    from ._inference.trend import Linear, Trend
    from ._models.formula import Model
    from ._models.noise_floor import NoiseFloor
    from ._models.sample import Sample
    from ._models.tasks import OverContrast
    from ._power.cost import Cost
    from ._reading.frames import Results
    from ._reading.judged_turns import JudgedTrajectory

PASSED: Final = "passed"


class SecondaryOptions(Protocol):
    """What these steps need of the options of the analysis."""

    @property
    def response(self) -> str | None:
        """The response that comes first."""

    @property
    def type(self) -> int:
        """Of the tests of terms."""

    @property
    def alpha(self) -> float:
        """Type I error rate."""

    @property
    def power(self) -> float:
        """To aim at."""

    @property
    def effect(self) -> float | None:
        """The difference worth finding."""

    @property
    def margin(self) -> float | None:
        """The difference that does not matter."""

    @property
    def tasks(self) -> str | None:
        """``random`` or ``fixed``."""

    @property
    def nested(self) -> tuple[int, ...]:
        """Turns whose programs are compared with those that the same trajectories end with."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SecondaryAnalyses:
    """What these steps found.

    ``censored`` is None without time-outs, ``turns`` without trajectories; ``equivalence`` is empty without a margin,
    ``nested`` without nested budgets whose turns were timed.
    """

    passing: Passing
    censored: Censored | None
    trend: tuple[Trend, ...]
    equivalence: tuple[Equivalence, ...]
    turns: Turns | None
    nested: tuple[Nested, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What is compared with the margin and followed over amounts.

    ``over`` has the contrasts and then the linear ones, over tasks like these; None where tasks are no sample, which
    ``random`` says of several tasks.
    """

    contrasts: Sequence[ContrastTest]
    linear: Sequence[Linear]
    over: Sequence[OverContrast | None] | None = None
    random: bool = False


def further(
    results: Results,
    sample: Sample,
    model: Model,
    compared: Compared,
    options: SecondaryOptions,
    *,
    paid: Cost,
    floors: Sequence[NoiseFloor] = (),
    trajectories: Sequence[JudgedTrajectory] = (),
) -> SecondaryAnalyses:
    """Do these steps.

    Raises
    ------
    AnalysisError : the margin or the effect does not fit the response.
    """
    on_passing = _about_passing(options.response)
    rates = passing(
        results,
        Asked(
            model=model,
            type=options.type,
            alpha=options.alpha,
            power=options.power,
            effect=options.effect if on_passing else None,
            random=None if options.tasks is None else options.tasks == "random",
        ),
        usd=paid.usd_per_replicate,
    )
    over, planned = compared.over, len(compared.contrasts)
    pairs = nested_pairs(results, sample.response, options.nested)
    return SecondaryAnalyses(
        passing=rates,
        censored=censored(results, passing_table(results), alpha=options.alpha),
        trend=trends(
            sample, compared.linear, alpha=options.alpha, over=None if over is None else over[planned:]
        ),
        equivalence=_equivalence(sample, compared, rates, options),
        turns=turns(
            with_verdicts(results, _in_order(results, trajectories)),
            ends(results, trajectories),
            noise=same_within(floors),
            alpha=options.alpha,
            random=None if options.tasks is None else options.tasks == "random",
        ),
        nested=nested(pairs, random=compared.random),
    )


def _in_order(results: Results, trajectories: Sequence[JudgedTrajectory]) -> list[JudgedTrajectory]:
    """Return trajectories in the study's order of tasks, treatments and replicates, whatever their files are called."""
    factors = {name: levels for name, levels in results.factors.items() if name not in results.derived}
    place = {name: {level: i for i, level in enumerate(levels)} for name, levels in factors.items()}
    tasks = {task: i for i, task in enumerate(results.tasks)}

    def key(one: JudgedTrajectory) -> tuple[object, ...]:
        levels = (place[name].get(str(one.treatment.get(name)), len(place[name])) for name in factors)
        return (*levels, tasks.get(one.task, len(tasks)), one.replicate)

    return sorted(trajectories, key=key)


def _about_passing(response: str | None) -> bool:
    return response == PASSED


def _equivalence(
    sample: Sample, compared: Compared, rates: Passing, options: SecondaryOptions
) -> tuple[Equivalence, ...]:
    if options.margin is None:
        return ()
    if _about_passing(options.response):
        margin, alpha = options.margin, options.alpha
        return (
            *equivalences.of_rates(rates.differences, margin=margin, alpha=alpha, over=rates.over_tasks),
            *equivalences.of_what_they_do_together(rates.together, margin=margin, alpha=alpha),
        )
    over = None if compared.over is None else compared.over[: len(compared.contrasts)]
    return equivalences.equivalence(
        sample,
        compared.contrasts,
        margin=options.margin,
        alpha=options.alpha,
        target=options.power,
        over=over,
    )
