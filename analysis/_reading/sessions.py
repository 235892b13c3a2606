"""Anybody's pytest-benchmark files: one session each, one figure for each benchmark."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import TYPE_CHECKING, Any, Final

from .._errors import AnalysisError
from .entries import Place, brief, decoded, machine_name, writable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

STATISTICS: Final = ("median", "mean", "min")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One file: its machine, when and of which commit it is, and the seconds of each benchmark by full name."""

    file: str
    machine: str
    datetime: str
    commit: str
    names: Mapping[str, str]
    seconds: Mapping[str, float]


def read_session(path: Path, data: bytes, statistic: str) -> Session:
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
    for position, benchmark in enumerate(document["benchmarks"]):
        place = Place(str(path), f"benchmarks[{position}]")
        if not isinstance(benchmark, dict):
            raise place.error("", f"must be an object, got {brief(benchmark)}")
        name = place.text(benchmark.get("name"), "name")
        fullname = benchmark.get("fullname")
        full = writable(fullname) if isinstance(fullname, str) and fullname else name
        names[full] = name
        logs.setdefault(full, []).append(math.log(_seconds(benchmark, statistic, place)))
    if not logs:
        raise AnalysisError(f"{path}: benchmarks: there is none in the file; were they skipped?")
    info, commit = document.get("machine_info"), document.get("commit_info")
    return Session(
        file=str(path),
        machine=machine_name(info if isinstance(info, dict) else {}),
        datetime=str(document.get("datetime") or ""),
        commit=str(commit.get("id") or "") if isinstance(commit, dict) else "",
        names=names,
        seconds={full: math.exp(math.fsum(values) / len(values)) for full, values in logs.items()},
    )


def _seconds(benchmark: Mapping[str, Any], statistic: str, place: Place) -> float:
    stats = benchmark.get("stats")
    if not isinstance(stats, dict):
        raise place.error("stats", "missing")
    if statistic not in stats and isinstance(data := stats.get("data"), list) and data:
        times = sorted(place.seconds(value, f"stats.data[{i}]") for i, value in enumerate(data))
        half = len(times) // 2
        return {
            "median": times[half] if len(times) % 2 else (times[half - 1] + times[half]) / 2,
            "mean": math.fsum(times) / len(times),
            "min": times[0],
        }[statistic]
    return place.seconds(stats.get(statistic), f"stats.{statistic}")
