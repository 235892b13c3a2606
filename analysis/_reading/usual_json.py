"""Benchmark JSON in its usual form, as the plugin writes it: decoded by types, and checked as columns.

Whatever is unusual in any way (another type, a value out of range, a field that is told otherwise) is left to the
reader that goes entry by entry, takes more forms, and names the entry and the field that is wrong.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import msgspec
import numpy as np
import orjson
from msgspec import Meta, Raw

from .._errors import AnalysisError
from .benchmark_json import (
    AMOUNTS,
    MEAN_TOLERANCE,
    OPTIONAL,
    VERDICTS,
    Reader,
    for_each_run,
    without_collector,
)
from .entries import LARGEST, LONGEST, SHORTEST, Place, RawProgram, writable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from .entries import Column, Levels, RawFile

_Whole: TypeAlias = Annotated[int, Meta(ge=-LARGEST, le=LARGEST)]
_Seconds: TypeAlias = Annotated[float, Meta(ge=SHORTEST, le=LONGEST)]
_Amount: TypeAlias = Annotated[float, Meta(ge=0, le=LONGEST)]
_Scalar: TypeAlias = _Whole | str | None


class _Program(msgspec.Struct, gc=False):
    treatment: Raw
    replicate: _Whole
    verdict: str
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
    verdict: str | None = None
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


def read_usual(path: Path, data: bytes) -> list[RawFile] | None:
    """Read one benchmark JSON of one machine; None where it has to be read entry by entry.

    What is returned equals what the other reader returns.
    """
    try:
        with without_collector():
            return [_read(str(path), data)]
    except (_UnusualError, AnalysisError, ValueError, RecursionError):
        return None


def _read(file: str, data: bytes) -> RawFile:
    if not data.isascii():
        # What is skipped is not checked for being UTF-8.
        data.decode("utf-8")
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
    """Reads programs and benchmarks as columns; the head of the file and the reference as they always are."""

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
        self.several = len(self._tasks_told() | {one.task for one in programs if one.task is not None}) > 1
        self.by_text: dict[bytes, Levels] = {}
        # Of the number of a treatment, a task and a replicate.
        self.position: dict[tuple[int, str, int], int] = {}

    def _read_programs(self) -> None:
        treatments = self._treatments(one.treatment for one in self.rows)
        if not {one.verdict for one in self.rows} <= set(VERDICTS):
            raise _UnusualError
        for at, (one, levels) in enumerate(zip(self.rows, treatments, strict=True)):
            info = {
                **{name: _number(getattr(one, name)) for name in AMOUNTS},
                "reason": _text(one.reason),
                "error_type": _text(one.error_type),
                "llm": _text(one.model),
                "cut_short": _text(one.cut_short),
            }
            task = writable(one.task) if self.several and one.task is not None else ""
            self.position[self._number(levels), task, one.replicate] = at
            self.programs.append(
                RawProgram(
                    levels,
                    one.replicate,
                    one.verdict,
                    one.sha256 or None,
                    info,
                    f"refinery.programs[{at}]",
                    task,
                )
            )
        if len(self.position) < len(self.programs):
            raise _UnusualError

    def _read_benchmarks(self, study: str) -> str:
        extras = [one.extra_info for one in self.timed]
        stats = [one.stats for one in self.timed]
        if not {extra.study for extra in extras} <= {None, study}:
            raise _UnusualError
        tasks = dict.fromkeys(extra.task for extra in extras if extra.task is not None)
        if len(tasks) > 1 and not self.several:
            raise _UnusualError
        counts = np.fromiter((len(one.data) for one in stats), dtype=np.intp, count=len(stats))
        seconds = _flat([one.data for one in stats])
        _check_means(stats, seconds, counts)
        program = self._program_of_each(extras)
        session, block = ([_scalar(of) for of in values] for values in _sessions_and_blocks(extras))
        where = [extra.where for extra in extras]
        if len(set(zip(program, where, session, strict=True))) < len(extras):
            raise _UnusualError
        self._limits(extras, program)
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
            **{name: _per_run([getattr(extra, name) for extra in extras], counts) for name in OPTIONAL},
        }
        return "" if self.several else next(iter(tasks), "")

    def _columns(self) -> dict[str, Column]:
        return self.columns

    def _treatments(self, texts: Iterable[Raw]) -> list[Levels]:
        """Return the levels of treatments: few, and each way to write one is read once."""
        treatments = []
        for raw in texts:
            text = bytes(raw)
            levels = self.by_text.get(text)
            if levels is None:
                treatment = orjson.loads(text)
                if not isinstance(treatment, dict):
                    raise _UnusualError
                levels = self.by_text[text] = self._mapping_levels(treatment, Place(self.file, ""))
            treatments.append(levels)
        return treatments

    def _program_of_each(self, extras: Sequence[_Extra]) -> list[int]:
        treatments = self._treatments(extra.treatment for extra in extras)
        places = []
        for extra, levels in zip(extras, treatments, strict=True):
            task = writable(extra.task) if self.several and extra.task is not None else ""
            at = self.position.get((self._number(levels), task, extra.replicate))
            if at is None or extra.verdict not in {None, self.programs[at].verdict}:
                raise _UnusualError
            places.append(at)
        return places

    def _limits(self, extras: Sequence[_Extra], program: Sequence[int]) -> None:
        largest = np.zeros(len(self.programs))
        limits = np.asarray([extra.limit_seconds or 0.0 for extra in extras], dtype=np.float64)
        np.maximum.at(largest, np.asarray(program, dtype=np.intp), limits)
        for at, limit in enumerate(largest.tolist()):
            if limit:
                self.programs[at].info["limit_seconds"] = limit


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _text(value: str | None) -> str | None:
    return writable(value) if value else None


def _sessions_and_blocks(extras: Sequence[_Extra]) -> tuple[list[_Scalar], list[_Scalar]]:
    return [extra.session for extra in extras], [extra.block for extra in extras]


def _scalar(value: float | str | None) -> str | None:
    return value if value is None or isinstance(value, str) else str(value)


def _flat(lists: Sequence[Sequence[float]]) -> Column:
    return np.asarray(list(itertools.chain.from_iterable(lists)), dtype=np.float64)


def _check_means(stats: Sequence[_Stats], seconds: Column, counts: Column) -> None:
    """Compare the means and rounds that are told with the runs; what is close to the tolerance is left to others."""
    if not stats:
        return
    ours = np.add.reduceat(seconds, np.concatenate([[0], np.cumsum(counts)[:-1]])) / counts
    means = np.asarray([np.nan if one.mean is None else one.mean for one in stats], dtype=np.float64)
    theirs = np.where(np.isnan(means), ours, means)
    if (np.abs(theirs - ours) > MEAN_TOLERANCE / 2 * ours).any():
        raise _UnusualError
    if any(one.rounds is not None and one.rounds != len(one.data) for one in stats):
        raise _UnusualError


def _per_run(values: Sequence[Sequence[float] | None], counts: Column) -> Column:
    """Return one number per run, NaN for benchmarks that do not tell."""
    is_known = np.fromiter((value is not None for value in values), dtype=np.bool_, count=len(values))
    known = [value for value in values if value is not None]
    lengths = np.fromiter((len(value) for value in known), dtype=np.intp, count=len(known))
    if not np.array_equal(lengths, counts[is_known]):
        raise _UnusualError
    column = np.full(int(counts.sum()), np.nan)
    column[np.repeat(is_known, counts)] = _flat(known)
    return column
