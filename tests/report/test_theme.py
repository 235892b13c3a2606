"""Colours that can be told apart and read, in light and in dark."""

from __future__ import annotations

import re
from importlib.resources import files

from refinery_analysis._report import theme

CSS = (files("refinery_analysis._report") / "templates" / "report.css").read_text(encoding="utf-8")
SERIES = ("--blue", "--vermillion", "--green", "--purple", "--orange", "--sky")


def _tokens() -> tuple[dict[str, str], dict[str, str]]:
    light, dark = (
        dict(re.findall(r"(--[a-z-]+): (#[0-9a-f]{6})", block))
        for block in re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    )
    return light, dark


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(a: str, b: str) -> float:
    """WCAG 2.2's contrast ratio."""
    bright, dim = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def test_light_mode_has_the_colours_that_charts_are_drawn_with() -> None:
    """Each literal of the theme has its custom property with the same value."""
    light, dark = _tokens()
    for literal, name in theme.VARIABLES.items():
        assert light[name] == literal
        assert name in dark


def test_text_and_marks_have_contrast_in_both_modes() -> None:
    """WCAG 2.2 AA: 4.5 for text, 3 for what must be seen to read a figure."""
    for tokens in _tokens():
        for name in ("--ink", "--muted", "--accent"):
            assert _contrast(tokens[name], tokens["--page"]) >= 4.5
            assert _contrast(tokens[name], tokens["--shade"]) >= 4.5
        assert _contrast(tokens["--warn"], tokens["--warn-page"]) >= 4.5
        assert _contrast(tokens["--ink"], tokens["--band"]) >= 4.5
        for name in SERIES:
            assert _contrast(tokens[name], tokens["--paper"]) >= 3


def test_no_two_series_share_a_shape_or_a_dash() -> None:
    """Without colour vision, shape and dash still tell them apart."""
    assert len(set(theme.SHAPES)) == len(theme.SERIES) == len({str(dash) for dash in theme.DASHES})
