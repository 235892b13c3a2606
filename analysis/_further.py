"""Steps of the analysis beside the comparison of times: passing, time-outs, equivalence, trends."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from ._inference import equivalence as equivalences
from ._inference.censored import censored
from ._inference.passing import Asked, passing
from ._inference.synergy import turns
from ._inference.trend import trends
from ._models.passing_table import passing_table
from ._models.sample import run_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._inference.censored import Censored
    from ._inference.contrasts import ContrastTest
    from ._inference.equivalence import Equivalence
    from ._inference.passing import Passing
    from ._inference.synergy import Turns
    from ._inference.trend import Trend
    from ._models.formula import Model
    from ._models.noise_floor import NoiseFloor
    from ._models.sample import Sample
    from ._power.cost import Cost
    from ._reading.frames import Results
    from ._reading.judged_turns import Trajectory

PASSED: Final = "passed"
_NOISE: Final = 0.1
"""How much two times of one program differ at most, relatively, where no reference tells the machine's noise."""


class Options(Protocol):
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


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Further:
    """What these steps found.

    ``censored`` is None without time-outs, ``turns`` without trajectories; ``equivalence`` is empty without a margin.
    """

    passing: Passing
    censored: Censored | None
    trend: tuple[Trend, ...]
    equivalence: tuple[Equivalence, ...]
    turns: Turns | None


def further(
    results: Results,
    sample: Sample,
    model: Model,
    contrasts: Sequence[ContrastTest],
    options: Options,
    *,
    paid: Cost,
    floors: Sequence[NoiseFloor] = (),
    trajectories: Sequence[Trajectory] = (),
) -> Further:
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
    own = tuple(name for name in results.factors if name not in results.derived)
    return Further(
        passing=rates,
        censored=censored(results, passing_table(results), alpha=options.alpha),
        trend=trends(sample, own, alpha=options.alpha),
        equivalence=_equivalence(sample, contrasts, rates, options),
        turns=turns(trajectories, _finals(results, trajectories), noise=_noise(floors), alpha=options.alpha),
    )


def _about_passing(response: str | None) -> bool:
    return response == PASSED


def _noise(floors: Sequence[NoiseFloor]) -> float:
    """Return the log ratio up to which two times are the same: as far apart as those of the reference ever were."""
    known = [floor.largest for floor in floors if floor.largest is not None]
    return math.log1p(max(known, default=_NOISE))


def _finals(results: Results, trajectories: Sequence[Trajectory]) -> dict[str, float]:
    """Return the log ratio of each trajectory's last program as the results have it, by the trajectory's file."""
    if not trajectories or not len(results.reference):
        return {}
    values = run_values(results, "ratio")
    number = results.runs["program"].cat.codes.to_numpy().astype(np.intp)
    own = [name for name in results.factors if name not in results.derived]
    programs = results.programs
    keys = list(zip(programs["task"], *(programs[name] for name in own), programs["replicate"], strict=True))
    known = np.isfinite(values)
    sums = np.bincount(number[known], weights=values[known], minlength=len(keys))
    runs = np.bincount(number[known], minlength=len(keys))
    by_key = {
        key: sums[i] / runs[i] for i, key in enumerate(keys) if runs[i] and bool(programs["passed"].iloc[i])
    }
    found = {}
    for one in trajectories:
        levels = tuple(one.treatment.get(name) for name in own)
        for task in (one.task, ""):
            if (task, *levels, one.replicate) in by_key:
                found[one.file] = float(by_key[task, *levels, one.replicate])
                break
    return found


def _equivalence(
    sample: Sample, contrasts: Sequence[ContrastTest], rates: Passing, options: Options
) -> tuple[Equivalence, ...]:
    if options.margin is None:
        return ()
    if _about_passing(options.response):
        return equivalences.of_rates(
            rates.differences, rates.rates, margin=options.margin, alpha=options.alpha
        )
    return equivalences.equivalence(
        sample, contrasts, margin=options.margin, alpha=options.alpha, target=options.power
    )
