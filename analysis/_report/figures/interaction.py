"""Interaction plot: whether what one factor does depends on the level of another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd

from ..._presentation.text import listing, number
from ..figure import Canvas, Figure, Table, empty
from ..theme import DASHES, INK, SERIES, SHAPES
from .matrix import matrix
from .rows import legend
from .scales import axis, linear_ticks, log_domain, log_ticks, wrap, wrapped

NAME, TITLE = "interaction", "How the factors act together"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """What the figure shows.

    Attributes
    ----------
    across : name of the factor on the horizontal axis, and ``across_levels`` its levels.
    lines : name of the factor whose levels are lines, and ``line_levels`` its levels.
    cells : ``x, line, mean, low, high, tip``; means over whatever else was varied.
    unit : what a mean is.
    log : whether the response is compared as ratios; the axis is logarithmic then.
    reason : why there is nothing to draw, else empty.
    """

    across: str
    across_levels: tuple[str, ...]
    lines: str
    line_levels: tuple[str, ...]
    cells: pd.DataFrame
    unit: str
    log: bool
    table: Table | None = None
    reason: str = ""


def figure(data: Interaction) -> Figure:
    """Draw `Interaction`."""
    known = data.cells.dropna(subset=["mean"])
    if data.reason or known.empty:
        return empty(
            NAME,
            TITLE,
            data.reason or "No program that passed has a time, so there are no means to compare.",
            table=data.table,
        )
    crowded = len(data.line_levels) > len(SHAPES)
    caption = (
        "Each cell is a mean, darker where it is larger."
        if crowded
        else "Parallel lines mean that the factors act independently of each other. Bars are intervals of single "
        "means: that they overlap does not say that means agree. Whether lines differ by more than chance stands in "
        "the table of conclusions. No line crosses a combination of which no program passed."
    )
    ranked = known.sort_values("mean", kind="stable")
    low, high = ranked.iloc[0], ranked.iloc[-1]
    return Figure(
        name=NAME,
        title=TITLE,
        caption=caption,
        description=(
            f"Means ({data.unit}) for each level of {data.across} ({listing(data.across_levels)}), one line for each "
            f"level of {data.lines} ({listing(data.line_levels)}). Lowest: {number(low['mean'])} at {low['x']}, "
            f"{low['line']}; highest: {number(high['mean'])} at {high['x']}, {high['line']}."
        ),
        draw=lambda canvas: _heat(data, canvas) if crowded else _draw(data, canvas),
        table=data.table,
    )


def _stretches(data: Interaction, frame: pd.DataFrame) -> list[int]:
    """Return for each cell of ``frame`` which stretch of its line it is on: empty combinations interrupt a line."""
    at = {level: i for i, level in enumerate(data.across_levels)}
    there = set(zip(frame["line"], frame["x"], strict=True))
    return [
        sum((line, level) not in there for level in data.across_levels[: at[x]])
        for line, x in zip(frame["line"], frame["x"], strict=True)
    ]


def _draw(data: Interaction, canvas: Canvas) -> alt.LayerChart | alt.FacetChart:
    frame = data.cells.dropna(subset=["mean"])
    width = canvas.width - 62
    y = _y(data, frame, canvas)
    levels = list(data.line_levels)
    room = width / len(data.across_levels)
    reach = min(room * 0.22, 9.0 * (len(levels) - 1))
    span = [room / 2 - reach, room / 2 + reach]
    dodge = alt.XOffset(
        "line:N", sort=levels, scale=alt.Scale(type="point", domain=levels, range=span, padding=0)
    )
    bands = alt.Scale(type="band", domain=list(data.across_levels), padding=0)
    x = alt.X(
        "x:N", sort=list(data.across_levels), title=data.across, axis=_across_axis(data, width), scale=bands
    )
    look = _look(data, width)
    frame = frame.assign(stretch=_stretches(data, frame))
    base = alt.Chart(frame).encode(x=x, xOffset=dodge)
    bars = frame.dropna(subset=["low", "high"]).copy()
    bars["low"], bars["high"] = bars["low"].clip(*y.clip), bars["high"].clip(*y.clip)
    interval = (
        alt.Chart(bars)
        .mark_rule(strokeWidth=1.5, opacity=0.75)
        .encode(x=x, xOffset=dodge, y=y.low, y2="high:Q", color=look["color"])
    )
    line = base.mark_line(strokeWidth=2).encode(
        y=y.mean, color=look["color"], strokeDash=look["dash"], detail=["line:N", "stretch:N"]
    )
    point = base.mark_point(size=80).encode(
        y=y.mean, color=look["color"], shape=look["shape"], description="tip:N"
    )
    return alt.layer(interval, line, point).properties(width=width, height=300 if canvas.is_narrow else 340)


@dataclass(frozen=True, slots=True)
class _Vertical:
    mean: alt.Y
    low: alt.Y
    clip: tuple[float, float]


def _y(data: Interaction, frame: pd.DataFrame, canvas: Canvas) -> _Vertical:
    values = pd.concat([frame["mean"], frame["low"], frame["high"]]).dropna()
    most = 6 if canvas.is_narrow else 8
    if data.log:
        low, high = log_domain(values)
        scale, ticks = alt.Scale(type="log", domain=[low, high], nice=False), log_ticks(low, high, most=most)
    else:
        slack = max(0.05 * (values.max() - values.min()), abs(values.max()) * 1e-6, 1e-12)
        low, high = values.min() - slack, values.max() + slack
        scale, ticks = (
            alt.Scale(domain=[low, high], nice=False, zero=False),
            linear_ticks(low, high, most=most),
        )
    shown = axis(ticks, title=data.unit)
    return _Vertical(
        alt.Y("mean:Q", scale=scale, axis=shown, title=data.unit),
        alt.Y("low:Q", scale=scale, axis=shown, title=data.unit),
        (float(low), float(high)),
    )


def _across_axis(data: Interaction, width: int) -> alt.Axis:
    """Wrap level names at spaces; slant them where even a single word is too wide."""
    lines = wrap(data.across_levels, width / len(data.across_levels))
    if lines is not None:
        return alt.Axis(labelExpr=wrapped(lines), labelAngle=0, labelColor=INK, labelLimit=width)
    return alt.Axis(labelAngle=-50, labelColor=INK, labelLimit=110, labelOverlap=False)


def _look(data: Interaction, room: float) -> dict[str, Any]:
    levels = list(data.line_levels)
    k = len(levels)
    key = legend(levels, title=data.lines, room=room, symbolStrokeWidth=0)
    return {
        "color": alt.Color("line:N", scale=alt.Scale(domain=levels, range=list(SERIES[:k])), legend=key),
        "shape": alt.Shape("line:N", scale=alt.Scale(domain=levels, range=list(SHAPES[:k])), legend=key),
        "dash": alt.StrokeDash("line:N", scale=alt.Scale(domain=levels, range=list(DASHES[:k])), legend=key),
    }


def _heat(data: Interaction, canvas: Canvas) -> alt.LayerChart | alt.FacetChart:
    frame = data.cells.dropna(subset=["mean"]).rename(columns={"line": "row", "x": "column", "mean": "value"})
    frame = frame.assign(text=[number(value, digits=2) for value in frame["value"]])
    return matrix(frame, rows=data.line_levels, columns=data.across_levels, canvas=canvas, title=data.across)
