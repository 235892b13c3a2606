"""What the curves of time-outs show: each factor's levels, over whatever else was varied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ..._presentation.names import distinct
from ..._presentation.secondary_sentences import limits_of
from ..._presentation.text import number, one_line, percent
from ..figure import Table
from ..figures import time_outs as time_outs_figure
from ..figures.panels import MOST_LINES

if TYPE_CHECKING:
    from ..._analysis import Analysis
    from ..._inference.censored import SurvivalCurve
    from ..figure import Figure

_MOST_PANELS = 4


def time_outs(analysis: Analysis) -> Figure | None:
    """Return the curves by factor; None without time-outs, or where no factor has few enough levels."""
    censored = analysis.further.censored
    if censored is None:
        return None
    by_factor: dict[str, list[SurvivalCurve]] = {}
    for curve in censored.curves:
        by_factor.setdefault(curve.factor, []).append(curve)
    drawn = {factor: curves for factor, curves in by_factor.items() if 1 < len(curves) <= MOST_LINES}
    drawn = dict(list(drawn.items())[:_MOST_PANELS])
    if not drawn:
        return None
    first = min(curve.seconds[0] for curves in drawn.values() for curve in curves)
    factors: dict[str, tuple[str, ...]] = {}
    steps: list[tuple[str, str, float, float, str]] = []
    ends: list[tuple[str, str, float, float, str]] = []
    rows: list[tuple[str, ...]] = []
    for title, (_, curves) in zip(distinct(list(drawn), limit=40), drawn.items(), strict=True):
        levels = distinct([curve.level for curve in curves], limit=40)
        factors[title] = tuple(levels)
        for level, curve in zip(levels, curves, strict=True):
            steps.append((title, level, first * 0.98, 1.0, f"{level}: 100 % not done"))
            steps += [
                (title, level, at, left, f"{level}: {percent(left)} not done after {number(at)} s")
                for at, left in zip(curve.seconds, curve.share, strict=True)
            ]
            left = curve.share[-1]
            note = f"{level}: {percent(left)} not done at the limit"
            if left > 0:
                ends.append((title, level, curve.seconds[-1], left, note))
            rows.append(
                (
                    f"{title}: {level}",
                    f"{curve.programs}",
                    f"{curve.stopped}",
                    "never" if curve.median is None else number(curve.median),
                    percent(left),
                )
            )
    columns = ["factor", "line", "seconds", "share", "tip"]
    return time_outs_figure.figure(
        time_outs_figure.Curves(
            factors=factors,
            steps=pd.DataFrame(steps, columns=columns),
            ends=pd.DataFrame(ends, columns=columns),
            limit=censored.limit,
            stopped_at=limits_of(censored),
            table=Table(
                caption="Programs that passed or were stopped at the limit",
                columns=("level", "programs", "stopped", "half are done after, s", "not done at the end"),
                rows=tuple((one_line(row[0], limit=100), *row[1:]) for row in rows),
            ),
        )
    )
