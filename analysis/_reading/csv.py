"""A CSV of measurements: one line per run, and a column for each factor."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .._errors import AnalysisError
from .csv_table import COLUMNS, NONE, CsvColumn, read_table
from .entries import LONGEST, NO_TIME, SHORTEST, Place, RawFile
from .frames import RESERVED, Source
from .levels import OPTIMIZATION, budget, label, show
from .programs import NUMBERS, TEXTS, Programs, objects

if TYPE_CHECKING:
    from pathlib import Path

    from .csv_table import CsvTable
    from .programs import Column

KNOWN = ("task", "censored", "limit", "turn", "agent")
"""Columns that are no factors where they are there: the task, whether the run was stopped at its time limit, that
limit in seconds, and of intermediate programs the turn and the agent that wrote it. Without turns ``agent`` is a
factor like any other."""

ARM = "arm"
"""What a factor is called whose column is ``treatment``: that word means the combination of all factors."""

_LIMITS = ("iterations", "time_limit")
_TRUE = frozenset({"true", "t", "yes", "y", "1", "1.0"})
_FALSE = frozenset({"false", "f", "no", "n", "0", "0.0"})


def read_csv(path: Path, text: str) -> RawFile:
    """Read one CSV; whatever is wrong is an AnalysisError with file, line and column."""
    table, notes = read_table(path, text)
    checked = _Checked(str(path), table)
    factors = _factors(path, checked, notes)
    replicate = checked.whole("replicate")
    passed, lists, runs = checked.flag("passed"), checked.whole("list"), checked.whole("run")
    told = checked.numbers("seconds")
    late = _Late.of(checked, passed, told)
    passed = passed & ~late.censored
    of_task = checked.labels("task") if "task" in table.cells else CsvColumn.same("", len(table))
    tasks = of_task.each(str)
    untimed = _without_times(of_task.codes, told)
    checked.require_times(told, passed, late.censored | untimed)
    seconds = np.where(late.censored, np.nan, told)
    turn = checked.turn() if "turn" in table.cells else np.full(len(table), np.nan)
    told_agents = {"turn", "agent"} <= table.cells.keys()
    agent = checked.labels("agent").each(str) if told_agents else np.full(len(table), None)
    number = _groups(*(of.codes for of in (of_task, *factors.values())), replicate)
    checked.no_repeats(_groups(number, turn, lists, runs))
    programs = _programs(checked, factors, number, _Runs(replicate, passed, tasks, turn, late))
    size = len(table)
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
        task=of_task.texts[0] if len(of_task.texts) == 1 else "",
        factors={},
        programs=programs,
        runs=columns,
        reference={
            name: [] for name in ("session", "task", "block", "list", "run", "seconds", "cpu_seconds")
        },
        notes=notes,
    )


def _groups(*columns: Column) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Return the number of each row's combination of values, as they appear; what is NaN is like itself."""
    number = np.zeros(len(columns[0]), dtype=np.intp)
    for column in columns:
        codes = pd.factorize(column)[0] + 1
        number = pd.factorize(number * (1 + int(codes.max(initial=0))) + codes)[0]
    return number


def _without_times(
    task: Column, seconds: np.ndarray[Any, np.dtype[np.float64]]
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which runs are of tasks that no run has a time of: their programs were only judged."""
    timed = np.bincount(task, weights=np.isfinite(seconds)) > 0
    return np.asarray(~timed[task], dtype=np.bool_)


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
        known, size = checked.table.cells, len(checked.table)
        limit = checked.amount("limit") if "limit" in known else np.full(size, np.nan)
        if "censored" in known:
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


def _factors(path: Path, checked: _Checked, notes: list[str]) -> dict[str, CsvColumn]:
    """Return the level of each run for every factor, in the order of the columns; the pilot's two limits make one."""
    cells = checked.table.cells
    pilot = all(name in cells for name in _LIMITS)
    known = set(COLUMNS) | (set(KNOWN) if "turn" in cells else set(KNOWN) - {"agent"})
    unused = [name for name in cells if name in RESERVED - {"treatment"} and name not in known]
    if unused:
        notes.append(f"{path}: columns not used: {', '.join(unused)}")
    factors: dict[str, CsvColumn] = {}
    for name in cells:
        if name in known or name in unused or (pilot and name == _LIMITS[1]):
            continue
        if pilot and name == _LIMITS[0]:
            called, levels = OPTIMIZATION, checked.budgets()
        elif pilot and name == "agents":
            checked.whole(name)
            called, levels = name, cells[name].changed(lambda text: show(int(float(text))) or "")
        else:
            called, levels = ARM if name == "treatment" else name, checked.labels(name)
        if called in factors:
            raise AnalysisError(
                f"{path}: line 1: column {name!r}: there is a factor {called!r} already; name it after what varies"
            )
        factors[called] = levels
    if ARM in factors and ARM not in cells:
        notes.append(f"{path}: the column 'treatment' is the factor '{ARM}' here")
    if not factors:
        raise AnalysisError(
            f"{path}: line 1: no factor: beside {', '.join(COLUMNS)} there must be a column for what was varied, "
            "such as model"
        )
    return factors


def _programs(
    checked: _Checked,
    factors: dict[str, CsvColumn],
    number: np.ndarray[Any, np.dtype[np.intp]],
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
    each = (map(of.texts.__getitem__, of.codes[first].tolist()) for of in factors.values())
    treatment = np.asarray(
        [known.setdefault(key, len(known)) for key in zip(*each, strict=True)], dtype=np.intp
    )
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
        where=[f"line {line}" for line in checked.table.lines[first].tolist()],
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


class _Checked:
    """Columns as numbers; the first bad value raises with its line and column."""

    def __init__(self, file: str, table: CsvTable) -> None:
        self.file = file
        self.table = table

    def _fail(self, row: int, column: str, problem: str) -> AnalysisError:
        cells = self.table.cells[column]
        value = cells.texts[cells.codes[row]]
        return Place(self.file, f"line {self.line(row)}").error(column, f"{problem}, got {value!r}")

    def line(self, row: int) -> int:
        """Return the line of the file on which a row stands."""
        return int(self.table.lines[row])

    def numbers(self, column: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return a column's numbers, NaN where a field holds none."""
        cells = self.table.cells[column]
        numbers = pd.to_numeric(objects(cells.texts), errors="coerce")
        return np.asarray(numbers, dtype=np.float64)[cells.codes]

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
        empty = self.table.cells[column].isin(NONE)
        self._require(empty | (numbers > 0), column, "must be a number of seconds above 0, or empty")
        return np.where(np.isfinite(numbers), numbers, np.nan)

    def turn(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return turns, whole numbers from 1 on; NaN where the field is empty: that is the final program."""
        numbers = self.numbers("turn")
        empty = self.table.cells["turn"].isin(NONE)
        whole = np.isfinite(numbers) & (numbers >= 1) & (np.floor(numbers) == numbers)
        self._require(empty | whole, "turn", "must be a whole number from 1 on, or empty")
        return np.where(empty, np.nan, numbers)

    def labels(self, column: str) -> CsvColumn:
        """Return the column with each text as that of a level."""
        return self.table.cells[column].changed(lambda text: label(text) or "")

    def budgets(self) -> CsvColumn:
        """Return the pilot's two limits of each run as one."""
        limits = [self.limit(name) for name in _LIMITS]
        number = _groups(*limits)
        first = np.unique(number, return_index=True)[1]
        return CsvColumn(
            tuple(budget(*pair) for pair in zip(*(of[first].tolist() for of in limits), strict=True)), number
        )

    def flag(self, column: str, *, empty: bool | None = None) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Return yes or no; ``empty`` is what an empty field means, if it may be empty."""
        words = self.table.cells[column]
        true = words.isin(_TRUE)
        good = true | words.isin(_FALSE)
        if empty is not None:
            blank = words.isin(NONE)
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
        empty = self.table.cells["seconds"].isin(NONE)
        good = (known & (numbers > 0)) | (empty & (~passed | untold))
        self._require(good, "seconds", "a time must be finite and above 0 (empty only where the run failed)")
        sane = ~known | ((numbers >= SHORTEST) & (numbers <= LONGEST))
        self._require(sane, "seconds", NO_TIME)

    def no_repeats(self, number: np.ndarray[Any, np.dtype[np.intp]]) -> None:
        """Refuse two rows of one number."""
        if int(number.max(initial=-1)) + 1 < number.size:
            row = int(np.argmax(pd.Series(number).duplicated()))
            first = int(np.argmax(number == number[row]))
            raise Place(self.file, f"line {self.line(row)}").error(
                "run", f"duplicate: the same program, list and run as line {self.line(first)}"
            )
