"""The noise floor: how much the reference differs from itself (A/A), and what contaminated runs do."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis._anova import AnovaTable


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NoiseFloor:
    """Per machine: spread of log(reference / reference) between neighbouring blocks of the same list.

    ``typical`` and ``largest`` are the median and the greatest of those absolute log ratios (0.02 reads "2 %").
    """

    machine: str
    runs: int
    median_seconds: float
    pairs: int
    typical: float | None
    largest: float | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Contamination:
    """Runs that waited for the CPU: kept in the analysis; ``anova`` is the one without them, for comparison.

    ``unknown`` says that no file marks contamination. ``lost`` counts programs that have no clean run at all.
    """

    runs: int
    programs: int
    unknown: bool
    lost: int
    anova: AnovaTable | None
    note: str | None = None
