"""What is concluded, as values: the answers that figures bear, in order, with reasons."""

from __future__ import annotations

import dataclasses
import math
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refinery_analysis import Options, analyse, document, read_results
from refinery_analysis._inference.multiplicity import holm_levels
from refinery_analysis._inference.nested_budgets import Nested
from refinery_analysis._inference.secondary_conclusions import SecondaryEvidence, with_beside
from refinery_analysis._inference.synergy import Synergy
from refinery_analysis._inference.trend import Trend
from scipy import stats
from study_files import Made, benchmark_json, small, write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from refinery_analysis import Analysis

KEYS = {
    "question",
    "response",
    "answer",
    "estimate",
    "ci_low",
    "ci_high",
    "unit",
    "p",
    "p_adjusted",
    "method",
    "why",
}


def analysed(
    folder: Path, times: Mapping[tuple[int, int], Sequence[float]], options: Options | None = None
) -> Analysis:
    """Analyse programs of agents x iterations; a time that is not positive is a program that failed."""
    rows = ["agents,iterations,time_limit,replicate,list,run,seconds,passed"]
    rows += [
        f"{agents},{iterations},inf,{replicate},1,1,{abs(seconds)},{seconds > 0}"
        for (agents, iterations), values in times.items()
        for replicate, seconds in enumerate(values, start=1)
    ]
    path = folder / "results.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return analyse(read_results([path]), options)


APART = {(1, 3): (1.0, 1.1, 1.2, 0.9), (3, 3): (2.0, 2.1, 1.9, 2.2)}
ALIKE = {(1, 3): (1.0, 1.4, 1.2, 0.9), (3, 3): (1.1, 1.0, 1.3, 1.2)}


def test_a_proven_difference_has_its_estimate_and_its_interval(tmp_path: Path) -> None:
    """Agents 1 minus agents 3 is one second where seconds are asked for, with limits below 0."""
    first, passing = analysed(tmp_path, APART, Options(response="seconds")).conclusions
    assert (first.question, first.response, first.answer) == ("agents", "seconds", "different")
    assert first.estimate == pytest.approx(-1.0)
    assert first.unit == "s"
    assert first.ci_low is not None
    assert first.ci_high is not None
    assert first.ci_low < -1.0 < first.ci_high < 0
    assert first.p == first.p_adjusted
    assert "1 - 3" in first.method
    assert (passing.response, passing.answer) == ("passed", "untestable")


def test_logarithms_are_concluded_as_ratios(tmp_path: Path) -> None:
    """Unless something else is asked for, the estimate is the ratio of geometric means, above 0 with both limits."""
    first = analysed(tmp_path, APART).conclusions[0]
    assert first.response == "log"
    assert first.unit == "ratio"
    assert first.estimate is not None
    assert first.ci_low is not None
    assert first.ci_high is not None
    assert 0 < first.ci_low < first.estimate < first.ci_high < 1
    assert "1 / 3" in first.method


def test_no_difference_is_undecided_and_never_equivalent(tmp_path: Path) -> None:
    """A large p value proves no equality."""
    assert analysed(tmp_path, ALIKE).conclusions[0].answer == "undecided"


def test_what_is_proven_comes_before_what_is_not_and_all_are_counted(tmp_path: Path) -> None:
    """Three terms are adjusted together; the second factor, which acts, leads."""
    cells = {
        (agents, iterations): [1 + 0.2 * iterations + noise for noise in (-0.1, 0.0, 0.1)]
        for agents in (1, 2)
        for iterations in (3, 8)
    }
    found = analysed(tmp_path, cells, Options(response="seconds")).conclusions
    times = [c for c in found if c.response == "seconds"]
    assert len(times) == 3
    assert times[0].question != "agents"
    assert [c.answer for c in times] == ["different", "undecided", "undecided"]
    assert times[0].p is not None
    assert times[0].p_adjusted == pytest.approx(3 * times[0].p)


@pytest.mark.parametrize(
    ("times", "why"),
    [
        ({(1, 3): (-1.0, -1.0), (3, 3): (-1.0, -1.0)}, "no program passed"),
        ({(1, 3): (1.0, 1.1), (3, 3): (-1.0, -1.0)}, "only one treatment"),
        ({(1, 3): (1.0,), (3, 3): (2.0,)}, "none is left to show how much times differ by chance"),
    ],
)
def test_what_cannot_be_tested_says_why(
    times: Mapping[tuple[int, int], Sequence[float]], why: str, tmp_path: Path
) -> None:
    """Without programs, without a second treatment or without replicates there is a reason and no figure."""
    first = analysed(tmp_path, times).conclusions[0]
    assert first.answer == "untestable"
    assert first.p is None
    assert first.estimate is None
    assert first.why is not None
    assert why in first.why


def test_pass_rates_that_differ_are_a_conclusion_of_their_own(tmp_path: Path) -> None:
    """Ten of ten against none of ten, of which nobody says how much slower they are."""
    found = analysed(tmp_path, {(1, 3): (1.0, 1.1) * 5, (3, 3): (-1.0,) * 10}).conclusions
    assert (found[-1].question, found[-1].response, found[-1].answer) == ("treatment", "passed", "different")
    assert found[0].answer == "untestable"


def test_a_difference_that_hangs_on_equal_spread_says_so(tmp_path: Path) -> None:
    """F finds a difference (p = 0.008) that HC3, which allows for the spread, does not (p = 0.07)."""
    still = tuple(1 + 0.01 * i for i in range(12))
    wild = (1.0, 2.0, 1.0, 1.9, 1.1, 1.8)
    first = analysed(tmp_path, {(1, 3): still, (3, 3): wild}, Options(response="seconds")).conclusions[0]
    assert first.answer == "undecided"
    assert first.why == (
        "as programs of some treatments may vary more than those of others, this can't be told from chance"
    )


def test_the_document_has_every_conclusion_with_the_promised_keys(tmp_path: Path) -> None:
    """Eleven keys each, always all of them, in the order of the values."""
    analysis = analysed(tmp_path, APART)
    told = document(analysis)["conclusions"]
    assert told
    assert [each["question"] for each in told] == [c.question for c in analysis.conclusions]
    assert all(set(each) == KEYS for each in told)


# -- one family of claims


def test_other_responses_are_counted_among_all_questions(tmp_path: Path) -> None:
    """The primary response has the whole alpha; pass rates beside it are one of two questions."""
    times = {(1, 3): (1.0, 1.4, 1.2, 0.9, 1.1, 1.2, 1.0, 1.3), (3, 3): (1.1, 1.0, -1, -1, -1, -1, -1, -1)}
    first, passing = analysed(tmp_path, times).conclusions
    assert (first.response, passing.response) == ("log", "passed")
    assert first.p == first.p_adjusted
    assert passing.p is not None
    assert passing.p_adjusted == pytest.approx(2 * passing.p)


def test_pass_rates_come_first_where_they_are_asked_for(tmp_path: Path) -> None:
    """With ``--response passed`` they have the whole alpha, and times are counted among all questions."""
    times = {(1, 3): (1.0, 1.4, 1.2, 0.9, 1.1, 1.2, 1.0, 1.3), (3, 3): (1.1, 1.0, -1, -1, -1, -1, -1, -1)}
    analysis = analysed(tmp_path, times, Options(response="passed"))
    passing, other = analysis.conclusions
    assert (passing.response, other.response) == ("passed", "log")
    assert passing.p == passing.p_adjusted
    assert other.p is not None
    assert other.p_adjusted is not None
    assert other.p <= other.p_adjusted
    assert document(analysis)["response"] == "passed"


def test_a_study_may_put_pass_rates_first(tmp_path: Path) -> None:
    """The study's ``primary`` says which response has the whole alpha."""
    made = small()
    made["refinery"]["study"]["primary"] = "passed"
    path = write(tmp_path / "r.json", made)
    assert analyse(read_results([path])).conclusions[0].response == "passed"


@pytest.mark.parametrize(
    ("told", "response"),
    [
        ({"effect": 0.2}, "passed"),
        ({"margin": 0.2}, "passed"),
        ({"effect": 2.0}, None),
        ({"margin": 1.25}, None),
        ({"effect": 0.2, "response": "seconds"}, "seconds"),
    ],
)
def test_effects_of_a_study_that_puts_pass_rates_first_are_of_pass_rates(
    tmp_path: Path, told: dict[str, Any], response: str | None
) -> None:
    """Below 1 and without another response; what can't be a difference of rates stays one of times."""
    made = small()
    made["refinery"]["study"]["primary"] = "passed"
    path = write(tmp_path / "r.json", made)
    analysis = analyse(read_results([path]), Options(**told))
    assert analysis.options.response == response
    assert (analysis.further.passing.power is not None) is ("effect" in told and response == "passed")
    made["refinery"]["study"]["primary"] = "time"
    times = analyse(read_results([write(tmp_path / "t.json", made)]), Options(effect=0.2))
    assert times.options.response is None


@pytest.mark.parametrize(
    ("p", "levels"),
    [
        ([0.2], [0.05]),
        ([0.001, 0.02, 0.04], [0.05 / 3, 0.025, 0.05]),
        ([0.04, 0.001], [0.05, 0.025]),
        ([0.03, 0.04], [0.025, 0.025]),
        ([None, 0.01], [0.05, 0.05]),
    ],
)
def test_limits_have_the_levels_of_holms_rule(p: list[float | None], levels: list[float]) -> None:
    """By hand: the smallest of m at alpha / m, the next at alpha / (m - 1), and no further than one that fails."""
    assert holm_levels(p, 0.05) == pytest.approx(levels)


@settings(max_examples=15, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 10_000), shift=st.sampled_from([0.0, 0.3, 0.8, 2.0]), levels=st.integers(2, 4))
def test_limits_never_contradict_their_answer(seed: int, shift: float, levels: int) -> None:
    """Limits of what is not proven hold equality; of two levels that are proven to differ they exclude it."""
    rng = np.random.default_rng(seed)
    cells = {
        (agents, iterations): np.exp(
            shift * agents + rng.normal(0, 0.2 + agents / 4, int(rng.integers(2, 7)))
        ).tolist()
        for agents in range(levels)
        for iterations in (3, 8)
    }
    with tempfile.TemporaryDirectory() as folder:
        found = analysed(Path(folder), cells).conclusions
    limited = [each for each in found if each.ci_low is not None and each.ci_high is not None]
    assert limited
    for each in limited:
        assert each.ci_low is not None
        assert each.ci_high is not None
        assert 0 < each.ci_low < each.ci_high
        inside = each.ci_low <= 1 <= each.ci_high
        if each.answer == "undecided":
            assert inside
        elif each.question == "iterations" or levels == 2:
            assert not inside


# -- what no test may call different


def test_a_factor_that_changes_with_the_machine_is_named(tmp_path: Path) -> None:
    """One level was timed here and the other there: nobody can say which of the two made the difference."""
    files = []
    for node, agents in (("one", 1), ("two", 3)):
        programs = [
            Made(treatment={"agents": agents}, replicate=i, seconds=[[agents + 0.01 * i]])
            for i in range(1, 5)
        ]
        files.append(write(tmp_path / f"{node}.json", benchmark_json(programs, node=node)))
    first = analyse(read_results(files)).conclusions[0]
    assert (first.question, first.answer) == ("agents", "untestable")
    assert "agents changes together with the machine" in (first.why or "")


def test_a_factor_that_changes_with_another_is_named(tmp_path: Path) -> None:
    """Only two of four treatments have programs that passed, and they differ in both factors."""
    times = {(1, 3): (1.0, 1.1, 1.2), (1, 8): (-1.0,), (3, 3): (-1.0,), (3, 8): (2.0, 2.1, 2.2)}
    found = [c for c in analysed(tmp_path, times).conclusions if c.response == "log"]
    assert {c.answer for c in found} == {"untestable"}
    assert any("changes together with" in (c.why or "") for c in found)


def test_limits_over_machines_hold_for_all_contrasts_of_a_factor(tmp_path: Path) -> None:
    """Three levels on two machines: the clearest of two contrasts, at half of alpha by Bonferroni, by hand."""
    files = []
    for node, shift in (("one", 1.0), ("two", 1.4)):
        programs = [
            Made(
                treatment={"model": m},
                replicate=i + 10 * (node == "two"),
                seconds=[[shift * s * (1 + 0.04 * i)]],
            )
            for m, s in (("a", 1.0), ("b", 1.05), ("c", 1.3))
            for i in range(1, 5)
        ]
        files.append(write(tmp_path / f"{node}.json", benchmark_json(programs, node=node)))
    analysis = analyse(read_results(files))
    first = analysis.conclusions[0]
    best = min((t for t in analysis.contrasts if t.p is not None), key=lambda t: t.p or 0.0)
    assert best.se is not None
    assert best.estimate is not None
    half = float(stats.t.isf(0.05 / 4, best.df)) * best.se
    assert (first.ci_low, first.ci_high) == pytest.approx(
        (math.exp(best.estimate - half), math.exp(best.estimate + half))
    )
    assert "the clearest of 2 planned contrasts, with limits that allow for all of them" in first.method


def test_no_degree_of_freedom_is_not_called_an_empty_cell(tmp_path: Path) -> None:
    """Of a 2 x 2 study with one program in three treatments nothing can be tested, for want of replicates."""
    times = {(1, 3): (1.0,), (1, 8): (1.5,), (3, 3): (2.0,), (3, 8): (-1.0,)}
    first = analysed(tmp_path, times).conclusions[0]
    assert first.answer == "untestable"
    assert "none is left to show how much times differ by chance" in (first.why or "")
    assert "empty" not in (first.why or "")


def test_a_spread_below_that_of_the_runs_measures_nothing(tmp_path: Path) -> None:
    """Programs whose means happen to lie within a hair of each other, while their runs differ by a third."""
    programs = []
    for agents, centre in ((1, 1.0), (3, 1.02)):
        for replicate in range(1, 4):
            mean = centre + 0.001 * replicate
            seconds = [[mean - 0.3, mean + 0.3], [mean + 0.3, mean - 0.3]]
            programs.append(Made(treatment={"agents": agents}, replicate=replicate, seconds=seconds))
    document_ = benchmark_json(programs, reference=False)
    found = analyse(read_results([write(tmp_path / "r.json", document_)]), Options(response="seconds"))
    assert found.anova is not None
    assert found.anova.terms[0].p is not None
    assert found.anova.terms[0].p < 0.001
    first = found.conclusions[0]
    assert first.answer == "untestable"
    assert "agents" in (first.why or "")
    assert "runs of one program" in (first.why or "")


def within(**changes: Any) -> Nested:  # noqa: ANN401 - fields of Nested
    """Return a comparison within trajectories."""
    plain = Nested(
        factor="budget",
        a="10 s",
        b="60 s",
        turn=1,
        trajectories=6,
        generated=9,
        treatments=("t",),
        both=(6,),
        generated_by_treatment=(9,),
        estimate=0.2,
        se=0.02,
        df=5.0,
        p=0.0002,
        method="paired t",
    )
    return dataclasses.replace(plain, **changes)


def team(**changes: Any) -> Synergy:  # noqa: ANN401 - fields of Synergy
    """Return a team against its members."""
    plain = Synergy(
        team="trio",
        nominal="three alone",
        difference=-0.3,
        ci_low=-0.5,
        ci_high=-0.1,
        p=0.004,
        method="Welch",
        se=0.1,
        df=20.0,
    )
    return dataclasses.replace(plain, **changes)


def slope() -> Trend:
    """Return a trend that is shown."""
    return Trend(
        factor="agents",
        contrast="linear",
        estimate=0.5,
        se=0.05,
        df=20.0,
        p=1e-6,
        slope=0.1,
        ci_low=0.08,
        ci_high=0.12,
        lowest="1",
        highest="6",
        span=5.0,
        method="linear contrast",
    )


def beside(**parts: Any) -> SecondaryEvidence:  # noqa: ANN401 - fields of SecondaryEvidence
    """Return what there is beside times, and nothing else."""
    empty: dict[str, Any] = {"passing": None, "censored": None, "trends": (), "nested": (), "turns": None}
    return SecondaryEvidence(**{**empty, "response": "log", "unit": "s", "alpha": 0.05, **parts})


def test_what_is_asked_beside_is_answered_without_a_question_on_passing() -> None:
    """A trend and a comparison within trajectories are counted together, by Holm's rule."""
    trend, pair = with_beside((), beside(trends=(slope(),), nested=(within(),)))
    assert (trend.kind, trend.answer, trend.compared) == ("trend", "different", ("6", "1"))
    assert trend.estimate == pytest.approx(math.exp(0.5))
    assert (pair.kind, pair.answer, pair.unit) == ("nested", "different", "ratio")
    assert trend.p_adjusted == pytest.approx(2e-6)
    assert pair.p_adjusted == pytest.approx(0.0002)


def test_a_factor_that_is_in_doubt_has_no_trend() -> None:
    """What changes with the factor may be what changes the times; the doubt is the reason given."""
    (trend,) = with_beside((), beside(trends=(slope(),), doubt=lambda name: f"{name} follows the machine"))
    assert (trend.answer, trend.why) == ("untestable", "agents follows the machine")
    assert trend.estimate == pytest.approx(math.exp(0.5))


def test_budgets_that_cannot_be_compared_keep_their_reason() -> None:
    """There is no p, and nothing is counted."""
    (pair,) = with_beside((), beside(nested=(within(p=None, se=None, note="too few"),)))
    assert (pair.answer, pair.why, pair.p, pair.p_adjusted) == ("untestable", "too few", None, None)


def test_a_team_within_the_margin_is_as_fast_only_where_its_spread_is_known() -> None:
    """Without figures there is no answer; without a spread, or of seconds, no margin settles it."""
    near = {"difference": 0.001, "ci_low": -0.02, "ci_high": 0.022, "p": 0.9, "se": 0.01}

    def answers(row: Synergy, response: str = "log") -> list[str]:
        turns: Any = SimpleNamespace(synergy=(row,))
        return [
            c.answer
            for c in with_beside(
                (), beside(turns=turns, margin=1.2 if response == "log" else 0.2, response=response)
            )
        ]

    assert answers(team(**near)) == ["equivalent"]
    assert answers(team(**{**near, "se": None})) == ["undecided"]
    assert answers(team(**near), "seconds") == ["undecided"]
    assert answers(team(p=None, difference=None, note="no trio")) == ["untestable"]
    assert answers(team()) == ["different"]
