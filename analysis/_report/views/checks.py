"""What the residual plots and the noise floor show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..._inference.registry import REPORTED
from ..._presentation.names import tips
from ..._presentation.tables import chance
from ..._presentation.text import count, number, one_line, p_value, percent
from ..figure import Table
from ..figures import noise as noise_figure
from ..figures import residuals as residuals_figure

if TYPE_CHECKING:
    import numpy.typing as npt

    from ..._analysis import Analysis
    from ..._arrays import Floats
    from ..._inference.result import TestResult
    from ..._models.sample import Sample
    from ..figure import Figure


_MOST_ROWS = 500


def residuals(analysis: Analysis) -> Figure:
    """Distances of programs from what the model explains: the residuals that are tested."""
    sample = analysis.sample
    company = sample.counts[sample.cell] > 1 if sample.cell.size else np.zeros(0, dtype=bool)
    model = analysis.fitted
    if model is None or sample.sigma.value is None or not company.any():
        reason = "No treatment has two programs that passed, so there are no residuals to look at."
        return residuals_figure.figure(
            residuals_figure.Residuals(points=_no_points(), unit="", reason=reason)
        )
    distance = model.residuals
    fitted = sample.y - distance
    tooltips = tips(analysis.results.programs)
    points = pd.DataFrame(
        {
            "fitted": fitted,
            "residual": distance,
            "tip": [
                f"{tooltips.get(name, name)}\n{number(r)} {sample.unit} from what the model expects"
                for name, r in zip(sample.programs, distance, strict=True)
            ],
        }
    )
    return residuals_figure.figure(
        residuals_figure.Residuals(
            points=points[company],
            unit=sample.unit,
            table=_distances(sample, fitted[company], distance[company], company),
        )
    )


def _distances(sample: Sample, fitted: Floats, distance: Floats, company: npt.NDArray[np.bool_]) -> Table:
    names = [name for name, one in zip(sample.programs, company, strict=True) if one]
    rows = [
        (one_line(name, limit=80), number(mean), number(away))
        for name, mean, away in zip(names, fitted, distance, strict=True)
    ][:_MOST_ROWS]
    scale = (
        count(len(names), "program")
        if len(names) == len(rows)
        else f"the first {len(rows)} of {len(names):,}"
    )
    return Table(
        caption=f"Distance of each program from what the model expects, {sample.unit} ({scale})",
        columns=("program", "expected", "residual"),
        rows=tuple(rows),
    )


def _no_points() -> pd.DataFrame:
    return pd.DataFrame(columns=["fitted", "residual", "tip"])


def tests_table(analysis: Analysis) -> Table:
    """The tests of the assumptions, and those that assume less; each with its simulated size."""
    tests = (
        *((row.heading, analysis.tests[row.name]) for row in REPORTED),
        *((f"HC3, {one_line(test.name, limit=60)}", test) for test in analysis.hc3),
    )
    return Table(
        caption="Tests of the assumptions, and tests that assume less",
        columns=("test: what it asks", "statistic", "p", "rejects by chance", "may be believed"),
        rows=tuple(
            (name, number(test.statistic), p_value(test.p), chance(test.size), _trust(test))
            for name, test in tests
        ),
        text_columns=frozenset({0, 4}),
    )


def _trust(test: TestResult) -> str:
    if test.p is None:
        return one_line(test.note or "can't be done", limit=160)
    if test.trusted is None:
        return one_line(test.note or "not known", limit=160)
    return "yes" if test.trusted else "no: its error rate is not the one promised"


def noise(analysis: Analysis) -> Figure:
    """Return the reference against itself."""
    reference = analysis.results.reference
    floors = [floor for floor in analysis.noise if floor.typical is not None]
    table = Table(
        caption="The reference against itself (A/A), neighbouring blocks of the same list",
        columns=("machine", "runs", "median seconds", "pairs of blocks", "typical difference", "largest"),
        rows=tuple(
            (
                one_line(floor.machine, limit=60),
                f"{floor.runs}",
                number(floor.median_seconds),
                f"{floor.pairs}",
                percent(floor.typical, decimals=1),
                percent(floor.largest, decimals=1),
            )
            for floor in analysis.noise
        ),
    )
    return noise_figure.figure(
        noise_figure.Noise(
            points=_reference_points(reference),
            typical=max((float(floor.typical or 0) for floor in floors), default=None),
            largest=max((float(floor.largest or 0) for floor in floors), default=None),
            table=table if analysis.noise else None,
        )
    )


def _reference_points(reference: pd.DataFrame) -> pd.DataFrame:
    if reference.empty:
        return pd.DataFrame(columns=["order", "deviation", "machine", "tip"])
    frame = reference[["machine", "session", "block", "list", "seconds"]].copy()
    frame["machine"] = [one_line(machine, limit=60) for machine in frame["machine"]]
    frame["deviation"] = (
        frame["seconds"] / frame.groupby(["machine", "list"])["seconds"].transform("median") - 1
    )
    # Blocks are numbered as they first come within a machine: their own names may start anew in each session.
    place = frame[["session", "block"]].astype(str).agg("␟".join, axis=1)
    frame["order"] = [0] * len(frame)
    for index in frame.groupby("machine", sort=False).groups.values():
        frame.loc[index, "order"] = pd.factorize(place[index])[0] + 1
    frame["tip"] = [
        f"reference, block {one_line(block, limit=40)}, list {listed}\n{number(seconds)} s, "
        f"{100 * deviation:+.1f} % from the median"
        for block, listed, seconds, deviation in zip(
            frame["block"], frame["list"], frame["seconds"], frame["deviation"], strict=True
        )
    ]
    return frame[["order", "deviation", "machine", "tip"]]
