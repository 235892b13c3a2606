"""Passing, time-outs, trends and equivalence beside R's figures (``r/passing.R``): 1e-6, 1e-4 where optimised."""

from __future__ import annotations

import functools
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refinery_analysis import Analysis, AnalysisError, Options, analyse, document, read_results
from refinery_analysis._inference import equivalence, stratified, two_proportions
from refinery_analysis._inference.passing import Difference, LevelsOverTasks
from refinery_analysis._models.firth import firth
from refinery_analysis._models.logistic_glmm import fit_glmm
from refinery_analysis._models.pass_at_k import pass_at_k, unbiased
from refinery_analysis._models.pass_rates import wilson
from refinery_analysis._models.passing_table import passing_table
from refinery_analysis._models.survival import log_rank
from scipy import special, stats
from statsmodels.stats.proportion import proportion_confint

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).parent
R: dict[str, Any] = json.loads((HERE / "r" / "passing.json").read_text(encoding="utf-8"))


@functools.cache
def done(name: str, margin: float | None = None, effect: float | None = None) -> Analysis:
    """Analyse a file of the tests once."""
    results = read_results([HERE / "data" / f"{name}.csv"])
    return analyse(results, Options(response="log", margin=margin, effect=effect))


def test_rates_and_differences_agree_with_r() -> None:
    """``prop.test(correct = FALSE)`` is Wilson's interval; Newcombe's is made of two of them."""
    found = done("separated").further.passing
    rates = {(rate.factor, rate.level): rate for rate in found.rates}
    for level in "ab":
        ours = rates["model", level]
        assert [ours.ci_low, ours.ci_high] == pytest.approx(R["rates"][level], rel=1e-6)
    between = next(d for d in found.differences if d.factor == "model")
    assert [between.difference, between.ci_low, between.ci_high] == pytest.approx(R["newcombe"], rel=1e-6)


@given(total=st.integers(1, 400), share=st.floats(0, 1), alpha=st.floats(1e-4, 0.5))
def test_wilsons_interval_is_that_of_statsmodels(total: int, share: float, alpha: float) -> None:
    """Also where none passed, or all, and for numbers of passes that are no whole ones."""
    good = share * total
    theirs = proportion_confint(good, total, alpha=alpha, method="wilson")
    assert wilson(good, total, alpha) == pytest.approx(theirs, rel=1e-9, abs=1e-12)


def test_tests_over_strata_agree_with_r() -> None:
    """``mantelhaen.test(exact = TRUE)`` for two levels, without it for several."""
    found = done("separated").further.passing
    assert found.stratified is not None
    assert found.stratified.p_exact == pytest.approx(R["stratified"]["p"], rel=1e-6)
    # R stops looking for the odds ratio at about 1e-4.
    assert found.stratified.odds_ratio == pytest.approx(R["stratified"]["odds_ratio"], rel=1e-4)
    assert next(d.p_exact for d in found.differences if d.factor == "model") == found.stratified.p_exact
    table = passing_table(read_results([HERE / "data" / "separated.csv"]))
    strata = [(x.tolist(), n.tolist()) for x, n in table.strata("temperature")]
    assert stratified.cmh(strata) == pytest.approx(tuple(R["cmh"].values()), rel=1e-6)
    many = done("many_tasks").further.passing.stratified
    assert many is not None
    assert many.p_exact == pytest.approx(R["tasks"]["p"], rel=1e-6)
    assert many.odds_ratio == pytest.approx(R["tasks"]["odds_ratio"], rel=1e-4)


@pytest.mark.parametrize("case", R["boschloo"], ids=lambda case: str(case["x"]))
def test_boschloo_agrees_with_r_and_scipy(case: dict[str, Any]) -> None:
    """``exact2x2::boschloo(tsmethod = "central")`` tries a grid of rates; SciPy searches as finely as we do."""
    x, n, y, m = case["x"]
    ours = two_proportions.boschloo((x, y), (n, m))
    assert ours == pytest.approx(case["p"], rel=1e-4)
    table = [[x, y], [n - x, m - y]]
    assert ours == pytest.approx(stats.boschloo_exact(table, n=64).pvalue, rel=1e-6)


def test_firth_agrees_with_r_where_outcomes_are_separated() -> None:
    """Deviances of nested models at their own penalised estimates, though one cell always passes and one never."""
    terms = {term.term: term for term in done("separated").further.passing.terms}
    assert list(terms) == ["model", "temperature", "model:temperature"]
    for name, term in terms.items():
        assert term.chi_sq == pytest.approx(R["firth"][name], rel=1e-4)
        assert term.p == pytest.approx(stats.chi2.sf(R["firth"][name], term.df), rel=1e-3)
    table = passing_table(read_results([HERE / "data" / "separated.csv"]))
    x = np.asarray(
        [[1, 1, 1, 0], [1, 1, 0, 1], [1, 1, -1, -1], [1, -1, 1, 0], [1, -1, 0, 1], [1, -1, -1, -1.0]]
    )
    fit = firth(x, table.passed[0].astype(float), table.generated[0].astype(float))
    assert fit.beta == pytest.approx(R["firth"]["beta"], rel=1e-4)


@given(st.lists(st.integers(0, 250_000), min_size=2, max_size=12))
def test_firth_ends_where_programs_are_very_many(passed: list[int]) -> None:
    """Rounding of a large likelihood is no fall of it: each cell has its own rate, half a program more of each kind."""
    counts = np.asarray(passed, dtype=np.float64)
    fit = firth(np.eye(len(passed)), counts, np.full(len(passed), 250_000.0))
    assert special.expit(fit.beta) == pytest.approx((counts + 0.5) / 250_001, rel=1e-6)


def test_the_mixed_model_agrees_with_glmer() -> None:
    """``glmer`` with tightened tolerances, a component at its bound included."""
    term = done("many_tasks").further.passing.terms[0]
    assert term.chi_sq == pytest.approx(R["glmer"]["chi_sq"], rel=1e-4)
    table = passing_table(read_results([HERE / "data" / "many_tasks.csv"]))
    fit = fit_glmm(
        np.asarray([[1.0, 0.0], [1.0, 1.0]]), table.passed.astype(float), table.generated.astype(float)
    )
    assert fit.beta == pytest.approx(R["glmer"]["beta"], rel=1e-4)
    assert fit.task == pytest.approx(R["glmer"]["task"], rel=1e-4)
    assert fit.task_treatment == pytest.approx(0.0, abs=1e-3)


def test_time_outs_agree_with_r() -> None:
    """``survreg`` with profile intervals, ``survdiff``, and ``survfit``'s restricted mean."""
    found = done("late").further.censored
    assert found is not None
    assert found.limit == 4
    assert found.logrank.statistic == pytest.approx(R["logrank"], rel=1e-6)
    # The permutation p is near the one of chi-square at this size.
    assert found.logrank.p == pytest.approx(stats.chi2.sf(R["logrank"], 2), abs=0.02)
    assert [ratio.a for ratio in found.aft.time_ratios] == ["b", "c"]
    for ratio in found.aft.time_ratios:
        assert ratio.b == "a"
        assert [ratio.estimate, ratio.ci_low, ratio.ci_high] == pytest.approx(R["aft"][ratio.a], rel=1e-4)
    assert found.aft.p == pytest.approx(R["aft"]["p"], rel=1e-4)
    assert [mean.treatment for mean in found.rmst] == list(R["rmst"])
    for mean in found.rmst:
        assert [mean.estimate, mean.se] == pytest.approx(R["rmst"][mean.treatment], rel=1e-6)


def test_without_time_outs_nothing_is_censored() -> None:
    """The key is null then."""
    assert document(done("separated"))["censored"] is None


def test_a_treatment_of_which_nothing_finished_has_no_ratio(tmp_path: Path) -> None:
    """Its time is beyond the limit, nobody knows how far; the log-rank test counts it all the same."""
    rows = [f"a,{i},1,1,{1 + i / 10},True,False,10" for i in range(8)]
    rows += [f"b,{i},1,1,10,False,True,10" for i in range(8)]
    path = tmp_path / "r.csv"
    path.write_text(
        "model,replicate,list,run,seconds,passed,censored,limit\n" + "\n".join(rows), encoding="utf-8"
    )
    found = analyse(read_results([path])).further.censored
    assert found is not None
    assert found.aft.time_ratios[0].estimate is None
    assert found.logrank.p is not None
    assert found.logrank.p < 0.01
    assert [mean.estimate for mean in found.rmst] == pytest.approx([1.35, 10.0])


def test_trends_agree_with_emmeans() -> None:
    """``contrast(emmeans(m, "agents"), "poly")``, first row."""
    results = read_results([HERE / "data" / "balanced.csv"])
    trend = next(
        t for t in analyse(results, Options(response="seconds")).further.trend if t.factor == "agents"
    )
    ours = {"estimate": trend.estimate, "se": trend.se, "df": trend.df, "p": trend.p}
    assert ours == pytest.approx(R["trend"], rel=1e-6)
    assert trend.slope == pytest.approx(R["trend"]["estimate"] / 2)


def test_equivalence_agrees_with_two_one_sided_t_tests_of_r() -> None:
    """``t.test(mu = , alternative = )`` on both sides of the margin, with Welch's degrees of freedom."""
    row = done("late", 1.5).further.equivalence[0]
    assert row.contrast == "model: a - b"
    assert row.p == pytest.approx(R["tost"]["p"], rel=1e-6)
    assert [row.ci_low, row.ci_high] == pytest.approx(R["tost"]["ci"], rel=1e-6)
    assert row.answer == "undecided"
    assert done("late", 5.0).further.equivalence[0].answer == "equivalent"


def test_the_programs_that_equivalence_takes_give_the_power() -> None:
    """The exact power at the number told is enough, at one less it is not; simulation agrees."""
    n = equivalence.required(1.0, weights=2.0, arms=2, alpha=0.05, target=0.8)
    assert n is not None
    power = [equivalence.power(k, 1.0, weights=2.0, arms=2, alpha=0.05) for k in (n - 1, n)]
    assert power[0] < 0.8 <= power[1]
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((2, 20_000, n))
    se = np.sqrt((a.var(axis=1, ddof=1) + b.var(axis=1, ddof=1)) / n)
    reach = 1.0 - stats.t.isf(0.05, 2 * n - 2) * se
    assert (np.abs(a.mean(axis=1) - b.mean(axis=1)) < reach).mean() == pytest.approx(power[1], abs=0.01)


@pytest.mark.parametrize(("margin", "response"), [(1.0, "log"), (0.0, "seconds"), (1.5, "passed")])
def test_a_margin_that_is_none_is_told(margin: float, response: str) -> None:
    """With what it must be."""
    with pytest.raises(AnalysisError, match="--margin"):
        equivalence.bound(margin, response)


def test_pass_at_k_is_the_share_of_sets_with_a_pass() -> None:
    """Counted by hand for five programs of which two passed."""
    assert [unbiased(5, 2, k) for k in (1, 2, 3, 4)] == pytest.approx([2 / 5, 7 / 10, 9 / 10, 1.0])
    one = pass_at_k([10], [3], alpha=0.05)
    assert [row.k for row in one] == [1, 2, 3, 5, 10]
    assert one[0].estimate == pytest.approx(0.3)
    always = pass_at_k([4, 4], [4, 4], alpha=0.05)
    assert always
    assert all(row.ci_low <= row.estimate <= row.ci_high for row in always)


@given(
    n=st.integers(2, 12),
    rates=st.tuples(st.floats(0.05, 0.95), st.floats(0.05, 0.95)),
)
def test_the_enumerated_power_is_that_of_the_test(n: int, rates: tuple[float, float]) -> None:
    """The region holds the tables whose p value is below alpha, so its chance under equality is at most alpha."""
    assert two_proportions.power(n, (rates[0], rates[0]), 0.05) <= 0.05 + 1e-9
    region = two_proportions.rejection_region(n, 0.05)
    x = int(rates[0] * n)
    y = int(rates[1] * n)
    p = two_proportions.boschloo((x, y), (n, n))
    if abs(p - 0.05) > 1e-3:
        assert bool(region[x, y]) == (p < 0.05)


def test_programs_that_a_difference_of_rates_takes() -> None:
    """From the number that is required on, the power stays at what was asked for."""
    n = two_proportions.required((0.2, 0.7), alpha=0.05, target=0.8)
    assert n is not None
    assert all(two_proportions.power(n + more, (0.2, 0.7), 0.05) >= 0.8 for more in range(3))
    assert two_proportions.power(n - 1, (0.2, 0.7), 0.05) < 0.8
    assert two_proportions.required((0.5, 0.5), alpha=0.05, target=0.8) is None


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6), st.data()), min_size=1, max_size=4))
def test_the_conditional_test_is_fishers_where_there_is_one_stratum(
    sizes: list[tuple[int, int, st.DataObject]],
) -> None:
    """SciPy's ``fisher_exact`` for one stratum; a probability for any number of them."""
    tables = [(data.draw(st.integers(0, n)), n, data.draw(st.integers(0, m)), m) for n, m, data in sizes]
    found = stratified.exact_conditional(tables)
    # In some stratum both arms have programs, and not all of them ended alike.
    varies = [max(0, x + y - m) < min(n, x + y) for x, n, y, m in tables]
    assert (found is None) is not any(varies)
    if found is None:
        return
    assert 0 < found.p <= 1
    if len(tables) == 1:
        x, n, y, m = tables[0]
        assert found.p == pytest.approx(stats.fisher_exact([[x, y], [n - x, m - y]]).pvalue)


def verdicts(path: Path, tasks: Sequence[Sequence[tuple[int, int]]]) -> Path:
    """Write verdicts of two models; for each task and model how many passed, of how many programs."""
    rows = [
        f"t{task},{model},{replicate},{replicate <= good}"
        for task, models in enumerate(tasks)
        for model, (good, programs) in zip("ab", models, strict=True)
        for replicate in range(1, programs + 1)
    ]
    path.write_text("task,model,replicate,passed\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_levels_that_differ_a_lot_in_many_programs_have_an_odds_ratio(tmp_path: Path) -> None:
    """The total that was seen is too unlikely for a number; the strata's means (SciPy's) add up to it all the same."""
    passed = [(140 + task, 40 + task) for task in range(30)]
    path = verdicts(tmp_path / "verdicts.csv", [((a, 200), (b, 200)) for a, b in passed])
    found = analyse(read_results([path]), Options(response="passed", tasks="fixed")).further.passing
    assert found.stratified is not None
    assert found.stratified.odds_ratio is not None
    assert 0 < found.stratified.p_exact < 1e-300
    means = [stats.nchypergeom_fisher.mean(400, 200, a + b, found.stratified.odds_ratio) for a, b in passed]
    assert sum(means) == pytest.approx(sum(a for a, _ in passed), rel=1e-9)


def test_the_document_has_the_keys() -> None:
    """Exactly those of the reference, for a study with tasks, time-outs and a margin."""
    found = document(done("late", 1.5))
    assert {"passed", "censored", "trend", "equivalence"} <= set(found)
    assert set(found["passed"]) == {"rates", "differences", "terms", "stratified", "pass_at_k", "power"}
    assert set(found["censored"]) == {"limit", "timeouts", "logrank", "aft", "rmst"}
    assert found["passed"]["power"] is None
    assert math.isfinite(found["censored"]["logrank"]["statistic"])


def test_several_tasks_are_compared_within_and_between_them() -> None:
    """From five tasks on the conclusion on passing is about tasks like these; of fixed tasks it says so."""
    results = read_results([HERE / "data" / "many_tasks.csv"])
    passed = [
        next(c for c in analyse(results, Options(tasks=tasks)).conclusions if c.response == "passed")
        for tasks in ("random", "fixed")
    ]
    assert passed[0].method.startswith("analysis of variance of the tasks' pass rates")
    assert passed[1].method.startswith("exact conditional test over strata")
    table = passing_table(results)
    difference = (table.passed[:, 0] - table.passed[:, 1]) / 5
    assert passed[0].p == pytest.approx(stats.ttest_1samp(difference, 0.0).pvalue)
    assert passed[1].p == pytest.approx(R["tasks"]["p"], rel=1e-6)


def test_a_margin_settles_what_is_undecided(tmp_path: Path) -> None:
    """The answer is equivalent where every planned comparison of the question is; a plan of pass rates needs none."""
    rows = [f"{m},{i},1,1,{1 + i / 1000},True" for m in "ab" for i in range(12)]
    path = tmp_path / "r.csv"
    path.write_text("model,replicate,list,run,seconds,passed\n" + "\n".join(rows), encoding="utf-8")
    results = read_results([path])
    assert analyse(results).conclusions[0].answer == "undecided"
    assert analyse(results, Options(margin=1.25)).conclusions[0].answer == "equivalent"
    found = analyse(results, Options(response="passed", effect=0.3))
    assert found.power is None
    assert found.further.passing.power is not None
    assert found.further.passing.power.contrasts[0].replicates_required is not None


def rates_of(passed: tuple[int, int], programs: tuple[int, int]) -> equivalence.Equivalence:
    """Compare two levels' pass rates with a margin of a tenth."""
    p = two_proportions.boschloo(passed, programs) if max(programs) < 200 else 0.5
    between = Difference(
        factor="model", a="a", b="b", difference=passed[0] / programs[0] - passed[1] / programs[1],
        ci_low=-1.0, ci_high=1.0, p_exact=p, p_adjusted=p, method="",
        matched=stratified.matched([(passed[0], programs[0], passed[1], programs[1])]),
    )  # fmt: skip
    (row,) = equivalence.of_rates([between], margin=0.1, alpha=0.05)
    return row


@pytest.mark.parametrize(
    ("passed", "programs", "answer"),
    [
        ((480, 482), (600, 600), "equivalent"),
        ((38, 12), (40, 40), "different"),
        ((6, 5), (10, 10), "undecided"),
    ],
)
def test_pass_rates_are_as_good_as_equal_where_the_interval_is_inside_the_margin(
    passed: tuple[int, int], programs: tuple[int, int], answer: str
) -> None:
    """Newcombe's 1 - 2 alpha interval decides; at the p that is told it just touches the margin."""
    row = rates_of(passed, programs)
    assert row.answer == answer
    assert row.ci_low is not None
    assert row.ci_high is not None
    assert row.p is not None
    assert (row.p < 0.05) == (row.ci_low > -0.1 and row.ci_high < 0.1)
    if row.p < 0.5:
        low, high = two_proportions.newcombe(passed, programs, 2 * row.p)
        assert max(-low, high) == pytest.approx(0.1, abs=1e-6)
    else:
        assert abs(passed[0] / programs[0] - passed[1] / programs[1]) >= 0.1 - 1e-9


EASY, HARD = ((24, 40), (7, 8)), ((2, 8), (18, 40))
"""Passed and generated programs of two models in two tasks: worse in both by 20 points and more, alike together."""


def test_rates_that_are_alike_only_all_together_are_not_equal(tmp_path: Path) -> None:
    """One model had most of its programs in the easy task: within each task it passes less often."""
    results = read_results([verdicts(tmp_path / "verdicts.csv", [EASY, HARD])])
    found = analyse(results, Options(response="passed", margin=0.2, tasks="fixed"))
    (difference,), (row,) = found.further.passing.differences, found.further.equivalence
    together = two_proportions.newcombe((26, 25), (48, 48), 0.1)
    assert difference.difference == pytest.approx(1 / 48)
    assert -0.2 < together[0] < together[1] < 0.2
    assert found.conclusions[0].answer != "equivalent"
    assert row.answer != "equivalent"
    assert row.ci_low is not None
    assert row.ci_high is not None
    assert row.ci_low < (24 / 40 - 7 / 8 + 2 / 8 - 18 / 40) / 2 < row.ci_high < together[1]
    # The small parts tell no more than so many programs would: the limits are wider than those of 48 each.
    assert row.ci_high - row.ci_low > together[1] - together[0]
    assert row.note is not None
    assert "spread unevenly" in document(found)["equivalence"][0]["note"]


@given(
    st.lists(
        st.tuples(st.integers(1, 30), st.integers(1, 30), st.floats(0, 1), st.floats(0, 1)),
        min_size=1,
        max_size=5,
    ),
    st.integers(1, 3),
)
def test_matched_rates_are_those_of_mantel_and_haenszel(
    strata: list[tuple[int, int, float, float]], times: int
) -> None:
    """Never from more programs than there are; where both levels are spread alike, the counts themselves."""
    tables = [(round(one * n), n, round(two * m), m) for n, m, one, two in strata]
    found = stratified.matched(tables)
    assert found is not None
    weights = [n * m / (n + m) for _, n, _, m in tables]
    apart = sum(w * (x / n - y / m) for w, (x, n, y, m) in zip(weights, tables, strict=True)) / sum(weights)
    assert found.difference == pytest.approx(apart, abs=1e-12)
    for passed, programs, most in zip(
        found.passed, found.programs, (sum(t[1] for t in tables), sum(t[3] for t in tables)), strict=True
    ):
        assert 0 <= passed <= programs <= most * (1 + 1e-12)
    alike = [(x, n, min(y, times * n), times * n) for x, n, y, _ in tables]
    assert stratified.matched(alike) == stratified.Matched(
        passed=(sum(t[0] for t in alike), sum(t[2] for t in alike)),
        programs=(sum(t[1] for t in alike), sum(t[3] for t in alike)),
    )


def test_the_estimate_is_within_tasks_as_the_test_is(tmp_path: Path) -> None:
    """All together one model is worse by 7 points; within each task, which the test compares, by 27 and more."""
    tasks = [((96, 160), (28, 32)), ((8, 32), (90, 160))]
    results = read_results([verdicts(tmp_path / "verdicts.csv", tasks)])
    found = analyse(results, Options(response="passed", tasks="fixed"))
    together = found.further.passing.differences[0]
    assert together.difference == pytest.approx(-14 / 192)
    assert together.ci_low < 0 < together.ci_high
    first = found.conclusions[0]
    assert (first.response, first.answer) == ("passed", "different")
    assert first.estimate == pytest.approx(-0.29375)
    assert first.ci_low is not None
    assert first.ci_high is not None
    assert first.ci_low < -0.29375 < first.ci_high < 0
    assert first.method.endswith("the estimate is a - b, within tasks and levels of the other factors")


def test_levels_that_no_task_has_both_of_are_not_held_against_a_margin(tmp_path: Path) -> None:
    """One task was for one model, the other for the other: nothing was compared."""
    lines = ["task,model,replicate,passed"]
    lines += [f"{t},{m},{r},{r > 3}" for t, m in (("t", "a"), ("u", "b")) for r in range(1, 41)]
    path = tmp_path / "verdicts.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = analyse(read_results([path]), Options(response="passed", margin=0.2, tasks="fixed"))
    (row,) = found.further.equivalence
    assert (row.answer, row.ci_low, row.p) == ("untestable", None, None)
    assert found.conclusions[0].answer == "untestable"


def test_rounding_over_many_programs_is_no_difference() -> None:
    """The direction in which nothing can vary, all groups at once, adds nothing: as if one group were left out."""
    rng = np.random.default_rng(7)
    group = rng.integers(0, 5, 60_000)
    time, finished = rng.normal(size=group.size), rng.random(group.size) < 0.9
    statistic, _ = log_rank(time, finished, group, np.zeros_like(group), 5) or (math.nan, math.nan)
    order = np.argsort(time)
    at_risk = np.stack([np.cumsum((group[order] == g)[::-1])[::-1] for g in range(4)], axis=1)[
        finished[order]
    ]
    share = at_risk / (group.size - np.flatnonzero(finished[order]))[:, None]
    surplus = np.bincount(group[finished], minlength=5)[:4] - share.sum(axis=0)
    spread = np.diag(share.sum(axis=0)) - share.T @ share
    assert statistic == pytest.approx(float(surplus @ np.linalg.solve(spread, surplus)), rel=1e-9)
    programs = np.full(5, 1_000_003)
    passed = [333_331, 333_335, 333_337, 333_999, 333_301]
    value, df, p = stratified.cmh([(passed, programs.tolist())] * 3) or (math.nan, 0, math.nan)
    plain = stats.chi2_contingency([passed, (programs - passed).tolist()], correction=False)
    assert df == 4
    assert value == pytest.approx(3 * plain.statistic, rel=1e-5)
    assert p == pytest.approx(stats.chi2.sf(value, 4))


def test_many_programs_need_no_deals_for_the_log_rank_test() -> None:
    """From 100 programs a group on p is that of the chi-square distribution, and deals at random say the same."""
    rng = np.random.default_rng(4)
    group = np.repeat([0, 1], [100, 150])
    time = np.minimum(rng.exponential(1 + 0.3 * group).round(1), 2.0)
    finished = time < 2.0
    one = np.zeros_like(group)
    statistic, p = log_rank(time, finished, group, one, 2) or (math.nan, math.nan)
    dealt = [log_rank(time, finished, rng.permutation(group), one, 2) for _ in range(400)]
    assert p == pytest.approx(stats.chi2.sf(statistic, 1), abs=0.01)
    assert p == pytest.approx(
        np.mean([each is not None and each[0] >= statistic for each in dealt]), abs=0.08
    )


@pytest.mark.parametrize(
    ("difference", "se", "answer"),
    [(0.0, 0.01, "equivalent"), (0.3, 0.01, "different"), (0.05, 0.2, "undecided"), (0.1, 0.0, "untestable")],
)
def test_pass_rates_over_tasks_are_held_against_the_margin(difference: float, se: float, answer: str) -> None:
    """Two one-sided t tests over the tasks' differences; without spread between tasks there is no test."""
    pair = LevelsOverTasks(factor="agents", a="2", b="1", difference=difference, se=se, df=9)
    (row,) = equivalence.of_rates([], margin=0.1, alpha=0.05, over=[pair])
    assert row.answer == answer
    if row.p is None:
        assert row.note == "the difference is the same in every task"
    else:
        assert row.ci_low is not None
        assert row.ci_high is not None
        assert (row.p < 0.05) == (row.ci_low > -0.1 and row.ci_high < 0.1)
