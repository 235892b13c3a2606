"""What the table would say if every timing counted as an observation, shown so that nobody takes it for a result.

Timings of one program repeat one observation. Counting them as independent is pseudoreplication (Hurlbert 1984,
Ecological Monographs 54): the residual then measures the machine's noise more than programs, and p is too small. The
2025 pilot's interaction is the example: p = 0.24 over its 24 programs, 0.002 over their 96 timings.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from .anova import anova, fit_model
from .sample import run_values

if TYPE_CHECKING:
    from .._reading.frames import Results
    from .anova import AnovaTable
    from .formula import Model
    from .sample import Sample


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pseudoreplication:
    """``table`` is the analysis of variance of ``observations`` timings; it supports no conclusion."""

    observations: int
    programs: int
    table: AnovaTable


def pseudoreplication(
    results: Results,
    sample: Sample,
    model: Model,
    *,
    type: int,  # noqa: A002 - the word of the literature
) -> Pseudoreplication | None:
    """Test each term over timings instead of programs; None where no program was timed more than once."""
    number = results.runs["program"].cat.codes.to_numpy().astype(np.intp)
    use = results.programs["passed"].to_numpy(dtype=bool)[number]
    programs, index = np.unique(number[use], return_inverse=True)
    if len(index) == len(programs):
        return None
    index = index.reshape(-1)
    timings = dataclasses.replace(
        sample,
        programs=tuple(map(sample.programs.__getitem__, index.tolist())),
        rows=sample.rows[index],
        y=run_values(results, sample.response)[use],
        cell=sample.cell[index],
        block=sample.block[index],
    )
    fitted = fit_model(timings, model)
    if fitted is None:
        return None
    table = anova(fitted, type=type)
    return Pseudoreplication(observations=len(index), programs=len(programs), table=table)
