"""Cells of CSV files: words of strangers, which a spreadsheet must not run and a terminal must not obey (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pandas as pd

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_cell(text: str) -> str:
    """Return the text of one cell: what begins like a formula gets an apostrophe, unless it is a number or a dash.

    Control characters, among them the escape that begins a terminal's commands, are written out.

    Examples
    --------
    >>> csv_cell("=1+1"), csv_cell("-2.5")
    ("'=1+1", '-2.5')
    """
    shown = text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    if not text.startswith(_FORMULA) or text == "-":
        return shown
    try:
        float(text)
    except ValueError:
        return f"'{shown}"
    return shown


def csv_table(frame: pd.DataFrame) -> bytes:
    """Return a frame as a CSV file of such cells, its head included."""
    known: dict[str, str] = {}  # the same few texts stand in most of the rows

    def safe(value: object) -> object:
        if not isinstance(value, str):
            return value
        if value not in known:
            known[value] = csv_cell(value)
        return known[value]

    texts = frame.select_dtypes(exclude=["number", "bool"]).columns
    plain = frame.assign(**{name: frame[name].astype(object).map(safe) for name in texts})
    return plain.rename(columns=safe).to_csv(index=False).encode()
