"""Pass rates by treatment, with their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import altair as alt

from ..._presentation.text import count, percent
from ..figure import Canvas, Figure, Table, empty
from ..theme import AXIS, BLUE, MUTED
from .rows import rows, series
from .scales import axis

if TYPE_CHECKING:
    import pandas as pd

NAME, TITLE = "pass-rates", "Pass rates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passes:
    """What the figure shows.

    Attributes
    ----------
    rows, groups, group_title : as in `Times`.
    rates : ``row, group, rate, low, high, text, tip``; limits are Wilson's, ``text`` is "2 of 2".
    level : confidence of the limits.
    """

    rows: tuple[str, ...]
    groups: tuple[str, ...]
    group_title: str
    rates: pd.DataFrame
    level: float = 0.95
    table: Table | None = None


def figure(data: Passes) -> Figure:
    """Draw `Passes`."""
    if data.rates.empty:
        return empty(NAME, TITLE, "There are no programs, so there are no pass rates.", table=data.table)
    low, high = data.rates["rate"].min(), data.rates["rate"].max()
    return Figure(
        name=NAME,
        title=TITLE,
        caption=(
            "Share of programs that passed, and as a bar the true rates that would fit (Wilson's "
            f"{percent(data.level)} interval): even a treatment in which everything passed is known only as well as "
            "its number of programs allows."
        ),
        description=(
            f"Pass rates of {count(len(data.rates), 'treatment')}, between {percent(low)} and {percent(high)}, each "
            "with an interval."
        ),
        draw=lambda canvas: _draw(data, canvas),
        table=data.table,
    )


def _draw(data: Passes, canvas: Canvas) -> alt.TopLevelMixin:
    layout = rows(data.rows, canvas)
    margin = max(int(data.rates["text"].str.len().max() * 6.6), 30) + 8
    width = layout.plot_px - margin
    ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
    scale = alt.Scale(domain=[-0.02, 1.02], nice=False)
    shown = axis(ticks, title="programs that passed", labels=[percent(t) for t in ticks])
    low, rate = (alt.X(f"{field}:Q", scale=scale, axis=shown) for field in ("low", "rate"))
    base = alt.Chart(data.rates)
    nudge = layout.nudge
    interval = base.mark_bar(color=AXIS, opacity=0.55, height=5, cornerRadius=2.5, yOffset=nudge).encode(
        x=low, x2="high:Q", y=layout.y(), description="tip:N"
    )
    look = series(list(dict.fromkeys(data.groups)), title=data.group_title, room=width)
    point = base.mark_point(size=70, color=BLUE, yOffset=nudge).encode(
        x=rate, y=layout.y(), description="tip:N", **look
    )
    text = base.mark_text(align="right", color=MUTED, yOffset=nudge).encode(
        x=alt.value(width + margin), y=layout.y(), text="text:N"
    )
    layers = [*layout.shading(data.groups), interval, point, text, *layout.names(width)]
    return alt.layer(*layers).properties(width=width, height=layout.height)
