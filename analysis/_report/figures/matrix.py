"""A grid of figures: rows by columns, each cell tinted by its value and holding it as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import pandas as pd

from ..theme import BAND, INK, PAPER, SHADE
from .rows import rows as lay_out
from .scales import wrap, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..figure import Canvas


def matrix(
    frame: pd.DataFrame, *, rows: Sequence[str], columns: Sequence[str], canvas: Canvas, title: str
) -> alt.LayerChart | alt.FacetChart:
    """Draw ``frame`` with columns ``row, column, value, text, tip``; cells that are missing stay blank."""
    layout = lay_out(rows, canvas, step=28)
    room = min(layout.plot_px / max(len(columns), 1), 170)
    lines = wrap(columns, room)
    if lines is not None:
        deepest = max((len(line) for line in lines.values()), default=1)
        axis = alt.Axis(
            orient="top",
            labelExpr=wrapped(lines),
            labelAngle=0,
            labelColor=INK,
            labelLimit=int(room),
            labelPadding=5 + 13 * (deepest - 1),  # further lines grow downwards
        )
    else:
        axis = alt.Axis(orient="top", labelAngle=-90, labelColor=INK, labelLimit=210, labelOverlap=False)
    axis.domain, axis.ticks, axis.title = False, False, title
    x = alt.X(
        "column:N",
        sort=list(columns),
        scale=alt.Scale(domain=list(columns), type="band", padding=0),
        axis=axis,
    )
    tint = alt.Opacity("value:Q", scale=alt.Scale(range=[0.4, 1]), legend=None)
    place: dict[str, Any] = {"yOffset": layout.nudge}
    grid = pd.DataFrame([(row, column) for row in rows for column in columns], columns=["row", "column"])
    blank = alt.Chart(grid).mark_rect(
        color=SHADE, opacity=0.6, stroke=PAPER, strokeWidth=3, height=24, **place
    )
    cells = (
        alt.Chart(frame)
        .mark_rect(color=BAND, stroke=PAPER, strokeWidth=3, height=24, **place)
        .encode(x=x, y=layout.y(), opacity=tint, description="tip:N")
    )
    text = alt.Chart(frame).mark_text(color=INK, **place).encode(x=x, y=layout.y(), text="text:N")
    layers = alt.layer(blank.encode(x=x, y=layout.y()), cells, text, *layout.names(layout.plot_px))
    return layers.properties(width=int(room * max(len(columns), 1)), height=layout.height)
