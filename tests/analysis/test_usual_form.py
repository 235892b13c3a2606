"""Files in the usual form are read as columns; every other file entry by entry; both tell the same."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from refinery_analysis import AnalysisError
from refinery_analysis._reading.benchmark_json import read_json
from refinery_analysis._reading.usual_json import read_usual
from study_files import Document, damaged, small, studies

if TYPE_CHECKING:
    from refinery_analysis._reading.entries import RawFile

FILE = Path("results.json")
SETTINGS = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)


def _told(file: RawFile) -> dict[str, Any]:
    """Return all that was read in a form that compares exactly: NaN equals NaN, and 1 is not 1.0."""
    fields = {one.name: getattr(file, one.name) for one in dataclasses.fields(file)}
    programs = [(*one[:4], sorted(one.info.items()), *one[5:]) for one in file.programs]
    runs = {name: (column.dtype, column.tolist()) for name, column in file.runs.items()}
    return {name: repr(value) for name, value in {**fields, "programs": programs, "runs": runs}.items()}


def _check_same(data: bytes) -> bool:
    """Read in both ways; return whether the quick way read it at all."""
    usual = read_usual(FILE, data)
    if usual is None:
        return False
    assert [_told(file) for file in usual] == [_told(file) for file in read_json(FILE, data)]
    return True


@SETTINGS
@given(documents=studies())
def test_whole_studies_are_read_quickly_and_alike(documents: list[Document]) -> None:
    """Studies of any size, as they are recorded, take the quick way, and both ways tell the same."""
    for document in documents:
        assert _check_same(json.dumps(document).encode())


@SETTINGS
@given(document=damaged())
def test_damaged_files_are_read_alike_or_left_to_the_other_reader(document: Document) -> None:
    """What the quick way reads of a damaged file, the other reader reads without an error, and alike."""
    _check_same(json.dumps(document).encode())


def _first_benchmark(document: Document) -> dict[str, Any]:
    found: dict[str, Any] = document["benchmarks"][0]
    return found


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("session", None),
        ("session", 7),
        ("session", "söss"),
        ("block", "b"),
        ("cpu_seconds", None),
        ("queue_seconds", [0, 0.25]),
        ("resolution_seconds", [0.125, 3]),
        ("contaminated", [True, True]),
        ("limit_seconds", 90),
        ("study", None),
        ("verdict", None),
    ],
)
def test_usual_variants_take_the_quick_way(where: str, value: object) -> None:
    """Fields that may be missing or told otherwise in a plain way are read quickly, and alike."""
    document = small()
    _first_benchmark(document)["extra_info"][where] = value
    assert _check_same(json.dumps(document, ensure_ascii=False).encode())


@pytest.mark.parametrize("known", ["t", "u"])
def test_several_tasks_are_read_alike(known: str) -> None:
    """A study of several tasks takes the quick way; programs of two tasks may have one number."""
    document = small()
    document["refinery"]["study"]["tasks"] = ["t", "u"]
    for entry in document["refinery"]["programs"]:
        entry["task"] = known
    for benchmark in document["benchmarks"]:
        benchmark["extra_info"]["task"] = known
    assert _check_same(json.dumps(document).encode())


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("contaminated", True),
        ("session", 1.0),
        ("turn", 1),
        ("list", 1.0),
        ("treatment", "agents=1-optimization=60s"),
        ("replicate", 77),
        ("cpu_seconds", [1.0]),
        ("study", "other"),
    ],
)
def test_unusual_fields_are_left_to_the_other_reader(where: str, value: object) -> None:
    """What only the reader of entries can read, or refuse by name, the quick way leaves to it."""
    document = small()
    _first_benchmark(document)["extra_info"][where] = value
    assert read_usual(FILE, json.dumps(document).encode()) is None


def test_runs_that_do_not_fit_their_mean_are_refused_by_name() -> None:
    """A mean that does not fit is left to the reader that names it."""
    document = small()
    _first_benchmark(document)["stats"]["mean"] = 100.0
    data = json.dumps(document).encode()
    assert read_usual(FILE, data) is None
    with pytest.raises(AnalysisError, match=r"benchmarks\[0\]: stats.mean"):
        read_json(FILE, data)


def test_bytes_that_are_no_text_are_left_to_the_other_reader() -> None:
    """Bytes that are not UTF-8 are refused even where nobody needs them."""
    data = json.dumps(small()).encode().replace(b"test_time[", b"test_time\xff[", 1)
    assert read_usual(FILE, data) is None
    with pytest.raises(AnalysisError, match="UTF-8"):
        read_json(FILE, data)


def test_no_benchmarks_at_all_are_read_alike() -> None:
    """A study of which nothing was timed takes the quick way too, with columns of no rows."""
    document = small()
    document["benchmarks"] = []
    data = json.dumps(document).encode()
    assert _check_same(data)
    usual = read_usual(FILE, data)
    assert usual is not None
    assert usual[0].runs["seconds"].dtype == np.float64
