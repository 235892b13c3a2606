"""Residual checks: whether the spread is the same everywhere, and residuals are roughly normal."""

from __future__ import annotations

from dataclasses import dataclass

import altair as alt
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from ..._presentation.text import number
from ..figure import Canvas, Figure, Table, empty
from ..theme import BLUE, INK, MUTED
from .scales import axis, linear_ticks

NAME, TITLE = "residuals", "Do the assumptions hold?"
_MOST_MARKS = 300
_FEWEST = 3
_FEW, _CLEAR = 10, 0.01  # programs below which no funnel is told, and the p below which one is


@dataclass(frozen=True, slots=True, kw_only=True)
class Residuals:
    """What the figure shows.

    Attributes
    ----------
    points : ``fitted, residual, tip``, one row for each program that passed and has company in its treatment.
    unit : unit of both.
    reason : why there is nothing to draw.
    """

    points: pd.DataFrame
    unit: str
    table: Table | None = None
    reason: str = ""


def figure(data: Residuals) -> Figure:
    """Draw `Residuals`."""
    if data.reason or len(data.points) < _FEWEST:
        note = data.reason or "Fewer than three programs can be compared with others of their treatment."
        return empty(NAME, TITLE, note, table=data.table)
    return Figure(
        name=NAME,
        title=TITLE,
        caption=(
            "A residual is how far a program lies from what the model expects of its treatment. "
            f"{funnel(data.points)} Right: the tests assume that the dots lie along the line (normal residuals)."
        ),
        description=(
            f"Two scatter plots of {len(data.points)} residuals ({data.unit}): against what the model expects, and "
            "against normal quantiles."
        ),
        draw=lambda canvas: _draw(data, canvas),
        table=data.table,
    )


def funnel(points: pd.DataFrame) -> str:
    """Say whether residuals spread more where the model expects more: Spearman's correlation of their sizes with it.

    Sizes of residuals hang together within a treatment, so only a clear sign counts (p below 1 %).
    """
    expected, size = points["fitted"].to_numpy(dtype=float), points["residual"].abs().to_numpy(dtype=float)
    if len(points) < _FEW or np.ptp(expected) <= 0 or np.ptp(size) <= 0:
        return "Left: a funnel would mean that slower treatments vary more."
    correlation = stats.spearmanr(expected, size)
    if not correlation.pvalue < _CLEAR:
        return "Left: no funnel is to be seen, which would mean that slower treatments vary more."
    low, high = (size[expected <= np.median(expected)], size[expected > np.median(expected)])
    if not len(high):
        return "Left: a funnel would mean that slower treatments vary more."
    wider, narrower = max(low.mean(), high.mean()), min(low.mean(), high.mean())
    times = f", {number(wider / narrower, digits=2)} times as much in that half" if narrower > 0 else ""
    which = "slower" if correlation.statistic > 0 else "faster"
    return (
        f"Left: there is a funnel: {which} treatments vary more{times}. Trust what is tested with a variance of "
        "its own for each treatment."
    )


def _draw(data: Residuals, canvas: Canvas) -> alt.ConcatChart:
    points = _thin(data.points)
    width = canvas.width - 70 if canvas.is_narrow else (canvas.width - 160) // 2
    unit = f"residual ({data.unit})"
    most = 5 if canvas.is_narrow else 6
    y = _quantitative("residual", data.points["residual"], unit, most=6)
    zero = alt.Chart(pd.DataFrame({"residual": [0.0]})).mark_rule(color=MUTED, strokeDash=[4, 3]).encode(y=y)
    fitted = alt.Chart(points).mark_point(color=BLUE, size=34, opacity=0.8)
    fitted = fitted.encode(
        x=_quantitative("fitted", points["fitted"], f"expected by the model ({data.unit})", most=most),
        y=y,
        description="tip:N",
    )
    quantile = alt.Chart(points).mark_point(color=BLUE, size=34, opacity=0.8)
    x = _quantitative("normal", points["normal"], "normal quantile (SDs)", most=most)
    quantile = quantile.encode(x=x, y=y, description="tip:N")
    line = (
        alt.Chart(_straight(data.points))
        .mark_line(color=INK, strokeWidth=1.2, strokeDash=[4, 3], clip=True)
        .encode(x=x, y=y)
    )
    panels = (alt.layer(zero, fitted), alt.layer(line, quantile))
    sized = [panel.properties(width=width, height=230) for panel in panels]
    return alt.concat(*sized, columns=1 if canvas.is_narrow else 2, spacing=24)


def _quantitative(field: str, values: pd.Series, title: str, *, most: int) -> alt.X | alt.Y:
    low, high = float(values.min()), float(values.max())
    slack = max(0.06 * (high - low), abs(high) * 1e-6, 1e-9)
    scale = alt.Scale(domain=[low - slack, high + slack], nice=False, zero=False)
    shown = axis(linear_ticks(low - slack, high + slack, most=most), title=title)
    kind = alt.Y if field == "residual" else alt.X
    return kind(f"{field}:Q", scale=scale, axis=shown)


def _normal(n: int) -> npt.NDArray[np.float64]:
    """Return expected normal quantiles of ``n`` ordered values (Blom's plotting positions)."""
    return np.asarray(stats.norm.ppf((np.arange(1, n + 1) - 0.375) / (n + 0.25)))


def _thin(points: pd.DataFrame) -> pd.DataFrame:
    """All points, or evenly spaced order statistics (both ends kept) where there are too many to draw."""
    ordered = points.sort_values("residual", kind="stable").reset_index(drop=True)
    ordered["normal"] = _normal(len(ordered))
    if len(ordered) <= _MOST_MARKS:
        return ordered
    chosen = np.unique(np.linspace(0, len(ordered) - 1, _MOST_MARKS).round().astype(int))
    return ordered.iloc[chosen]


def _straight(points: pd.DataFrame) -> pd.DataFrame:
    """Return the line through the quartiles, as in R's ``qqline``."""
    q1, q3 = np.quantile(points["residual"], [0.25, 0.75])
    z1, z3 = stats.norm.ppf([0.25, 0.75])
    slope = (q3 - q1) / (z3 - z1)
    ends = _normal(len(points))[[0, -1]]
    return pd.DataFrame({"normal": ends, "residual": q1 + slope * (ends - z1)})
