"""Trends: means of the levels of a factor whose levels are amounts, at their places, and the straight line."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import altair as alt
import pandas as pd

from ..._presentation.text import count, listing
from ..figure import Canvas, Figure, Table
from ..theme import BLUE, INK
from .panels import stacked
from .scales import axis, linear_ticks, log_domain, log_ticks, tick_label

NAME, TITLE = "trends", "Trends over amounts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trends:
    """What the figure shows.

    Attributes
    ----------
    factors : names, a panel for each.
    means : ``factor, amount, value, low, high, tip``; limits NaN where there are none.
    lines : ``factor, amount, value``, two points a line: the ends of the trend.
    unit : what a value is.
    log : whether values are compared as ratios; the axis is logarithmic then.
    """

    factors: tuple[str, ...]
    means: pd.DataFrame
    lines: pd.DataFrame
    unit: str
    log: bool
    table: Table | None = None


def figure(data: Trends) -> Figure:
    """Draw `Trends`."""
    return Figure(
        name=NAME,
        title=TITLE,
        caption=(
            "Dots are the means of the levels, at the place of their amounts, with their intervals; the dashed line is "
            "the trend that is tested. A trend that is proven does not say that it is straight: look whether the dots "
            "follow the line."
        ),
        description=(
            f"{count(len(data.factors), 'panel')}, {listing(data.factors)}: {data.unit} against the amount, with "
            f"{count(len(data.means), 'mean')} and a straight line in each."
        ),
        draw=lambda canvas: _draw(data, canvas),
        table=data.table,
    )


def _draw(data: Trends, canvas: Canvas) -> alt.TopLevelMixin:
    return stacked([_panel(data, factor, canvas) for factor in data.factors])


def _panel(data: Trends, factor: str, canvas: Canvas) -> alt.LayerChart | alt.FacetChart:
    width = canvas.width - 74
    means, line = (frame[frame["factor"] == factor] for frame in (data.means, data.lines))
    first, last = float(means["amount"].min()), float(means["amount"].max())
    slack = (last - first) * 0.05
    most = 5 if canvas.is_narrow else 9
    amounts = sorted(set(means["amount"].tolist()))
    ticks = amounts if len(amounts) <= most else linear_ticks(first, last, most=most)
    if any(b - a < 0.09 * (last - first) for a, b in itertools.pairwise(ticks)):
        ticks = linear_ticks(first, last, most=most)
    x = alt.X(
        "amount:Q",
        scale=alt.Scale(domain=[first - slack, last + slack], nice=False),
        axis=axis(ticks, title=factor, grid=False, labels=[tick_label(tick) for tick in ticks]),
    )
    values = pd.concat([means["value"], means["low"], means["high"], line["value"]]).dropna()
    if data.log:
        low, high = log_domain(values)
        scale, marks = alt.Scale(type="log", domain=[low, high], nice=False), log_ticks(low, high, most=6)
    else:
        room = max(0.05 * float(values.max() - values.min()), abs(float(values.max())) * 1e-6, 1e-12)
        low, high = float(values.min()) - room, float(values.max()) + room
        scale, marks = (
            alt.Scale(domain=[low, high], nice=False, zero=False),
            linear_ticks(low, high, most=6),
        )
    y = alt.Y("value:Q", scale=scale, axis=axis(marks, title=data.unit))
    bars = means.dropna(subset=["low", "high"]).assign(value=lambda frame: frame["low"])
    rule = alt.Chart(bars).mark_rule(color=BLUE, strokeWidth=1.5, opacity=0.75).encode(x=x, y=y, y2="high:Q")
    trend = (
        alt.Chart(line)
        .mark_line(color=INK, strokeDash=[6, 4], strokeWidth=1.8)
        .encode(x=x, y=y, detail="factor:N")
    )
    dots = alt.Chart(means).mark_point(color=BLUE, size=70).encode(x=x, y=y, description="tip:N")
    return alt.layer(rule, trend, dots).properties(width=width, height=220)
