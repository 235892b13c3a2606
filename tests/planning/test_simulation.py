"""Whole experiments at once: every test agrees with R, sizes are reproducible, and work is bounded."""

from __future__ import annotations

import numpy as np
import pytest
from planning_data import r_rows
from refinery_analysis import AnalysisError
from refinery_analysis._inference import rowwise as many
from refinery_analysis._inference.size import experiments, size
from scipy import stats

SETS = {
    "a": ([3, 4, 5], [1.2, 0.7, 2.9, 2.2, 1.1, 3.8, 0.3, 4.1, 2.6, 3.3, 5.9, 1.7]),
    "b": ([2, 2, 6], [0.11, 0.52, 9.1, 4.4, 1.5, 1.9, 2.3, 0.8, 7.2, 3.6]),
    "c": ([8, 7], [3.1, 4.7, 2.2, 5.8, 6.4, 1.9, 3.3, 4.0, 5.5, 7.9, 6.2, 4.8, 9.7, 5.1, 8.8]),
}


@pytest.mark.parametrize("row", r_rows("tests.csv"), ids=lambda row: f"{row['set']}-{row['test']}")
def test_p_values_of_many_data_sets_are_those_of_r(row: dict[str, str]) -> None:
    """R's p for one data set is ours in each row of many, whatever stands between."""
    counts, values = SETS[row["set"]]
    n, y = np.asarray(counts), np.asarray([values, values[::-1], values])
    mean, squares = many.moments(y, n)
    weights = np.zeros(n.size)
    weights[:2] = 1, -1
    p = {
        "f": lambda: many.f_test(mean, squares, n),
        "welch": lambda: many.welch_test(mean, squares, n),
        "kruskal": lambda: many.kruskal_test(stats.rankdata(y, axis=1), n),
        "brown_forsythe": lambda: many.brown_forsythe_test(y, n),
        "shapiro": lambda: many.shapiro_test(many.residuals(y, n)),
        "contrast": lambda: many.contrast_test(mean, squares, n, weights),
    }[row["test"]]()
    assert p[0] == p[2] == pytest.approx(float(row["p"]), rel=1e-6)


@pytest.mark.parametrize("n", [3, 4, 5, 6, 7, 11, 12, 20, 300, 4000])
def test_shapiro_is_that_of_scipy_at_every_size(n: int) -> None:
    """The row-wise Shapiro-Wilk test is scipy's, from 3 values to 4,000."""
    y = np.random.default_rng(n).exponential(size=(2, n))
    expected = [stats.shapiro(row).pvalue for row in y]
    assert many.shapiro_test(y) == pytest.approx(expected, rel=1e-5, abs=1e-12)


def test_welch_rejects_a_third_of_the_time_at_the_pilots_sizes_and_kruskal_hardly_ever() -> None:
    """12 treatments of 2: about 35 % and 0.2 %."""
    assert size("welch", [2] * 12, alpha=0.05)[0] == pytest.approx(0.35, abs=0.02)
    assert size("kruskal", [2] * 12, alpha=0.05)[0] == pytest.approx(0.002, abs=0.0015)


@pytest.mark.parametrize("test", ["welch", "kruskal", "brown-forsythe", "shapiro", "games-howell"])
def test_sizes_are_near_nominal_in_large_groups_and_repeat(test: str) -> None:
    """In large groups a test's size is 5 % within its error, and a second call gives the same."""
    rate, error, number = size(test, [80, 0, 80, 80], alpha=0.05)
    assert rate == pytest.approx(0.05, abs=4 * error + 0.005)
    assert number >= 1000
    assert size(test, [80, 80, 80], alpha=0.05) == (rate, error, number)


def test_studies_of_any_size_are_simulated_with_bounded_work() -> None:
    """From 200 to 10,000 data sets are drawn, fewer for a larger study."""
    for counts in ([2083] * 12, [4] * 2000):
        for test in ("welch", "kruskal", "brown-forsythe"):
            rate, error, number = size(test, counts, alpha=0.05)
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
        ("levene", [5, 5]),
    ],
)
def test_what_cannot_be_simulated_is_refused(test: str, counts: list[int]) -> None:
    """Groups too small for a test, and unknown tests, are refused."""
    with pytest.raises(AnalysisError):
        size(test, counts, alpha=0.05)


def test_exact_tests_keep_their_level_in_ten_thousand_pilots() -> None:
    """F and a contrast reject 5 % of ten thousand pilots without any effect."""
    weights = np.repeat([0.25, 0.0, -0.25], 4)
    p = experiments([2] * 12, sigma=0.87, contrasts={"agents: 1 - 3": weights})
    for name in ("f", "agents: 1 - 3"):
        assert p[name].shape == (10_000,)
        assert (p[name] <= 0.05).mean() == pytest.approx(0.05, abs=4 * 0.0022)


@pytest.mark.parametrize("counts", [[3], [1, 1], [0, 4], []])
def test_experiments_that_leave_nothing_to_test_are_refused(counts: list[int]) -> None:
    """One group, or no program beyond one a group, is refused."""
    with pytest.raises(AnalysisError, match="nothing to test"):
        experiments(counts, sigma=1.0)
