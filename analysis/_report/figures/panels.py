"""Lines in panels under each other, one for each factor: levels told apart by colour, dash and shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from ..theme import DASHES, SERIES, SHAPES
from .rows import legend

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_LINES = len(SHAPES)
"""Lines that can be told apart in one panel."""


def look(levels: Sequence[str], *, title: str, room: float) -> dict[str, Any]:
    """Return colour and dash by the field ``line``, with one legend for both."""
    domain, k = list(levels), len(levels)
    key = legend(domain, title=title, room=room, symbolSize=300, symbolType="stroke")
    return {
        "color": alt.Color("line:N", scale=alt.Scale(domain=domain, range=list(SERIES[:k])), legend=key),
        "strokeDash": alt.StrokeDash(
            "line:N", scale=alt.Scale(domain=domain, range=[list(dash) for dash in DASHES[:k]]), legend=key
        ),
    }


def stacked(panels: Sequence[alt.LayerChart | alt.FacetChart]) -> alt.TopLevelMixin:
    """Put panels under each other, each with scales and a legend of its own."""
    if len(panels) == 1:
        return panels[0]
    column: alt.TopLevelMixin = alt.vconcat(*panels, spacing=26).resolve_scale(
        color="independent", strokeDash="independent", x="independent", y="independent"
    )
    return column
