"""Power against replicates: the band that sigma's uncertainty makes, this study, what is needed, and its price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd

from ..._presentation.text import count, dollars, percent
from ..figure import Canvas, Figure, Table, empty
from ..theme import (
    BAND,
    BLUE,
    DASHES,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    PAPER,
    PURPLE,
    SKY,
    VERMILLION,
)
from .rows import legend
from .scales import axis, log_ticks

NAME, TITLE = "power", "Power against replicates"
_LINES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerCurves:
    """What the figure shows.

    Attributes
    ----------
    curves : ``test, n, power``; ``n`` is programs per treatment; the first test is the one with the band.
    band : ``n, low, high`` of the first test, for sigma's upper and lower limit.
    target : the power that is wanted.
    effect : in words, "a difference of 0.5 s".
    here : programs per treatment that this study has (the mean, where they differ).
    required : programs per treatment that the first test needs; None where out of reach.
    recommended : the same for the upper 80 % limit of sigma.
    dollars_per_n : price of one more program in every treatment; None where unknown.
    reason : why there is nothing to draw.
    """

    curves: pd.DataFrame
    band: pd.DataFrame
    target: float
    effect: str
    here: float
    required: int | None
    recommended: int | None
    dollars_per_n: float | None
    table: Table | None = None
    reason: str = ""


def figure(data: PowerCurves) -> Figure:
    """Draw `PowerCurves`."""
    if data.reason or data.curves.empty:
        return empty(NAME, TITLE, data.reason or "Power can't be computed for these data.", table=data.table)
    first = data.curves["test"].iloc[0]
    money = (
        " The upper axis is what that many programs cost." if data.dollars_per_n else " No prices are known."
    )
    needed = "out of reach" if data.required is None else f"{data.required:,} per treatment"
    return Figure(
        name=NAME,
        title=TITLE,
        caption=(
            f"Power is how likely a study of that size is to find {data.effect}, if it is there. The band is what the "
            "solid line may really be, as how much programs of the same treatment differ is known only roughly (95 % "
            f"interval).{money}"
        ),
        description=(
            f"Rising curves of power, one for each of {count(data.curves['test'].nunique(), 'test')}, against programs "
            f"per treatment on a logarithmic axis. {first}: this study has {data.here:.3g} per treatment; "
            f"{percent(data.target)} power needs {needed}."
        ),
        draw=lambda canvas: _draw(data, canvas),
        table=data.table,
    )


def _draw(data: PowerCurves, canvas: Canvas) -> alt.LayerChart | alt.FacetChart:
    width, height = canvas.width - 100, 300 if canvas.is_narrow else 360
    low, high = float(data.curves["n"].min()), float(data.curves["n"].max())
    low = min(low, data.here) * 0.97
    x = alt.X(
        "n:Q",
        scale=alt.Scale(type="log", domain=[low, high], nice=False),
        axis=axis(log_ticks(low, high, most=6 if canvas.is_narrow else 9), title="programs per treatment"),
    )
    shares = [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    y_axis = axis(shares, title="power", labels=[percent(s) for s in shares])
    y_scale = alt.Scale(domain=[0, 1], nice=False)
    y = alt.Y("power:Q", scale=y_scale, axis=y_axis)
    tests = list(dict.fromkeys(data.curves["test"]))[: len(_LINES)]
    curves = data.curves[data.curves["test"].isin(tests)]
    key = legend(tests, title=None, room=width, symbolType="stroke", symbolSize=350)
    look = {
        "color": alt.Color(
            "test:N", scale=alt.Scale(domain=tests, range=list(_LINES[: len(tests)])), legend=key
        ),
        "strokeDash": alt.StrokeDash(
            "test:N", scale=alt.Scale(domain=tests, range=list(DASHES[: len(tests)])), legend=key
        ),
    }
    layers: list[alt.Chart] = []
    if len(data.band):
        band = alt.Chart(data.band).mark_area(color=BAND, clip=True)
        layers.append(band.encode(x=x, y=alt.Y("low:Q", scale=y_scale, axis=y_axis), y2="high:Q"))
    layers += [
        alt.Chart(pd.DataFrame({"power": [data.target]}))
        .mark_rule(color=MUTED, strokeDash=[2, 3])
        .encode(y=y),
        alt.Chart(curves).mark_line(clip=True).encode(x=x, y=y, detail="test:N", **look),
        alt.Chart(_hover(curves)).mark_point(size=90, opacity=0).encode(x=x, y=y, description="tip:N"),
        *_landmarks(data, x, y, low, high),
    ]
    main = alt.layer(*layers)
    if data.dollars_per_n:
        main = alt.layer(main, _dollars(data.dollars_per_n, low, high, canvas)).resolve_scale(x="independent")
    return main.properties(width=width, height=height)


def _hover(curves: pd.DataFrame) -> pd.DataFrame:
    """Points that can be pointed at, though they can't be seen: about twenty on each line."""
    parts = [part.iloc[:: max(1, len(part) // 20)] for _, part in curves.groupby("test", sort=False)]
    shown = pd.concat(parts)
    return shown.assign(
        tip=[
            f"{test}\n{n:,.0f} per treatment: power {percent(power)}"
            for test, n, power in zip(shown["test"], shown["n"], shown["power"], strict=True)
        ]
    )


def _landmarks(data: PowerCurves, x: alt.X, y: alt.Y, low: float, high: float) -> list[alt.Chart]:
    """Upright lines at this study's size, the size that is needed and the one that is recommended, with words."""
    side = "left" if data.here < low * (high / low) ** 0.7 else "right"
    marks = [(data.here, f"this study: {data.here:.3g}", side, _quiet_height(data.curves, low, high))]
    if data.required is not None:
        side = "right" if data.required > low * (high / low) ** 0.3 else "left"
        marks.append((data.required, f"needed: {data.required:,}", side, 0.05))
    if data.recommended is not None and data.recommended != data.required:
        side = "left" if data.recommended < low * (high / low) ** 0.86 else "right"
        marks.append((data.recommended, f"to be safe: {data.recommended:,}", side, 0.13))
    frame = pd.DataFrame(marks, columns=["n", "label", "side", "power"])
    frame = frame[(frame["n"] >= low) & (frame["n"] <= high)]
    rules = alt.Chart(frame).mark_rule(color=INK, strokeWidth=1.2, strokeDash=[5, 3]).encode(x=x)
    layers = [rules]
    for side in ("left", "right"):
        part = frame[frame["side"] == side]
        if part.empty:
            continue
        place: dict[str, Any] = {"align": side, "dx": 6 if side == "left" else -6, "baseline": "middle"}
        text = alt.Chart(part)
        layers.append(
            text.mark_text(**place, stroke=PAPER, strokeWidth=4, strokeJoin="round").encode(
                x=x, y=y, text="label:N"
            )
        )
        layers.append(text.mark_text(**place, color=INK).encode(x=x, y=y, text="label:N"))
    return layers


def _quiet_height(curves: pd.DataFrame, low: float, high: float) -> float:
    """Return the height at the left edge that is farthest from all curves."""
    near = curves["power"][curves["n"] <= low * (high / low) ** 0.2]
    return max((0.94, 0.72, 0.5, 0.28, 0.05), key=lambda height: float((near - height).abs().min()))


def _dollars(price: float, low: float, high: float, canvas: Canvas) -> alt.Chart:
    """Nothing but an axis: dollars are programs times a price."""
    bounds = (low * price, high * price)
    ticks = log_ticks(*bounds, most=4 if canvas.is_narrow else 8)
    shown = axis(
        ticks,
        title="cost of all programs",
        labels=[dollars(t).removesuffix(".00") for t in ticks],
        orient="top",
        grid=False,
    )
    scale = alt.Scale(type="log", domain=list(bounds), nice=False)
    frame = pd.DataFrame({"usd": [bounds[0]]})
    bare: alt.Chart = (
        alt.Chart(frame).mark_point(opacity=0, size=0).encode(x=alt.X("usd:Q", scale=scale, axis=shown))
    )
    return bare
