"""Axes that people can read: round ticks, few of them, and the same in every figure."""

from __future__ import annotations

import json
import math
import textwrap
from typing import TYPE_CHECKING, Any

import altair as alt

from ..._presentation.text import middle_cut, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_CHARACTER_PX = 6.6  # of the figures' face at 12 px, on the generous side
_MOST_LINES = 3
_FEWEST = 2  # ticks; a single one gives no scale


def log_domain(values: Iterable[float], *, margin: float = 0.06) -> tuple[float, float]:
    """Return the range of positive ``values`` with a margin on both sides, at least a factor of 1.5 wide."""
    logs = [math.log(value) for value in values if value > 0 and math.isfinite(value)]
    if not logs:
        return 0.1, 10.0
    low, high = min(logs), max(logs)
    slack = max((high - low) * margin, (math.log(1.5) - (high - low)) / 2, 0.02)
    return math.exp(low - slack), math.exp(high + slack)


def log_ticks(low: float, high: float, *, most: int = 7) -> list[float]:
    """At most about ``most`` round values in a range of a log axis: 1-2-5, or decades, or every few decades."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for steps in ((1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
        ticks = [m * 10.0**e for e in range(first, last + 1) for m in steps]
        inside = [
            round(t, 12 - e) if (e := math.floor(math.log10(t))) else t for t in ticks if low <= t <= high
        ]
        if _FEWEST <= len(inside) <= most:
            return inside
    inside = [10.0**e for e in range(first, last + 1) if low <= 10.0**e <= high]
    if len(inside) > most:
        return inside[:: math.ceil(len(inside) / most)]
    return inside if len(inside) >= _FEWEST else linear_ticks(low, high, most=most)


def linear_ticks(low: float, high: float, *, most: int = 6) -> list[float]:
    """At most ``most`` round values that cover a range."""
    if not high > low:
        return [low]
    raw = (high - low) / max(most - 1, 1)
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(m * size for m in (1, 2, 5, 10) if m * size >= raw * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    ticks = [round(i * step, 12) for i in range(first, math.floor(high / step + 1e-9) + 1)]
    return ticks or [low]


def axis(
    ticks: Sequence[float],
    *,
    title: str | None,
    labels: Sequence[str] | None = None,
    **more: Any,  # noqa: ANN401 - as Altair has it
) -> alt.Axis:
    """Return an axis with exactly these ticks, labelled by us: d3 writes exponents where people expect digits."""
    texts = list(labels) if labels is not None else [tick_label(tick) for tick in ticks]
    cases = " : ".join(
        f"abs(datum.value - {t!r}) <= {abs(t) * 1e-9!r} ? {_js(s)}" for t, s in zip(ticks, texts, strict=True)
    )
    return alt.Axis(values=list(ticks), title=title, labelExpr=f"{cases} : ''" if cases else "''", **more)


def wrap(labels: Iterable[str], room: float) -> dict[str, list[str]] | None:
    """Break each label into at most three lines that fit into ``room`` pixels; None where a word alone does not."""
    most = int(room // _CHARACTER_PX)
    if most < 1 or any(len(word) > most for label in labels for word in label.split()):
        return None
    return {
        label: textwrap.wrap(label, most, max_lines=_MOST_LINES, placeholder=" …", break_on_hyphens=False)
        or [label]
        for label in labels
    }


def shorten(label: str, room: float) -> str:
    """Cut a label to ``room`` pixels in its middle."""
    return middle_cut(label, max(int(room // _CHARACTER_PX), 8))


def wrapped(lines: Mapping[str, str | list[str]]) -> str:
    """Return the label expression that looks up what `wrap` or `shorten` made.

    The text is foreign: as ASCII JSON each is a string literal that nothing in it can leave. Labels that stay as they
    are need no looking up.
    """
    changed = {label: line for label, line in lines.items() if line not in (label, [label])}
    return f"({json.dumps(changed)})[datum.label] || datum.label"


def tick_label(value: float) -> str:
    """Return a tick's figure, short: 0.05, 2, 15, 1,500."""
    shown = number(value, digits=3)
    if "." in shown and "e" not in shown:
        shown = shown.rstrip("0").rstrip(".")
    return shown


def _js(text: str) -> str:
    """Return a string literal of Vega's expression language, from text of our own."""
    return "'" + text.replace("\\", "").replace("'", "") + "'"
