"""The noise floor: how much the reference differs from itself (A/A), and what contaminated runs do."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np

from .anova import anova, fit_model
from .sample import sample as take_sample

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from .._reading.frames import Results
    from .anova import AnovaTable
    from .formula import Model
    from .sample import Response

_NOISE = 0.1
"""How much two times of one program differ at most, relatively, where no reference tells the machine's noise."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NoiseFloor:
    """Per machine: spread of log(reference / reference) between neighbouring blocks of the same task and list.

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


def noise_floor(results: Results) -> tuple[NoiseFloor, ...]:
    """Compare the reference with itself in neighbouring blocks, machine by machine; empty without a reference."""
    reference = results.reference
    return tuple(
        _floor(machine, own)
        for machine in results.machines
        if len(own := reference.loc[reference["machine"] == machine])
    )


def _floor(machine: str, reference: pd.DataFrame) -> NoiseFloor:
    logs = reference.assign(log=np.log(reference["seconds"]))
    # Blocks in the order of recording: that of their first appearance.
    keys = ["session", "task", "list", "block"]
    means = logs.groupby(keys, sort=False, dropna=False)["log"].mean().reset_index()
    gaps = means.groupby(keys[:-1], sort=False, dropna=False)["log"].diff().dropna().abs().to_numpy()
    if not gaps.size:
        # One block only: the runs of the same block and list are what can be compared.
        gaps = logs.groupby(keys, sort=False, dropna=False)["log"].diff().dropna().abs().to_numpy()
    return NoiseFloor(
        machine=machine,
        runs=len(reference),
        median_seconds=float(reference["seconds"].median()),
        pairs=int(gaps.size),
        typical=float(np.median(gaps)) if gaps.size else None,
        largest=float(gaps.max()) if gaps.size else None,
    )


def same_within(floors: Iterable[NoiseFloor]) -> float:
    """Return the log ratio up to which two times are the same: as far apart as those of the reference ever were."""
    known = [floor.largest for floor in floors if floor.largest is not None]
    return math.log1p(max(known, default=_NOISE))


def contamination(results: Results, response: Response, model: Model, *, type: int) -> Contamination:  # noqa: A002
    """Count contaminated runs and repeat the analysis of variance without them."""
    marks = results.runs["contaminated"]
    marked = marks.fillna(value=False).to_numpy(dtype=bool)
    unknown = bool(marks.isna().all())
    if not marked.any():
        note = "the files do not tell beside which runs others computed" if unknown else None
        return Contamination(runs=0, programs=0, unknown=unknown, lost=0, anova=None, note=note)
    number = results.runs["program"].cat.codes.to_numpy()
    passed = results.programs["passed"].to_numpy(dtype=bool)
    touched = np.unique(number[marked])
    clean = np.unique(number[~marked])
    lost = int(np.sum(passed[np.setdiff1d(touched, clean)]))
    fitted = fit_model(take_sample(results, response, keep=~marked), model)
    return Contamination(
        runs=int(marked.sum()),
        programs=len(touched),
        unknown=False,
        lost=lost,
        anova=None if fitted is None else anova(fitted, type=type),
        note=(
            "such runs are kept: slow programs are hit more often, so leaving them out would favour fast ones; "
            "the figures without them are for comparison"
        ),
    )
