"""What a page is made of; `templates/report.html.j2` knows how each kind looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeAlias

if TYPE_CHECKING:
    from .figure import Figure, Table

Pairs: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found, numbered, in large letters."""

    kind: ClassVar = "findings"
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tiles:
    """A few figures at a glance."""

    kind: ClassVar = "tiles"
    pairs: Pairs


@dataclass(frozen=True, slots=True)
class Caveats:
    """What a reader must keep in mind."""

    kind: ClassVar = "caveats"
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prose:
    """Paragraphs."""

    kind: ClassVar = "prose"
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within a section."""

    kind: ClassVar = "heading"
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure with its caption and its table."""

    kind: ClassVar = "figure"
    figure: Figure


@dataclass(frozen=True, slots=True)
class Grid:
    """A table, folded under ``summary`` where that is not empty."""

    kind: ClassVar = "table"
    table: Table
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values."""

    kind: ClassVar = "facts"
    pairs: Pairs


@dataclass(frozen=True, slots=True)
class Code:
    """Long text as it is, folded under ``summary``."""

    kind: ClassVar = "code"
    summary: str
    text: str


Block: TypeAlias = Findings | Tiles | Caveats | Prose | Heading | Picture | Grid | Facts | Code


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the page; ``ident`` is its anchor."""

    ident: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The whole page."""

    title: str
    kicker: str
    subtitle: str
    sections: tuple[Section, ...]
    footer: str
    version: str
