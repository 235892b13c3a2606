"""Nested budgets: earlier and later programs of the same trajectories, by R's figures (``r/nested.R``), to 1e-6."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from refinery_analysis import AnalysisError, Options, analyse, document, read_results
from refinery_analysis._commands.plan import plan
from refinery_analysis._power.arms import arms
from refinery_analysis._presentation.findings import findings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from refinery_analysis import Analysis
    from refinery_analysis._inference.conclusions import Conclusion

R: dict[str, Any] = json.loads((Path(__file__).parent / "r" / "nested.json").read_text(encoding="utf-8"))
QUESTION = "optimization: 3 iterations - 8 iterations"


def timed(path: Path, rows: Iterable[tuple[object, ...]], *, task: bool = False) -> Path:
    """Write trajectories of 8 turns, (agents or task, replicate, seconds after turn 3, seconds at the end)."""
    first = "task" if task else "agents"
    lines = [f"{first},optimization,replicate,list,run,seconds,passed,turn"]
    for name, replicate, early, late in rows:
        for turn, seconds in ((3, early), (8, late)):
            passed = seconds is not None
            lines.append(f"{name},8 iterations,{replicate},1,1,{seconds if passed else ''},{passed},{turn}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def of_r(agents: tuple[int, ...] = (1, 3)) -> list[tuple[object, ...]]:
    return [
        (row["agents"], row["replicate"], row["early"], row["late"])
        for row in R["data"]
        if row["agents"] in agents
    ]


def concluded(analysis: Analysis) -> Conclusion:
    return next(c for c in analysis.conclusions if c.kind == "nested")


def test_one_treatment_is_the_paired_t_test(tmp_path: Path) -> None:
    """``t.test(log(early), log(late), paired = TRUE)``: ratio, limits and p."""
    path = timed(tmp_path / "r.csv", of_r((1,)))
    analysis = analyse(read_results([path]), Options(nested=(3,)))
    (found,) = analysis.further.nested
    expected = R["one"]
    assert [found.estimate, found.se, found.df, found.p] == pytest.approx(
        [expected[name] for name in ("estimate", "se", "df", "p")], rel=1e-6
    )
    answer = concluded(analysis)
    assert [answer.estimate, answer.ci_low, answer.ci_high] == pytest.approx(
        [math.exp(value) for value in (expected["estimate"], *expected["ci"])], rel=1e-6
    )
    assert answer.question == QUESTION


def test_treatments_weigh_the_same_and_the_larger_p_counts(tmp_path: Path) -> None:
    """``lm(difference ~ 0 + agents)`` and its mean of means; with a variance for each treatment Satterthwaite's df."""
    analysis = analyse(read_results([timed(tmp_path / "r.csv", of_r())]), Options(nested=(3,)))
    (found,) = analysis.further.nested
    names = ("estimate", "se", "df", "p", "sd", "own_se", "own_df", "own_p")
    assert [getattr(found, name) for name in names] == pytest.approx([R["two"][n] for n in names], rel=1e-6)
    assert concluded(analysis).p == pytest.approx(max(R["two"]["p"], R["two"]["own_p"]), rel=1e-6)
    assert "same trajectories" in " ".join(findings(analysis))
    (row,) = document(analysis)["nested"]
    assert (row["question"], row["turn"], row["trajectories"], row["generated"]) == (QUESTION, 3, 13, 13)


def test_over_tasks_that_are_a_sample_the_tasks_differences_count(tmp_path: Path) -> None:
    """``t.test`` of the tasks' mean differences, with tasks - 1 degrees of freedom."""
    rows = [(f"t{replicate}", 1, early, late) for _, replicate, early, late in of_r((1,))]
    path = timed(tmp_path / "r.csv", rows, task=True)
    (found,) = analyse(read_results([path]), Options(nested=(3,), tasks="random")).further.nested
    assert [found.estimate, found.se, found.df, found.p] == pytest.approx(
        [R["over"][name] for name in ("estimate", "se", "df", "p")], rel=1e-6
    )


def test_a_trajectory_counts_only_where_both_of_its_programs_passed(tmp_path: Path) -> None:
    """One whose third turn failed and one whose last failed are left out, and told."""
    rows = [*of_r((1,)), (1, 7, None, 1.0), (1, 8, 1.0, None)]
    analysis = analyse(read_results([timed(tmp_path / "r.csv", rows)]), Options(nested=(3,)))
    (found,) = analysis.further.nested
    assert (found.trajectories, found.generated) == (6, 8)
    assert found.p == pytest.approx(R["one"]["p"], rel=1e-6)
    assert "6 of 8 trajectories, in which both passed" in " ".join(findings(analysis))


def test_budgets_that_a_study_varies_are_compared_without_being_asked_for(tmp_path: Path) -> None:
    """A study of 3 and 8 iterations, whose long trajectories were timed after turn 3, has the question by itself."""
    path = timed(tmp_path / "r.csv", of_r((1,)))
    short = [f"1,3 iterations,{r},1,1,{1 + r / 10},True,3" for r in range(1, 7)]
    path.write_text(path.read_text(encoding="utf-8") + "\n".join(short) + "\n", encoding="utf-8")
    analysis = analyse(read_results([path]))
    answer = concluded(analysis)
    assert answer.question == QUESTION
    assert answer.p == pytest.approx(R["one"]["p"], rel=1e-6)
    others = [c for c in analysis.conclusions if c.question == "optimization"]
    assert others, "programs that were made for themselves are still compared as such"


def test_a_study_without_such_turns_has_no_such_question(tmp_path: Path) -> None:
    """Nothing is asked where nothing was timed on the way; a turn that is asked for and missing is an error."""
    path = timed(tmp_path / "r.csv", of_r((1,)))
    assert not analyse(read_results([path])).further.nested
    with pytest.raises(
        AnalysisError, match=r"--nested 5: no program was timed after turn 5 \(turns with times: 3\)"
    ):
        analyse(read_results([path]), Options(nested=(5,)))
    with pytest.raises(AnalysisError, match="turns are counted from 1"):
        Options(nested=(0,))


def test_a_margin_may_settle_it(tmp_path: Path) -> None:
    """A difference of a few per cent is equivalent within a quarter."""
    rng = np.random.default_rng(1)
    rows = [
        (1, r, s := float(np.exp(rng.normal())), s * float(np.exp(0.05 * rng.normal()))) for r in range(1, 9)
    ]
    path = timed(tmp_path / "r.csv", rows)
    analysis = analyse(read_results([path]), Options(nested=(3,), margin=1.25))
    assert concluded(analysis).answer == "equivalent"
    assert "small enough not to matter" in " ".join(findings(analysis))


def test_the_plan_uses_the_spread_of_the_differences(tmp_path: Path) -> None:
    """With one treatment it is R's ``power.t.test(type = "paired")``; with two the fewest trajectories of each."""
    analysis = analyse(
        read_results([timed(tmp_path / "r.csv", of_r())]), Options(nested=(3,), response="log", effect=0.2)
    )
    (found,) = analysis.further.nested
    planned = next(row for row in plan(analysis).rows if row.kind == "nested")
    assert planned.question == QUESTION
    assert "analyse with --nested 3" in (planned.note or "")
    assert found.sd is not None
    made = arms(analysis.sample, unequal=False)
    power = made.within_power(np.ones(1), found.sd, 0.2, 20, alpha=0.05)
    assert power == pytest.approx(R["power"], rel=1e-6)
    assert planned.power is not None
    assert planned.power >= 0.8
    each = planned.replicates_per_treatment or 0
    assert made.within_power(np.ones(2), found.sd, 0.2, each - 1, alpha=0.05) < 0.8
    assert made.within_power(np.ones(2), found.sd, 0.2, each, alpha=0.05) == pytest.approx(planned.power)
