"""A CSV of measurements: one line per run, for the pilot's two factors."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .._errors import AnalysisError
from .entries import LONGEST, NO_TIME, SHORTEST, Place, RawFile, RawProgram
from .frames import Source
from .levels import budget, show

if TYPE_CHECKING:
    from pathlib import Path

    from .entries import Column, Levels

COLUMNS = ("agents", "iterations", "time_limit", "replicate", "list", "run", "seconds", "passed")
_KEY = ["agents", "iterations", "time_limit", "replicate"]
_TRUE = frozenset({"true", "t", "yes", "y", "1", "1.0"})
_FALSE = frozenset({"false", "f", "no", "n", "0", "0.0"})
_NO_TIME = frozenset({"", "nan", "na", "n/a", "null", "none"})
_SEPARATORS = (",", ";", "\t")
_DECIMAL = frozenset({"seconds", "limit", "iterations", "time_limit"})
_COMMA = r"^([+-]?\d*),(\d+(?:[eE][+-]?\d+)?)$"


def read_csv(path: Path, text: str) -> RawFile:
    """Read one CSV; whatever is wrong is an AnalysisError with file, line and column."""
    frame, notes = _table(path, text)
    checked = _Checked(str(path), frame)
    agents, replicate = checked.whole("agents"), checked.whole("replicate")
    iterations, seconds_limit = checked.limit("iterations"), checked.limit("time_limit")
    passed, lists, runs = checked.flag("passed"), checked.whole("list"), checked.whole("run")
    seconds = checked.seconds(passed)
    checked.no_repeats(agents, iterations, seconds_limit, replicate, lists, runs)
    keys = pd.DataFrame(
        {"agents": agents, "iterations": iterations, "time_limit": seconds_limit, "replicate": replicate}
    )
    number = keys.groupby(_KEY, sort=False).ngroup().to_numpy()
    first = np.unique(number, return_index=True)[1]
    correct = np.bincount(number, weights=~passed) == 0
    known: dict[tuple[int, float, float], Levels] = {}
    programs = []
    for i, row in enumerate(first.tolist()):
        key = (int(agents[row]), float(iterations[row]), float(seconds_limit[row]))
        if key not in known:
            known[key] = (("agents", show(key[0]) or ""), ("optimization", budget(*key[1:])))
        programs.append(
            RawProgram(
                levels=known[key],
                replicate=int(replicate[row]),
                verdict="correct" if correct[i] else "failed",
                sha256=None,
                info={"reason": None, "error_type": None, "llm": None},
                where=f"line {checked.line(row)}",
            )
        )
    size = len(frame)
    timed = np.isfinite(seconds)
    if not timed.all():
        notes.append(f"{path}: {int((~timed).sum())} of {size} runs have no time: they failed")
    unknown, none = np.full(size, np.nan), np.full(size, None)
    columns: dict[str, Column] = {"session": none, "block": none}
    columns |= dict.fromkeys(
        ("turn", "cpu_seconds", "queue_seconds", "revealed_seconds", "contaminated"), unknown
    )
    columns |= {"program": number, "list": lists, "run": runs, "passed": passed.astype(np.float64)}
    columns["seconds"] = np.where(timed, seconds, np.nan)
    return RawFile(
        source=_source(str(path)),
        study="",
        task="",
        factors={},
        programs=programs,
        runs=columns,
        reference={name: [] for name in ("session", "block", "list", "run", "seconds", "cpu_seconds")},
        notes=notes,
    )


def _source(file: str) -> Source:
    return Source(
        file=file,
        kind="csv",
        machine=file,
        machine_info={},
        commit_info={},
        datetime="",
        version="",
        study={},
        refinery={},
    )


def _table(path: Path, text: str) -> tuple[pd.DataFrame, list[str]]:
    try:
        frame = pd.read_csv(
            io.StringIO(text),
            sep=_separator(text),
            dtype=str,
            header=None,
            keep_default_na=False,
            skip_blank_lines=False,
            index_col=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as exc:
        problem = " ".join(str(exc).split())
        raise AnalysisError(f"{path}: not a readable CSV: {problem}") from exc
    frame = frame.fillna("").apply(lambda column: column.str.strip())
    frame.index += 1  # lines as an editor counts them, blank ones too
    frame = frame[(frame != "").any(axis=1)]
    frame.columns = pd.Index([name.lower() for name in frame.iloc[0]])
    frame = frame.iloc[1:]
    named = frame.columns[frame.columns != ""]
    if named.has_duplicates:
        twice = named[named.duplicated()][0]
        raise AnalysisError(f"{path}: line 1: column {twice!r} is there twice")
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise AnalysisError(
            f"{path}: line 1: columns missing: {', '.join(missing)}; the first line must be {','.join(COLUMNS)}"
        )
    if frame.empty:
        raise AnalysisError(f"{path}: no measurements: there is no line after the first")
    if _separator(text) != ",":
        for name in _DECIMAL.intersection(frame.columns):
            frame[name] = _with_points(frame[name])
    unused = [name for name in frame.columns if name and name not in COLUMNS]
    notes = [f"{path}: columns not used: {', '.join(unused)}"] if unused else []
    return frame, notes


def _separator(text: str) -> str:
    """Return what stands between the names in the first line that has any: spreadsheets write more than commas."""
    head = text.lstrip().partition("\n")[0]
    return max(_SEPARATORS, key=head.count)


def _with_points(column: pd.Series[str]) -> pd.Series[str]:
    """Return numbers with decimal points; spreadsheets of half the world write commas.

    Where some number of the column has a point, a comma could stand for thousands: nothing is taken for granted then.
    """
    if column.str.contains(".", regex=False).any():
        return column
    return column.str.replace(_COMMA, r"\1.\2", regex=True)


class _Checked:
    """Columns as numbers; the first bad value raises with its line and column."""

    def __init__(self, file: str, frame: pd.DataFrame) -> None:
        self.file = file
        self.frame = frame

    def _fail(self, row: int, column: str, problem: str) -> AnalysisError:
        value = self.frame[column].iloc[row]
        return Place(self.file, f"line {self.line(row)}").error(column, f"{problem}, got {value!r}")

    def line(self, row: int) -> int:
        """Return the line of the file on which a row stands."""
        return int(self.frame.index[row])

    def _numbers(self, column: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.asarray(pd.to_numeric(self.frame[column], errors="coerce"), dtype=np.float64)

    def _require(self, good: np.ndarray[Any, np.dtype[np.bool_]], column: str, problem: str) -> None:
        if not good.all():
            raise self._fail(int(np.argmin(good)), column, problem)

    def whole(self, column: str) -> np.ndarray[Any, np.dtype[np.int64]]:
        numbers = self._numbers(column)
        fits = np.isfinite(numbers) & (np.abs(numbers) < 2**53)
        self._require(
            fits & (np.floor(np.where(fits, numbers, 0.5)) == numbers), column, "must be a whole number"
        )
        return numbers.astype(np.int64)

    def limit(self, column: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        numbers = self._numbers(column)
        self._require(numbers > 0, column, 'must be a number above 0, or "inf" for no limit')
        return numbers

    def flag(self, column: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
        words = self.frame[column].str.lower()
        true = words.isin(_TRUE).to_numpy(dtype=bool)
        self._require(true | words.isin(_FALSE).to_numpy(dtype=bool), column, "must be True or False")
        return true

    def seconds(self, passed: np.ndarray[Any, np.dtype[np.bool_]]) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return the times; that of a run that failed may be missing: an empty field, or a word for it."""
        numbers = self._numbers("seconds")
        known = np.isfinite(numbers)
        empty = self.frame["seconds"].str.lower().isin(_NO_TIME).to_numpy(dtype=bool)
        good = (known & (numbers > 0)) | (empty & ~passed)
        self._require(good, "seconds", "a time must be finite and above 0 (empty only where the run failed)")
        sane = ~known | ((numbers >= SHORTEST) & (numbers <= LONGEST))
        self._require(sane, "seconds", NO_TIME)
        return numbers

    def no_repeats(self, *columns: np.ndarray[Any, Any]) -> None:
        keys = pd.DataFrame({str(i): column for i, column in enumerate(columns)})
        repeated = keys.duplicated().to_numpy()
        if repeated.any():
            row = int(np.argmax(repeated))
            first = int(np.argmax((keys == keys.iloc[row]).all(axis=1).to_numpy()))
            raise Place(self.file, f"line {self.line(row)}").error(
                "run", f"duplicate: the same program, list and run as line {self.line(first)}"
            )
