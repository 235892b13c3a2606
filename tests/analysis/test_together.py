"""What two and three factors do together for passing, by R's figures (``r/together.R``), to 1e-6."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from refinery_analysis import Options, analyse, read_results
from refinery_analysis._inference.passing_together import together
from refinery_analysis._models.passing_table import PassingTable
from refinery_analysis._presentation.findings import on_passing

if TYPE_CHECKING:
    from collections.abc import Sequence

R: dict[str, Any] = json.loads((Path(__file__).parent / "r" / "together.json").read_text(encoding="utf-8"))


def table(passed: Sequence[Sequence[int]], made: Sequence[Sequence[int]]) -> PassingTable:
    """Count tasks as rows, the 2 x 2 as columns: a at x, a at y, b at x, b at y."""
    return PassingTable(
        tasks=tuple(map(str, range(len(passed)))),
        treatments=("ax", "ay", "bx", "by"),
        factors={"f": ("a", "b"), "g": ("x", "y")},
        own=("f", "g"),
        level={"f": np.asarray([0, 0, 1, 1]), "g": np.asarray([0, 1, 0, 1])},
        generated=np.asarray(made),
        passed=np.asarray(passed),
    )


def eight(passed: Sequence[Sequence[int]], made: Sequence[Sequence[int]]) -> PassingTable:
    """Count tasks as rows, the 2 x 2 x 2 as columns: the four of ``table`` at u, and then at v."""
    return PassingTable(
        tasks=tuple(map(str, range(len(passed)))),
        treatments=tuple(map("".join, itertools.product("uv", "ab", "xy"))),
        factors={"f": ("a", "b"), "g": ("x", "y"), "h": ("u", "v")},
        own=("f", "g", "h"),
        level={
            "f": np.asarray([0, 0, 1, 1] * 2),
            "g": np.asarray([0, 1] * 4),
            "h": np.asarray([0] * 4 + [1] * 4),
        },
        generated=np.asarray(made),
        passed=np.asarray(passed),
    )


@pytest.mark.parametrize("expected", R["tables"], ids=["plain", "at the edge", "two tasks"])
def test_a_difference_of_differences_agrees_with_r(expected: dict[str, Any]) -> None:
    """Estimate, limits and p of one 2 x 2, of one with rates of 0 and 1, and over two tasks that weigh the same."""
    passed, made = (np.asarray(expected[name]).reshape(-1, 4).tolist() for name in ("passed", "made"))
    (found,) = together(table(passed, made), alpha=0.05, random=False)
    assert [found.difference, found.p] == pytest.approx([expected["estimate"], expected["p"]], rel=1e-6)
    low, high = expected["ci"]
    if expected["p"] >= 0.05:
        low, high = min(low, 0.0), max(high, 0.0)
    assert [found.ci_low, found.ci_high] == pytest.approx([low, high], rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("expected", R["three"], ids=["plain", "clear", "two tasks"])
def test_what_three_factors_do_together_agrees_with_r(expected: dict[str, Any]) -> None:
    """All two by two come first; the last is a difference of these differences, with p and limits of its own."""
    passed, made = (np.asarray(expected[name]).reshape(-1, 8).tolist() for name in ("passed", "made"))
    found = together(eight(passed, made), alpha=0.05, random=False)
    assert [one.term for one in found] == ["f:g", "f:h", "g:h", "f:g:h"]
    three = found[-1]
    assert three.pairs == (("a", "b"), ("x", "y"), ("u", "v"))
    assert [three.difference, three.p] == pytest.approx([expected["estimate"], expected["p"]], rel=1e-6)
    low, high = expected["ci"]
    if expected["p"] >= 0.05:
        low, high = min(low, 0.0), max(high, 0.0)
    assert [three.ci_low, three.ci_high] == pytest.approx([low, high], rel=1e-6, abs=1e-9)


def test_two_of_three_factors_are_compared_within_the_levels_of_the_third() -> None:
    """The difference of differences of f and g is the mean of those at u and at v."""
    passed = [[9, 2, 3, 8, 4, 5, 6, 3]]
    found = together(eight(passed, [[10] * 8]), alpha=0.05, random=False)
    assert found[0].difference == pytest.approx(((9 - 2 - 3 + 8) + (4 - 5 - 6 + 3)) / 20)


def test_a_corner_without_programs_leaves_three_factors_without_an_answer_and_two_with_one() -> None:
    """Two are compared at the third's level that has all of them; of all three there is a reason."""
    found = together(eight([[3, 3, 3, 4, 5, 1, 2, 0]], [[6] * 7 + [0]]), alpha=0.05, random=False)
    assert found[0].difference == pytest.approx((3 - 3 - 3 + 4) / 6)
    assert (found[-1].p, found[-1].note) == (None, "no eight combinations of their levels all have programs")


def test_over_tasks_that_are_a_sample_it_is_the_t_test_of_the_tasks() -> None:
    """``t.test`` of six tasks' differences of differences."""
    tenths = [round(10 * value) for value in R["over"]["values"]]
    passed = [[5 + max(n, 0), 5, 5 + max(-n, 0), 5] for n in tenths]
    (found,) = together(table(passed, [[10] * 4] * 6), alpha=0.05, random=True)
    assert [found.difference, found.p, found.ci_low, found.ci_high] == pytest.approx(
        [R["over"]["estimate"], R["over"]["p"], *R["over"]["ci"]], rel=1e-6
    )


def test_three_factors_over_tasks_are_the_t_test_of_their_tasks() -> None:
    """The same six values, each of them a difference of differences of differences."""
    tenths = [round(10 * value) for value in R["over"]["values"]]
    passed = [[5 + max(n, 0), 5, 5 + max(-n, 0), 5, 5, 5, 5, 5] for n in tenths]
    found = together(eight(passed, [[10] * 8] * 6), alpha=0.05, random=True)[-1]
    assert [found.difference, found.p, found.ci_low, found.ci_high] == pytest.approx(
        [R["over"]["estimate"], R["over"]["p"], *R["over"]["ci"]], rel=1e-6
    )
    assert found.method == "t test of the tasks' differences of differences of differences of pass rates"


def test_where_a_corner_is_empty_there_is_a_reason_and_no_figure() -> None:
    """No difference of differences without all four."""
    (found,) = together(table([[3, 3, 3, 0]], [[6, 6, 6, 0]]), alpha=0.05, random=False)
    assert found.p is None
    assert found.note == "no four combinations of their levels all have programs"


@pytest.mark.parametrize(("rates", "answer"), [((19, 3, 4, 18), "different"), ((10, 10, 11, 9), "undecided")])
def test_an_interaction_in_passing_is_a_conclusion(
    tmp_path: Path, rates: tuple[int, int, int, int], answer: str
) -> None:
    """It is asked beside the factors, counted with them, and told where it was found."""
    lines = ["model,prompt,replicate,list,run,seconds,passed"]
    for (model, prompt), passed in zip(itertools.product("ab", "xy"), rates, strict=True):
        lines += [f"{model},{prompt},{r},1,1,{1 + r / 50},{r <= passed}" for r in range(1, 21)]
    path = tmp_path / "r.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    analysis = analyse(read_results([path]), Options())
    (found,) = [c for c in analysis.conclusions if c.question == "model:prompt" and c.kind == "passing"]
    assert (found.answer, found.unit) == (answer, "share of programs")
    assert found.estimate == pytest.approx((rates[0] - rates[1] - rates[2] + rates[3]) / 20)
    assert found.ci_low is not None
    assert found.ci_high is not None
    assert (found.ci_low <= 0 <= found.ci_high) is (answer == "undecided")
    told = "points more with prompt x than with prompt y" in on_passing(analysis)
    assert told is (answer == "different")


def three_factors(path: Path, passed: Sequence[int], of: int) -> Path:
    """Write a 2 x 2 x 2 of so many programs each, of which so many passed."""
    lines = ["model,prompt,effort,replicate,list,run,seconds,passed"]
    for levels, good in zip(itertools.product("ab", "xy", "uv"), passed, strict=True):
        lines += [f"{','.join(levels)},{r},1,1,{1 + r / 50},{r <= good}" for r in range(1, of + 1)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_conclusions_on_passing_ask_about_the_terms_that_those_on_times_ask_about(tmp_path: Path) -> None:
    """Three factors: each, each two, all three, by the same names; the sentence tells what all three do together."""
    path = three_factors(tmp_path / "r.csv", (38, 4, 4, 38, 4, 38, 38, 4), 40)
    analysis = analyse(read_results([path]), Options())
    asked = {
        kind: {c.question for c in analysis.conclusions if c.kind == kind} for kind in ("times", "passing")
    }
    assert asked["passing"] - {"treatment"} == asked["times"] - {"treatment"}
    (found,) = [
        c for c in analysis.conclusions if c.question == "model:prompt:effort" and c.kind == "passing"
    ]
    assert (found.answer, found.unit) == ("different", "share of programs")
    assert found.estimate == pytest.approx(8 * 34 / 80)
    assert found.method.endswith(
        "the estimate is (a - b at x minus a - b at y) at u minus (a - b at x minus a - b at y) at v"
    )
    assert (
        "what prompt x rather than y adds to what model a rather than b does for the pass rate is between "
        in on_passing(analysis)
    )
    assert "points more with effort u than with effort v" in on_passing(analysis)


def test_what_factors_do_together_for_passing_may_be_too_little_to_matter(tmp_path: Path) -> None:
    """R: two one-sided tests of the difference of differences, which the question's answer rests on."""
    expected = R["within"]
    lines = ["model,prompt,replicate,list,run,seconds,passed"]
    for (model, prompt), passed in zip(itertools.product("ab", "xy"), expected["passed"], strict=True):
        lines += [f"{model},{prompt},{r},1,1,{1 + r / 500},{r <= passed}" for r in range(1, 201)]
    path = tmp_path / "r.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    analysis = analyse(read_results([path]), Options(response="passed", margin=expected["margin"]))
    (row,) = [one for one in analysis.further.equivalence if one.factor == "model:prompt"]
    assert row.contrast == "model:prompt: a - b by x - y"
    assert [row.p, row.ci_low, row.ci_high] == pytest.approx([expected["p"], *expected["ci"]], rel=1e-6)
    (found,) = [c for c in analysis.conclusions if c.question == "model:prompt" and c.kind == "passing"]
    assert found.answer == "equivalent"
