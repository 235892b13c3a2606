"""Whole experiments at once: every test agrees with R, sizes are reproducible, and work is bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from planning_data import r_rows
from refinery_analysis import AnalysisError
from refinery_analysis._inference.registry import TESTS
from refinery_analysis._inference.rowwise import DataSets, contrast_test
from refinery_analysis._inference.simulated_size import size
from scipy import stats
from simulated_studies import experiments

if TYPE_CHECKING:
    from refinery_analysis._inference.statistical_test import StatisticalTest

BY_NAME = {test.name: test for test in TESTS}
SETS = {
    "a": ([3, 4, 5], [1.2, 0.7, 2.9, 2.2, 1.1, 3.8, 0.3, 4.1, 2.6, 3.3, 5.9, 1.7]),
    "b": ([2, 2, 6], [0.11, 0.52, 9.1, 4.4, 1.5, 1.9, 2.3, 0.8, 7.2, 3.6]),
    "c": ([8, 7], [3.1, 4.7, 2.2, 5.8, 6.4, 1.9, 3.3, 4.0, 5.5, 7.9, 6.2, 4.8, 9.7, 5.1, 8.8]),
}


@pytest.mark.parametrize("row", r_rows("tests.csv"), ids=lambda row: f"{row['set']}-{row['test']}")
def test_p_values_of_many_data_sets_are_those_of_r(row: dict[str, str]) -> None:
    """The golden p values of ``tests.R``, whichever row of the data sets it is."""
    counts, values = SETS[row["set"]]
    n, y = np.asarray(counts), np.asarray([values, values[::-1], values])
    data = DataSets(counts=n, y=y)
    weights = np.zeros(n.size)
    weights[:2] = 1, -1
    if row["test"] == "contrast":
        p = contrast_test(data, weights)
    else:
        test = BY_NAME[row["test"].replace("_", "-")]
        p = test.figures(data.of(data.residuals) if test.of_residuals else data).p
    assert p[0] == p[2] == pytest.approx(float(row["p"]), rel=1e-6)


@pytest.mark.parametrize("n", [3, 4, 5, 6, 7, 11, 12, 20, 300, 4000])
def test_shapiro_is_that_of_scipy_at_every_size(n: int) -> None:
    """The row-wise Shapiro-Wilk test is scipy's, from 3 values to 4,000."""
    y = np.random.default_rng(n).exponential(size=(2, n))
    expected = [stats.shapiro(row) for row in y]
    found = BY_NAME["shapiro"].figures(DataSets(counts=np.asarray([n]), y=y))
    assert found.p == pytest.approx([each.pvalue for each in expected], rel=1e-5, abs=1e-12)
    assert found.statistic == pytest.approx([each.statistic for each in expected], rel=1e-6)


def test_welch_rejects_a_third_of_the_time_at_the_pilots_sizes_and_kruskal_hardly_ever() -> None:
    """12 treatments of 2: about 35 % and 0.2 %."""
    assert size(BY_NAME["welch"], [2] * 12, alpha=0.05)[0] == pytest.approx(0.35, abs=0.02)
    assert size(BY_NAME["kruskal"], [2] * 12, alpha=0.05)[0] == pytest.approx(0.002, abs=0.0015)


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.name)
def test_sizes_are_near_nominal_in_large_groups_and_repeat(test: StatisticalTest) -> None:
    """With 80 programs a treatment every test of the registry rejects about 5 % of the time, and repeatably so."""
    rate, error, number = size(test, [80, 0, 80, 80], alpha=0.05)
    assert rate == pytest.approx(0.05, abs=4 * error + 0.005)
    assert number >= 1000
    assert size(test, [80, 80, 80], alpha=0.05) == (rate, error, number)


def test_studies_of_any_size_are_simulated_with_bounded_work() -> None:
    """25,000 programs, or 2,000 treatments: fewer studies, but at least 200."""
    for counts in ([2083] * 12, [4] * 2000):
        for test in ("welch", "kruskal", "brown-forsythe"):
            rate, error, number = size(BY_NAME[test], counts, alpha=0.05)
            assert 0 <= rate <= 1
            assert 0 < error < 0.05
            assert 200 <= number <= 10_000


@pytest.mark.parametrize(
    ("test", "counts"),
    [
        ("welch", [1, 5]),
        ("kruskal", [5]),
        ("brown-forsythe", [2, 2]),
        ("shapiro", [1, 1, 1]),
    ],
)
def test_what_cannot_be_simulated_is_refused(test: str, counts: list[int]) -> None:
    """A size that nobody could compute is an error that names the test, never a figure."""
    with pytest.raises(AnalysisError, match=f"size of {test}"):
        size(BY_NAME[test], counts, alpha=0.05)


def test_exact_tests_keep_their_level_in_ten_thousand_pilots() -> None:
    """F and Student's t with the pooled variance reject 5 % of the time at the pilot's sizes."""
    weights = np.repeat([0.25, 0.0, -0.25], 4)
    p = experiments([2] * 12, sigma=0.87, contrasts={"agents: 1 - 3": weights})
    for name in ("f", "agents: 1 - 3"):
        assert p[name].shape == (10_000,)
        assert (p[name] <= 0.05).mean() == pytest.approx(0.05, abs=4 * 0.0022)


def test_the_registry_is_a_table_without_doubles() -> None:
    """Names, titles and keys are different for every test, and each has one way to be computed."""
    for values in ([test.name for test in TESTS], [test.title for test in TESTS]):
        assert len(set(values)) == len(values)
    keys = [test.key for test in TESTS if test.key is not None]
    assert len(set(keys)) == len(keys)
    for test in TESTS:
        ways = (test.of_moments, test.of_values, test.rejects)
        assert sum(way is not None for way in ways) == 1, test.name


@pytest.mark.parametrize("test", [test for test in TESTS if test.has_figures], ids=lambda test: test.name)
def test_one_study_is_tested_like_a_row_of_many(test: StatisticalTest) -> None:
    """The result of a study is the first row's statistic and p value; equal values are refused with a reason."""
    y = np.random.default_rng(3).normal(size=(5, 12))
    data = DataSets(counts=np.asarray([3, 4, 5]), y=y)
    many, one = test.figures(data), test.result(data.of(y[:1]), rounding=0.0)
    assert one.statistic == pytest.approx(many.statistic[0])
    assert one.p == pytest.approx(many.p[0])
    if test.name != "f":  # the table of the analysis of variance says it of that one
        flat = test.result(data.of(np.ones((1, 12))), rounding=1e-20)
        assert flat.p is None
        assert flat.note


def test_a_family_of_comparisons_has_no_single_figure() -> None:
    """Games and Howell's pairs are reported one by one."""
    with pytest.raises(TypeError, match="games-howell"):
        BY_NAME["games-howell"].figures(DataSets(counts=np.asarray([2, 2]), y=np.ones((1, 4))))
