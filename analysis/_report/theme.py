"""Colours, shapes and type of every figure.

The palette is Okabe and Ito's, made for readers who do not see all colours; no figure relies on it alone, since each
series has a shape too. A chart is drawn once with the literal colours below. In the page each literal becomes a CSS
custom property, so that one picture serves light mode, dark mode and print (`report.css` gives the values).
"""

from __future__ import annotations

from typing import Any, Final

INK: Final = "#1a1d21"
MUTED: Final = "#565d66"
GRID: Final = "#e4e7eb"
AXIS: Final = "#9aa1aa"
PAPER: Final = "#ffffff"
BAND: Final = "#cfe3f2"
SHADE: Final = "#f1f3f6"

BLUE: Final = "#0072b2"
VERMILLION: Final = "#d55e00"
GREEN: Final = "#009e73"
PURPLE: Final = "#b5568c"  # darker than Okabe and Ito's #cc79a7, which is too faint on white
ORANGE: Final = "#b97a00"  # likewise for #e69f00
SKY: Final = "#2f8fc4"  # likewise for #56b4e9

VARIABLES: Final[dict[str, str]] = {
    INK: "--ink",
    MUTED: "--muted",
    GRID: "--grid",
    AXIS: "--axis",
    PAPER: "--paper",
    BAND: "--band",
    SHADE: "--shade",
    BLUE: "--blue",
    VERMILLION: "--vermillion",
    GREEN: "--green",
    PURPLE: "--purple",
    ORANGE: "--orange",
    SKY: "--sky",
}
"""Literal colour of a chart -> the custom property that replaces it in the page."""

SERIES: Final = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)
SHAPES: Final = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
DASHES: Final = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 4], [10, 3])
"""Line styles, so that lines too can be told apart without colour."""

CROSS_PATH: Final = "M-1,-1L1,1M-1,1L1,-1"
"""The mark of a program that did not pass: an x, drawn with a stroke."""

FONT: Final = "Liberation Sans, Arial, Helvetica, sans-serif"
"""Metric-compatible faces, so that text is as wide in a browser as it was when it was laid out."""

TEXT_PX: Final = 12


def vega_config() -> dict[str, Any]:
    """Vega-Lite's configuration, common to all figures."""
    return {
        "font": FONT,
        "background": PAPER,
        "padding": {"left": 2, "right": 6, "top": 4, "bottom": 2},
        "view": {"stroke": None},
        "axis": {
            "labelColor": MUTED,
            "titleColor": INK,
            "labelFontSize": TEXT_PX,
            "titleFontSize": TEXT_PX,
            "titleFontWeight": "normal",
            "titlePadding": 8,
            "labelPadding": 5,
            "gridColor": GRID,
            "domainColor": AXIS,
            "tickColor": AXIS,
            "tickSize": 4,
        },
        "legend": {
            "labelColor": INK,
            "titleColor": MUTED,
            "labelFontSize": TEXT_PX,
            "titleFontSize": TEXT_PX,
            "titleFontWeight": "normal",
            "symbolSize": 70,
            "symbolStrokeWidth": 2,
            "labelLimit": 220,
            "orient": "top",
            "offset": 6,
        },
        "header": {
            "labelColor": INK,
            "titleColor": MUTED,
            "labelFontSize": TEXT_PX,
            "labelFontWeight": "bold",
            "titleFontSize": TEXT_PX,
        },
        "text": {"color": INK, "fontSize": TEXT_PX},
        "point": {"color": BLUE, "filled": True, "size": 56, "opacity": 1},
        "rule": {"color": INK},
        "line": {"color": BLUE, "strokeWidth": 2},
        "area": {"color": BAND, "opacity": 1},
    }
