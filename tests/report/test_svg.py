"""Vega's SVG made fit for a page."""

from __future__ import annotations

import re

import altair as alt
import pandas as pd
from refinery_analysis._presentation.text import SEPARATOR
from refinery_analysis._report.figures.scales import shorten, wrapped
from refinery_analysis._report.render import to_svg
from refinery_analysis._report.svg import drawing, for_file, for_page
from refinery_analysis._report.theme import BLUE, PAPER

RAW = f"""<svg xmlns="http://www.w3.org/2000/svg" class="marks" width="100" height="50" viewBox="0 0 100 50">
<rect width="100" height="50" fill="{PAPER}"/>
<g fill="none" transform="translate(5.123456,5)"><g><g class="mark-symbol" clip-path="url(#clip1)">
<path role="graphics-symbol" aria-label="p1{SEPARATOR}one &lt;b&gt;&#xA;1.2 s" onclick="evil()"
 d="M0,0L1.23456,2" fill="{BLUE}" opacity="1"/>
<path role="graphics-symbol" aria-label="plain: Vega's own" d="M0,0L1,2" stroke="{BLUE}" style="color:red"/>
<path d="" stroke="#000"/><text fill="#000"> </text><script>evil()</script><foreignObject><p>x</p></foreignObject>
<a href="http://example.org"><text>link</text></a><image href="http://example.org/x.png"/>
</g></g></g><defs><clipPath id="clip1"><rect width="10" height="10"/></clipPath></defs></svg>"""


def test_only_drawing_is_kept() -> None:
    """Scripts, links, images, handlers, styles and what draws nothing are gone; coordinates are short."""
    text = for_page(drawing(RAW, prefix="f-"), title="t", description="d", ident="f")
    assert not re.search(
        r"script|foreignObject|<a |image|onclick|style|http://example|class=|role=\"graphics", text
    )
    assert text.count("<path") == 2
    assert "M0,0L1.23,2" in text
    assert "translate(5.12,5)" in text


def test_a_mark_has_its_tip_and_its_program() -> None:
    """What Vega calls a label becomes the tip; its key ties a program's marks together; Vega's own go."""
    text = for_page(drawing(RAW, prefix="f-"), title="t", description="d", ident="f")
    assert 'data-key="p1"' in text
    assert 'data-tip="one &lt;b&gt;&#10;1.2 s"' in text
    assert "plain" not in text


def test_ids_are_unique_to_the_figure() -> None:
    """Two pictures in one page must not clip each other."""
    text = for_page(drawing(RAW, prefix="f-"), title="t", description="d", ident="f")
    assert 'id="f-clip1"' in text
    assert 'clip-path="url(#f-clip1)"' in text


def test_the_page_gets_variables_and_the_file_literal_colours() -> None:
    """One drawing serves light and dark in the page, and stands alone as a file with its background."""
    root = drawing(RAW, prefix="f-")
    page = for_page(root, title="T & t", description="D", ident="f")
    file = for_file(root, title="T & t", description="D")
    assert "var(--blue)" in page
    assert PAPER not in page
    assert f'fill="{BLUE}"' in file
    assert f'fill="{PAPER}"' in file
    assert "<title>one &lt;b&gt;\n1.2 s</title>" in file
    for text in (page, file):
        assert 'role="img"' in text
        assert "T &amp; t</title>" in text


def test_every_line_of_text_tells_the_room_it_was_given() -> None:
    """A browser with a wider face than the layout's squeezes the letters instead of clipping them."""
    raw = (
        '<svg xmlns="http://www.w3.org/2000/svg"><text font-size="12px">120 s</text>'
        '<text font-size="10px" font-weight="bold"><tspan>one</tspan>'
        '<tspan dy="14">\u4e2d\u00e9\u0301</tspan></text></svg>'
    )
    root = drawing(raw, prefix="f-")
    assert [element.get("textLength") for element in root.iter("tspan")] == ["17.78", "15.56"]
    assert [element.get("textLength") for element in root.iter("text")] == ["29.35", None]
    assert 'lengthAdjust="spacingAndGlyphs"' in for_file(root, title="t", description="d")


def test_names_of_hundreds_of_treatments_are_drawn() -> None:
    """An expression that looks up many long names reaches the renderer whole: a half one ended in a traceback."""
    names = [f"treatment {i} with quite a long name of its own" for i in range(150)]
    axis = alt.Axis(labelExpr=wrapped({name: shorten(name, 150) for name in names}))
    chart = (
        alt.Chart(pd.DataFrame({"name": names, "x": 1.0}))
        .mark_point()
        .encode(x="x:Q", y=alt.Y("name:N", axis=axis))
    )
    drawn = to_svg(chart)
    assert all(shorten(name, 150) in drawn for name in names)
