"""What was paid: per treatment, per program, in money, calls and time."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from .._reading.frames import Results


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TreatmentCost:
    """Sums over the programs of a treatment, failed ones included; None where the files do not tell.

    ``timing_seconds`` is the time of all timed runs, ``machine_seconds`` what loading and verification took besides.
    """

    treatment: str
    programs: int
    usd: float | None
    calls: float | None
    prompt_tokens: float | None
    completion_tokens: float | None
    timing_seconds: float
    machine_seconds: float | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """``usd_per_replicate`` is the mean price of one program (a replicate is one program of one treatment)."""

    usd: float | None
    usd_per_replicate: float | None
    by_treatment: tuple[TreatmentCost, ...]
    note: str | None = None


def cost(results: Results) -> Cost:
    """Add up what the programs cost, the failed ones too."""
    programs = results.programs
    usd = programs["cost_usd"].to_numpy(dtype=np.float64)
    known = np.isfinite(usd)
    total = math.fsum(usd[known]) if known.any() else None
    note = None
    if total is None:
        note = "the files do not tell what the programs cost"
    elif not known.all():
        note = (
            f"the cost of {int((~known).sum())} of {len(usd)} programs is unknown; usd is that of the others"
        )
    runs = results.runs
    seconds = np.bincount(
        runs["program"].cat.codes.to_numpy().astype(np.intp),
        weights=np.nan_to_num(runs["seconds"].to_numpy(dtype=np.float64)),
        minlength=len(programs),
    )
    codes = programs["treatment"].cat.codes.to_numpy()
    return Cost(
        usd=total,
        usd_per_replicate=None if total is None else total / int(known.sum()),
        by_treatment=tuple(
            _of_treatment(str(label), programs.loc[codes == i], seconds[codes == i])
            for i, label in enumerate(programs["treatment"].cat.categories)
        ),
        note=note,
    )


def _of_treatment(
    label: str, programs: pd.DataFrame, seconds: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> TreatmentCost:
    calls = _sum(programs["calls"])
    machine = [
        value for name in ("load_seconds", "verify_seconds") if (value := _sum(programs[name])) is not None
    ]
    return TreatmentCost(
        treatment=label,
        programs=len(programs),
        usd=_sum(programs["cost_usd"]),
        calls=_sum(programs["turns"]) if calls is None else calls,
        prompt_tokens=_sum(programs["prompt_tokens"]),
        completion_tokens=_sum(programs["completion_tokens"]),
        timing_seconds=math.fsum(seconds),
        machine_seconds=math.fsum(machine) if machine else None,
    )


def _sum(column: pd.Series[float]) -> float | None:
    """Add up a column; None where some value is unknown."""
    values = column.to_numpy(dtype=np.float64)
    return math.fsum(values) if np.isfinite(values).all() else None
