"""Every figure beside R's: 1e-6 relative, 1e-4 for REML and the studentised range."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest
from refinery_analysis import Analysis, Options, Results, analyse, read_results
from refinery_analysis._models.anova import anova, choose_model, fit_model
from refinery_analysis._models.sample import Response, sample

DATA = Path(__file__).parent / "data"
FILES = {
    "balanced": ("balanced.csv",),
    "unbalanced": ("unbalanced.csv",),
    "heteroscedastic": ("heteroscedastic.csv",),
    "no_list_effect": ("no_list_effect.csv",),
    "no_list_effect_ragged": ("no_list_effect_ragged.csv",),
    "no_program_effect": ("no_program_effect.csv",),
    "two_machines": ("machine_a.json", "machine_b.json"),
    "pilot2025": ("pilot2025.csv",),
}
ONE_MACHINE = [name for name in FILES if name != "two_machines"]
MODELS = ("agents*optimization", "agents*type*level", "agents + optimization")

Figures = dict[str, Any]


@functools.cache
def results_of(name: str) -> Results:
    return read_results([DATA / file for file in FILES[name]])


@functools.cache
def done(name: str, *, model: str = MODELS[0], kind: int = 2, response: Response = "seconds") -> Analysis:
    return analyse(results_of(name), Options(model=model, type=kind, response=response))


def same(ours: float | None, theirs: float, rel: float = 1e-6) -> None:
    # Rounding leaves effects of zero at 1e-16 of the data's size, in R too.
    assert ours == pytest.approx(theirs, rel=rel, abs=1e-11)


def anova_is(name: str, model: str, kind: int, response: Response, expected: Figures) -> None:
    results = results_of(name)
    fitted = fit_model(sample(results, response), choose_model(results, model))
    assert fitted is not None
    table = anova(fitted, type=kind)
    same(table.residual_sum_sq, expected["residual"]["sum_sq"])
    assert table.residual_df == expected["residual"]["df"]
    assert [term.term for term in table.terms] == list(expected[str(kind)])
    for term in table.terms:
        theirs = expected[str(kind)][term.term]
        assert term.df == theirs["df"]
        same(term.sum_sq, theirs["sum_sq"])
        same(term.f, theirs["F"])
        same(term.p, theirs["p"])
        same(term.partial_eta_sq, theirs["partial_eta_sq"])
        same(term.omega_sq, theirs["omega_sq"])


@pytest.mark.parametrize("kind", [1, 2, 3])
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", FILES)
def test_anova_agrees_with_r(name: str, model: str, kind: int, expected: Figures) -> None:
    """``anova(lm)``, ``car::Anova(type=2)`` and, under sum-to-zero contrasts, ``car::Anova(type=3)``."""
    anova_is(name, model, kind, "seconds", expected[name]["anova"][model])


@pytest.mark.parametrize("name", FILES)
def test_anova_of_logs_agrees_with_r(name: str, expected: Figures) -> None:
    """A program's value is the mean of its natural logs."""
    anova_is(name, MODELS[0], 2, "log", expected[name]["log"])


@pytest.mark.parametrize("name", FILES)
def test_variance_components_agree_with_lme4(name: str, expected: Figures) -> None:
    """``lmer(seconds ~ treatment + (1|program) + (1|list) + (1|program:list))``, zero components included."""
    responses: tuple[tuple[Response, Figures], ...] = (
        ("seconds", expected[name]["variance"]),
        ("log", expected[name]["log_variance"]),
    )
    for response, theirs in responses:
        ours = done(name, response=response).variance
        # lme4 stops at 1e-4 or so of the scale of the data where a component is at zero.
        floor = 1e-7 * theirs["run"]
        for component in ("program", "list", "program_list", "run"):
            assert getattr(ours, component) == pytest.approx(theirs[component], rel=1e-4, abs=floor)


@pytest.mark.parametrize(
    ("name", "component", "method"),
    [
        ("no_list_effect", "list", "closed form"),
        ("no_list_effect_ragged", "list", "numerical"),
        ("no_program_effect", "program", "numerical"),
    ],
)
def test_a_component_at_its_bound_is_exactly_zero(name: str, component: str, method: str) -> None:
    """A variance component estimated at its bound is exactly 0, and the fit says that it is singular."""
    ours = done(name).variance
    assert ours.method == method
    assert ours.singular
    assert getattr(ours, component) == 0


@pytest.mark.parametrize(("model", "key"), [(MODELS[0], "marginal"), (MODELS[2], "additive")])
@pytest.mark.parametrize("name", FILES)
def test_marginal_means_and_tukey_agree_with_emmeans(
    name: str, model: str, key: str, expected: Figures
) -> None:
    """``emmeans(m, factor)`` and ``pairs(adjust="tukey")``."""
    found = done(name, model=model)
    assert expected[name][key]["means"].keys() >= expected[name][key]["pairs"].keys() > set()
    for factor, theirs in expected[name][key]["means"].items():
        ours = {mean.level: mean for mean in found.means if mean.factor == factor}
        assert list(ours) == [row["level"] for row in theirs]
        for row in theirs:
            mean = ours[row["level"]]
            assert mean.df == row["df"]
            for field in ("estimate", "se", "ci_low", "ci_high"):
                same(getattr(mean, field), row[field])
    for factor, theirs in expected[name][key]["pairs"].items():
        pairs = {(pair.a, pair.b): pair for pair in found.pairs if pair.factor == factor}
        assert list(pairs) == [(row["a"], row["b"]) for row in theirs]
        for row in theirs:
            pair = pairs[row["a"], row["b"]]
            same(pair.difference, row["difference"])
            same(pair.se, row["se"])
            for ours_field, field in (("ci_low", "ci_low"), ("ci_high", "ci_high"), ("p_adjusted", "p")):
                same(getattr(pair, ours_field), row[field], rel=1e-4)


@pytest.mark.parametrize("name", ONE_MACHINE)
def test_games_howell_agrees_with_ptukey(name: str, expected: Figures) -> None:
    """Variances by treatment, Satterthwaite's df, ``ptukey`` and ``qtukey``."""
    assert expected[name]["games_howell"]
    for factor, theirs in expected[name]["games_howell"].items():
        ours = [pair for pair in done(name).games_howell if pair.factor == factor]
        assert len(ours) == len(theirs)
        for pair, row in zip(ours, theirs, strict=True):
            assert (pair.a, pair.b) == (row["a"], row["b"])
            same(pair.difference, row["difference"])
            same(pair.se, row["se"])
            same(pair.df, row["df"])
            if row["p"] == "NaN":  # R gives up below two degrees of freedom
                assert pair.df is not None
                assert pair.df < 2
                continue
            # R takes the upper tail as a difference from 1 and integrates it to an absolute accuracy.
            assert pair.p_adjusted == pytest.approx(row["p"], rel=1e-4, abs=1e-6)
            half = row["critical"] * row["se"] / 2**0.5
            same(pair.ci_low, row["difference"] - half, rel=1e-4)


@pytest.mark.parametrize("kind", [2, 3])
@pytest.mark.parametrize("name", FILES)
def test_hc3_agrees_with_car(name: str, kind: int, expected: Figures) -> None:
    """``car::Anova(white.adjust="hc3")``."""
    theirs = expected[name]["hc3"][str(kind)]
    ours = {test.name: test for test in done(name, kind=kind).hc3}
    assert list(ours) == list(theirs)
    for term, row in theirs.items():
        same(ours[term].statistic, row["F"])
        same(ours[term].p, row["p"])


@pytest.mark.parametrize("name", FILES)
def test_tests_of_treatments_and_assumptions_agree_with_r(name: str, expected: Figures) -> None:
    """``leveneTest(center=median)``, ``shapiro.test``, ``oneway.test``, ``kruskal.test``."""
    found = done(name)
    ours = {
        "brown_forsythe": found.tests["brown-forsythe"],
        "shapiro": found.tests["shapiro"],
        "welch": found.tests["welch"],
        "kruskal": found.tests["kruskal"],
    }
    for test, figures in ours.items():
        theirs = expected[name]["tests"].get(test)
        if theirs is None:
            assert figures.statistic is None
            assert figures.p is None
            assert figures.note
            continue
        same(figures.statistic, theirs["statistic"])
        same(figures.p, theirs["p"])
        if test == "welch":
            assert figures.df_num == theirs["df_num"]
            same(figures.df_den, theirs["df_den"])


@pytest.mark.parametrize("name", FILES)
def test_sigma_and_its_interval_agree_with_r(name: str, expected: Figures) -> None:
    """The residual standard error of ``lm(value ~ treatment)``, with ``qchisq``."""
    ours, theirs = done(name).sample.sigma, expected[name]["sigma"]
    assert ours.df == theirs["df"]
    for field in ("value", "ci_low", "ci_high"):
        same(getattr(ours, field), theirs[field])


@pytest.mark.parametrize("name", FILES)
def test_planned_contrasts_agree_with_emmeans(name: str, expected: Figures) -> None:
    """``contrast(emmeans(m, "treatment"), ...)`` and ``p.adjust("holm")``."""
    ours = {test.contrast.name: test for test in done(name).contrasts}
    assert list(ours) == [row["name"] for row in expected[name]["planned"]]
    for row in expected[name]["planned"]:
        test = ours[row["name"]]
        for field in ("estimate", "se", "df", "t", "p", "p_holm", "ci_low", "ci_high"):
            same(getattr(test, field), row[field])


@pytest.mark.parametrize("name", ONE_MACHINE)
def test_pass_rates_agree_with_r(name: str, expected: Figures) -> None:
    """``prop.test(correct=FALSE)`` and ``fisher.test``."""
    found, theirs = done(name).failures, expected[name]["failures"]
    assert found.failed == theirs["made"] - theirs["passed"]
    rates = {rate.level: rate for rate in found.rates if rate.factor == "agents"}
    for agents, (passed, made, low, high) in zip("123", theirs["wilson"], strict=True):
        rate = rates[agents]
        assert (rate.passed, rate.programs) == (passed, made)
        same(rate.ci_low, low)
        same(rate.ci_high, high)
    if found.failed:
        same(found.test.p, theirs["fisher"])
        assert "exact" in found.test.method
    else:
        assert found.test.p is None


def test_empty_cells_are_tested_as_far_as_they_can_be(expected: Figures, data: Path) -> None:
    """R: differences of ``deviance`` between nested ``lm``."""
    results = read_results([data / "empty_cells.csv"])
    theirs = expected["empty_cells"]
    table = analyse(results, Options(response="seconds")).anova
    assert table is not None
    agents, optimization, interaction = table.terms
    same(agents.sum_sq, theirs["agents"])
    same(optimization.sum_sq, theirs["optimization"])
    same(interaction.sum_sq, theirs["interaction"])
    assert interaction.df == theirs["interaction_df"] == 4
    assert interaction.note is not None
    assert "4 of 6" in interaction.note
    same(table.residual_sum_sq, theirs["residual"])
    assert table.residual_df == theirs["residual_df"]
    third = analyse(results, Options(response="seconds", type=3)).anova
    assert third is not None
    assert [term.f is None for term in third.terms] == [True, True, False]


def test_programs_timed_on_two_machines_are_tested_in_their_own_stratum(
    expected: Figures, data: Path
) -> None:
    """``aov(value ~ machine + agents*optimization + Error(program))``: a second timing is no replicate."""
    results = read_results([data / "crossed_a.json", data / "crossed_b.json"])
    assert len(results.programs) == 24
    table = analyse(results, Options(response="seconds")).anova
    assert table is not None
    assert [term.term for term in table.terms] == list(expected["crossed"])
    for term in table.terms:
        theirs = expected["crossed"][term.term]
        assert term.df == theirs["df"]
        same(term.f, theirs["F"])
        same(term.p, theirs["p"])
