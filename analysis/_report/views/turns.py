"""What the refinement curves show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ..._presentation.names import tips
from ..._presentation.text import number
from ..figure import Table
from ..figures import turns as turns_figure

if TYPE_CHECKING:
    from ..._analysis import Analysis
    from ..._presentation.names import Names
    from ..figure import Figure

_MOST_TABLE_ROWS = 400


def turns(analysis: Analysis, names: Names) -> Figure:
    """Return the mean seconds of each program on the way, and of the final one where its turn is known."""
    points = _points(analysis, names)
    present = set(points["panel"])
    panels = tuple(row for row in names.rows.values() if row in present)
    return turns_figure.figure(
        turns_figure.RefinementCurves(
            panels=panels, points=points, unit="seconds, log scale", table=_table(points)
        )
    )


def _points(analysis: Analysis, names: Names) -> pd.DataFrame:
    results = analysis.results
    columns = ["panel", "program", "turn", "value", "passed", "tip"]
    if results.turns.empty:
        return pd.DataFrame(columns=columns)
    grouped = results.turns.groupby(["program", "turn"], observed=True, sort=False)
    way = grouped.agg(value=("seconds", "mean"), passed=("passed", "all")).reset_index()
    frame = pd.concat([way, _finals(analysis, set(way["program"].astype(str)))], ignore_index=True)
    treatment = results.programs.set_index("program")["treatment"]
    frame["program"] = frame["program"].astype(str)
    frame["panel"] = [names.rows.get(str(treatment[name]), "") for name in frame["program"]]
    frame["passed"] = frame["passed"].astype(bool)
    tooltips = tips(results.programs)
    frame["tip"] = [
        tooltips[name].split("\n")[0]
        + f"\nturn {turn}: "
        + (f"{number(value)} s" if passed else "did not pass")
        for name, turn, value, passed in zip(
            frame["program"], frame["turn"], frame["value"], frame["passed"], strict=True
        )
    ]
    frame = frame.drop_duplicates(["program", "turn"], keep="last")
    return frame.sort_values(["program", "turn"], kind="stable")[columns].reset_index(drop=True)


def _finals(analysis: Analysis, timed: set[str]) -> pd.DataFrame:
    """Return final programs of the trajectories that were timed on their way, at their last turn."""
    results = analysis.results
    last = results.programs.set_index("program")["turns"].dropna()
    means = results.runs.groupby("program", observed=True)["seconds"].mean()
    passed = results.programs.set_index("program")["passed"].astype(bool)
    chosen = [name for name in means.index.astype(str) if name in timed and name in last.index]
    return pd.DataFrame(
        {
            "program": chosen,
            "turn": [int(last[name]) for name in chosen],
            "value": [float(means[name]) for name in chosen],
            "passed": [bool(passed[name]) for name in chosen],
        }
    )


def _table(points: pd.DataFrame) -> Table | None:
    if points.empty:
        return None
    rows = tuple(
        (str(program), f"{turn}", number(value) if passed else "did not pass")
        for program, turn, value, passed in points[["program", "turn", "value", "passed"]]
        .head(_MOST_TABLE_ROWS)
        .itertuples(index=False)
    )
    more = f" (the first {len(rows)} of {len(points):,})" if len(points) > len(rows) else ""
    return Table(
        caption=f"Mean seconds after each turn{more}", columns=("program", "turn", "seconds"), rows=rows
    )
