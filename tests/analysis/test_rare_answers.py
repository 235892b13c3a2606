"""What is seldom asked: its refusals, its notes, and the method that takes over where another is at its end."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from refinery_analysis import AnalysisError, read_results
from refinery_analysis._inference import two_proportions
from refinery_analysis._inference.censored import Aft, censored
from refinery_analysis._inference.passing import BOSCHLOO, CMH, CONDITIONAL, FISHER, _exact
from refinery_analysis._models.passing_table import passing_table
from refinery_analysis._reading.entries import brief
from refinery_analysis._reading.judged_turns import parse_trajectory
from refinery_analysis._reading.sessions import read_session
from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE = Path("file.json")


def aft(path: Path, rows: Iterable[tuple[str, float]]) -> Aft:
    """Fit the model of time-outs to programs; what takes 4 s or more was stopped there."""
    lines = ["model,replicate,list,run,seconds,passed,censored,limit"]
    for number, (model, seconds) in enumerate(rows, start=1):
        lines.append(f"{model},{number},1,1,{min(seconds, 4.0)},{seconds < 4},{seconds >= 4},4")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    results = read_results([path])
    found = censored(results, passing_table(results), alpha=0.05)
    assert found is not None
    return found.aft


@pytest.mark.parametrize(
    ("rows", "note"),
    [
        ([("a", 1.0), ("b", 2.0), ("b", 9.0)], "too few programs finished for the model"),
        ([("a", 1.0), ("a", 1.0), ("b", 1.0), ("b", 1.0), ("b", 9.0)], "finished times do not differ at all"),
        (
            [(f"m{number}", 1 + number / 50 + more) for number in range(41) for more in (0.0, 0.5, 9.0)],
            "too many treatments for the model",
        ),
    ],
    ids=["few", "equal", "many"],
)
def test_where_there_is_no_model_of_time_outs_its_note_says_why(
    rows: list[tuple[str, float]], note: str, tmp_path: Path
) -> None:
    """No ratios and no p then."""
    found = aft(tmp_path / "r.csv", rows)
    assert (found.time_ratios, found.p, found.note) == ((), None, note)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{", "not valid JSON.*was the file cut off"),
        ([], "benchmarks: missing"),
        ({"benchmarks": []}, "there is none in the file; were they skipped"),
        ({"benchmarks": [7]}, r"benchmarks\[0\]: must be an object, got 7"),
        ({"benchmarks": [{"name": ""}]}, "name: must be a text"),
        ({"benchmarks": [{"name": "a"}]}, "stats: missing"),
        ({"benchmarks": [{"name": "a", "stats": {}}]}, "stats.median: a time in seconds must be a number"),
        (
            {"benchmarks": [{"name": "a", "stats": {"data": [1, -2]}}]},
            r"stats.data\[1\]: a time must be finite",
        ),
    ],
)
def test_a_file_that_cannot_be_compared_is_refused_with_its_place(document: object, message: str) -> None:
    """Whoever's benchmarks they are."""
    text = document if isinstance(document, str) else json.dumps(document)
    with pytest.raises(AnalysisError, match=message):
        read_session(FILE, text.encode(), "median")


@pytest.mark.parametrize(
    ("data", "statistic", "seconds"),
    [
        ([3, 1, 2], "median", 2.0),
        ([4, 1, 2, 3], "median", 2.5),
        ([3, 1, 2], "min", 1.0),
        ([1, 3], "mean", 2.0),
    ],
)
def test_a_statistic_that_a_file_leaves_out_is_made_of_its_rounds(
    data: list[float], statistic: str, seconds: float
) -> None:
    """As pytest-benchmark makes it."""
    document = {"benchmarks": [{"name": "a", "fullname": "t.py::a", "stats": {"data": data}}]}
    session = read_session(FILE, json.dumps(document).encode(), statistic)
    assert session.seconds == {"t.py::a": pytest.approx(seconds)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"treatment": []}, "treatment must be an object"),
        ({"turns": {}}, "turns a list"),
        ({"replicate": "1"}, "replicate: must be a whole number, got '1'"),
        ({"turns": [7]}, r"turns\[0\]: must be an object, got 7"),
    ],
)
def test_a_damaged_trajectory_is_refused_with_its_place(change: dict[str, Any], message: str) -> None:
    """Other JSON is no trajectory, and none of its business."""
    whole = {"treatment": {}, "replicate": 1, "turns": []}
    assert parse_trajectory(FILE, json.dumps(whole).encode()) is not None
    assert parse_trajectory(FILE, b'{"turns": 7}') is None
    with pytest.raises(AnalysisError, match=message):
        parse_trajectory(FILE, json.dumps(whole | change).encode())


def test_a_number_of_thousands_of_digits_has_words_in_messages() -> None:
    """Python refuses to write it."""
    assert brief(10**5000) == "a number too long to show"


def test_power_of_many_programs_is_that_of_the_normal_approximation() -> None:
    """R: ``power.prop.test(n = 400, p1 = .5, p2 = .6)``; enumeration at the largest size it is used for is near it."""
    assert two_proportions.power(400, (0.5, 0.6), 0.05) == pytest.approx(0.812515577915, rel=1e-9)
    near = two_proportions.power(160, (0.5, 0.65), 0.05), two_proportions.power(161, (0.5, 0.65), 0.05)
    assert near[0] == pytest.approx(near[1], abs=0.03)


def test_equal_rates_need_no_number_of_programs() -> None:
    """Nor do rates that no study tells apart."""
    assert two_proportions.required((0.5, 0.5), alpha=0.05, target=0.8) is None
    assert two_proportions.required((0.5, 0.5001), alpha=0.05, target=0.8) is None


def test_few_programs_can_reject_nothing_at_a_small_alpha() -> None:
    """The region is empty, so the power is nothing."""
    assert not two_proportions.rejection_region(3, 0.001).any()
    assert two_proportions.power(3, (0.0, 1.0), 0.001) == 0


@pytest.mark.parametrize(
    ("strata", "p", "method"),
    [
        ([((0, 3), (0, 5))], None, BOSCHLOO),
        ([((100, 150), (300, 300))], stats.fisher_exact([[100, 150], [200, 150]]).pvalue, FISHER),
        ([((300, 300), (300, 300))], 1.0, FISHER),
        ([((3, 3), (3, 3)), ((0, 0), (2, 2))], 1.0, CONDITIONAL),
        ([((30_000, 30_100), (60_000, 60_000))] * 2, 2 * stats.norm.sf(0.8164), CMH),
    ],
    ids=["one arm", "large", "large and alike", "nothing varies", "too many totals"],
)
def test_the_exact_test_of_two_levels_is_one_that_can_be_worked_out(
    strata: list[tuple[tuple[int, int], tuple[int, int]]], p: float | None, method: str
) -> None:
    """By the number of programs and strata; it is named."""
    found = _exact([(np.asarray(passed), np.asarray(programs)) for passed, programs in strata], 0, 1)
    assert found == (None if p is None else pytest.approx(p, rel=2e-3), method)
    assert p is None or math.isfinite(p)
