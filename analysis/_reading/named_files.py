"""Programs from elsewhere, whose names say no treatment: each is told by the name of its file (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FACTOR = "name"
"""The factor whose levels are the names of the files."""


def is_outside(entry: Mapping[str, Any]) -> bool:
    """Whether a program is of no treatment: it was timed from a file whose name says none."""
    return "treatment" in entry and entry["treatment"] is None and entry.get("replicate") is None


def with_names(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Make a treatment of each file where no program of a document has one; leave any other document as it is.

    Nothing can be compared then, since each has one program, but each has its verdict, time and ratio. A benchmark
    names its program by what is in it, and by its own name where several files hold the same.
    """
    entries = document["refinery"].get("programs")
    if not isinstance(entries, list) or not entries or not all(map(_is_named, entries)):
        return document
    names: dict[tuple[Any, Any], list[str]] = {}
    for entry in entries:
        names.setdefault((entry.get("task"), entry.get("sha256")), []).append(entry["id"])
    programs = [_of(entry, entry["id"]) for entry in entries]
    benchmarks = [_named_benchmark(benchmark, names) for benchmark in document["benchmarks"]]
    return {**document, "benchmarks": benchmarks, "refinery": {**document["refinery"], "programs": programs}}


def _is_named(entry: object) -> bool:
    return isinstance(entry, dict) and is_outside(entry) and isinstance(entry.get("id"), str)


def _of(entry: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {**entry, "treatment": {FACTOR: name}, "replicate": 1}


def _named_benchmark(benchmark: object, names: Mapping[tuple[Any, Any], Sequence[str]]) -> object:
    extra = benchmark.get("extra_info") if isinstance(benchmark, dict) else None
    if not isinstance(benchmark, dict) or not isinstance(extra, dict) or not is_outside(extra):
        return benchmark
    alike = names.get((extra.get("task"), extra.get("sha256")), ())
    label = str(benchmark.get("name"))
    own = [name for name in alike if f"[{name}-list" in label] or alike[:1]
    return {**benchmark, "extra_info": _of(extra, own[0])} if own else benchmark
