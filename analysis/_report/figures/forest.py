"""Ratios with their intervals, one row each: tasks and what they are together, or agents and their credit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from ..theme import AXIS, BLUE, INK, MUTED
from .rows import Rows, rows
from .scales import axis, log_domain, log_ticks

if TYPE_CHECKING:
    from ..figure import Canvas

_BEYOND = 5.0
_TALL, _FLAT, _MANY = 26, 18, 40  # heights of rows, and how many are many


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """What the figure shows.

    Attributes
    ----------
    rows : names, top first.
    groups : what a row belongs to; every other group is tinted.
    points : ``row, value, low, high, whole, tip``; limits NaN where there are none, ``whole`` what is about all rows.
    unit : what a value is.
    """

    rows: tuple[str, ...]
    groups: tuple[str, ...]
    points: pd.DataFrame
    unit: str


def draw(data: Forest, canvas: Canvas) -> alt.TopLevelMixin:
    """Draw `Forest`: a dot with its interval a row, a diamond for the whole, and a line at 1."""
    layout = rows(data.rows, canvas, step=_FLAT if len(data.rows) > _MANY else _TALL)
    width = layout.plot_px
    low, high = _domain(data.points)
    x = alt.X(
        "value:Q",
        scale=alt.Scale(type="log", domain=[low, high], nice=False),
        axis=axis(log_ticks(low, high, most=5 if canvas.is_narrow else 9), title=data.unit),
    )
    equal = (
        alt.Chart(pd.DataFrame({"value": [1.0]}))
        .mark_rule(color=MUTED, strokeDash=[5, 3], strokeWidth=1.5)
        .encode(x=x)
    )
    layers = [
        *layout.shading(data.groups),
        equal,
        *_marks(data.points, layout, x, (low, high)),
        *layout.names(width),
    ]
    return alt.layer(*layers).properties(width=width, height=layout.height)


def _domain(points: pd.DataFrame) -> tuple[float, float]:
    """Return the axis' range: an interval that is very much wider than all values differ goes on beyond it."""
    values = [1.0, *points["value"]]
    low, high = min(values) / _BEYOND, max(values) * _BEYOND
    ends = points[["low", "high"]].to_numpy().ravel()
    return log_domain([*values, *(min(max(end, low), high) for end in ends if end > 0)])


def _marks(values: pd.DataFrame, layout: Rows, x: alt.X, domain: tuple[float, float]) -> list[alt.Chart]:
    bars = values.dropna(subset=["low", "high"]).copy()
    bars["value"], bars["high"] = bars["low"].clip(*domain), bars["high"].clip(*domain)
    marks = []
    if len(bars):
        marks.append(
            alt.Chart(bars)
            .mark_bar(color=AXIS, opacity=0.55, height=5, cornerRadius=2.5, yOffset=layout.nudge)
            .encode(x=x, x2="high:Q", y=layout.y(), description="tip:N")
        )
    for whole, shape, colour, size in ((False, "circle", BLUE, 56), (True, "diamond", INK, 130)):
        some = values[values["whole"] == whole]
        if len(some):
            marks.append(
                alt.Chart(some)
                .mark_point(size=size, shape=shape, color=colour, yOffset=layout.nudge)
                .encode(x=x, y=layout.y(), description="tip:N")
            )
    return marks
