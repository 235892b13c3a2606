"""The table of a CSV: its columns by their different texts, and the lines on which its rows stand."""

from __future__ import annotations

import dataclasses
import io
import itertools
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .._errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from .programs import Column

COLUMNS = ("replicate", "list", "run", "seconds", "passed")
"""Columns that a file of times has."""

_OF_TIMES = {"list": "1", "run": "1", "seconds": ""}
"""Columns that a file without any time may lack, and what stands in them then: its programs were judged, once each."""

_OF_2025 = {
    "num agents": "agents",
    "time limit": "time_limit",
    "execution time (s)": "seconds",
    "test passed": "passed",
}
"""Columns of the 2025 pilot's own file of times, and what they are called here."""
_LEFT_OUT = ("file name", "result")
NONE = frozenset({"", "nan", "na", "n/a", "null", "none"})
"""What stands in a field that has no number."""
_SEPARATORS = (",", ";", "\t")
_WITH_COMMA = re.compile(r"[+-]?\d*(?:,\d+)?(?:[eE][+-]?\d+)?")


@dataclasses.dataclass(frozen=True, slots=True)
class CsvColumn:
    """One column, by its different texts: what is asked of a text is asked once, however many rows have it.

    Attributes
    ----------
    texts : without spaces around them, each once.
    codes : the text of each row, an index into ``texts``.
    """

    texts: tuple[str, ...]
    codes: Column

    @classmethod
    def of(cls, column: Column) -> CsvColumn:
        """Read texts, one a row; what is no text was not there."""
        codes, uniques = pd.factorize(column)
        known = uniques.tolist()
        texts = list(map(str.strip, known))
        if texts == known and codes.min(initial=0) >= 0:
            return cls(tuple(texts), codes)
        # Index -1, the last, is that of rows without a field.
        return cls._recoded([*texts, ""], codes)

    @classmethod
    def same(cls, text: str, rows: int) -> CsvColumn:
        """Return a column that has one text in all rows."""
        return cls((text,), np.zeros(rows, dtype=np.intp))

    @classmethod
    def _recoded(cls, texts: Sequence[str], codes: Column) -> CsvColumn:
        number = {text: i for i, text in enumerate(dict.fromkeys(texts))}
        places = np.fromiter(map(number.__getitem__, texts), dtype=np.intp, count=len(texts))
        return cls(tuple(number), places[codes])

    def rows(self, taken: Column) -> CsvColumn:
        """Return some rows, and their texts alone."""
        codes = self.codes[taken]
        used = np.bincount(codes, minlength=len(self.texts)) > 0
        texts = tuple(itertools.compress(self.texts, used.tolist()))
        return CsvColumn(texts, (np.cumsum(used) - 1)[codes])

    def changed(self, change: Callable[[str], str]) -> CsvColumn:
        """Return the column with each text changed."""
        return self._recoded([change(text) for text in self.texts], self.codes)

    def each(self, ask: Callable[[str], Any], dtype: type = object) -> Column:
        """Return what ``ask`` says of the text of each row."""
        answers: Column = np.empty(len(self.texts), dtype=dtype)
        answers[:] = [ask(text) for text in self.texts]
        return answers[self.codes]

    def isin(self, words: frozenset[str]) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Return which rows have one of some words, however it is capitalised."""
        longest = max(map(len, words))
        is_one = np.asarray([len(text) <= longest and text.lower() in words for text in self.texts])
        return np.asarray(is_one[self.codes], dtype=np.bool_)


@dataclasses.dataclass(frozen=True, slots=True)
class CsvTable:
    """The columns that have a name, and the line of the file on which each row stands."""

    cells: dict[str, CsvColumn]
    lines: Column

    def __len__(self) -> int:
        return len(self.lines)


def read_table(path: Path, text: str) -> tuple[CsvTable, list[str]]:
    """Read the fields of a CSV, blank lines left out, and what is to be said of how it was read.

    Raises
    ------
    AnalysisError : this is no CSV, or the first line lacks columns that are needed.
    """
    separator = _separator(text)
    try:
        frame = pd.read_csv(
            io.StringIO(text),
            sep=separator,
            dtype=object,
            header=None,
            keep_default_na=False,
            skip_blank_lines=False,
            index_col=False,
            low_memory=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as exc:
        problem = " ".join(str(exc).split())
        raise AnalysisError(f"{path}: not a readable CSV: {problem}") from exc
    columns = [CsvColumn.of(frame[number].to_numpy()) for number in frame]
    written = np.any([column.each(bool, np.bool_) for column in columns], axis=0)
    head, rows = int(np.argmax(written)), np.flatnonzero(written)[1:]
    names = [column.texts[column.codes[head]].lower() for column in columns]
    notes = []
    if _OF_2025.keys() <= set(names):
        names = ["" if name in _LEFT_OUT else _OF_2025.get(name, name) for name in names]
        notes.append(
            f"{path}: read as the 2025 pilot's file of times; columns not used: {', '.join(_LEFT_OUT)}"
        )
    for name in filter(None, names):
        if names.count(name) > 1:
            raise AnalysisError(f"{path}: line 1: column {name!r} is there twice")
    cells = {name: column.rows(rows) for name, column in zip(names, columns, strict=True) if name}
    if not _OF_TIMES.keys() & cells.keys():
        cells |= {name: CsvColumn.same(word, len(rows)) for name, word in _OF_TIMES.items()}
    missing = [name for name in COLUMNS if name not in cells]
    if missing:
        raise AnalysisError(
            f"{path}: line 1: columns missing: {', '.join(missing)}; the first line must name {','.join(COLUMNS)} "
            "(replicate,passed where nothing was timed) and what was varied, such as agents or model"
        )
    if not len(rows):
        raise AnalysisError(f"{path}: no measurements: there is no line after the first")
    if separator != ",":
        cells = {name: _with_points(column) for name, column in cells.items()}
    return CsvTable(cells, rows + 1), notes  # lines as an editor counts them, blank ones too


def _separator(text: str) -> str:
    """Return what stands between the names in the first line that has any: spreadsheets write more than commas."""
    head = text.lstrip().partition("\n")[0]
    return max(_SEPARATORS, key=head.count)


def _with_points(column: CsvColumn) -> CsvColumn:
    """Return numbers with decimal points; spreadsheets of half the world write commas.

    Only a column of numbers alone is changed, and none that has a point somewhere: a comma could stand for thousands.
    """
    words = NONE | {"inf"}
    if all(_WITH_COMMA.fullmatch(text) or text.lower() in words for text in column.texts):
        return column.changed(lambda text: text.replace(",", "."))
    return column
