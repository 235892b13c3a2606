"""What was paid: per treatment, per program, in money, calls and time."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np

from .._reading.programs import AMOUNTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._arrays import Floats
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
    amounts = {name: programs[name].to_numpy(dtype=np.float64) for name in AMOUNTS}
    return Cost(
        usd=total,
        usd_per_replicate=None if total is None else total / int(known.sum()),
        by_treatment=tuple(
            _of_treatment(
                str(label), {name: of[codes == i] for name, of in amounts.items()}, seconds[codes == i]
            )
            for i, label in enumerate(programs["treatment"].cat.categories)
        ),
        note=note,
    )


def _of_treatment(label: str, amounts: Mapping[str, Floats], seconds: Floats) -> TreatmentCost:
    sums = {name: _sum(of) for name, of in amounts.items()}
    machine = [value for name in ("load_seconds", "verify_seconds") if (value := sums[name]) is not None]
    return TreatmentCost(
        treatment=label,
        programs=len(seconds),
        usd=sums["cost_usd"],
        calls=sums["turns"] if sums["calls"] is None else sums["calls"],
        prompt_tokens=sums["prompt_tokens"],
        completion_tokens=sums["completion_tokens"],
        timing_seconds=math.fsum(seconds),
        machine_seconds=math.fsum(machine) if machine else None,
    )


def _sum(values: Floats) -> float | None:
    """Add up values; None where some value is unknown."""
    return math.fsum(values) if np.isfinite(values).all() else None
