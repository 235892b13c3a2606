"""What the trends show: means by level, at the place of its amount, and the line."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..._inference.trend import amounts
from ..._models.marginal_means import of_cell
from ..._presentation.names import distinct, is_log, shown_value, value_line, value_unit
from ..._presentation.text import MISSING, number, one_line, percent
from ..figure import Table
from ..figures import trends as trends_figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..._analysis import Analysis
    from ..._inference.trend import Trend
    from ..figure import Figure

_MOST_PANELS = 6


def trends(analysis: Analysis) -> Figure | None:
    """Return means and lines of the factors whose trend was tested; None without any."""
    known = [trend for trend in analysis.further.trend if trend.slope is not None][:_MOST_PANELS]
    means, lines, factors = [], [], []
    for trend, name in zip(known, distinct([trend.factor for trend in known], limit=60), strict=True):
        levels = list(_levels(analysis, trend))
        if len(levels) < 2:  # noqa: PLR2004 - a line
            continue
        factors.append(name)
        means += [(name, *level) for level in levels]
        lines += [(name, *point) for point in _line(trend, levels)]
    if not factors:
        return None
    frame = pd.DataFrame(means, columns=["factor", "level", "amount", "mean", "half", "programs"])
    frame["value"] = shown_value(analysis, frame["mean"].to_numpy(dtype=float))
    for column, sign in (("low", -1), ("high", 1)):
        frame[column] = shown_value(analysis, (frame["mean"] + sign * frame["half"]).to_numpy(dtype=float))
    frame["tip"] = [
        f"{factor} {level}\nmean {value_line(analysis, value)} of {programs} programs"
        for factor, level, value, programs in zip(
            frame["factor"], frame["level"], frame["value"], frame["programs"], strict=True
        )
    ]
    ends = pd.DataFrame(lines, columns=["factor", "amount", "value"])
    ends["value"] = shown_value(analysis, ends["value"].to_numpy(dtype=float))
    return trends_figure.figure(
        trends_figure.Trends(
            factors=tuple(factors),
            means=frame[["factor", "amount", "value", "low", "high", "tip"]],
            lines=ends,
            unit=f"mean {value_unit(analysis)}",
            log=is_log(analysis),
            table=_table(analysis, frame),
        )
    )


def _levels(analysis: Analysis, trend: Trend) -> Iterator[tuple[str, float, float, float, int]]:
    """Yield level, amount, mean, half width of its interval and programs, treatments weighing the same."""
    sample = analysis.sample
    names = sample.factors[trend.factor]
    values = amounts(names)
    for level, amount in zip(names, [] if values is None else values.tolist(), strict=False):
        members = [i for i, t in enumerate(sample.treatments) if t.levels.get(trend.factor) == level]
        cell = of_cell(sample, members, analysis.options.alpha)
        if cell is not None:
            half = math.nan if cell.half is None else cell.half
            yield one_line(level, limit=40), amount, cell.estimate, half, cell.programs


def _line(trend: Trend, levels: list[tuple[str, float, float, float, int]]) -> list[tuple[float, float]]:
    """Return the ends of the line with the tested slope through the middle of the means."""
    place, mean = (float(np.mean([level[i] for level in levels])) for i in (1, 2))
    slope = trend.slope or 0.0
    ends = min(level[1] for level in levels), max(level[1] for level in levels)
    return [(end, mean + slope * (end - place)) for end in ends]


def _table(analysis: Analysis, frame: pd.DataFrame) -> Table:
    rows = tuple(
        (
            f"{factor} {level}",
            number(value),
            MISSING if math.isnan(low) else f"{number(low)} to {number(high)}",
        )
        for factor, level, value, low, high in frame[["factor", "level", "value", "low", "high"]].itertuples(
            index=False
        )
    )
    return Table(
        caption=f"Mean {value_unit(analysis)} by level",
        columns=("level", "mean", f"{percent(1 - analysis.options.alpha)} interval"),
        rows=rows,
    )
