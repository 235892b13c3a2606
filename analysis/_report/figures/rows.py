"""The shape that several figures share: one row a treatment, labels on the left, or above it where room is short."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import altair as alt
import pandas as pd

from ..theme import INK, PAPER, SERIES, SHADE, SHAPES
from .scales import shorten, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..figure import Canvas

_CHARACTER_PX = 6.4  # mean advance of the figures' face at 12 px, on the generous side


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """How rows are laid out on a canvas.

    Attributes
    ----------
    labels : one a row, top first, all different.
    canvas : the room there is.
    label_px : width given to labels; 0 when they stand above their rows.
    step : height of a row in pixels.
    """

    labels: tuple[str, ...]
    canvas: Canvas
    label_px: int
    step: int

    @property
    def above(self) -> bool:
        """Whether labels stand above their rows."""
        return self.label_px == 0

    @property
    def height(self) -> int:
        """Height of all rows together."""
        return self.step * len(self.labels)

    @property
    def plot_px(self) -> int:
        """Width left for the plot."""
        return self.canvas.width - self.label_px - (16 if self.above else 22)

    @property
    def nudge(self) -> float:
        """How far marks are moved down from the middle of a row, to leave room for a label above."""
        return 9.0 if self.above else 0.0

    def y(self) -> alt.Y:
        """Return the vertical position of everything that belongs to a row."""
        axis = alt.Axis(
            title=None,
            labels=not self.above,
            labelExpr=wrapped({label: shorten(label, self.label_px) for label in self.labels}),
            labelLimit=self.canvas.width,
            labelColor=INK,
            domain=False,
            ticks=False,
            labelPadding=8,
        )
        scale = alt.Scale(type="band", domain=list(self.labels), padding=0)
        return alt.Y("row:N", sort=list(self.labels), axis=axis, scale=scale)

    def offset(self, field: str, *, reach: float = 6.0) -> alt.YOffset:
        """Offsets from -1 to 1 in ``field`` as at most ``reach`` pixels up or down from where a row's marks sit."""
        middle = self.step / 2 + self.nudge
        return alt.YOffset(
            f"{field}:Q", scale=alt.Scale(domain=[-1, 1], range=[middle - reach, middle + reach])
        )

    def names(self, room: float) -> list[alt.Chart]:
        """Return the labels, where they stand above their rows, cut to ``room`` pixels."""
        if not self.above:
            return []
        texts = [shorten(label, room) for label in self.labels]
        frame = pd.DataFrame({"row": list(self.labels), "text": texts})
        place: dict[str, Any] = {
            "align": "left",
            "baseline": "top",
            "dy": 3 - self.step / 2,
            "limit": int(room),
        }
        halo = alt.Chart(frame).mark_text(**place, stroke=PAPER, strokeWidth=5, strokeJoin="round")
        text = alt.Chart(frame).mark_text(**place, color=INK)
        return [chart.encode(y=self.y(), x=alt.value(0), text="text:N") for chart in (halo, text)]

    def shading(self, groups: Sequence[str]) -> list[alt.Chart]:
        """Return a tint behind every other group of rows; ``groups`` names the group of each row."""
        distinct = list(dict.fromkeys(groups))
        if self.above or not 1 < len(distinct) < len(self.labels):
            return []
        tinted = [
            label for label, group in zip(self.labels, groups, strict=True) if distinct.index(group) % 2 == 0
        ]
        bars = alt.Chart(pd.DataFrame({"row": tinted})).mark_bar(color=SHADE, height=self.step)
        return [bars.encode(y=self.y(), x=alt.value(0), x2=alt.value("width"))]


def rows(labels: Sequence[str], canvas: Canvas, *, step: int = 26, more: int = 0) -> Rows:
    """Lay out ``labels``; ``more`` is height that each row needs beyond the usual."""
    longest = max((len(label) for label in labels), default=0) * _CHARACTER_PX
    above = longest > canvas.label
    if canvas.is_narrow and above:
        return Rows(labels=tuple(labels), canvas=canvas, label_px=0, step=step + 14 + more)
    return Rows(
        labels=tuple(labels), canvas=canvas, label_px=int(min(longest, canvas.label)) + 10, step=step + more
    )


def legend(levels: Sequence[str], *, title: str | None, room: float, **more: Any) -> alt.Legend:  # noqa: ANN401 - as Altair has it
    """Return a legend above the plot, with as many columns as fit into ``room`` pixels."""
    limit = max(room - 30, 40)
    entry = min(max((len(level) for level in levels), default=1) * _CHARACTER_PX, limit) + 30
    return alt.Legend(title=title, columns=max(1, int(room // entry)), labelLimit=int(limit), **more)


def series(levels: Sequence[str], *, title: str, room: float, field: str = "group") -> dict[str, Any]:
    """Colour and shape by group; one plain look where there are more groups than shapes (position still tells them)."""
    if not 1 < len(levels) <= len(SHAPES):
        return {}
    look = legend(levels, title=title, room=room)
    domain = list(levels)
    return {
        "color": alt.Color(
            f"{field}:N", scale=alt.Scale(domain=domain, range=list(SERIES[: len(domain)])), legend=look
        ),
        "shape": alt.Shape(
            f"{field}:N", scale=alt.Scale(domain=domain, range=list(SHAPES[: len(domain)])), legend=look
        ),
    }


def spread(values: Sequence[float], *, gap: float) -> list[float]:
    """Offsets in -1..1 that keep neighbours closer than ``gap`` from lying on each other; 0 where there is room."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    offsets = [0.0] * len(values)
    run = 0
    for before, here in zip([None, *order], order, strict=False):
        run = run + 1 if before is not None and values[here] - values[before] < gap else 0
        side = 1 if run % 2 else -1
        offsets[here] = side * ((run + 1) // 2 % 4) / 3
    return offsets
