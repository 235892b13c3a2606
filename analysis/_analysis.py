"""The whole analysis of one study, step by step, as one value."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis._anova import AnovaTable
    from analysis._contrasts import ContrastTest
    from analysis._cost import Cost
    from analysis._design import Response, Sample
    from analysis._failures import Failures
    from analysis._frame import Results
    from analysis._means import MarginalMean
    from analysis._noise import Contamination, NoiseFloor
    from analysis._pairwise import Pair
    from analysis._power import Power
    from analysis._published import Published
    from analysis._robust import Assumptions, Robust
    from analysis._variance import Components


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the user asked for; the defaults are those of the command line.

    ``model`` None is the full crossing of the study's own factors. ``contrasts`` None is the default ones.
    """

    response: Response = "seconds"
    type: int = 2
    model: str | None = None
    effect: float | None = None
    alpha: float = 0.05
    power: float = 0.8
    contrasts: tuple[str, ...] | None = None
    means: tuple[float, ...] | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """Every figure of the report. None: that step had nothing to work on, and ``notes`` says why.

    ``power`` and ``published`` are None without ``options.effect``.
    """

    options: Options
    results: Results
    sample: Sample
    anova: AnovaTable | None
    variance: Components
    means: tuple[MarginalMean, ...]
    pairs: tuple[Pair, ...]
    games_howell: tuple[Pair, ...]
    contrasts: tuple[ContrastTest, ...]
    assumptions: Assumptions
    robust: Robust
    failures: Failures
    contamination: Contamination
    noise: tuple[NoiseFloor, ...]
    cost: Cost
    published: Published | None
    power: Power | None
    notes: tuple[str, ...]
