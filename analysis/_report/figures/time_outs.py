"""Kaplan and Meier's curves: which share of the programs is not done after so many seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import altair as alt

from ..._presentation.text import count, listing, number, percent
from ..figure import Canvas, Figure, Table
from ..theme import CROSS_PATH
from .panels import look, stacked
from .scales import axis, log_domain, log_ticks

if TYPE_CHECKING:
    import pandas as pd

NAME, TITLE = "time-outs", "How many programs are not done yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """What the figure shows.

    Attributes
    ----------
    factors : name -> levels, a panel for each.
    steps : ``factor, line, seconds, share, tip``: from these seconds on so many are not done; seconds positive.
    ends : ``factor, line, seconds, share, tip``: where a curve ends above 0, at the limit.
    limit : in seconds, the largest one.
    stopped_at : at which limit or limits, in words.
    """

    factors: dict[str, tuple[str, ...]]
    steps: pd.DataFrame
    ends: pd.DataFrame
    limit: float
    stopped_at: str
    table: Table | None = None


def figure(data: Curves) -> Figure:
    """Draw `Curves`."""
    lowest = data.steps["seconds"].min()
    return Figure(
        name=NAME,
        title=TITLE,
        caption=(
            "Each step down is a program that has returned; the lower a line, the faster. A line that ends above 0 "
            f"with an × has programs that were stopped at {data.stopped_at}: how long they would "
            "have taken is not known. Programs that failed otherwise are left out."
        ),
        description=(
            f"Share of programs that are not done, against seconds on a logarithmic axis from {number(lowest)} to "
            f"{number(data.limit)}, {count(len(data.factors), 'panel')}: {listing(data.factors)}; one line for each "
            "level, told apart by colour and dashes."
        ),
        draw=lambda canvas: _draw(data, canvas),
        table=data.table,
    )


def _draw(data: Curves, canvas: Canvas) -> alt.TopLevelMixin:
    width = canvas.width - 74
    low, high = log_domain([*data.steps["seconds"], data.limit], margin=0.03)
    x = alt.X(
        "seconds:Q",
        scale=alt.Scale(type="log", domain=[low, high], nice=False),
        axis=axis(log_ticks(low, high, most=5 if canvas.is_narrow else 9), title="seconds, log scale"),
    )
    ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
    y = alt.Y(
        "share:Q",
        scale=alt.Scale(domain=[-0.02, 1.02], nice=False),
        axis=axis(ticks, title="programs not done", labels=[percent(tick) for tick in ticks]),
    )
    panels: list[alt.LayerChart | alt.FacetChart] = []
    for factor, levels in data.factors.items():
        steps = data.steps[data.steps["factor"] == factor]
        ends = data.ends[data.ends["factor"] == factor]
        shown = look(levels, title=factor, room=width)
        line = (
            alt.Chart(steps)
            .mark_line(interpolate="step-after", strokeWidth=2)
            .encode(x=x, y=y, description="tip:N", **shown)
        )
        layers = [line]
        if len(ends):
            layers.append(
                alt.Chart(ends)
                .mark_point(shape=CROSS_PATH, filled=False, strokeWidth=1.8, size=22)
                .encode(x=x, y=y, color=shown["color"], description="tip:N")
            )
        panels.append(alt.layer(*layers).properties(width=width, height=200 if canvas.is_narrow else 220))
    return stacked(panels)
