"""The steps one by one: what must hold whatever the data are."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refinery_analysis import Options, analyse, read_results
from refinery_analysis._errors import AnalysisError
from refinery_analysis._inference.contrasts import planned_contrasts
from refinery_analysis._inference.multiplicity import holm
from refinery_analysis._inference.studentized_range import range_quantile, range_tail
from refinery_analysis._models.anova import anova, choose_model, fit_model
from refinery_analysis._models.balanced_layout import Layout
from refinery_analysis._models.formula import parse
from refinery_analysis._models.freeman_halton import EXACT, pass_test
from refinery_analysis._models.pass_rates import _omnibus, is_invented, shuffle_test, wilson
from refinery_analysis._models.reml import balanced_components, numerical_components
from refinery_analysis._models.sample import Response, sample
from refinery_analysis._models.variance_components import _gather as gather
from refinery_analysis._models.variance_components import variance_components
from refinery_analysis._power.published_reasoning import as_published
from scipy import stats
from statsmodels.stats.power import FTestAnovaPower
from study_files import Made, benchmark_json, small, write

if TYPE_CHECKING:
    from pathlib import Path

    from refinery_analysis import Results

FAST = settings(max_examples=40, deadline=None, derandomize=True, database=None)


# -- models


@pytest.mark.parametrize(
    ("formula", "terms"),
    [
        ("a", ["a"]),
        ("a + b", ["a", "b"]),
        ("a*b", ["a", "b", "a:b"]),
        ("a:b", ["a:b"]),
        ("a*b*c", ["a", "b", "c", "a:b", "a:c", "b:c", "a:b:c"]),
        ("(a + b)*c", ["a", "b", "c", "a:c", "b:c"]),
        ("(a + b + c)^2", ["a", "b", "c", "a:b", "a:c", "b:c"]),
        ("a*b - a:b", ["a", "b"]),
        ("b:a + a:b", ["b:a"]),
        ("1", []),
        ("1 + a", ["a"]),
        ("`d-e`*a", ["d-e", "a", "d-e:a"]),
        ("d-e", ["d-e"]),
    ],
)
def test_formulas_expand_as_in_r(formula: str, terms: list[str]) -> None:
    """Operators of a formula give the terms that R's ``terms`` gives, in its order."""
    assert [":".join(term) for term in parse(formula, ["a", "b", "c", "d-e"]).terms] == terms


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("", "is empty"),
        ("agnets", "did you mean 'agents'"),
        ("agents*", "ends too early"),
        ("agents optimization", "unexpected 'optimization'"),
        ("(agents", "not closed"),
        ("agents - 1", "intercept"),
        ("agents ~ 1", "can't read"),
        ("agents^9", "small whole number"),
        ("2", "expected a factor"),
    ],
)
def test_a_formula_that_can_not_be_read_is_told(formula: str, message: str) -> None:
    """A formula that can't be read is quoted in the error, with what is wrong."""
    with pytest.raises(AnalysisError) as caught:
        parse(formula, ["agents", "optimization"])
    assert message in str(caught.value)
    assert formula in str(caught.value)


# -- analysis of variance


@pytest.fixture
def pilot(data: Path) -> Results:
    return read_results([data / "pilot2025.csv"])


def test_measurements_are_no_replicates(pilot: Results) -> None:
    """The 2025 pilot's interaction: p = 0.002 over 96 timings, 0.24 over the 24 programs."""
    table = analyse(pilot, Options(response="seconds", model="agents*type*level")).anova
    assert table is not None
    assert {term.term: term.p for term in table.terms}["type:level"] == pytest.approx(0.2407, abs=5e-5)


def test_what_timings_taken_for_replicates_would_say_is_shown_beside(pilot: Results) -> None:
    """R: anova(lm(seconds ~ agents*type*level, pilot2025)) over the 96 rows, p of type:level."""
    found = analyse(pilot, Options(response="seconds", model="agents*type*level")).pseudoreplication
    assert found is not None
    assert (found.observations, found.programs, found.table.residual_df) == (96, 24, 84)
    assert {term.term: term.p for term in found.table.terms}["type:level"] == pytest.approx(
        0.00249569469542648, rel=1e-9
    )


def test_programs_that_were_timed_once_hold_no_pseudoreplicates(tmp_path: Path) -> None:
    """There is nothing to warn of."""
    programs = [
        Made(treatment={"agents": agents}, replicate=replicate, seconds=[[agents + replicate / 10]])
        for agents, replicate in itertools.product((1, 2), (1, 2))
    ]
    path = write(tmp_path / "once.json", benchmark_json(programs))
    assert analyse(read_results([path])).pseudoreplication is None


def test_timings_that_are_all_alike_only_inflate_the_count(tmp_path: Path) -> None:
    """Where a program's timings are all alike only the count differs: sums of squares grow with it."""
    programs = [
        Made(treatment={"agents": agents}, replicate=replicate, seconds=[[agents + replicate / 10] * 3])
        for agents, replicate in itertools.product((1, 2), (1, 2))
    ]
    found = analyse(read_results([write(tmp_path / "thrice.json", benchmark_json(programs))]))
    assert found.anova is not None
    assert found.pseudoreplication is not None
    assert found.pseudoreplication.observations == 12
    assert found.pseudoreplication.table.residual_sum_sq == pytest.approx(3 * found.anova.residual_sum_sq)


def test_sums_of_squares_of_balanced_data_add_up(pilot: Results) -> None:
    """With balanced data terms and residual of types 1, 2 and 3 sum to the total."""
    for kind in (1, 2, 3):
        table = analyse(pilot, Options(type=kind)).anova
        assert table is not None
        parts = math.fsum(term.sum_sq or 0.0 for term in table.terms) + table.residual_sum_sq
        assert parts == pytest.approx(table.total_sum_sq, rel=1e-12)


@FAST
@given(seed=st.integers(0, 10_000), scale=st.floats(1e-6, 1e6), shift=st.floats(0, 1e3))
def test_f_does_not_depend_on_the_unit_of_time(seed: int, scale: float, shift: float) -> None:
    """F stays the same when all times are scaled and shifted."""
    rng = np.random.default_rng(seed)
    y, cell = rng.standard_normal(40), rng.integers(0, 4, 40)
    from_two = [_one_way(values, cell) for values in (y, scale * (y + shift))]
    assert from_two[0] == pytest.approx(from_two[1], rel=1e-6)


def _one_way(y: np.ndarray[Any, Any], cell: np.ndarray[Any, Any]) -> float:
    f = _omnibus(y, cell.astype(np.intp))
    assert f is not None
    assert f == pytest.approx(stats.f_oneway(*(y[cell == i] for i in np.unique(cell))).statistic, rel=1e-8)
    return f


def test_one_replicate_gives_means_and_says_that_nothing_can_be_tested(tmp_path: Path) -> None:
    """With one program a treatment means are told, and every test is left out with a note."""
    programs = [
        Made(treatment={"agents": a, "size": s}, replicate=1, seconds=[[1.1 + a + s]])
        for a, s in itertools.product((1, 2), (1, 2, 3))
    ]
    found = analyse(
        read_results([write(tmp_path / "r.json", benchmark_json(programs))]), Options(response="seconds")
    )
    assert found.anova is not None
    assert found.anova.terms
    assert all(term.f is None and term.p is None and term.note for term in found.anova.terms)
    assert "nothing can be tested" in found.anova.notes[0]
    assert found.anova.residual_sum_sq == 0  # not 1e-31
    assert found.sample.sigma.value is None
    assert found.means[0].estimate == pytest.approx(4.1)
    assert found.means[0].note


def test_no_program_passed_is_an_answer(tmp_path: Path) -> None:
    """A study in which every program failed is analysed: there are no times to compare."""
    programs = [
        Made(treatment={"agents": a}, replicate=r, seconds=[], verdict="error")
        for a in (1, 2)
        for r in (1, 2)
    ]
    found = analyse(read_results([write(tmp_path / "r.json", benchmark_json(programs))]), Options(effect=0.5))
    assert found.anova is None
    assert found.failures.sentence == "None of the 4 programs passed, so there are no times to compare."
    assert "No program passed" in " ".join(found.notes)


def test_brown_forsythe_with_two_replicates_is_no_number(pilot: Results) -> None:
    """0/0: other tools print F = 1e33."""
    test = analyse(pilot).tests["brown-forsythe"]
    assert test.statistic is None
    assert test.note is not None
    assert "0/0" in test.note


def test_tests_that_err_at_this_design_support_no_conclusion(pilot: Results) -> None:
    """12 treatments of 2: Welch rejects about 35 % of the time, Kruskal-Wallis 0.2 %."""
    analysis = analyse(pilot)
    welch, kruskal = analysis.tests["welch"], analysis.tests["kruskal"]
    assert welch.size is not None
    assert welch.size.rate == pytest.approx(0.35, abs=0.02)
    assert kruskal.size is not None
    assert kruskal.size.rate == pytest.approx(0.002, abs=0.0015)
    assert welch.trusted is kruskal.trusted is False
    assert analysis.hc3
    assert all(test.trusted is False for test in analysis.hc3)


# -- responses


def test_ratio_is_the_mean_log_ratio_to_the_reference(tmp_path: Path) -> None:
    """The response ``ratio`` is the log time less the log of the reference's geometric mean."""
    results = read_results([write(tmp_path / "r.json", small())])
    seconds, ratio, log = (sample(results, response) for response in ("seconds", "ratio", "log"))
    assert ratio.y == pytest.approx(log.y - math.log(math.sqrt(0.9 * 1.1)))
    assert seconds.y == pytest.approx(sample(results, "cpu").y)


@pytest.mark.parametrize("response", ["ratio", "cpu"])
def test_a_response_that_the_files_lack_is_told(response: Response, pilot: Results) -> None:
    """A response that no file holds is refused with the advice to use another."""
    with pytest.raises(AnalysisError, match="use another --response"):
        analyse(pilot, Options(response=response))


def test_contaminated_runs_are_kept_and_compared(tmp_path: Path) -> None:
    """Disturbed runs stay in the analysis, and a second one leaves them out."""
    found = analyse(read_results([write(tmp_path / "r.json", small())]), Options(response="seconds"))
    assert found.contamination.runs == 16
    assert found.contamination.programs == 8
    assert found.contamination.lost == 0
    assert found.contamination.anova is not None
    assert found.sample.y[0] == pytest.approx(np.mean([1.1 + 0.6, 1.11 + 0.6] * 2))


def test_the_noise_floor_compares_the_reference_with_itself(tmp_path: Path) -> None:
    """The noise is what blocks of the reference on one list differ by, as log ratios."""
    document = small()
    document["refinery"]["reference"] = [
        {"block": b, "list": 1, "seconds": [t]} for b, t in enumerate((1.0, 1.1, 1.1), start=1)
    ]
    floor = analyse(read_results([write(tmp_path / "r.json", document)])).noise[0]
    assert (floor.pairs, floor.runs) == (2, 3)
    assert floor.largest == pytest.approx(math.log(1.1))
    assert floor.typical == pytest.approx(math.log(1.1) / 2)


# -- variance components


@settings(FAST, max_examples=12)
@given(
    seed=st.integers(0, 10_000),
    programs=st.integers(4, 12),
    lists=st.integers(2, 4),
    runs=st.integers(2, 3),
    spread=st.tuples(*[st.sampled_from((0.0, 0.1, 1.0, 10.0))] * 3),
)
def test_the_numerical_maximum_is_the_closed_form_on_balanced_data(
    seed: int, programs: int, lists: int, runs: int, spread: tuple[float, float, float]
) -> None:
    """Bounds included: where a component is at zero, both put it there."""
    rng = np.random.default_rng(seed)
    values = (
        spread[0] * rng.standard_normal((programs, 1, 1))
        + spread[1] * rng.standard_normal((1, lists, 1))
        + spread[2] * rng.standard_normal((programs, lists, 1))
        + rng.standard_normal((programs, lists, runs))
    )
    mean = values.mean(axis=2)
    layout = Layout(
        count=np.full((programs, lists), runs),
        mean=mean,
        within=float(np.sum((values - mean[:, :, None]) ** 2)),
        cell=np.arange(programs) % 2,
        block=np.zeros(programs, dtype=np.intp),
        rank=2,
    )
    usable = dict.fromkeys(("program", "list", "program_list"), True)
    closed, found = balanced_components(layout, usable).values, numerical_components(layout, usable).values
    assert closed
    for name, value in closed.items():
        assert found[name] == pytest.approx(value, rel=1e-4, abs=1e-6 * sum(closed.values()))


def test_components_that_can_not_be_told_apart_are_null(tmp_path: Path) -> None:
    """With one list and one run the components of lists are None, and a note says why."""
    programs = [
        Made(treatment={"a": a}, replicate=r, seconds=[[1.0 * a + r]]) for a in (1, 2) for r in (1, 2, 3)
    ]
    results = read_results([write(tmp_path / "r.json", benchmark_json(programs))])
    found = variance_components(results, sample(results, "seconds"))
    assert found.list is None
    assert found.program_list is None
    assert any("one list" in note for note in found.notes)


def test_lost_runs_leave_the_closed_form(data: Path) -> None:
    """Where a program lacks runs on a list the components are found numerically."""
    results = read_results([data / "unbalanced.csv"])
    layout, _ = gather(results, sample(results, "seconds"))
    assert layout is not None
    assert layout.count.min() == 0
    assert variance_components(results, sample(results, "seconds")).method == "numerical"


# -- comparisons


def test_many_pairs_are_interpolated_without_loss() -> None:
    """Tails of many studentized ranges at once agree with those of each alone."""
    q = np.linspace(0.3, 9.0, 60)
    each = np.asarray([range_tail(np.asarray([value]), 5, 14.0)[0] for value in q])
    assert range_tail(q, 5, 14.0) == pytest.approx(each, rel=1e-5)


@pytest.mark.parametrize("df", [1.0, 2.5, 14.0, 1000.0])
def test_tails_of_the_studentized_range_agree_with_scipy(df: float) -> None:
    """Small and large tails, for few and many means, have eight digits in common with scipy's double integral."""
    for levels in (2, 3, 12):
        q = np.asarray([0.3, 2.0, 4.5, 9.0])
        theirs = stats.studentized_range.sf(q, levels, df)
        assert range_tail(q, levels, df) == pytest.approx(theirs, rel=1e-6, abs=1e-11)


def test_critical_values_agree_with_scipy() -> None:
    """Quantiles of the studentized range are those of ``scipy.stats``."""
    for levels, df in ((2, 7.0), (3, 12.0), (12, 24.0)):
        assert range_quantile(0.05, levels, df) == pytest.approx(
            stats.studentized_range.isf(0.05, levels, df), rel=1e-7
        )


def test_holm_steps_down() -> None:
    """R: ``p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")``."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_contrasts_are_of_matched_treatments(pilot: Results) -> None:
    """Weights of a contrast sum to 0, its positive ones to 1, and ``at`` leaves a single pair of treatments."""
    found = sample(pilot, "seconds")
    contrasts = {contrast.name: contrast for contrast in planned_contrasts(found)}
    assert list(contrasts) == ["agents: 1 - 3", "type: iterations - time", "level: tight - loose"]
    for contrast in contrasts.values():
        assert contrast.weights.sum() == pytest.approx(0)
        assert contrast.weights[contrast.weights > 0].sum() == pytest.approx(1)
    alone = planned_contrasts(found, ["agents: 1 - 3 at optimization=3 iterations"])[0]
    assert np.count_nonzero(alone.weights) == 2


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("agents 1 - 3", "write it like"),
        ("agent: 1 - 3", "did you mean 'agents'"),
        ("agents: 1 - 4", "no pair of levels of agents; they are 1, 2, 3"),
        ("agents: 1 - 3 at level", "FACTOR=LEVEL"),
        ("agents: 1 - 3 at optimization=9 s", "no level of optimization"),
    ],
)
def test_a_contrast_that_can_not_be_read_is_told(spec: str, message: str, pilot: Results) -> None:
    """A contrast that can't be read gets an error with the right spelling or the levels there are."""
    with pytest.raises(AnalysisError) as caught:
        planned_contrasts(sample(pilot, "seconds"), [spec])
    assert message in str(caught.value)


# -- failures


@FAST
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 4)), min_size=2, max_size=4))
def test_the_exact_test_sums_all_tables(cells: list[tuple[int, int]]) -> None:
    """The exact p is the share of all tables with these margins that are no likelier than the one seen."""
    made = [n for n, _ in cells]
    passed = [min(n, x) for n, x in cells]
    found = pass_test(made, passed)
    if sum(passed) in {0, sum(made)}:
        assert found.p is None
        return
    ways = [
        math.prod(map(math.comb, made, table))
        for table in itertools.product(*(range(n + 1) for n in made))
        if sum(table) == sum(passed)
    ]
    seen = math.prod(map(math.comb, made, passed))
    assert found.method == EXACT
    assert found.p == pytest.approx(sum(w for w in ways if w <= seen) / sum(ways), rel=1e-12)


def test_large_tables_are_permuted_and_say_so() -> None:
    """Too large a table is tested by permutations, near the chi squared p, and the method says so."""
    found = pass_test([2000, 2100, 1900, 2050], [1900, 2000, 1700, 1950])
    assert "20,000 permutations" in found.method
    assert found.p is not None
    chi2 = stats.chi2_contingency([[1900, 2000, 1700, 1950], [100, 100, 200, 100]]).pvalue
    assert found.p == pytest.approx(max(chi2, 1 / 20001), abs=0.005)


def test_tables_of_hundreds_of_thousands_of_programs_are_permuted_before_any_is_counted() -> None:
    """Whether tables are too many is told from their size; each of these binomials alone has thousands of digits."""
    found = pass_test([20_834] * 12, [18_700 + 10 * i for i in range(12)])
    assert "20,000 permutations" in found.method


def test_wilson_agrees_with_scipy() -> None:
    """The interval of a rate is scipy's Wilson interval, at its ends too."""
    for good, made in ((0, 5), (3, 7), (24, 24)):
        theirs = stats.binomtest(good, made).proportion_ci(0.95, "wilson")
        assert wilson(good, made, 0.05) == pytest.approx((theirs.low, theirs.high))


@pytest.mark.parametrize(
    ("error", "reason", "invented"),
    [
        ("NameError", "", True),
        ("ModuleNotFoundError", "No module named 'fastdigits'", True),
        ("AttributeError", "module 'numpy' has no attribute 'digitsum'", True),
        ("TypeError", "sum() got an unexpected keyword argument 'fast'", True),
        ("TypeError", "unsupported operand type(s)", False),
        ("ZeroDivisionError", "", False),
        (None, None, False),
    ],
)
def test_invented_names_are_a_kind_of_failure(error: str | None, reason: str | None, invented: bool) -> None:  # noqa: FBT001
    """Errors of names, modules, attributes and keywords that don't exist count as invented, others don't."""
    assert is_invented(error, reason) is invented


def test_penalised_times_are_tested_by_dealing_them_at_random() -> None:
    """By hand: of the 20 ways to choose three of six values, two are as far apart as the real ones."""
    y, cell = np.asarray([1.0, 2.0, 3.0, 10.0, 12.0, 14.0]), np.asarray([0, 0, 0, 1, 1, 1])
    p, deals = shuffle_test(y, cell)
    assert deals == 9999
    assert p == pytest.approx(2 / 20, abs=0.01)
    assert shuffle_test(y[::-1].copy(), cell) == pytest.approx((p, deals), abs=0.01)
    assert shuffle_test(np.ones(4), np.asarray([0, 0, 1, 1]))[0] == 1.0


def test_times_of_very_many_programs_are_rotated_instead_of_dealt() -> None:
    """From 10,000 programs on every rotation counts once; it tells what dealing tells, and finds what is there."""
    rng = np.random.default_rng(20261126)
    cell = np.repeat([0, 1, 2], [4_000, 3_000, 3_001])
    y = rng.lognormal(size=cell.size)
    p, rotations = shuffle_test(y, cell)
    assert 0.99 * cell.size < rotations < cell.size
    assert p == pytest.approx(shuffle_test(y, cell, deals=999)[0], abs=0.06)
    assert shuffle_test(y + (cell == 1), cell)[0] == pytest.approx(1 / (rotations + 1))
    assert shuffle_test(np.ones(cell.size), cell)[0] == 1.0


def test_it_is_said_which_way_leaving_failures_out_moves_the_answer(tmp_path: Path) -> None:
    """One agent is fastest among those that passed only because its slow programs failed."""
    programs = [
        Made(
            treatment={"agents": 1},
            replicate=r,
            seconds=[[1.0 + r / 9]],
            verdict="timeout" if r > 2 else "correct",
        )
        for r in (1, 2, 3, 4)
    ]
    programs += [Made(treatment={"agents": 2}, replicate=r, seconds=[[2.0 + r / 9]]) for r in (1, 2, 3, 4)]
    found = analyse(read_results([write(tmp_path / "r.json", benchmark_json(programs))])).failures
    assert found.par2.penalty == 120.0
    assert "flatters agents 1 most" in found.sentence
    assert (
        "It moves the smallest mean: agents 1 among those that passed, agents 2 when failures count."
        in found.sentence
    )
    assert [(kind.kind, kind.programs) for kind in found.kinds] == [("timeout", 2)]


# -- the published reasoning


def test_the_pilots_published_figures_come_out(pilot: Results) -> None:
    """Effect 0.5 s: f = 0.7253, power 0.346, 43 in all: and 43 is the total, 4 a treatment."""
    found = as_published(sample(pilot, "seconds"), effect=0.5, alpha=0.05, target=0.8)
    assert found.f == pytest.approx(0.7253, abs=5e-5)
    assert found.power == pytest.approx(0.346, abs=5e-4)
    assert found.total_required == 43
    assert found.mean_sd == pytest.approx(0.6894, abs=5e-5)
    assert "43 is all programs together, 4 a treatment" in " ".join(found.explanation)


def test_the_published_power_is_that_of_statsmodels(pilot: Results) -> None:
    """The power as published, and the total required, are those of ``FTestAnovaPower``."""
    found = as_published(sample(pilot, "seconds"), effect=0.5, alpha=0.05, target=0.8)
    theirs = FTestAnovaPower()
    assert found.power == pytest.approx(theirs.power(found.f, 24, 0.05, 12), rel=1e-9)
    total = theirs.solve_power(effect_size=found.f, alpha=0.05, power=0.8, k_groups=12)
    assert found.total_required == math.ceil(float(total))


def test_a_machine_that_is_slower_is_a_term_and_no_noise(data: Path) -> None:
    """Two machines make the machine a term of the model, and a slower one is found by it."""
    results = read_results([data / "machine_a.json", data / "machine_b.json"])
    fitted = fit_model(sample(results, "seconds"), choose_model(results, None))
    assert fitted is not None
    table = anova(fitted, type=2)
    assert [term.term for term in table.terms] == ["machine", "agents", "optimization", "agents:optimization"]
    assert (table.terms[0].p or 1) < 0.05
