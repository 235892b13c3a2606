"""Looks whose end follows the data: the first look's spread as if nothing differed, and a size that is changed."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from planning_data import analysed, r_rows, study
from refinery_analysis import AnalysisError
from refinery_analysis import _cli as cli
from refinery_analysis._commands.look import GO_ON, NOT_SHOWN, SHOWN, Request, take
from refinery_analysis._models.sample import LabelledTreatment, of_values, part_of
from refinery_analysis._presentation.terminal_look import text
from refinery_analysis._sequential import combination
from refinery_analysis._sequential.bounds import Rules, Stage, bounds
from refinery_analysis._sequential.spending import SPENDINGS, z_bounds
from refinery_analysis._sequential.statistic import Statistic, question_of, statistic

if TYPE_CHECKING:
    from pathlib import Path

    from refinery_analysis._models.sample import Sample

FACTORS = {"agents": [1, 3]}
A = ([3.1, 2.4, 3.9, 2.2], [2.9, 3.3, 2.1, 4.0, 3.6, 2.8, 3.0], [3.5, 2.0, 2.7])
B = ([2.0, 2.6, 1.1, 2.9], [2.2, 3.1, 1.9, 2.4, 1.0, 2.5, 3.2], [1.8, 2.3, 2.9])


def sample_of(*cells: list[float], factors: dict[str, tuple[str, ...]] | None = None) -> Sample:
    """Return a sample of these values by treatment, of one factor unless others are given."""
    known = factors or {"agents": tuple(map(str, range(1, len(cells) + 1)))}
    levels: list[dict[str, str]] = [{}]
    for name, values in known.items():
        levels = [{**one, name: value} for one in levels for value in values]
    return of_values(
        np.concatenate([np.asarray(cell) for cell in cells]),
        np.repeat(np.arange(len(cells)), [len(cell) for cell in cells]),
        treatments=tuple(LabelledTreatment(label=str(one), levels=one) for one in levels),
        factors=known,
        generated=np.asarray([len(cell) for cell in cells]),
    )


def stage_of(a: list[float], b: list[float]) -> Statistic:
    sample = sample_of(a, b)
    return statistic(sample, question_of(sample, "agents: 1 - 2"))


def test_stages_together_and_their_interval_are_those_of_r() -> None:
    """``r/combination.R``: qnorm of pt of each stage, the weighted sum, and its inverse in the difference."""
    stages = [stage_of(a, b) for a, b in zip(A, B, strict=True)]
    rows = [row for row in r_rows("combination.csv") if row["kind"] == "combined"]
    assert rows
    for row in rows:
        some = stages[: int(row["case"])]
        assert combination.combined(some, [4.0, 5.0, 5.0]) == pytest.approx(float(row["value"]), rel=1e-9)
        low, high = combination.interval(some, [4.0, 5.0, 5.0], 2.2)
        assert (low, high) == pytest.approx((float(row["low"]), float(row["high"])), rel=1e-8)


def test_the_blinded_spread_is_that_of_r() -> None:
    """The residual of the model in which the question's difference is nothing, by ``linearHypothesis`` and ``sd``."""
    cells = ([1.2, 2.3, 0.7], [2.2, 3.9], [4.1, 5.0, 3.3, 6.1], [4.4, 7.9])
    square = sample_of(*cells, factors={"a": ("x", "y"), "b": ("1", "2")})
    found = {
        "contrast": statistic(square, question_of(square, "a: x - y")),
        "omnibus": statistic(square, question_of(square, "omnibus")),
    }
    rows = [row for row in r_rows("combination.csv") if row["kind"] == "blinded"]
    assert rows
    for row in rows:
        assert found[row["case"]].blinded_sigma == pytest.approx(float(row["value"]), rel=1e-12)


@pytest.mark.parametrize("spending", SPENDINGS)
def test_with_many_degrees_of_freedom_bounds_are_those_of_normal_statistics(spending: str) -> None:
    """Stages of equal weights then cross as the cumulated statistic does, for which R's bounds are known."""
    many = 10**7
    known = z_bounds([1 / 3, 2 / 3, 1.0], alpha=0.05, spending=spending)
    past = [combination.PastLook(replicates=10, df_den=many, own_df=many, efficacy=known[0] ** 2)]
    squared = combination.weights([10.0], 30, 3)
    bound_of = functools.partial(
        combination.bound, df_num=1, alpha=0.05, spending=spending, planned=30, margin=0.0
    )
    second, spent = bound_of(past, squared)
    assert second == pytest.approx(known[1], abs=0.02)
    assert 0 < spent < 0.05
    past.append(combination.PastLook(replicates=20, df_den=2 * many, own_df=many, z_bound=second))
    last, spent = bound_of(past, squared)
    assert last == pytest.approx(known[2], abs=0.02)
    assert spent == 0.05


def test_a_size_that_follows_the_first_look_keeps_the_error() -> None:
    """Raw data of two arms, ended soon where the first look nearly shows and diluted where it does not."""
    studies, first, rng = 20_000, 5, np.random.default_rng(8)
    efficacy = bounds(
        [Stage(replicates=first, df_den=8)],
        Rules(df_num=1, alpha=0.05, target=0.8, unit_ncp=0.5, spending="pocock", futility="none"),
        planned=2 * first,
        last=False,
    )[0].efficacy
    squared = combination.weights([float(first)], 2 * first, 2)
    last, _ = combination.bound(
        [combination.PastLook(replicates=first, df_den=8, own_df=8, efficacy=efficacy)],
        squared,
        df_num=1,
        alpha=0.05,
        spending="pocock",
        planned=2 * first,
    )

    def t_of(n: int, count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        y = rng.standard_normal((count, 2, n))
        return np.asarray(
            (y[:, 0].mean(axis=1) - y[:, 1].mean(axis=1)) / np.sqrt(y.var(axis=2, ddof=1).sum(axis=1) / n)
        )

    one = t_of(first, studies)
    shown = one**2 >= efficacy
    near = np.abs(one) > 1
    for rows, n in ((near, 2), (~near, 12)):
        two = t_of(n, int(rows.sum()))
        z = [
            combination._weighted([combination._of_t(a, 8), combination._of_t(b, 2 * n - 2)], squared)
            for a, b in zip(one[rows].tolist(), two.tolist(), strict=True)
        ]
        shown[rows] |= np.abs(z) >= last
    error = math.sqrt(0.05 * 0.95 / studies)
    assert 0.05 - 4 * error <= shown.mean() <= 0.05 + 3 * error


def test_part_of_a_sample_keeps_the_design() -> None:
    """Treatments stay, those without a program too; values and counts are those of the programs kept."""
    whole = sample_of([1.0, 2.0], [3.0, 4.0], [5.0])
    part = part_of(whole, np.asarray([True, True, False, True, False]))
    assert part.treatments == whole.treatments
    assert part.counts.tolist() == [2, 1, 0]
    assert part.y.tolist() == [1.0, 2.0, 4.0]


def test_the_end_of_a_study_does_not_follow_the_answer(tmp_path: Path) -> None:
    """What the question asks about counts as chance in the spread that the end is planned from, and this is said."""
    path = study(tmp_path / "results.json", FACTORS, 5, shift=1.0)
    analysis = analysed(path)
    result = take(analysis, Request())
    assert result.plan.blinded
    assert result.plan.sigma == pytest.approx(float(np.std(analysis.sample.y, ddof=1)))
    shown = " ".join(text(result).split())
    assert "worked out as if the treatments did not differ" in shown
    assert "error rate stays at 0.05" in shown


def test_a_changed_size_is_looked_at_by_stages(tmp_path: Path) -> None:
    """After ``--change`` the study ends at its last look with the size named, in text, document and file."""
    request = Request(looks=3, replicates=15, futility="none")
    assert (
        take(analysed(study(tmp_path / "results.json", FACTORS, 5, shift=0.2)), request).look.decision
        == GO_ON
    )
    changed = Request(change=True, replicates=60)
    path = study(tmp_path / "results.json", FACTORS, 20, shift=0.2)
    second = take(analysed(path, effect=None), changed)
    assert (second.plan.changed_at, second.plan.planned_end, second.plan.replicates) == (2, 60, 15)
    assert second.look.z is not None
    assert second.look.efficacy is None
    assert second.interval is not None
    assert second.interval[0] < (second.estimate or 0.0) < second.interval[1]
    shown = " ".join(text(second).split())
    assert "changed at look 2, from 15 to 60" in shown
    assert "Stages together: z = " in shown
    assert second.look.decision == GO_ON
    with pytest.raises(AnalysisError, match="--replicates is 15"):
        take(analysed(path, effect=None), Request(replicates=15))
    third = take(analysed(study(path, FACTORS, 60, shift=0.2), effect=None), Request())
    assert third.look.decision in {SHOWN, NOT_SHOWN}
    assert third.look.spent == 0.05
    assert third.document()["looks"][2]["z"] == third.look.z


def test_an_omnibus_question_may_change_its_size_too(tmp_path: Path) -> None:
    """Stages without a direction are put together on one side, and there is no interval."""
    factors = {"agents": [1, 2, 3]}
    take(
        analysed(study(tmp_path / "results.json", factors, 4, shift=1.5)),
        Request(looks=2, replicates=8, question="omnibus", futility="none"),
    )
    result = take(
        analysed(study(tmp_path / "results.json", factors, 12, shift=1.5), effect=None),
        Request(change=True, replicates=12),
    )
    assert result.look.decision == SHOWN
    assert result.interval is None


@pytest.mark.parametrize(
    ("request_", "replicates", "match"),
    [
        (Request(change=True), 9, "name the new size with --replicates"),
        (Request(replicates=40), 9, "--change with it"),
        (Request(change=True, replicates=40), 6, "the 2 programs that are new at look 2 can't be tested"),
        (Request(change=True, replicates=40, looks=3), 9, "--looks is 3"),
    ],
)
def test_a_change_that_keeps_no_error_is_refused(
    tmp_path: Path, request_: Request, replicates: int, match: str
) -> None:
    """Only the size may change, it must be named, and what is new must be testable by itself."""
    path = study(tmp_path / "results.json", FACTORS, 5, shift=0.5)
    take(analysed(path), Request(looks=2, replicates=20))
    before = (tmp_path / "made.looks").read_bytes()
    with pytest.raises(AnalysisError, match=match):
        take(analysed(study(path, FACTORS, replicates, shift=0.5)), request_)
    assert (tmp_path / "made.looks").read_bytes() == before


def test_the_first_look_has_nothing_to_change(tmp_path: Path) -> None:
    """``--change`` before there is a plan is refused in words, and nothing is written."""
    path = study(tmp_path / "results.json", FACTORS, 5)
    with pytest.raises(AnalysisError, match="no plan to --change yet"):
        cli.run(["look", str(path), "--effect", "1", "--replicates", "20", "--change"])
    assert not (tmp_path / "made.looks").exists()


def test_a_stage_without_an_estimate_has_no_interval() -> None:
    """An omnibus test has none, and is refused."""
    stage = dataclasses.replace(stage_of([1.0, 2.0, 3.0], [2.0, 3.0, 5.0]), estimate=None, se=None)
    with pytest.raises(AnalysisError, match="an omnibus test has no interval"):
        combination.interval([stage], (1.0,), 2.0)


def test_a_bound_that_nothing_reaches_leaves_the_interval_open() -> None:
    """Nothing is refused then, on either side."""
    stage = stage_of([1.0, 2.0, 3.0], [2.0, 3.0, 5.0])
    assert combination.interval([stage], (1.0,), math.inf) == (-math.inf, math.inf)


def test_an_error_below_what_simulation_tells_stops_for_nothing() -> None:
    """With hardly any error to spend the bound is infinite; with all of it the ordinary test's bound holds."""
    none, _ = combination.bound(
        (), (1.0, 1.0), df_num=1, alpha=1e-6, spending="obrien-fleming", planned=2.0, count=2000
    )
    assert none == math.inf
