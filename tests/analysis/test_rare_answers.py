"""What is seldom asked: its refusals, its notes, and the method that takes over where another is at its end."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest
from refinery_analysis import Analysis, AnalysisError, Options, analyse, read_results
from refinery_analysis._inference import nested_budgets, two_proportions
from refinery_analysis._inference.censored import Aft, censored
from refinery_analysis._inference.passing import BOSCHLOO, CMH, CONDITIONAL, FISHER, _exact
from refinery_analysis._models.lognormal_aft import Lognormal, _solved
from refinery_analysis._models.nested_pairs import NestedPairs
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


def passes(
    path: Path, design: Iterable[tuple[str, str, str, bool]], response: Literal["log", "passed"] = "log"
) -> Analysis:
    """Analyse whether programs of tasks and two factors passed; all that passed took about as long."""
    lines = ["task,model,speed,replicate,list,run,seconds,passed"]
    for number, (task, model, speed, passed) in enumerate(design, start=1):
        lines.append(f"{task},{model},{speed},{number},1,1,{1 + number % 7 / 10 if passed else ''},{passed}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return analyse(read_results([path]), Options(response=response, effect=0.2))


def test_levels_that_never_meet_within_other_levels_are_not_compared_over_tasks(tmp_path: Path) -> None:
    """Two factors that always change together cannot be told apart, and each says so."""
    design = [
        (f"t{task}", *levels, (task + copy) % 3 > 0)
        for task, levels, copy in itertools.product(range(6), ("ab", "cd"), range(2))
    ]
    found = passes(tmp_path / "r.csv", design).further.passing
    assert found.over_tasks == ()
    assert {factor.note for factor in found.factors} == {"no task has programs of all its levels"}
    assert {term.note for term in found.terms if term.term in {"model", "speed"}} == {
        "can't be told from the other factors: combinations of levels have no program"
    }


def test_a_factor_of_very_many_levels_is_tested_as_a_whole(tmp_path: Path) -> None:
    """No pairs and no plan of pairs then: there would be hundreds."""
    design = [("t", f"m{model:02}", "s", model < 16 or copy > 2) for model in range(31) for copy in range(4)]
    found = passes(tmp_path / "r.csv", design, "passed").further.passing
    assert found.differences == ()
    (factor,) = found.factors
    assert (factor.method, factor.a) == (CMH, None)
    assert factor.p is not None
    assert factor.p < 0.001
    assert found.power is not None
    assert found.power.contrasts == ()


def test_where_all_programs_together_say_the_opposite_no_pair_is_named(tmp_path: Path) -> None:
    """Simpson's paradox: within both speeds b passes more often, and most of a's programs are of the easy one."""
    design = [
        ("t", model, speed, copy < good)
        for model, speed, good, made in (
            ("a", "easy", 32, 40),
            ("b", "easy", 10, 10),
            ("a", "hard", 0, 10),
            ("b", "hard", 16, 40),
        )
        for copy in range(made)
    ]
    found = passes(tmp_path / "r.csv", design).further.passing
    factor = next(each for each in found.factors if each.factor == "model")
    assert factor.p is not None
    assert factor.p < 0.05
    assert (factor.a, factor.ci_low) == (None, None)
    assert "all together say the opposite" in str(factor.note)


def test_a_model_of_passing_with_too_many_parameters_asks_for_fewer_terms(tmp_path: Path) -> None:
    """The exact tests are there all the same."""
    design = [
        ("t", f"m{model}", f"s{speed}", copy > model % 2)
        for model in range(11)
        for speed in range(12)
        for copy in range(2)
    ]
    found = passes(tmp_path / "r.csv", design).further.passing
    assert {term.note for term in found.terms} == {
        "more than 120 parameters; ask for fewer terms with --model"
    }
    assert {factor.p is not None for factor in found.factors} == {True}


def pairs(
    y: list[float], cell: list[int], task: list[int], labels: tuple[str, ...] = ("x", "y")
) -> NestedPairs:
    """Return the differences within trajectories of these treatments and tasks."""
    return NestedPairs(
        factor="budget",
        early="10 s",
        late="60 s",
        turn=1,
        y=np.asarray(y, dtype=float),
        cell=np.asarray(cell, dtype=np.intp),
        task=np.asarray(task, dtype=np.intp),
        treatments=labels,
        generated=np.full(len(labels), 4),
    )


@pytest.mark.parametrize(
    ("given", "random", "note"),
    [
        (pairs([1.0, 2.0], [0, 1], [0, 0]), False, nested_budgets._FEW),
        (pairs([1.0] * 4, [0, 0, 1, 1], [0] * 4), False, nested_budgets._ALIKE),
        (pairs([1.0, 2.0, 1.5], [0, 1, 0], [0, 0, 1]), True, "fewer than two tasks have trajectories"),
        (
            pairs([1.0, 2.0, 1.0, 2.0], [0, 1, 0, 1], [0, 0, 1, 1]),
            True,
            "the difference is the same in every task",
        ),
    ],
    ids=["few", "alike", "one whole task", "same in tasks"],
)
def test_budgets_without_a_spread_have_no_p_and_say_why(given: NestedPairs, random: bool, note: str) -> None:  # noqa: FBT001
    """There is nothing to hold the difference against."""
    (found,) = nested_budgets.nested([given], random=random)
    assert (found.p, found.se) == (None, None)
    assert str(found.note).startswith(note)


@pytest.mark.parametrize(
    ("labels", "without"),
    [(("x", "y"), "without y, where"), (("x", "y", "z"), "without y and 1 more treatments, where")],
)
def test_treatments_without_both_programs_are_left_out_by_name(labels: tuple[str, ...], without: str) -> None:
    """The method says which ones the comparison is without."""
    (found,) = nested_budgets.nested([pairs([1.0, 1.2, 1.4], [0] * 3, [0] * 3, labels)], random=False)
    assert without in found.method
    assert found.estimate == pytest.approx(1.2)
    assert found.p == pytest.approx(stats.ttest_1samp([1.0, 1.2, 1.4], 0).pvalue)


def test_a_censored_fit_finds_the_maximum_from_far_starts_too() -> None:
    """A start with no standard deviation, or far beyond the data, ends where the plain start does."""
    y = np.log([1.0, 1.3, 1.9, 2.0, 2.6, 4.0])
    fit = Lognormal(y=y, finished=y < math.log(4), group=np.asarray([0, 0, 0, 1, 1, 1]), groups=2)
    best, at = fit.highest
    for start in ([1.0, 1.0, -1.0], [40.0, -40.0, 0.01]):
        there, parameters = fit.maximum(start=np.asarray(start))
        assert there == pytest.approx(best, rel=1e-9)
        assert parameters == pytest.approx(at, rel=1e-5)


def test_equations_that_leave_something_open_take_the_shortest_solution() -> None:
    """As the pseudoinverse has it."""
    matrix, right = np.asarray([[1.0, 1.0], [1.0, 1.0]]), np.asarray([2.0, 2.0])
    assert _solved(matrix, right) == pytest.approx(np.linalg.pinv(matrix) @ right)
