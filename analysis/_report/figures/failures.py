"""Kinds of failure by treatment: what went wrong, where, how often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..._presentation.text import count, listing
from ..figure import Figure, Table, empty
from .matrix import matrix

if TYPE_CHECKING:
    import pandas as pd

NAME, TITLE = "failures", "Kinds of failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureKinds:
    """What the figure shows.

    Attributes
    ----------
    rows : treatments in which something failed, in the study's order.
    kinds : kinds of failure, most frequent first.
    counts : ``row, column, value, tip``; one row for each treatment and kind that occurred.
    programs : how many programs there are in all.
    untold : whether the data say only that programs failed, not how.
    """

    rows: tuple[str, ...]
    kinds: tuple[str, ...]
    counts: pd.DataFrame
    programs: int
    untold: bool = False
    table: Table | None = None


def figure(data: FailureKinds) -> Figure:
    """Draw `FailureKinds`."""
    if data.untold:
        return empty(NAME, TITLE, "The data say which programs failed, but not how.", table=data.table)
    if data.counts.empty:
        return empty(NAME, TITLE, f"Nothing failed: {_all(data.programs)} passed.", table=data.table)
    total = int(data.counts["value"].sum())
    worst = data.counts.groupby("column")["value"].sum().sort_values(ascending=False)
    frame = data.counts.assign(text=[f"{int(value)}" for value in data.counts["value"]])
    return Figure(
        name=NAME,
        title=TITLE,
        caption=(
            "How many programs failed in which way; treatments in which everything passed are left out. "
            "An invented name is a module, attribute or argument that does not exist."
        ),
        description=(
            f"A grid of counts. {count(total, 'program')} of {data.programs} did not pass: "
            + listing(f"{kind} {int(n)}" for kind, n in worst.items())
            + "."
        ),
        draw=lambda canvas: matrix(frame, rows=data.rows, columns=data.kinds, canvas=canvas, title=""),
        table=data.table,
    )


def _all(programs: int) -> str:
    return "the one program" if programs == 1 else f"all {programs:,} programs"
