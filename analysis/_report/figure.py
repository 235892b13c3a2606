"""What a figure is: a chart at two widths, the words beside it, and the table that says the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._presentation.text import MISSING

if TYPE_CHECKING:
    from collections.abc import Callable

    import altair as alt


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """The room that a chart has.

    Attributes
    ----------
    name : part of ids and class names, ``wide`` or ``narrow``.
    width : total width in CSS pixels, labels included.
    label : at most this much of it goes to row labels.
    """

    name: str
    width: int
    label: int

    @property
    def is_narrow(self) -> bool:
        """Whether this is a phone's width."""
        return self.name == "narrow"


WIDE = Canvas(name="wide", width=760, label=230)
NARROW = Canvas(name="narrow", width=336, label=104)
CANVASES = (WIDE, NARROW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of text under a caption; the first column heads its row.

    Attributes
    ----------
    caption : what the table holds.
    columns : headings.
    rows : one tuple a row, as long as ``columns``.
    text_columns : indices of the columns that hold words (left-aligned); the others hold figures.
    sortable : whether the page lets a reader sort it.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    text_columns: frozenset[int] = frozenset({0})
    sortable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure of the report.

    Attributes
    ----------
    name : stem of its files and of its ids.
    title : what is shown, as a heading.
    caption : how to read it, a sentence or three.
    description : what it looks like, for those who cannot see it.
    draw : makes the chart for a canvas; None where there is nothing to draw.
    note : the plain sentence that stands in place of a chart.
    table : the same figures as text.
    """

    name: str
    title: str
    caption: str = ""
    description: str = ""
    draw: Callable[[Canvas], alt.TopLevelMixin] | None = None
    note: str = ""
    table: Table | None = None


def trimmed(table: Table) -> Table:
    """Leave out columns, but the first, in which nothing is known."""
    kept = [
        i
        for i in range(len(table.columns))
        if i == 0 or any(row[i] not in {"", MISSING} for row in table.rows)
    ]
    return Table(
        caption=table.caption,
        columns=tuple(table.columns[i] for i in kept),
        rows=tuple(tuple(row[i] for i in kept) for row in table.rows),
        text_columns=frozenset(kept.index(i) for i in table.text_columns if i in kept),
        sortable=table.sortable,
    )


def empty(name: str, title: str, note: str, *, table: Table | None = None) -> Figure:
    """Stand for a figure that the data do not bear: a sentence says why."""
    return Figure(name=name, title=title, note=note, table=table)
