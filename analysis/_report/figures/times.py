"""Times by treatment: every program a mark on a log axis, the mean and its interval, and those that did not pass."""

from __future__ import annotations

import math
from dataclasses import dataclass

import altair as alt
import numpy as np
import pandas as pd

from ..._presentation.text import count
from ..figure import Canvas, Figure, Table, empty
from ..theme import AXIS, BLUE, CROSS_PATH, INK, MUTED
from .rows import Rows, rows, series, spread
from .scales import axis, log_domain, log_ticks

MOST_MARKS = 2500
"""Above this many programs a picture of dots is a blot of megabytes: they are counted in cells instead."""

_CROWD = 40  # marks in a row, above which they are small and let others shine through
_CELLS, _FEWEST_CELLS, _CELLS_IN_ALL = 60, 12, 2_400

NAME, TITLE = "times", "Times by treatment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """What the figure shows.

    Attributes
    ----------
    rows : treatments in the study's order.
    groups : level of the first factor of each row.
    group_title : name of that factor.
    points : a program that passed a row: ``row, group, value, tip``; values positive.
    failed : a program that did not a row: ``row, tip``.
    means : ``row, mean, low, high, tip``; limits may be missing or not positive.
    reference : 5 %, 50 % and 95 % point of the reference's time, where it was timed.
    unit : what a value is, for the axis.
    table : the same in figures.
    nothing : why there are no times, where there are none.
    """

    rows: tuple[str, ...]
    groups: tuple[str, ...]
    group_title: str
    points: pd.DataFrame
    failed: pd.DataFrame
    means: pd.DataFrame
    reference: tuple[float, float, float] | None
    unit: str
    table: Table
    nothing: str = "No program passed"


def figure(data: Times) -> Figure:
    """Draw `Times`."""
    if data.points.empty:
        return empty(NAME, TITLE, f"{data.nothing}, so there are no times to show.", table=data.table)
    return Figure(
        name=NAME,
        title=TITLE,
        caption=_caption(data),
        description=_description(data),
        draw=lambda canvas: _draw(data, canvas),
        table=data.table,
    )


def _caption(data: Times) -> str:
    shown = (
        "Each mark is one program that passed"
        if len(data.points) <= MOST_MARKS
        else "Darker cells hold more programs"
    )
    parts = [f"{shown}; the axis is logarithmic, so equal distances are equal ratios."]
    if data.means["low"].notna().any():
        parts.append(
            "Ticks are means, bars what else would fit (95 % intervals); one that touches the edge goes on beyond it."
        )
    if data.reference:
        parts.append("The dashed line is the reference implementation.")
    if len(data.failed):
        parts.append("A program that did not pass has no time that counts: it stands on the right as an ×.")
    return " ".join(parts)


def _description(data: Times) -> str:
    low, high = data.points["value"].min(), data.points["value"].max()
    return (
        f"{count(len(data.rows), 'treatment')} as rows, {data.unit} on a logarithmic axis. "
        f"{count(len(data.points), 'program')} that passed lie between {low:.3g} and {high:.3g}; "
        f"{count(len(data.failed), 'program')} did not pass. The table below the figure has the same figures."
    )


def _draw(data: Times, canvas: Canvas) -> alt.TopLevelMixin:
    layout = rows(data.rows, canvas)
    lane = 0 if data.failed.empty else (44 if canvas.is_narrow else 84)
    width = layout.plot_px - lane - (10 if lane else 0)
    domain = log_domain([*data.points["value"], *data.means["mean"].dropna(), *(data.reference or ())])
    x = alt.X(
        "value:Q",
        scale=alt.Scale(type="log", domain=list(domain), nice=False),
        axis=axis(log_ticks(*domain, most=5 if canvas.is_narrow else 9), title=data.unit),
    )
    layers = [
        *layout.shading(data.groups),
        *_reference(data, domain, x),
        *_means(data, layout, domain, x),
        _cells(data, layout, domain, x)
        if len(data.points) > MOST_MARKS
        else _points(data, layout, width, domain, x),
        *layout.names(width),
    ]
    main = alt.layer(*layers).properties(width=width, height=layout.height)
    if not lane:
        return main
    both: alt.TopLevelMixin = alt.hconcat(main, _lane(data, layout, lane), spacing=10).resolve_scale(
        y="shared", color="independent", shape="independent"
    )
    return both


def _points(data: Times, layout: Rows, width: int, domain: tuple[float, float], x: alt.X) -> alt.Chart:
    gap = 9 / width * math.log(domain[1] / domain[0])
    frame = data.points.copy()
    logs = np.log(frame["value"])
    frame["offset"] = 0.0
    for index in frame.groupby("row", sort=False).groups.values():
        frame.loc[index, "offset"] = spread(logs[index].tolist(), gap=gap)
    crowded = int(frame.groupby("row").size().max()) > _CROWD
    marks: alt.Chart = (
        alt.Chart(frame)
        .mark_point(size=20 if crowded else 46, opacity=0.6 if crowded else 1, color=BLUE)
        .encode(
            x=x,
            y=layout.y(),
            yOffset=layout.offset("offset"),
            description="tip:N",
            **series(list(dict.fromkeys(data.groups)), title=data.group_title, room=width),
        )
    )
    return marks


def _cells(data: Times, layout: Rows, domain: tuple[float, float], x: alt.X) -> alt.Chart:
    """Count programs in cells of equal ratio."""
    # Many rows have fewer cells each: a page must stay one that a browser can open.
    size = int(np.clip(_CELLS_IN_ALL // len(layout.labels), _FEWEST_CELLS, _CELLS))
    edges = np.geomspace(*domain, size + 1)
    cell = np.clip(np.searchsorted(edges, data.points["value"], side="right") - 1, 0, size - 1)
    counts = (
        data.points.assign(cell=cell).groupby(["row", "cell"], sort=False).size().rename("n").reset_index()
    )
    counts["value"], counts["end"] = edges[counts["cell"]], edges[counts["cell"] + 1]
    counts["tip"] = [
        f"{row}\n{count(n, 'program')} between {a:.3g} and {b:.3g}"
        for row, n, a, b in zip(counts["row"], counts["n"], counts["value"], counts["end"], strict=True)
    ]
    cells: alt.Chart = (
        alt.Chart(counts.drop(columns="cell"))
        .mark_rect(color=BLUE, height={"band": 0.5}, yOffset=layout.nudge)
        .encode(
            x=x,
            x2="end:Q",
            y=layout.y(),
            opacity=alt.Opacity("n:Q", scale=alt.Scale(range=[0.15, 1], type="sqrt"), legend=None),
            description="tip:N",
        )
    )
    return cells


def _means(data: Times, layout: Rows, domain: tuple[float, float], x: alt.X) -> list[alt.Chart]:
    frame = data.means.dropna(subset=["mean"]).copy()
    if frame.empty:
        return []
    bars = frame.dropna(subset=["low", "high"]).copy()
    # A t interval in seconds may reach below zero, which a log axis does not have: it is cut at the axis' end.
    bars["value"] = bars["low"].clip(*domain)
    bars["end"] = bars["high"].clip(*domain)
    frame["value"] = frame["mean"]
    interval = (
        alt.Chart(bars)
        .mark_bar(color=AXIS, opacity=0.55, height=5, cornerRadius=2.5, yOffset=layout.nudge)
        .encode(x=x, x2="end:Q", y=layout.y(), description="tip:N")
    )
    mean = (
        alt.Chart(frame)
        .mark_tick(color=INK, thickness=2, size=15, yOffset=layout.nudge)
        .encode(x=x, y=layout.y(), description="tip:N")
    )
    return [interval, mean] if len(bars) else [mean]


def _reference(data: Times, domain: tuple[float, float], x: alt.X) -> list[alt.Chart]:
    if data.reference is None:
        return []
    low, middle, high = (min(max(value, domain[0]), domain[1]) for value in data.reference)
    tip = f"reference implementation\nmedian {middle:.3g}, 90 % of its runs between {low:.3g} and {high:.3g}"
    frame = pd.DataFrame({"value": [middle], "tip": [tip]})
    return [
        alt.Chart(frame)
        .mark_rule(color=MUTED, strokeDash=[5, 3], strokeWidth=1.5)
        .encode(x=x, description="tip:N")
    ]


def _lane(data: Times, layout: Rows, width: int) -> alt.LayerChart | alt.FacetChart:
    """Put those that did not pass beside their treatment, closer together where there are many; count a crowd."""
    counts = data.failed.groupby("row", sort=False).size()
    if int(counts.max()) > width // 5:
        marks_of_ties = counts.rename("n").reset_index().assign(text=[f"× {n:,}" for n in counts])
        marks = alt.Chart(marks_of_ties).mark_text(align="left", color=INK, yOffset=layout.nudge)
        marks = marks.encode(x=alt.value(2), y=layout.y().axis(None), text="text:N")
    else:
        marks = _crosses(data.failed, layout, width)
    title = alt.TitleParams(
        "failed" if layout.canvas.is_narrow else "did not pass",
        fontSize=12,
        fontWeight="normal",
        color=MUTED,
        anchor="start",
        offset=4,
    )
    return alt.layer(*layout.shading(data.groups), marks).properties(
        width=width, height=layout.height, title=title
    )


def _crosses(failed: pd.DataFrame, layout: Rows, width: int) -> alt.Chart:
    frame = failed.assign(slot=failed.groupby("row").cumcount())
    room = max(int(frame["slot"].max()) + 1, width // 9)
    marks: alt.Chart = (
        alt.Chart(frame)
        .mark_point(
            shape=CROSS_PATH, filled=False, stroke=INK, strokeWidth=1.8, size=22, yOffset=layout.nudge
        )
        .encode(
            x=alt.X("slot:Q", scale=alt.Scale(domain=[-0.6, room], nice=False), axis=None),
            y=layout.y().axis(None),
            description="tip:N",
        )
    )
    return marks
