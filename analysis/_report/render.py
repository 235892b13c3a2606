"""Charts to pictures through vl-convert, which needs no browser and asks nothing of the network."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import altair as alt
import vl_convert

from .._presentation.text import SEPARATOR, clean
from .theme import vega_config

PNG_SCALE = 2.0
_TALL = 3000
"""Pixels from which on a picture is a list to scroll through, sharp enough at its own size."""

_HEIGHT = re.compile(r'\bheight="(\d+(?:\.\d+)?)"')


def to_svg(chart: alt.TopLevelMixin) -> str:
    """Vega's own SVG of ``chart``."""
    spec = chart.to_dict(validate=False)  # the tests validate every chart; it takes as long as drawing
    spec["config"] = vega_config()
    for records in spec.get("datasets", {}).values():
        _mark_tips(records)
    return vl_convert.vegalite_to_svg(_harmless(spec), vl_version=_version(), allowed_base_urls=[])


def to_png(svg: str) -> bytes:
    """Return a bitmap of ``svg`` at twice its size; of a very tall one at its own."""
    height = _HEIGHT.search(svg)
    tall = height is not None and float(height[1]) > _TALL
    return vl_convert.svg_to_png(svg, scale=1.0 if tall else PNG_SCALE)


def _mark_tips(records: list[dict[str, Any]]) -> None:
    """Make every tip recognisable as ours, also those of marks that belong to no program."""
    for record in records:
        if isinstance(record.get("tip"), str) and SEPARATOR not in record["tip"]:
            record["tip"] = SEPARATOR + record["tip"]


def _harmless(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """``value`` with every string cleaned: one control character would make the renderer abort the whole process."""
    match value:
        case str():
            # Never shortened: half a label expression is no expression.
            return clean(value, limit=len(value))
        case dict():
            return {clean(key): _harmless(item) for key, item in value.items()}
        case list():
            return [_harmless(item) for item in value]
        case _:
            return value


@cache
def _version() -> str:
    """Return the Vega-Lite that this Altair writes for, or the newest that the renderer has."""
    wanted = alt.SCHEMA_VERSION.removeprefix("v").rpartition(".")[0]
    known = vl_convert.get_vegalite_versions()
    return wanted if wanted in known else known[-1]
