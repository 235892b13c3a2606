"""Anybody's pytest-benchmark files: one session each, one figure for each benchmark."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
from typing import TYPE_CHECKING, Any, Final

from .._errors import AnalysisError
from .entries import Place, brief, decoded, machine_name, writable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .content import Content

STATISTICS: Final = ("median", "mean", "min")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One file: its machine, when and of which commit it is, and the seconds of each benchmark by full name.

    ``references`` has the seconds of the reference that was timed beside a benchmark, on its inputs, and ``tasks`` the
    checksum of its task, where files are ours and tell it.
    """

    file: str
    machine: str
    datetime: str
    commit: str
    names: Mapping[str, str]
    seconds: Mapping[str, float]
    references: Mapping[str, float] = dataclasses.field(default_factory=dict)
    tasks: Mapping[str, str] = dataclasses.field(default_factory=dict)


def read_session(path: Path, data: Content, statistic: str) -> Session:
    """Read one file of pytest-benchmark, of whatever project.

    Parameters
    ----------
    statistic : which figure of a benchmark's rounds stands for it: one of ``STATISTICS``.

    Raises
    ------
    AnalysisError : it is no such file, or a time is none.
    """
    try:
        document: Any = json.loads(decoded(path, data))
    except (ValueError, RecursionError) as error:
        raise AnalysisError(f"{path}: not valid JSON: {error}; was the file cut off?") from error
    if not isinstance(document, dict) or not isinstance(document.get("benchmarks"), list):
        raise AnalysisError(
            f'{path}: benchmarks: missing; this is no benchmark JSON (write one with "pytest --benchmark-json FILE")'
        )
    logs: dict[str, list[float]] = {}
    names: dict[str, str] = {}
    beside: dict[str, list[float | None]] = {}
    checksums: dict[str, str] = {}
    ours = _Ours(document.get("refinery"), statistic, path)
    for position, benchmark in enumerate(document["benchmarks"]):
        place = Place(str(path), f"benchmarks[{position}]")
        if not isinstance(benchmark, dict):
            raise place.error("", f"must be an object, got {brief(benchmark)}")
        name = place.text(benchmark.get("name"), "name")
        fullname = benchmark.get("fullname")
        full = writable(fullname) if isinstance(fullname, str) and fullname else name
        names[full] = name
        logs.setdefault(full, []).append(math.log(_seconds(benchmark, statistic, place)))
        beside.setdefault(full, []).append(ours.reference(benchmark.get("extra_info")))
        checksum = ours.checksum(benchmark.get("extra_info"))
        if checksum is not None:
            checksums[full] = checksum
    if not logs:
        raise AnalysisError(f"{path}: benchmarks: there is none in the file; were they skipped?")
    info, commit = document.get("machine_info"), document.get("commit_info")
    return Session(
        file=str(path),
        machine=machine_name(info if isinstance(info, dict) else {}),
        datetime=str(document.get("datetime") or ""),
        commit=str(commit.get("id") or "") if isinstance(commit, dict) else "",
        names=names,
        seconds={full: _mean(values) for full, values in logs.items()},
        references={
            full: _mean(known)
            for full, values in beside.items()
            if len(known := [value for value in values if value is not None]) == len(values)
        },
        tasks=checksums,
    )


def _mean(logs: Sequence[float]) -> float:
    return math.exp(math.fsum(logs) / len(logs))


class _Ours:
    """What a file of ours tells of the reference beside each benchmark; nothing of other files."""

    def __init__(self, refinery: object, statistic: str, path: Path) -> None:
        self._refinery: Mapping[str, Any] = refinery if isinstance(refinery, dict) else {}
        self._times: dict[tuple[object, ...], float] = {}
        entries = self._refinery.get("reference")
        for position, entry in enumerate(entries if isinstance(entries, list) else []):
            place = Place(str(path), f"refinery.reference[{position}]")
            if (
                not isinstance(entry, dict)
                or not isinstance(entry.get("seconds"), list)
                or not entry["seconds"]
            ):
                continue
            times = sorted(place.seconds(value, f"seconds[{i}]") for i, value in enumerate(entry["seconds"]))
            key = tuple(_plain(entry.get(name)) for name in ("block", "list", "session", "task"))
            self._times[key] = math.log(_figure(times, statistic))

    def reference(self, extra: object) -> float | None:
        """Return the log seconds of the reference in a benchmark's block, on its list; None where there is none."""
        if not isinstance(extra, dict):
            return None
        block, number, session, task = (
            _plain(extra.get(name)) for name in ("block", "list", "session", "task")
        )
        # Files of one session and of one task need not name them with every reference.
        keys = itertools.product((session, None), (task, None))
        return next(
            (self._times[key] for s, t in keys if (key := (block, number, s, t)) in self._times), None
        )

    def checksum(self, extra: object) -> str | None:
        """Return what tells a task, with its reference, from another version of it."""
        task = extra.get("task") if isinstance(extra, dict) else None
        tasks = self._refinery.get("tasks")
        known = {
            one.get("name"): one.get("checksum")
            for one in (tasks if isinstance(tasks, list) else [])
            if isinstance(one, dict) and isinstance(one.get("name"), str)
        }
        checksum = (
            known.get(task)
            if isinstance(task, str) and task in known
            else self._refinery.get("task_checksum")
        )
        return checksum if isinstance(checksum, str) else None


def _plain(value: object) -> object:
    """Return what may be a part of a key: texts and numbers."""
    return value if isinstance(value, (str, int, float)) else None


def _seconds(benchmark: Mapping[str, Any], statistic: str, place: Place) -> float:
    stats = benchmark.get("stats")
    if not isinstance(stats, dict):
        raise place.error("stats", "missing")
    if statistic not in stats and isinstance(data := stats.get("data"), list) and data:
        times = sorted(place.seconds(value, f"stats.data[{i}]") for i, value in enumerate(data))
        return _figure(times, statistic)
    return place.seconds(stats.get(statistic), f"stats.{statistic}")


def _figure(times: Sequence[float], statistic: str) -> float:
    """Return a figure of times in ascending order."""
    half = len(times) // 2
    return {
        "median": times[half] if len(times) % 2 else (times[half - 1] + times[half]) / 2,
        "mean": math.fsum(times) / len(times),
        "min": times[0],
    }[statistic]
