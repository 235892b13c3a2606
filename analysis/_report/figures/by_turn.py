"""What all trajectories together were after each turn: the ratio of those that were correct, and how many were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from ..._presentation.text import number, percent
from ..figure import Canvas, Figure, Table
from ..theme import BLUE, MUTED, VERMILLION
from .panels import stacked
from .scales import axis, linear_ticks, log_domain, log_ticks

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME, TITLE = "by-turn", "Time and passing by turn"


@dataclass(frozen=True, slots=True, kw_only=True)
class ByTurn:
    """What the figure shows.

    Attributes
    ----------
    ratios : ``turn, value, low, high, survivors, tip``; limits NaN where there are none.
    rates : ``turn, value, low, high, tip``.
    """

    ratios: pd.DataFrame
    rates: pd.DataFrame
    table: Table


def figure(data: ByTurn) -> Figure:
    """Draw `ByTurn`."""
    survivors = bool(data.ratios["survivors"].any()) if len(data.ratios) else False
    hollow = (
        " A hollow dot is of survivors only: some trajectories had no correct program at that turn, so it is no fair "
        "comparison with other turns."
        if survivors
        else ""
    )
    above = (
        "Above: the geometric mean of the time against the reference, of programs that were correct."
        f"{hollow} Below: how many of the programs that were judged were correct."
        if len(data.ratios)
        else "How many of the programs that were judged were correct."
    )
    first, last = data.rates.iloc[0], data.rates.iloc[-1]
    return Figure(
        name=NAME,
        title=TITLE,
        caption=f"{above} Bars show what else would fit.",
        description=(
            f"Turns {int(first['turn'])} to {int(last['turn'])} across. Correct: {percent(first['value'])} at the "
            f"first, {percent(last['value'])} at the last."
            + (
                f" Ratio to the reference: {number(data.ratios['value'].iloc[0])} to "
                f"{number(data.ratios['value'].iloc[-1])}."
                if len(data.ratios)
                else ""
            )
        ),
        draw=lambda canvas: _draw(data, canvas),
        table=data.table,
    )


def _draw(data: ByTurn, canvas: Canvas) -> alt.TopLevelMixin:
    width = canvas.width - 74
    turns = pd.concat([data.ratios["turn"], data.rates["turn"]])
    first, last = int(turns.min()), int(turns.max())
    most = 8 if canvas.is_narrow else 16
    ticks = [tick for tick in linear_ticks(first, last, most=most) if float(tick).is_integer()] or [first]
    x = alt.X(
        "turn:Q",
        scale=alt.Scale(domain=[first - 0.4, last + 0.4], nice=False),
        axis=axis(ticks, title="turn", grid=False),
    )
    panels: list[alt.LayerChart | alt.FacetChart] = []
    if len(data.ratios):
        ends = data.ratios[["value", "low", "high"]].to_numpy().ravel()
        low, high = log_domain([1.0, *ends[ends > 0]])
        y = alt.Y(
            "value:Q",
            scale=alt.Scale(type="log", domain=[low, high], nice=False),
            axis=axis(log_ticks(low, high, most=6), title="time / reference"),
        )
        equal = (
            alt.Chart(pd.DataFrame({"value": [1.0]})).mark_rule(color=MUTED, strokeDash=[5, 3]).encode(y=y)
        )
        panels.append(
            alt.layer(equal, *_series(data.ratios, x, y, BLUE, "circle")).properties(width=width, height=190)
        )
    marks = [0.0, 0.25, 0.5, 0.75, 1.0]
    y = alt.Y(
        "value:Q",
        scale=alt.Scale(domain=[-0.02, 1.02], nice=False),
        axis=axis(marks, title="correct", labels=[percent(mark) for mark in marks]),
    )
    rates = data.rates.assign(survivors=False)
    panels.append(alt.layer(*_series(rates, x, y, VERMILLION, "square")).properties(width=width, height=150))
    return stacked(panels)


def _series(frame: pd.DataFrame, x: alt.X, y: alt.Y, colour: str, shape: str) -> Sequence[alt.Chart]:
    bars = frame.dropna(subset=["low", "high"]).assign(value=lambda all_: all_["low"])
    rule = (
        alt.Chart(bars).mark_rule(color=colour, strokeWidth=1.5, opacity=0.75).encode(x=x, y=y, y2="high:Q")
    )
    line = alt.Chart(frame).mark_line(color=colour, strokeWidth=1.5, opacity=0.7).encode(x=x, y=y)
    whole, some = frame[~frame["survivors"]], frame[frame["survivors"]]
    marks = [rule, line]
    if len(whole):
        marks.append(
            alt.Chart(whole)
            .mark_point(color=colour, shape=shape, size=70)
            .encode(x=x, y=y, description="tip:N")
        )
    if len(some):
        # Filled with the paper, so that the line does not shine through.
        marks.append(
            alt.Chart(some)
            .mark_point(shape=shape, size=70, filled=True, fill="#ffffff", stroke=colour, strokeWidth=2)
            .encode(x=x, y=y, description="tip:N")
        )
    return marks
