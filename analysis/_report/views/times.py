"""What the figure of times shows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..._presentation.names import back, shown_value, tips, value_line, value_number, value_unit
from ..._presentation.text import number
from ..figure import Table
from ..figures import times as times_figure

if TYPE_CHECKING:
    from ..._analysis import Analysis
    from ..._presentation.names import Names
    from ..figure import Figure


def times(analysis: Analysis, names: Names) -> Figure:
    """Every program's time, by treatment."""
    rows = tuple(names.rows.values())
    return times_figure.figure(
        times_figure.Times(
            rows=rows,
            groups=names.groups,
            group_title=names.group_title,
            points=_points(analysis, names),
            failed=_failed(analysis, names),
            means=_means(analysis, names),
            reference=_reference(analysis),
            unit=f"{value_unit(analysis)}, log scale",
            table=_table(analysis, names),
            nothing=nothing_timed(analysis),
        )
    )


def nothing_timed(analysis: Analysis) -> str:
    """Return why there are no times, where there are none."""
    passed = analysis.results.programs["passed"].any()
    return "No program that passed was timed" if passed else "No program passed"


def _points(analysis: Analysis, names: Names) -> pd.DataFrame:
    sample, rows = analysis.sample, list(names.rows.values())
    values = shown_value(analysis, sample.y)
    bounds = analysis.bounds.programs
    lines = {
        name: value_line(analysis, value, bound=name in bounds)
        for name, value in zip(sample.programs, values, strict=True)
    }
    tooltips = tips(analysis.results.programs, lines)
    frame = pd.DataFrame(
        {
            "row": [rows[cell] for cell in sample.cell],
            "group": [names.groups[cell] for cell in sample.cell],
            "value": values,
            "tip": [tooltips.get(name, name) for name in sample.programs],
        }
    )
    return frame[frame["value"] > 0].reset_index(drop=True)


def _failed(analysis: Analysis, names: Names) -> pd.DataFrame:
    programs = analysis.results.programs
    tooltips = tips(programs)
    lost = programs[~programs["passed"].astype(bool)]
    rows = [names.rows.get(str(treatment), str(treatment)) for treatment in lost["treatment"]]
    return pd.DataFrame({"row": rows, "tip": [tooltips[name] for name in lost["program"]]})


def _means(analysis: Analysis, names: Names) -> pd.DataFrame:
    confidence = f"{100 * (1 - analysis.options.alpha):g} %"
    records = []
    for mean in analysis.means:
        if mean.factor != "treatment" or mean.level not in names.rows or mean.estimate is None:
            continue
        shown, low, high = (back(analysis, x) for x in (mean.estimate, mean.ci_low, mean.ci_high))
        limits = "" if low is None else f"\n{confidence} interval {number(low)} to {number(high)}"
        mean_told = value_line(analysis, shown, bound=mean.level in analysis.bounds.treatments)
        tip = f"{names.rows[mean.level]}\nmean {mean_told}{limits}"
        records.append((names.rows[mean.level], shown, low, high, tip))
    frame = pd.DataFrame(records, columns=["row", "mean", "low", "high", "tip"])
    return frame.astype({"mean": float, "low": float, "high": float}).loc[lambda f: f["mean"] > 0]


def _reference(analysis: Analysis) -> tuple[float, float, float] | None:
    """Return the reference in the unit shown: its seconds, or 1 where times are multiples of it."""
    if analysis.sample.response == "ratio":
        return (1.0, 1.0, 1.0)
    column = "cpu_seconds" if analysis.sample.response == "cpu" else "seconds"
    reference = analysis.results.reference
    if reference.empty or column not in reference:
        return None
    seconds = reference[column].to_numpy(dtype=float)
    seconds = seconds[np.isfinite(seconds) & (seconds > 0)]
    if not seconds.size:
        return None
    low, middle, high = (float(q) for q in np.quantile(seconds, [0.05, 0.5, 0.95]))
    return low, middle, high


def _table(analysis: Analysis, names: Names) -> Table:
    sample = analysis.sample
    by_level = {mean.level: mean for mean in analysis.means if mean.factor == "treatment"}
    programs = analysis.results.programs
    passed = programs.groupby("treatment", observed=True)["passed"].sum().to_dict()
    rows = []
    for i, (label, shown) in enumerate(names.rows.items()):
        mean = by_level.get(label)
        estimate, low, high = (
            (back(analysis, x) for x in (mean.estimate, mean.ci_low, mean.ci_high))
            if mean
            else (None, None, None)
        )
        sd = float(sample.sds[i])
        rows.append(
            (
                shown,
                f"{int(sample.generated[i])}",
                f"{int(passed.get(label, 0))}",
                value_number(estimate, bound=label in analysis.bounds.treatments),
                f"{number(low)} to {number(high)}" if low is not None else "–",
                number(None if math.isnan(sd) else sd),
            )
        )
    confidence = f"{100 * (1 - analysis.options.alpha):g} % interval"
    spread = "SD" if sample.response in {"seconds", "cpu"} else "SD of logs"
    return Table(
        caption=f"Times of the programs that passed, {value_unit(analysis)}",
        columns=("treatment", "programs", "passed", "mean", confidence, spread),
        rows=tuple(rows),
    )
