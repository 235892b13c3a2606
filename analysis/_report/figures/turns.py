"""Refinement curves: how the time changes from turn to turn of each trajectory that was timed on its way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import altair as alt

from ..._presentation.text import count
from ..figure import Canvas, Figure, Table, empty
from ..theme import BLUE, CROSS_PATH, INK
from .scales import axis, linear_ticks, log_domain, log_ticks

if TYPE_CHECKING:
    import pandas as pd

NAME, TITLE = "refinement", "Refinement, turn by turn"
_MOST_PANELS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class RefinementCurves:
    """What the figure shows.

    Attributes
    ----------
    panels : names, in the study's order.
    points : ``panel, program, turn, value, passed, tip``, one row for each program on the way; value NaN where it
        did not pass.
    unit : what a value is.
    """

    panels: tuple[str, ...]
    points: pd.DataFrame
    unit: str
    table: Table | None = None


def figure(data: RefinementCurves) -> Figure:
    """Draw `RefinementCurves`."""
    known = data.points[data.points["passed"] & data.points["value"].notna()]
    if known.empty:
        note = "Only final programs were timed, so there is nothing to say of the way to them."
        return empty(
            NAME, TITLE, note if data.points.empty else "No program on the way passed.", table=data.table
        )
    panels = data.panels[:_MOST_PANELS]
    left_out = len(data.panels) - len(panels)
    more = f" The first {_MOST_PANELS} of {len(data.panels)} treatments are drawn." if left_out else ""
    return Figure(
        name=NAME,
        title=TITLE,
        caption=(
            "One line for each trajectory, its time after each turn; a program on the way that did not pass is an × at "
            f"the top and interrupts nothing.{more}"
        ),
        description=(
            "Small panels, one for each treatment, with "
            f"{count(known['program'].nunique(), 'trajectory', 'trajectories')} "
            f"as lines: {data.unit} on a logarithmic axis against the turn, from turn {int(known['turn'].min())} to "
            f"{int(known['turn'].max())}."
        ),
        draw=lambda canvas: _draw(data, panels, canvas),
        table=data.table,
    )


def _draw(data: RefinementCurves, panels: tuple[str, ...], canvas: Canvas) -> alt.FacetChart:
    columns = min(len(panels), 2 if canvas.is_narrow else 4)
    width = (canvas.width - 62 - 18 * (columns - 1)) // columns
    frame = data.points[data.points["panel"].isin(panels)]
    good = frame["passed"] & frame["value"].notna()
    low, high = log_domain(frame["value"][good], margin=0.12)
    # One that did not pass has no time: its mark goes to the top edge.
    frame = frame.assign(
        kind=good.map({True: "passed", False: "failed"}), value=frame["value"].where(good, high)
    )
    first, last = frame["turn"].min(), frame["turn"].max()
    ticks = [t for t in linear_ticks(first, last, most=max(2, width // 26)) if float(t).is_integer()]
    x = alt.X(
        "turn:Q",
        scale=alt.Scale(domain=[first - 0.4, last + 0.4], nice=False),
        axis=axis(ticks or [first], title="turn", grid=False),
    )
    y = alt.Y(
        "value:Q",
        scale=alt.Scale(type="log", domain=[low, high], nice=False),
        axis=axis(log_ticks(low, high, most=5), title=data.unit),
    )
    header = alt.Header(
        title=None, labelAnchor="start", labelFontWeight="normal", labelPadding=4, labelLimit=width
    )
    return (
        _panel(frame, x, y)
        .properties(width=width, height=120)
        .facet(facet=alt.Facet("panel:N", sort=list(panels), header=header), columns=columns, spacing=18)
    )


def _panel(frame: pd.DataFrame, x: alt.X, y: alt.Y) -> alt.LayerChart | alt.FacetChart:
    base = alt.Chart(frame).encode(x=x, y=y)
    good, bad = (
        base.transform_filter("datum.kind == 'passed'"),
        base.transform_filter("datum.kind == 'failed'"),
    )
    line = good.mark_line(color=BLUE, strokeWidth=1.5, opacity=0.7).encode(detail="program:N")
    point = good.mark_point(color=BLUE, size=26).encode(description="tip:N")
    cross = bad.mark_point(shape=CROSS_PATH, filled=False, stroke=INK, strokeWidth=1.6, size=16, yOffset=5)
    return alt.layer(line, point, cross.encode(description="tip:N"), data=frame)
