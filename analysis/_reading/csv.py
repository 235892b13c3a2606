"""A CSV of measurements: one line per run, and a column for each factor."""

from __future__ import annotations

import dataclasses
import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .._errors import AnalysisError
from .entries import LONGEST, NO_TIME, SHORTEST, Place, RawFile
from .frames import RESERVED, Source
from .levels import OPTIMIZATION, budget, label, show
from .programs import NUMBERS, TEXTS, Programs, objects

if TYPE_CHECKING:
    from pathlib import Path

    from .programs import Column

COLUMNS = ("replicate", "list", "run", "seconds", "passed")
"""Columns that a file of times has."""

_OF_TIMES = {"list": "1", "run": "1", "seconds": ""}
"""Columns that a file without any time may lack, and what stands in them then: its programs were judged, once each."""

KNOWN = ("task", "censored", "limit", "turn", "agent")
"""Columns that are no factors where they are there: the task, whether the run was stopped at its time limit, that
limit in seconds, and of intermediate programs the turn and the agent that wrote it. Without turns ``agent`` is a
factor like any other."""

ARM = "arm"
"""What a factor is called whose column is ``treatment``: that word means the combination of all factors."""

_LIMITS = ("iterations", "time_limit")
_OF_2025 = {
    "num agents": "agents",
    "time limit": "time_limit",
    "execution time (s)": "seconds",
    "test passed": "passed",
}
"""Columns of the 2025 pilot's own file of times, and what they are called here."""
_LEFT_OUT = ("file name", "result")
_TRUE = frozenset({"true", "t", "yes", "y", "1", "1.0"})
_FALSE = frozenset({"false", "f", "no", "n", "0", "0.0"})
_NO_TIME = frozenset({"", "nan", "na", "n/a", "null", "none"})
_SEPARATORS = (",", ";", "\t")
_WITH_COMMA = r"[+-]?\d*(?:,\d+)?(?:[eE][+-]?\d+)?"


def read_csv(path: Path, text: str) -> RawFile:
    """Read one CSV; whatever is wrong is an AnalysisError with file, line and column."""
    frame, notes = _table(path, text)
    checked = _Checked(str(path), frame)
    factors = _factors(path, checked, notes)
    replicate = checked.whole("replicate")
    passed, lists, runs = checked.flag("passed"), checked.whole("list"), checked.whole("run")
    told = checked.numbers("seconds")
    late = _Late.of(checked, passed, told)
    passed = passed & ~late.censored
    tasks = checked.texts("task") if "task" in frame else np.full(len(frame), "", dtype=object)
    untimed = _without_times(tasks, told)
    checked.require_times(told, passed, late.censored | untimed)
    seconds = np.where(late.censored, np.nan, told)
    turn = checked.turn() if "turn" in frame else np.full(len(frame), np.nan)
    agent = checked.texts("agent") if "turn" in frame and "agent" in frame else np.full(len(frame), None)
    keys = pd.DataFrame({"task": tasks, **{f"factor {name}": of for name, of in factors.items()}})
    keys["replicate"] = replicate
    number = keys.groupby(list(keys), sort=False).ngroup().to_numpy()
    checked.no_repeats(number, turn, lists, runs)
    programs = _programs(checked, factors, number, _Runs(replicate, passed, tasks, turn, late))
    size = len(frame)
    timed = np.isfinite(seconds)
    stopped = int(late.censored.sum())
    if stopped:
        notes.append(f"{path}: {stopped} of {size} runs were stopped at their time limit")
    failed = int((~timed & ~late.censored & ~untimed).sum())
    if failed:
        notes.append(f"{path}: {failed} of {size} runs have no time: they failed")
    unknown, none = np.full(size, np.nan), np.full(size, None)
    columns: dict[str, Column] = {"session": none, "block": none, "agent": agent}
    untold = ("cpu_seconds", "queue_seconds", "revealed_seconds", "resolution_seconds", "contaminated")
    columns |= dict.fromkeys(untold, unknown)
    columns |= {"program": number, "turn": turn, "list": lists, "run": runs}
    columns |= {"passed": passed.astype(np.float64), "seconds": seconds}
    # Programs that were never timed have no runs, here as in JSON.
    columns = {name: of[~untimed] for name, of in columns.items()}
    return RawFile(
        source=_source(str(path)),
        study="",
        task=str(tasks[0]) if len(set(tasks)) == 1 else "",
        factors={},
        programs=programs,
        runs=columns,
        reference={
            name: [] for name in ("session", "task", "block", "list", "run", "seconds", "cpu_seconds")
        },
        notes=notes,
    )


def _without_times(
    tasks: Column, seconds: np.ndarray[Any, np.dtype[np.float64]]
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which runs are of tasks that no run has a time of: their programs were only judged."""
    number = pd.factorize(tasks)[0]
    timed = np.bincount(number, weights=np.isfinite(seconds)) > 0
    return np.asarray(~timed[number], dtype=np.bool_)


@dataclasses.dataclass(frozen=True, slots=True)
class _Late:
    """Which runs were stopped at their time limit, and the limits in seconds (NaN where unknown)."""

    censored: np.ndarray[Any, np.dtype[np.bool_]]
    limit: np.ndarray[Any, np.dtype[np.float64]]

    @classmethod
    def of(
        cls,
        checked: _Checked,
        passed: np.ndarray[Any, np.dtype[np.bool_]],
        times: np.ndarray[Any, np.dtype[np.float64]],
    ) -> _Late:
        """Read ``censored`` and ``limit``; a failed run that took its whole limit was stopped by it."""
        frame, size = checked.frame, len(checked.frame)
        limit = checked.amount("limit") if "limit" in frame else np.full(size, np.nan)
        if "censored" in frame:
            censored = checked.flag("censored", empty=False)
        else:
            censored = ~passed & np.isfinite(times) & (times >= limit)
        # A run that was stopped and tells no limit was stopped at its own time.
        own = censored & ~np.isfinite(limit) & np.isfinite(times) & (times > 0)
        return cls(censored=censored, limit=np.where(own, times, limit))


@dataclasses.dataclass(frozen=True, slots=True)
class _Runs:
    """What is known of each run, one row each."""

    replicate: np.ndarray[Any, np.dtype[np.int64]]
    passed: np.ndarray[Any, np.dtype[np.bool_]]
    task: Column
    turn: np.ndarray[Any, np.dtype[np.float64]]
    late: _Late


def _factors(path: Path, checked: _Checked, notes: list[str]) -> dict[str, Column]:
    """Return the level of each run for every factor, in the order of the columns; the pilot's two limits make one."""
    frame = checked.frame
    pilot = all(name in frame for name in _LIMITS)
    known = set(COLUMNS) | (set(KNOWN) if "turn" in frame else set(KNOWN) - {"agent"})
    unused = [name for name in frame.columns if name in RESERVED - {"treatment"} and name not in known]
    if unused:
        notes.append(f"{path}: columns not used: {', '.join(unused)}")
    factors: dict[str, Column] = {}
    for name in frame.columns:
        if not name or name in known or name in unused or (pilot and name == _LIMITS[1]):
            continue
        if pilot and name == _LIMITS[0]:
            pairs = zip(checked.limit(_LIMITS[0]), checked.limit(_LIMITS[1]), strict=True)
            called, levels = OPTIMIZATION, [budget(*pair) for pair in pairs]
        elif pilot and name == "agents":
            called, levels = name, [show(int(value)) or "" for value in checked.whole(name)]
        else:
            called = ARM if name == "treatment" else name
            levels = [label(value) or "" for value in frame[name]]
        if called in factors:
            raise AnalysisError(
                f"{path}: line 1: column {name!r}: there is a factor {called!r} already; name it after what varies"
            )
        factors[called] = np.asarray(levels, dtype=object)
    if ARM in factors and ARM not in frame:
        notes.append(f"{path}: the column 'treatment' is the factor '{ARM}' here")
    if not factors:
        raise AnalysisError(
            f"{path}: line 1: no factor: beside {', '.join(COLUMNS)} there must be a column for what was varied, "
            "such as model"
        )
    return factors


def _programs(
    checked: _Checked,
    factors: dict[str, Column],
    number: np.ndarray[Any, np.dtype[Any]],
    runs: _Runs,
) -> Programs:
    """Return each program with the verdict of its last turn: late where a run was stopped, failed where one failed."""
    size = int(number.max()) + 1
    last = np.full(size, -np.inf)
    np.maximum.at(last, number, np.where(np.isnan(runs.turn), -np.inf, runs.turn))
    final = np.isnan(runs.turn) | (runs.turn == last[number])
    wrong = np.bincount(number, weights=final & ~runs.passed & ~runs.late.censored, minlength=size) > 0
    stopped = np.bincount(number, weights=final & runs.late.censored, minlength=size) > 0
    limits = np.full(size, -np.inf)
    np.maximum.at(limits, number, np.where(np.isfinite(runs.late.limit), runs.late.limit, -np.inf))
    first = np.unique(number, return_index=True)[1]
    known: dict[tuple[str, ...], int] = {}
    keys = list(zip(*(of[first].tolist() for of in factors.values()), strict=True))
    treatment = np.asarray([known.setdefault(key, len(known)) for key in keys], dtype=np.intp)
    none, unknown = np.full(size, None), np.full(size, np.nan)
    return Programs(
        levels=tuple(tuple(zip(factors, key, strict=True)) for key in known),
        treatment=treatment,
        replicate=runs.replicate[first],
        verdict=objects(["correct", "timeout", "failed"])[np.where(wrong, 2, stopped)],
        sha256=none,
        task=runs.task[first],
        info={
            **dict.fromkeys(TEXTS, none),
            **dict.fromkeys(NUMBERS, unknown),
            "limit_seconds": np.where(np.isfinite(limits), limits, np.nan),
            "turns": np.where(np.isfinite(last), last, np.nan),
        },
        where=[f"line {line}" for line in checked.frame.index[first]],
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
    notes = []
    if _OF_2025.keys() <= set(frame.columns):
        frame = frame.rename(columns=_OF_2025).drop(columns=list(_LEFT_OUT), errors="ignore")
        notes.append(
            f"{path}: read as the 2025 pilot's file of times; columns not used: {', '.join(_LEFT_OUT)}"
        )
    named = frame.columns[frame.columns != ""]
    if named.has_duplicates:
        twice = named[named.duplicated()][0]
        raise AnalysisError(f"{path}: line 1: column {twice!r} is there twice")
    if not _OF_TIMES.keys() & set(frame.columns):
        frame = frame.assign(**_OF_TIMES)
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise AnalysisError(
            f"{path}: line 1: columns missing: {', '.join(missing)}; the first line must name {','.join(COLUMNS)} "
            "(replicate,passed where nothing was timed) and what was varied, such as agents or model"
        )
    if frame.empty:
        raise AnalysisError(f"{path}: no measurements: there is no line after the first")
    if _separator(text) != ",":
        for name in frame.columns:
            frame[name] = _with_points(frame[name])
    return frame, notes


def _separator(text: str) -> str:
    """Return what stands between the names in the first line that has any: spreadsheets write more than commas."""
    head = text.lstrip().partition("\n")[0]
    return max(_SEPARATORS, key=head.count)


def _with_points(column: pd.Series[str]) -> pd.Series[str]:
    """Return numbers with decimal points; spreadsheets of half the world write commas.

    Only a column of numbers alone is changed, and none that has a point somewhere: a comma could stand for thousands.
    """
    numbers = column.str.fullmatch(_WITH_COMMA) | column.str.lower().isin(_NO_TIME | {"inf"})
    return column.str.replace(",", ".", regex=False) if numbers.all() else column


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

    def numbers(self, column: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return a column's numbers, NaN where a field holds none."""
        return np.asarray(pd.to_numeric(self.frame[column], errors="coerce"), dtype=np.float64)

    def _require(self, good: np.ndarray[Any, np.dtype[np.bool_]], column: str, problem: str) -> None:
        if not good.all():
            raise self._fail(int(np.argmin(good)), column, problem)

    def whole(self, column: str) -> np.ndarray[Any, np.dtype[np.int64]]:
        numbers = self.numbers(column)
        fits = np.isfinite(numbers) & (np.abs(numbers) < 2**53)
        self._require(
            fits & (np.floor(np.where(fits, numbers, 0.5)) == numbers), column, "must be a whole number"
        )
        return numbers.astype(np.int64)

    def limit(self, column: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        numbers = self.numbers(column)
        self._require(numbers > 0, column, 'must be a number above 0, or "inf" for no limit')
        return numbers

    def amount(self, column: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return seconds above 0, NaN for an empty field, a word for none, or infinity."""
        numbers = self.numbers(column)
        empty = self.frame[column].str.lower().isin(_NO_TIME).to_numpy(dtype=bool)
        self._require(empty | (numbers > 0), column, "must be a number of seconds above 0, or empty")
        return np.where(np.isfinite(numbers), numbers, np.nan)

    def turn(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return turns, whole numbers from 1 on; NaN where the field is empty: that is the final program."""
        numbers = self.numbers("turn")
        empty = self.frame["turn"].str.lower().isin(_NO_TIME).to_numpy(dtype=bool)
        whole = np.isfinite(numbers) & (numbers >= 1) & (np.floor(numbers) == numbers)
        self._require(empty | whole, "turn", "must be a whole number from 1 on, or empty")
        return np.where(empty, np.nan, numbers)

    def texts(self, column: str) -> Column:
        """Return texts, spaces evened."""
        return np.asarray([label(value) or "" for value in self.frame[column]], dtype=object)

    def flag(self, column: str, *, empty: bool | None = None) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Return yes or no; ``empty`` is what an empty field means, if it may be empty."""
        words = self.frame[column].str.lower()
        true = words.isin(_TRUE).to_numpy(dtype=bool)
        good = true | words.isin(_FALSE).to_numpy(dtype=bool)
        if empty is not None:
            blank = words.isin(_NO_TIME).to_numpy(dtype=bool)
            true, good = true | (blank if empty else False), good | blank
        self._require(good, column, "must be True or False")
        return true

    def require_times(
        self,
        numbers: np.ndarray[Any, np.dtype[np.float64]],
        passed: np.ndarray[Any, np.dtype[np.bool_]],
        untold: np.ndarray[Any, np.dtype[np.bool_]],
    ) -> None:
        """Refuse what is no time; that of a run that failed may be missing: an empty field, or a word for it.

        So may those that are ``untold``, of a run that was stopped or of a task that was never timed, whatever the
        file says of its passing.
        """
        known = np.isfinite(numbers)
        empty = self.frame["seconds"].str.lower().isin(_NO_TIME).to_numpy(dtype=bool)
        good = (known & (numbers > 0)) | (empty & (~passed | untold))
        self._require(good, "seconds", "a time must be finite and above 0 (empty only where the run failed)")
        sane = ~known | ((numbers >= SHORTEST) & (numbers <= LONGEST))
        self._require(sane, "seconds", NO_TIME)

    def no_repeats(self, *columns: np.ndarray[Any, Any]) -> None:
        keys = pd.DataFrame({str(i): column for i, column in enumerate(columns)})
        repeated = keys.duplicated().to_numpy()
        if repeated.any():
            row = int(np.argmax(repeated))
            first = int(np.argmax((keys == keys.iloc[row]).all(axis=1).to_numpy()))
            raise Place(self.file, f"line {self.line(row)}").error(
                "run", f"duplicate: the same program, list and run as line {self.line(first)}"
            )
