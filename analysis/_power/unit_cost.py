"""What the next programs will cost: dollars, calls and hours, from what was paid per treatment."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np

from .power import prices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._arrays import Floats
    from .._models.sample import Sample
    from .cost import Cost

_HOUR = 3600.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What one program takes, by treatment, each of shape (k,); NaN where the files do not tell.

    ``usd`` and ``calls`` are of making it; ``hours`` of loading, verifying and timing it, without the waiting for the
    model. ``pass_rate`` is the share of all programs that passed: only these give a time.
    """

    usd: Floats
    calls: Floats
    hours: Floats
    pass_rate: float

    def total(self, rate: Floats, treatments: Sequence[int], programs: int) -> float | None:
        """Return a sum over treatments for this many programs of each; None where unknown."""
        value = float(rate[list(treatments)].sum()) * programs
        return value if math.isfinite(value) else None


def rates(sample: Sample, cost: Cost, *, usd_per_program: float | None = None) -> Rates:
    """Take rates from what a study cost, or the user's price of a program where that is given."""
    rows = {row.treatment: row for row in cost.by_treatment if row.programs > 0}
    k = len(sample.treatments)
    calls, hours = np.full(k, np.nan), np.full(k, np.nan)
    for i, treatment in enumerate(sample.treatments):
        row = rows.get(treatment.label)
        if row is None:
            continue
        if row.calls is not None:
            calls[i] = row.calls / row.programs
        hours[i] = (row.timing_seconds + (row.machine_seconds or 0.0)) / row.programs / _HOUR
    programs, passed = int(sample.generated.sum()), int(sample.counts.sum())
    return Rates(
        usd=prices(sample, cost) if usd_per_program is None else np.full(k, usd_per_program),
        calls=calls,
        hours=hours,
        pass_rate=passed / programs if programs and passed else 1.0,
    )
