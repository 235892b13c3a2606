"""The test behind a headline, which lets every treatment have a spread of its own."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from refinery_analysis import analyse, read_results
from refinery_analysis._inference.anova_type import box_test, projection
from scipy import stats
from study_files import Made, benchmark_json, write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from refinery_analysis import Analysis
    from refinery_analysis._inference.conclusions import Conclusion

HERE = Path(__file__).parent
FROM_R = json.loads((HERE / "r" / "anova_type.json").read_text(encoding="utf-8"))


def headline(tmp_path: Path, times: dict[int, Sequence[float]]) -> Conclusion:
    """Return the first conclusion on times of a study with one factor."""
    return next(c for c in analysed(tmp_path, times).conclusions if c.response != "passed")


def analysed(tmp_path: Path, times: dict[int, Sequence[float]]) -> Analysis:
    programs = [
        Made(treatment={"agents": agents}, replicate=i, seconds=[[seconds]])
        for agents, of in times.items()
        for i, seconds in enumerate(of, start=1)
    ]
    return analyse(read_results([write(tmp_path / "made.json", benchmark_json(programs))]))


def test_two_treatments_give_welchs_t_test() -> None:
    """With two means the statistic is t squared, on Welch's degrees of freedom."""
    rng = np.random.default_rng(5)
    a, b = rng.standard_normal(4), 3 * rng.standard_normal(9) + 1
    found = box_test(
        np.asarray([[a.mean(), b.mean()]]),
        np.asarray([[a.var(ddof=1), b.var(ddof=1)]]),
        np.asarray([4, 9]),
        np.eye(2) - 1 / 2,
    )
    theirs = stats.ttest_ind(a, b, equal_var=False)
    assert found.statistic[0] == pytest.approx(theirs.statistic**2)
    assert found.df_num[0] == pytest.approx(1)
    assert found.df_den[0] == pytest.approx(theirs.df)
    assert found.p[0] == pytest.approx(theirs.pvalue)


@pytest.mark.parametrize("term", sorted(FROM_R["terms"]))
def test_terms_agree_with_r(term: str) -> None:
    """Statistic and both degrees of freedom are those of matrices written out in R, of unequal numbers and spreads."""
    data, theirs = FROM_R["data"], FROM_R["terms"][term]
    factors = {"A": ("1", "2", "3"), "B": ("1", "2")}
    cells = [dict(zip(factors, at, strict=True)) for at in itertools.product(*factors.values())]
    found = projection(term.split(":"), factors, cells)
    assert found is not None
    used, onto = found
    values = [np.asarray(values) for values in data]
    mean = np.asarray([[v.mean() for v in values]])[:, used]
    variance = np.asarray([[v.var(ddof=1) for v in values]])[:, used]
    test = box_test(mean, variance, np.asarray([len(v) for v in values])[used], onto)
    fewer = 1 if theirs["rank"] > 1 else 0
    assert test.statistic[0] == pytest.approx(theirs["statistic"], rel=1e-6)
    assert test.df_num[0] == pytest.approx(theirs["df_num"], rel=1e-6)
    assert test.df_den[0] == pytest.approx(theirs["df_den"] - fewer, rel=1e-6)


def test_a_question_is_asked_only_where_all_levels_are_there() -> None:
    """A combination of the other factors that lacks a level is left out; with none left there is no question."""
    factors = {"A": ("1", "2"), "B": ("x", "y")}
    cells = [{"A": "1", "B": "x"}, {"A": "2", "B": "x"}, {"A": "1", "B": "y"}]
    found = projection(["A"], factors, cells)
    assert found is not None
    assert found[0].tolist() == [0, 1]
    assert projection(["A", "B"], factors, cells) is None


def test_unequal_numbers_and_spreads_make_no_headline() -> None:
    """Of 4,000 studies of 3 against 12 programs in which nothing differs, at most 6.5 % are found to differ."""
    rng = np.random.default_rng(7)
    counts, sds = np.asarray([3, 12]), np.asarray([1.5, 0.3])
    mean = rng.standard_normal((4000, 2)) * sds / np.sqrt(counts)
    variance = sds**2 * rng.chisquare(np.broadcast_to(counts - 1, (4000, 2))) / (counts - 1)
    found = box_test(mean, variance, counts, np.eye(2) - 1 / 2)
    assert 0.03 < np.mean(found.p < 0.05) < 0.065


def test_a_difference_that_one_wide_treatment_makes_is_none(tmp_path: Path) -> None:
    """Three programs that spread widely against twelve that do not: the pooled test alone would call it proven."""
    narrow = [1.0 + 0.01 * i for i in range(12)]
    times: dict[int, Sequence[float]] = {1: [1.0, 2.2, 6.0], 3: narrow}
    term = analysed(tmp_path, times).anova
    assert term is not None
    assert term.terms[0].p is not None
    assert term.terms[0].p < 0.05
    found = headline(tmp_path, times)
    assert found.p is not None
    assert found.p > 0.05  # the larger one, of both tests
    assert found.ci_low is not None
    assert found.ci_high is not None
    assert found.ci_low < 1 < found.ci_high
    assert found.answer == "undecided"
    assert found.why == (
        "as programs of some treatments may vary more than those of others, this can't be told from chance"
    )


def test_a_treatment_with_one_program_can_not_be_told_from_chance(tmp_path: Path) -> None:
    """Where a treatment's own spread is not known there is no discovery, and the treatment is named."""
    found = headline(tmp_path, {1: [1.0, 1.01, 1.02, 1.0], 3: [2.0]})
    assert found.answer == "untestable"
    assert "agents 3" in (found.why or "")
    assert "only one program passed" in (found.why or "")


def test_programs_that_are_the_same_text_carry_no_difference(tmp_path: Path) -> None:
    """Seven of eight programs are one text, timed in two moods of the machine: that is no effect of the treatments."""
    times = {1: [1.0, 1.01, 1.02, 1.0], 3: [2.0, 2.01, 2.02, 1.5]}
    programs = [
        Made(treatment={"agents": agents}, replicate=i, seconds=[[seconds]])
        for agents, of in times.items()
        for i, seconds in enumerate(of, start=1)
    ]
    document = benchmark_json(programs)
    for entry in (*document["refinery"]["programs"], *(b["extra_info"] for b in document["benchmarks"])):
        if (entry["treatment"]["agents"], entry["replicate"]) != (3, 4):
            entry["sha256"] = "the same"
    found = analyse(read_results([write(tmp_path / "made.json", document)])).conclusions
    first = next(c for c in found if c.response != "passed")
    assert first.answer == "untestable"
    assert "7 of 8 programs" in (first.why or "")
