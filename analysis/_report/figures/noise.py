"""The noise floor: the reference timed against itself, block by block."""

from __future__ import annotations

from dataclasses import dataclass

import altair as alt
import pandas as pd

from ..._presentation.text import count, percent
from ..figure import Canvas, Figure, Table, empty
from ..theme import BLUE, MUTED, SERIES, SHAPES
from .rows import legend
from .scales import axis, linear_ticks

NAME, TITLE = "noise", "The noise floor"
_MOST_MARKS = 1000
_WHOLE = 1e-9  # of a percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """What the figure shows.

    Attributes
    ----------
    points : ``order, deviation, machine, tip``: one row for each run of the reference in the order of the blocks;
        ``deviation`` is its time over the median of its machine and list, less one.
    typical, largest : A/A ratio of neighbouring blocks, less one; None where unknown.
    """

    points: pd.DataFrame
    typical: float | None
    largest: float | None
    table: Table | None = None


def figure(data: Noise) -> Figure:
    """Draw `Noise`."""
    if data.points.empty:
        note = "The reference was not timed beside the programs, so the noise of the machine is not known."
        return empty(NAME, TITLE, note, table=data.table)
    spread = data.points["deviation"].abs()
    floor = (
        ""
        if data.typical is None
        else f" Typically two neighbouring blocks differ by {percent(data.typical, decimals=1)}."
    )
    return Figure(
        name=NAME,
        title=TITLE,
        caption=(
            "The same program, the reference, timed again and again between the others: all that differs is the "
            f"machine's mood. Differences between programs smaller than this can't be seen.{floor}"
        ),
        description=(
            f"{count(len(data.points), 'run')} of the reference in the order they were made, as a deviation from their "
            f"median; the largest is {percent(float(spread.max()), decimals=1)}."
        ),
        draw=lambda canvas: _draw(data, canvas),
        table=data.table,
    )


def _draw(data: Noise, canvas: Canvas) -> alt.LayerChart | alt.FacetChart:
    points = data.points.iloc[:: max(1, len(data.points) // _MOST_MARKS)]
    reach = max(float(data.points["deviation"].abs().max()) * 1.15, 0.01)
    ticks = linear_ticks(-reach, reach, most=7)
    decimals = 0 if all(abs(t * 100 - round(t * 100)) < _WHOLE for t in ticks) else 1
    labels = ["0 %" if t == 0 else f"{100 * t:+.{decimals}f} %".replace("-", "−") for t in ticks]
    y = alt.Y(
        "deviation:Q",
        scale=alt.Scale(domain=[-reach, reach], nice=False),
        axis=axis(ticks, title="from the median", labels=labels),
    )
    last = float(data.points["order"].max())
    turns = [
        t for t in linear_ticks(1, max(last, 2), most=6 if canvas.is_narrow else 12) if float(t).is_integer()
    ]
    x = alt.X(
        "order:Q",
        scale=alt.Scale(domain=[0.4, max(last, 2) + 0.6], nice=False),
        axis=axis(turns, title="block, in the order of timing", grid=False),
    )
    zero = alt.Chart(pd.DataFrame({"deviation": [0.0]})).mark_rule(color=MUTED, strokeDash=[4, 3]).encode(y=y)
    marks = (
        alt.Chart(points).mark_point(color=BLUE, size=34, opacity=0.8).encode(x=x, y=y, description="tip:N")
    )
    machines = list(dict.fromkeys(data.points["machine"]))
    if 1 < len(machines) <= len(SHAPES):
        key = legend(machines, title="machine", room=canvas.width - 70)
        k = len(machines)
        marks = marks.encode(
            color=alt.Color(
                "machine:N", scale=alt.Scale(domain=machines, range=list(SERIES[:k])), legend=key
            ),
            shape=alt.Shape(
                "machine:N", scale=alt.Scale(domain=machines, range=list(SHAPES[:k])), legend=key
            ),
        )
    return alt.layer(zero, marks).properties(width=canvas.width - 70, height=200)
