"""Benchmark JSON in its usual form, as the plugin writes it: decoded by types, and checked as columns.

Whatever is unusual in any way (another type, a value out of range, a field that is told otherwise) is left to the
reader that goes entry by entry, takes more forms, and names the entry and the field that is wrong.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, overload

import msgspec
import numpy as np
import orjson
from msgspec import Meta, Raw

from .._errors import AnalysisError
from .benchmark_json import (
    MEAN_TOLERANCE,
    OPTIONAL,
    VERDICTS,
    Reader,
    Verdict,
    for_each_run,
    without_collector,
)
from .content import is_ascii
from .entries import LARGEST, LONGEST, SHORTEST, Place, writable
from .programs import AMOUNTS, Programs, objects

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping
    from pathlib import Path

    from .content import Content
    from .entries import RawFile
    from .programs import Column, Levels

_MOST_KEYS = 2**62
_Whole: TypeAlias = Annotated[int, Meta(ge=-LARGEST, le=LARGEST)]
_Seconds: TypeAlias = Annotated[float, Meta(ge=SHORTEST, le=LONGEST)]
_Amount: TypeAlias = Annotated[float, Meta(ge=0, le=LONGEST)]
_Scalar: TypeAlias = _Whole | str | None


class _Program(msgspec.Struct, gc=False):
    treatment: Raw
    replicate: _Whole
    verdict: Verdict  # one text for all that have it
    task: str | None = None
    turn: None = None
    turns: _Amount | None = None
    calls: _Amount | None = None
    prompt_tokens: _Amount | None = None
    completion_tokens: _Amount | None = None
    cost_usd: _Amount | None = None
    load_seconds: _Amount | None = None
    verify_seconds: _Amount | None = None
    reason: str | None = None
    error_type: str | None = None
    model: str | None = None
    cut_short: str | None = None
    sha256: str | None = None


class _Extra(msgspec.Struct, gc=False):
    treatment: Raw
    replicate: _Whole
    where: _Whole = msgspec.field(name="list")
    study: str | None = None
    task: str | None = None
    turn: None = None
    verdict: Verdict | None = None
    session: _Scalar = None
    block: _Scalar = None
    limit_seconds: _Seconds | None = None
    cpu_seconds: list[_Seconds] | None = None
    queue_seconds: list[_Amount] | None = None
    revealed_seconds: list[_Amount] | None = None
    resolution_seconds: list[_Amount] | None = None
    contaminated: list[bool] | None = None


class _Stats(msgspec.Struct, gc=False):
    data: Annotated[list[_Seconds], Meta(min_length=1)]
    mean: _Seconds | None = None
    rounds: int | None = None


class _Benchmark(msgspec.Struct, gc=False):
    extra_info: _Extra
    stats: _Stats


class _File(msgspec.Struct, gc=False):
    benchmarks: list[_Benchmark]
    refinery: dict[str, Raw]
    machine_info: Any = None
    commit_info: Any = None
    datetime: Any = None
    version: Any = None


class _UnusualError(Exception):
    """Something that is not as it usually is; never seen outside of this module."""


def read_usual(path: Path, data: Content) -> list[RawFile] | None:
    """Read one benchmark JSON of one machine; None where it has to be read entry by entry.

    What is returned equals what the other reader returns.
    """
    try:
        with without_collector():
            return [_read(str(path), data)]
    # msgspec's errors are no ValueErrors in its older versions.
    except (_UnusualError, AnalysisError, ValueError, msgspec.MsgspecError, RecursionError):
        return None


def _read(file: str, data: Content) -> RawFile:
    if not is_ascii(data):
        # What is skipped is not checked for being UTF-8.
        str(data, "utf-8")
    whole = msgspec.json.decode(data, type=_File)
    refinery = {
        key: orjson.loads(memoryview(value)) for key, value in whole.refinery.items() if key != "programs"
    }
    if "machines" in refinery or "programs" not in whole.refinery:
        raise _UnusualError
    document = {
        "machine_info": whole.machine_info,
        "commit_info": whole.commit_info,
        "datetime": whole.datetime,
        "version": whole.version,
        "refinery": refinery,
    }
    programs = msgspec.json.decode(whole.refinery["programs"], type=list[_Program])
    return _ColumnReader(file, document, programs, whole.benchmarks).read()


class _ColumnReader(Reader):
    """Reads programs and benchmarks as columns; the head of the file and the reference as they always are.

    Nothing here goes through programs or benchmarks one by one: what is done in Python is done once for each
    different value.
    """

    def __init__(
        self,
        file: str,
        document: Mapping[str, Any],
        programs: Sequence[_Program],
        benchmarks: Sequence[_Benchmark],
    ) -> None:
        super().__init__(file, document)
        self.rows = programs
        self.timed = benchmarks
        self.columns: dict[str, Column] = {}
        self.several = len(self._tasks_told() | set(_each(programs, "task")) - {None}) > 1
        self.texts = _TreatmentTexts(self._levels_told)
        self.of_programs: tuple[Levels, ...] = ()
        self.codes: dict[str, Column] = {}
        self.limits: Column = np.zeros(0)

    def _read_programs(self) -> None:
        """Replace treatments, tasks and verdicts of programs by numbers."""
        treatment = self._treatments(self.rows)
        task = self._tasks_of(self.rows)
        verdict = _numbered(_each(self.rows, "verdict"), VERDICTS)
        replicate = np.asarray(_each(self.rows, "replicate"), dtype=np.int64)
        self.codes = {"treatment": treatment, "task": task, "verdict": verdict, "replicate": replicate}
        self.of_programs = tuple(self.texts.levels)

    def _program_columns(self) -> Programs:
        levels = tuple(dict.fromkeys(self.of_programs))
        of_text = _numbered(self.of_programs, levels)
        tasks = _each(self.rows, "task")
        texts = {"reason": "reason", "error_type": "error_type", "llm": "model", "cut_short": "cut_short"}
        return Programs(
            levels=levels,
            treatment=of_text[self.codes["treatment"]],
            replicate=self.codes["replicate"],
            verdict=objects(_each(self.rows, "verdict")),
            sha256=objects([checksum or None for checksum in _each(self.rows, "sha256")]),
            task=objects(_changed(tasks, _task) if self.several else [""] * len(tasks)),
            info={
                **{name: objects(_changed(_each(self.rows, field), _text)) for name, field in texts.items()},
                # None is NaN in an array of floats.
                **{name: np.asarray(_each(self.rows, name), dtype=np.float64) for name in AMOUNTS},
                "limit_seconds": self.limits,
            },
            where=_Entries(len(self.rows)),
        )

    def _read_benchmarks(self, study: str) -> str:
        extras = _each(self.timed, "extra_info")
        stats = _each(self.timed, "stats")
        if not set(_each(extras, "study")) <= {None, study}:
            raise _UnusualError
        tasks = dict.fromkeys(_each(extras, "task"))
        tasks.pop(None, None)
        if len(tasks) > 1 and not self.several:
            raise _UnusualError
        data = _each(stats, "data")
        counts = _lengths(data)
        seconds = _flat(data, counts)
        _check_means(stats, seconds, counts)
        program = self._program_of_each(extras)
        where = np.asarray(_each(extras, "where"), dtype=np.int64)
        session, block = (objects(_changed(_each(extras, name), _scalar)) for name in ("session", "block"))
        if _has_repeats(program, where, _numbered(session.tolist())):
            raise _UnusualError
        self._read_limits(extras, program)
        each = {
            "program": program,
            "turn": np.full(len(extras), np.nan),
            "session": session,
            "block": block,
            "list": where,
        }
        self.columns = {
            **for_each_run(each, counts),
            "seconds": seconds,
            **{name: _per_run(_each(extras, name), counts) for name in OPTIONAL},
        }
        return "" if self.several else next(iter(tasks), "")

    def _columns(self) -> dict[str, Column]:
        return self.columns

    def _treatments(self, rows: Sequence[_Program] | Sequence[_Extra]) -> Column:
        """Return the number of the text that tells the treatment of each."""
        texts = map(bytes, map(attrgetter("treatment"), rows))
        return np.fromiter(map(self.texts.__getitem__, texts), dtype=np.intp, count=len(rows))

    def _levels_told(self, text: bytes) -> Levels:
        treatment = orjson.loads(text)
        if not isinstance(treatment, dict):
            raise _UnusualError
        return self._mapping_levels(treatment, Place(self.file, ""))

    def _tasks_of(self, rows: Sequence[_Program] | Sequence[_Extra]) -> Column:
        """Return a number for each task, in a file that has several; no task is like one without a name."""
        if not self.several:
            return np.zeros(len(rows), dtype=np.intp)
        tasks = _changed(_each(rows, "task"), _task)
        known = dict.fromkeys(_changed(_each(self.rows, "task"), _task))
        return _numbered(tasks, known)

    def _program_of_each(self, extras: Sequence[_Extra]) -> Column:
        """Return the program of each benchmark: the one of its treatment, task and replicate."""
        treatment, task = self._treatments(extras), self._tasks_of(extras)
        replicate = np.asarray(_each(extras, "replicate"), dtype=np.int64)
        # The same treatment may be written in several ways.
        number = np.asarray([self._number(levels) for levels in self.texts.levels], dtype=np.intp)
        ours = (number[self.codes["treatment"]], self.codes["task"], self.codes["replicate"])
        place = _places(ours, (number[treatment], task, replicate))
        told = _each(extras, "verdict")
        verdict = _numbered(told, (*VERDICTS, None))
        if ((verdict != len(VERDICTS)) & (verdict != self.codes["verdict"][place])).any():
            raise _UnusualError
        return place

    def _read_limits(self, extras: Sequence[_Extra], program: Column) -> None:
        """Keep the largest limit of each program, NaN for those without."""
        largest = np.zeros(len(self.rows))
        limits = np.asarray(_each(extras, "limit_seconds"), dtype=np.float64)
        np.maximum.at(largest, program, np.nan_to_num(limits))
        self.limits = np.where(largest > 0, largest, np.nan)


class _TreatmentTexts(dict[bytes, int]):
    """A number for each text that tells a treatment: few, and each way to write one is read once, into ``levels``."""

    def __init__(self, read: Callable[[bytes], Levels]) -> None:
        super().__init__()
        self.levels: list[Levels] = []
        self._read = read

    def __missing__(self, text: bytes) -> int:
        """Read another one."""
        self.levels.append(self._read(text))
        number = self[text] = len(self.levels) - 1
        return number


class _Entries(Sequence[str]):
    """The entry of each program, told when it is asked for: errors and notes need a few of them."""

    def __init__(self, count: int) -> None:
        self._positions = range(count)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._positions)

    @overload
    def __getitem__(self, at: int) -> str: ...

    @overload
    def __getitem__(self, at: slice) -> list[str]: ...

    def __getitem__(self, at: int | slice) -> str | list[str]:
        """Return the entry of a program, or of several."""
        if isinstance(at, slice):
            return [self[position] for position in self._positions[at]]
        return f"refinery.programs[{self._positions[at]}]"


def _each(rows: Sequence[Any], name: str) -> list[Any]:
    return list(map(attrgetter(name), rows))


def _changed(values: Sequence[Any], change: Callable[[Any], Any]) -> list[Any]:
    """Change each value; what is there often is changed once."""
    changed = {value: change(value) for value in set(values)}
    return list(map(changed.__getitem__, values))


def _numbered(values: Sequence[Hashable], known: Iterable[Hashable] | None = None) -> Column:
    """Return the number of each value among those that are known, all of them by default; -1 for the others."""
    numbers = {
        value: number for number, value in enumerate(dict.fromkeys(values) if known is None else known)
    }
    return np.fromiter(map(numbers.get, values, itertools.repeat(-1)), dtype=np.intp, count=len(values))


def _text(value: str | None) -> str | None:
    return writable(value) if value else None


def _task(value: str | None) -> str:
    return writable(value or "")


def _scalar(value: float | str | None) -> str | None:
    return value if value is None or isinstance(value, str) else str(value)


def _places(known: tuple[Column, Column, Column], asked: tuple[Column, Column, Column]) -> Column:
    """Return where each of the asked rows is among the known ones: by treatment, task and replicate.

    Raises
    ------
    _UnusualError : one is not there, or one of the known is there twice.
    """
    replicates = np.unique(known[2])
    nearest = np.minimum(np.searchsorted(replicates, asked[2]), max(0, replicates.size - 1))
    if asked[2].size and (
        not replicates.size or (replicates[nearest] != asked[2]).any() or asked[1].min() < 0
    ):
        raise _UnusualError
    tasks = 1 + int(known[1].max(initial=0))
    key = (known[0] * tasks + known[1]) * replicates.size + np.searchsorted(replicates, known[2])
    order = np.argsort(key, kind="stable")
    key = key[order]
    if (key[1:] == key[:-1]).any():
        raise _UnusualError
    if not asked[0].size:
        return np.zeros(0, dtype=np.intp)
    wanted = (asked[0] * tasks + asked[1]) * replicates.size + nearest
    at = np.minimum(np.searchsorted(key, wanted), key.size - 1)
    if (key[at] != wanted).any():
        raise _UnusualError
    return np.asarray(order[at], dtype=np.intp)


def _has_repeats(*columns: Column) -> bool:
    """Whether two rows are alike in all columns of whole numbers."""
    key, sizes = np.zeros(len(columns[0]), dtype=np.int64), 1
    if not key.size:
        return False
    for column in columns:
        small = column - column.min()
        if int(small.max()) > column.size:
            small = np.unique(column, return_inverse=True)[1].reshape(-1)
        size = 1 + int(small.max())
        key, sizes = key * size + small, sizes * size
    if sizes > _MOST_KEYS:
        raise _UnusualError
    key.sort()
    return bool((key[1:] == key[:-1]).any())


def _lengths(lists: Sequence[Sequence[float]]) -> Column:
    return np.fromiter(map(len, lists), dtype=np.intp, count=len(lists))


def _flat(lists: Sequence[Sequence[float]], lengths: Column) -> Column:
    every = itertools.chain.from_iterable(lists)
    return np.fromiter(every, dtype=np.float64, count=int(lengths.sum()))


def _check_means(stats: Sequence[_Stats], seconds: Column, counts: Column) -> None:
    """Compare the means and rounds that are told with the runs; what is close to the tolerance is left to others."""
    if not stats:
        return
    ours = np.add.reduceat(seconds, np.concatenate([[0], np.cumsum(counts)[:-1]])) / counts
    means = np.asarray(_each(stats, "mean"), dtype=np.float64)
    theirs = np.where(np.isnan(means), ours, means)
    if (np.abs(theirs - ours) > MEAN_TOLERANCE / 2 * ours).any():
        raise _UnusualError
    rounds, lengths = _each(stats, "rounds"), counts.tolist()
    if rounds != lengths and any(
        told not in {None, length} for told, length in zip(rounds, lengths, strict=True)
    ):
        raise _UnusualError


def _per_run(values: list[Any], counts: Column) -> Column:
    """Return one number per run, NaN for benchmarks that do not tell: these have None, the others lists."""
    untold = values.count(None)
    if untold == len(values):
        return np.full(int(counts.sum()), np.nan)
    if not untold:
        if not np.array_equal(_lengths(values), counts):
            raise _UnusualError
        return _flat(values, counts)
    known = [value for value in values if value is not None]
    is_known = np.fromiter((value is not None for value in values), dtype=np.bool_, count=len(values))
    lengths = _lengths(known)
    if not np.array_equal(lengths, counts[is_known]):
        raise _UnusualError
    column = np.full(int(counts.sum()), np.nan)
    column[np.repeat(is_known, counts)] = _flat(known, lengths)
    return column
