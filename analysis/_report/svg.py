"""Vega's SVG, made fit for a page: small, labelled, themed, and nothing in it but drawing.

Pure functions on text. Vega writes each mark's description as ``aria-label``; here it becomes ``data-tip`` in the
page (the script shows it on hover, touch and arrow keys) and a ``<title>`` in the file on disk. A description of ours
is ``key␟text``, where the key, if there is one, ties together the marks of one program; Vega gives every other mark
a description of its own making, which nobody wants to read.
"""

from __future__ import annotations

import re
from typing import Final
from xml.etree import ElementTree as ET  # the text parsed is our own renderer's

from .._presentation.text import SEPARATOR
from .text_width import text_width
from .theme import FONT, PAPER, VARIABLES

_NS: Final = "http://www.w3.org/2000/svg"
_DRAWING: Final = frozenset(
    {"svg", "g", "path", "rect", "line", "text", "tspan", "circle", "defs", "clipPath"}
)
_KEPT: Final = frozenset(
    [
        "d",
        "x",
        "y",
        "x2",
        "y2",
        "dy",
        "cx",
        "cy",
        "r",
        "width",
        "height",
        "viewBox",
        "transform",
        "fill",
        "stroke",
        "opacity",
        "fill-opacity",
        "stroke-opacity",
        "stroke-width",
        "stroke-dasharray",
        "stroke-linecap",
        "stroke-linejoin",
        "text-anchor",
        "font-size",
        "font-weight",
        "font-style",
        "id",
        "clip-path",
    ]
)
_DEFAULTS: Final = {"opacity": "1", "stroke-opacity": "1", "fill-opacity": "1", "font-weight": "normal"}
_LONG: Final = re.compile(r"-?\d+\.\d{3,}")


def drawing(svg: str, *, prefix: str) -> ET.Element:
    """Parse ``svg`` and keep what draws: known elements and attributes, coordinates to 2 decimals, ids prefixed."""
    root = ET.fromstring(svg)  # noqa: S314 - written by our renderer, with clean text
    _strip(root, prefix=prefix)
    _collapse(root)
    _fix_widths(root)
    root.set("font-family", FONT)
    return root


def for_file(root: ET.Element, *, title: str, description: str) -> str:
    """Return a stand-alone file with literal colours, a title, a description, and a ``<title>`` for every mark."""
    copy = _copy(root)
    for element in copy.iter():
        tip = element.attrib.pop("data-tip", None)
        element.attrib.pop("data-key", None)
        if tip is not None:
            ET.SubElement(element, "title").text = tip
    _describe(copy, title=title, description=description, ident="figure")
    copy.set("xmlns", _NS)
    return ET.tostring(copy, encoding="unicode") + "\n"


def for_page(root: ET.Element, *, title: str, description: str, ident: str) -> str:
    """Inline markup whose colours are custom properties; ``ident`` must be unique in the page."""
    copy = _copy(root)
    backdrop = copy.find("rect")
    if backdrop is not None and backdrop.get("fill") == PAPER:
        copy.remove(backdrop)
    for element in copy.iter():
        for name in ("fill", "stroke"):
            variable = VARIABLES.get(element.get(name, "").lower())
            if variable:
                element.set(name, f"var({variable})")
    _describe(copy, title=title, description=description, ident=ident)
    copy.set("tabindex", "0")
    return ET.tostring(copy, encoding="unicode")


def _strip(element: ET.Element, *, prefix: str) -> None:
    element.tag = element.tag.rpartition("}")[2]
    label = element.get("aria-label")
    is_mark = element.get("role") == "graphics-symbol" and element.tag != "g"
    for name in list(element.attrib):
        value = element.attrib[name]
        if name not in _KEPT or _DEFAULTS.get(name) == value:
            del element.attrib[name]
        elif name in ("d", "transform", "x", "y", "x2", "y2", "width", "height"):
            element.set(name, _LONG.sub(lambda match: f"{float(match[0]):.2f}", value))
    if "id" in element.attrib:
        element.set("id", prefix + element.attrib["id"])
    if "clip-path" in element.attrib:
        element.set("clip-path", element.attrib["clip-path"].replace("url(#", f"url(#{prefix}"))
    key, ours, tip = (label or "").partition(SEPARATOR)
    if ours and is_mark:
        element.set("data-tip", tip)
        if key:
            element.set("data-key", key)
    for child in list(element):
        if child.tag.rpartition("}")[2] not in _DRAWING or child.get("display") == "none":
            element.remove(child)
        else:
            _strip(child, prefix=prefix)


def _collapse(element: ET.Element) -> None:
    """Drop what draws nothing and groups that only group."""
    kept: list[ET.Element] = []
    for child in list(element):
        _collapse(child)
        if _invisible(child):
            continue
        if child.tag == "g" and not child.attrib:
            kept.extend(child)
        else:
            kept.append(child)
    element[:] = kept


def _invisible(element: ET.Element) -> bool:
    if element.tag == "g":
        return len(element) == 0
    if element.tag == "text":
        return not (element.text or "").strip() and len(element) == 0
    if element.tag == "path":
        painted = element.get("fill", "none") != "none" or element.get("stroke", "none") != "none"
        return not element.get("d") or (not painted and "data-tip" not in element.attrib)
    return False


def _fix_widths(root: ET.Element) -> None:
    """Tell the room that each line of text was given, so that it fits in whatever face a reader's browser has."""
    for text in root.iter("text"):
        size = float(text.get("font-size", "").removesuffix("px") or 0)
        bold = text.get("font-weight") == "bold"
        for line in text.findall("tspan") or [text]:
            width = text_width((line.text or "").strip(), size=size, bold=bold)
            if width > 0:
                line.set("textLength", f"{width:.2f}")
                line.set("lengthAdjust", "spacingAndGlyphs")


def _copy(root: ET.Element) -> ET.Element:
    twin = ET.Element(root.tag, dict(root.attrib))
    twin.text, twin.tail = root.text, root.tail
    twin.extend(_copy(child) for child in root)
    return twin


def _describe(root: ET.Element, *, title: str, description: str, ident: str) -> None:
    head, body = ET.Element("title", {"id": f"{ident}-t"}), ET.Element("desc", {"id": f"{ident}-d"})
    head.text, body.text = title, description
    root[:0] = [head, body]
    root.set("role", "img")
    root.set("aria-labelledby", f"{ident}-t")
    root.set("aria-describedby", f"{ident}-d")
