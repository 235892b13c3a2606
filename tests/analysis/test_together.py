"""What two factors do together for passing, by R's figures (``r/together.R``), to 1e-6."""

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


def test_over_tasks_that_are_a_sample_it_is_the_t_test_of_the_tasks() -> None:
    """``t.test`` of six tasks' differences of differences."""
    tenths = [round(10 * value) for value in R["over"]["values"]]
    passed = [[5 + max(n, 0), 5, 5 + max(-n, 0), 5] for n in tenths]
    (found,) = together(table(passed, [[10] * 4] * 6), alpha=0.05, random=True)
    assert [found.difference, found.p, found.ci_low, found.ci_high] == pytest.approx(
        [R["over"]["estimate"], R["over"]["p"], *R["over"]["ci"]], rel=1e-6
    )


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
