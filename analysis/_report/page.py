"""A `Page` as one HTML file that asks nothing of anyone: style, script and pictures are in it.

Everything that is not markup of our own is escaped by the template. Should that ever fail, the page's content
security policy still lets no script run and no request leave: it admits this very style and this very script, by
their hashes, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

from .._presentation.text import clean
from .figure import CANVASES
from .page_blocks import Picture
from .render import to_png, to_svg
from .svg import drawing, for_file, for_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .figure import Figure, Table
    from .page_blocks import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A figure as the template wants it, and as files.

    Attributes
    ----------
    name, title, caption, note, table : of the figure.
    wide, narrow : inline SVG, None where there is a note instead.
    svg, png : the files' content, empty likewise.
    """

    name: str
    title: str
    caption: str
    note: str
    table: Table | None
    wide: Markup | None = None
    narrow: Markup | None = None
    svg: str = ""
    png: bytes = b""


def render(figure: Figure) -> Rendered:
    """Draw a figure at both widths."""
    words: dict[str, Any] = {
        "name": figure.name,
        "title": figure.title,
        "caption": figure.caption,
        "note": figure.note,
    }
    if figure.draw is None:
        return Rendered(**words, table=figure.table)
    title, description = clean(figure.title), clean(figure.description)
    inline, files_ = {}, {}
    for canvas in CANVASES:
        ident = f"{figure.name}-{canvas.name}"
        root = drawing(to_svg(figure.draw(canvas)), prefix=f"{ident}-")
        # Our own serialised XML, in which every text is escaped.
        inline[canvas.name] = Markup(for_page(root, title=title, description=description, ident=ident))  # noqa: S704
        files_[canvas.name] = root
    svg = for_file(files_["wide"], title=title, description=description)
    return Rendered(
        **words, table=figure.table, wide=inline["wide"], narrow=inline["narrow"], svg=svg, png=to_png(svg)
    )


def figures(page: Page) -> dict[str, Rendered]:
    """Draw every figure of the page, by name."""
    return {
        block.figure.name: render(block.figure)
        for section in page.sections
        for block in section.blocks
        if isinstance(block, Picture)
    }


def html(page: Page, drawn: Mapping[str, Rendered], *, trajectories: bool = False) -> str:
    """Write the page, with the figures that `figures` drew, and a link to the trajectories beside it."""
    css, script = asset("report.css"), asset("report.js")
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            title=page.title,
            kicker=page.kicker,
            subtitle=page.subtitle,
            trajectories=trajectories,
            sections=[
                {
                    "ident": section.ident,
                    "title": section.title,
                    "blocks": [_view(block, drawn) for block in section.blocks],
                }
                for section in page.sections
            ],
            footer=page.footer,
            version=page.version,
            css=Markup(css),  # noqa: S704 - a file of ours
            script=Markup(script),  # noqa: S704 - a file of ours
            policy=policy(css, script),
        )
    )


def policy(css: str, script: str) -> str:
    """Nothing but this style, this script and the empty icon."""
    return (
        f"default-src 'none'; style-src {_digest(css)}; script-src {_digest(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def _view(block: object, drawn: Mapping[str, Rendered]) -> object:
    return {"kind": "figure", "figure": drawn[block.figure.name]} if isinstance(block, Picture) else block


@cache
def asset(name: str) -> str:
    """Return a style or script of ours."""
    return (files(__package__) / "templates" / name).read_text(encoding="utf-8").strip()


@cache
def environment() -> jinja2.Environment:
    """Return what renders our templates: whatever is no markup of ours is escaped."""
    return jinja2.Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.FunctionLoader(
            lambda name: (files(__package__) / "templates" / name).read_text("utf-8")
        ),
        finalize=lambda value: value if isinstance(value, Markup) else clean(value, limit=200_000),
    )
