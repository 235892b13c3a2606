"""What conclusions beside times and passing rest on, by R's figures (``r/beside.R``), to 1e-6."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from refinery_analysis import Options, analyse, read_results
from refinery_analysis._inference import equivalence, passing, synergy
from refinery_analysis._models.passing_table import PassingTable
from refinery_analysis._models.survival import log_rank
from refinery_analysis._models.task_reml import CellTable, exact_f

if TYPE_CHECKING:
    from refinery_analysis._inference.synergy import Synergy

R: dict[str, Any] = json.loads((Path(__file__).parent / "r" / "beside.json").read_text(encoding="utf-8"))


def rates(arms: int) -> PassingTable:
    """Count the passed programs of R's tasks in so many arms."""
    passed = np.asarray(R["rates"]["passed"])[:, :arms]
    levels = tuple("abc"[:arms])
    return PassingTable(
        tasks=tuple(map(str, range(len(passed)))),
        treatments=levels,
        factors={"arm": levels},
        own=("arm",),
        level={"arm": np.arange(arms)},
        generated=np.full(passed.shape, R["rates"]["made"]),
        passed=passed,
    )


def test_pass_rates_over_tasks_agree_with_the_paired_t_test() -> None:
    """``t.test(paired = TRUE)`` of the tasks' rates: difference, error, degrees, p and interval."""
    expected = R["rates"]["pair"]
    (pair,) = passing._over_tasks(rates(2))
    assert [pair.difference, pair.se, pair.df] == pytest.approx(
        [expected["estimate"], expected["se"], expected["df"]], rel=1e-6
    )
    factor = passing._factor_over_tasks(rates(2), "arm", [pair], 0.05)
    assert [factor.p, factor.ci_low, factor.ci_high] == pytest.approx(
        [expected["p"], *expected["ci"]], rel=1e-6
    )


def test_three_arms_over_tasks_agree_with_greenhouse_and_geisser() -> None:
    """``anova(lm(rates ~ 1), X = ~1, test = "Spherical")`` has their corrected p."""
    assert passing._between_tasks(rates(3)).p == pytest.approx(R["rates"]["three"], rel=1e-6)


def test_pass_rates_over_tasks_are_held_against_a_margin_as_in_r() -> None:
    """Two one-sided paired t tests, and the interval of 90 %."""
    expected = R["rates"]["tost"]
    (row,) = equivalence.of_rates(
        (), margin=expected["margin"], alpha=0.05, over=tuple(passing._over_tasks(rates(2)))
    )
    assert [row.p, row.ci_low, row.ci_high] == pytest.approx([expected["p"], *expected["ci"]], rel=1e-6)


def test_the_log_rank_test_agrees_with_r_over_strata() -> None:
    """``survdiff`` of three groups, with ``strata()`` and without."""
    known = R["logrank"]
    time, group = np.asarray(known["time"]), np.asarray(known["group"])
    finished, stratum = np.asarray(known["finished"]), np.asarray(known["stratum"])
    plain = log_rank(np.log(time), finished, group, np.zeros_like(stratum), 3)
    strata = log_rank(np.log(time), finished, group, stratum, 3)
    assert plain is not None
    assert strata is not None
    assert [plain[0], strata[0]] == pytest.approx([known["plain"], known["stratified"]], rel=1e-6)
    # Groups dealt at random within strata: near the chi-square's p, which R has.
    assert strata[1] == pytest.approx(known["p"], abs=0.03)


def _synergy(tasks: int, *, random: bool | None) -> Synergy:
    team, nominal = (
        {f"t{i}": of[i] for i in range(tasks)} for of in (R["synergy"]["team"], R["synergy"]["nominal"])
    )
    return synergy._difference(("team", "nominal"), team, nominal, 0.05, random=random)


@pytest.mark.parametrize(
    ("key", "tasks", "random"), [("one", 1, None), ("fixed", 2, False), ("over", 6, None)]
)
def test_a_team_minus_its_nominal_group_agrees_with_r(key: str, tasks: int, random: bool | None) -> None:  # noqa: FBT001 - a parameter
    """Welch's ``t.test`` in one task and over fixed ones; of the tasks' differences over a sample of tasks."""
    expected, row = R["synergy"][key], _synergy(tasks, random=random)
    assert [row.difference, row.se, row.df, row.p, row.ci_low, row.ci_high] == pytest.approx(
        [*(expected[name] for name in ("estimate", "se", "df", "p")), *expected["ci"]], rel=1e-6
    )


@pytest.mark.parametrize(("key", "tasks"), [("one", 1), ("over", 6)])
def test_a_team_is_held_against_a_margin_as_in_r(key: str, tasks: int) -> None:
    """Two one-sided tests of the same difference."""
    row, margin = _synergy(tasks, random=None), R["synergy"]["tost"]["margin"]
    assert row.difference is not None
    assert row.se is not None
    assert row.df is not None
    p = equivalence.two_one_sided(row.difference, row.se, row.df, math.log(margin))
    assert p == pytest.approx(R["synergy"]["tost"][key], rel=1e-6)


def test_times_over_tasks_agree_with_the_paired_t_test() -> None:
    """The exact F of two arms is the square of ``t.test(paired = TRUE)``; so are its two one-sided tests."""
    known = R["times"]
    mean = np.asarray(known["mean"])
    table = CellTable(
        count=np.full(mean.shape, 3), mean=mean, within=1.0, x=np.asarray([[1.0, 0.0], [1.0, 1.0]])
    )
    test = exact_f(table, np.asarray([[1.0, -1.0]]))
    assert test is not None
    assert [test.p, test.df_den] == pytest.approx([known["pair"]["p"], known["pair"]["df"]], rel=1e-6)
    estimate = float(np.diff(mean.mean(axis=0)[::-1])[0])
    se = abs(estimate) / math.sqrt(test.f)
    assert [estimate, se] == pytest.approx([known["pair"]["estimate"], known["pair"]["se"]], rel=1e-6)
    p = equivalence.two_one_sided(estimate, se, test.df_den, math.log(known["tost"]["margin"]))
    assert p == pytest.approx(known["tost"]["p"], rel=1e-6)


def test_an_interaction_is_held_against_a_margin_as_in_r(tmp_path: Path) -> None:
    """A difference of differences with each cell's own variance, Satterthwaite's degrees and two one-sided tests."""
    known = R["interaction"]
    lines = ["first,second,replicate,list,run,seconds,passed"]
    for (first, second), cell in zip([("a", 1), ("a", 2), ("b", 1), ("b", 2)], known["cells"], strict=True):
        lines += [
            f"{first},{second},{r},1,1,{math.exp(value):.15g},True" for r, value in enumerate(cell, start=1)
        ]
    path = tmp_path / "r.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows = analyse(read_results([path]), Options(margin=known["margin"])).further.equivalence
    (row,) = [row for row in rows if row.factor == "first:second"]
    assert [row.p, row.ci_low, row.ci_high] == pytest.approx([known["p"], *known["ci"]], rel=1e-6)
