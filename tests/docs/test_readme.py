"""What the README and the page of studies say is what the analysis says of the data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from examples import ROOT
from refinery_analysis import Options, analyse, read_results
from refinery_analysis._presentation.findings import findings
from refinery_analysis._presentation.text import in_ascii
from scipy import stats

if TYPE_CHECKING:
    from refinery_analysis import Analysis

README = (ROOT / "README.md").read_text(encoding="utf-8")
STUDIES = (ROOT / "studies/README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def feedback() -> Analysis:
    return analyse(read_results([ROOT / "docs/feedback/feedback.json"]), Options())


@pytest.fixture(scope="module")
def recorded() -> Analysis:
    return analyse(read_results([ROOT / "docs/pilot/pilot.json"]), Options(effect=0.5))


@pytest.fixture(scope="module")
def published() -> Analysis:
    path = ROOT / "tests/analysis/data/pilot2025.csv"
    return analyse(read_results([path]), Options(effect=0.5, model="agents*type*level"))


def words(text: str) -> str:
    return " ".join(text.split())


def test_the_first_screen_says_what_the_study_of_feedback_found(feedback: Analysis) -> None:
    """What is called different is, with its limits; nothing that was not shown is told as if it were."""
    said = words(README.partition("## Does it help")[2].partition("## What it does\n")[0])
    primary, *others = feedback.conclusions
    assert (primary.response, primary.answer) == ("passed", "different")
    assert {c.answer for c in others} == {"undecided"}
    assert None not in (primary.estimate, primary.ci_low, primary.ci_high, primary.p)
    assert primary.method.endswith("the estimate is placebo - nominal")
    least, most = sorted(round(100 * -(limit or 0.0)) for limit in (primary.ci_low, primary.ci_high))
    assert f"p = {primary.p:.3f}" in said
    assert f"between {least} and {most} more of 100 programs pass in the nominal group" in said
    times = next(c.p for c in others if c.question == "arm")
    assert f"between the 83 programs that are correct (p = {times:.3f})" in said
    assert said.count("not shown") + said.count("No team was shown") + said.count("No difference") == 3


FOUND = {"feedback": "## What was found\n", "feedback-small": "## What the smaller model did\n"}
"""Where the page of studies says what was found, by study."""


@pytest.mark.parametrize("study", FOUND)
def test_the_page_of_studies_has_the_figures_of_the_analysis(study: str) -> None:
    """Passed of each arm with limits, and the planned pairs."""
    analysis = analyse(read_results([ROOT / f"docs/feedback/{study}.json"]), Options())
    page = STUDIES.partition(FOUND[study])[2].partition("\n## ")[0]
    rates = {r.level: r for r in analysis.further.passing.rates if r.factor == "arm"}
    rows = re.findall(r"\| `(\w+)` \| (\d+) of (\d+) \| (\d+) % to (\d+) % \| \d", page)
    assert [row[0] for row in rows] == list(rates)
    for name, *told in rows:
        rate = rates[name]
        limits = (round(100 * rate.ci_low), round(100 * rate.ci_high))
        assert tuple(map(int, told)) == (rate.passed, rate.programs, *limits)
    pairs = {(d.a, d.b): d for d in analysis.further.passing.differences}
    row = r"\| `(\w+) - (\w+)` \| (-?\d+) \| (-?\d+) to (-?\d+) \| ([\d.]+) \| ([\d.]+) \|"
    told = re.findall(row, page)
    assert len(told) == 4
    for a, b, *figures in told:
        sign, pair = (1, pairs[a, b]) if (a, b) in pairs else (-1, pairs[b, a])
        assert None not in (pair.difference, pair.ci_low, pair.ci_high, pair.p_exact, pair.p_adjusted)
        ends = sorted(sign * 100 * (limit or 0.0) for limit in (pair.ci_low, pair.ci_high))
        expected = [round(sign * 100 * (pair.difference or 0.0)), *map(round, ends)]
        assert list(map(int, figures[:3])) == expected
        assert float(figures[3]) == pytest.approx(pair.p_exact, rel=0.05)
        assert float(figures[4]) == pytest.approx(pair.p_adjusted, rel=0.05)


def test_the_page_answers_the_three_questions_of_the_smaller_model() -> None:
    """Undecided, with the limits that hold for all pairs together; the first screen says the same."""
    analysis = analyse(read_results([ROOT / "docs/feedback/feedback-small.json"]), Options())
    page = words(STUDIES.partition(FOUND["feedback-small"])[2])
    primary, times = analysis.conclusions[:2]
    assert (primary.response, primary.answer, times.answer) == ("passed", "undecided", "undecided")
    assert None not in (primary.p, primary.ci_low, primary.ci_high, times.p)
    assert f"was not shown** (p = {primary.p:.3f})" in page
    assert primary.method.endswith("the estimate is blind - nominal")
    least, most = (round(100 * (limit or 0.0)) for limit in (primary.ci_low, primary.ci_high))
    assert f"`blind - nominal`: between {-least} points less and {most} more" in page
    assert f"the 16 correct programs was shown (p = {times.p:.3f})" in page
    pair = next(o for o in analysis.further.passing.over_tasks if (o.a, o.b) == ("placebo", "nominal"))
    # Six pairs share alpha (Bonferroni), as for the clearest one.
    half = pair.se * float(stats.t.isf(0.05 / 2 / 6, pair.df))
    low, high = (round(100 * (pair.difference + side)) for side in (-half, half))
    assert (
        f"{-round(100 * pair.difference)} points below zero, and anything between {-low} less and {high} more"
        in page
    )
    passed = sum(r.passed for r in analysis.further.passing.rates if r.factor == "arm")
    first_screen = words(README.partition("## What it does\n")[0])
    assert f"{passed} of its 156 programs passed (p = {primary.p:.3f})" in first_screen


def test_the_screen_of_the_recorded_pilot_is_what_the_analysis_prints(recorded: Analysis) -> None:
    """The screen of a session ends with the findings, word for word."""
    session = README.partition("## What the recorded pilot found")[2]
    screen = words(session.partition("What was found")[2].partition("...\n```")[0])
    told = " ".join(f"{i}. {in_ascii(found)}" for i, found in enumerate(findings(recorded), 1))
    assert screen == words(told)


def test_the_readme_says_no_more_of_the_recorded_pilot_than_its_report(recorded: Analysis) -> None:
    """Nothing of it is proven, and the figures beside are those of the analysis."""
    assert {c.answer for c in recorded.conclusions} <= {"undecided", "untestable"}
    said = words(README.partition("## What the recorded pilot found")[2].partition("## What the 2025")[0])
    assert "no difference between treatments was shown" in said
    p = {c.question: c.p for c in recorded.conclusions if c.kind == "times"}
    for question in ("agents", "optimization"):
        assert f"{question} p = {p[question]:.3f}" in said
    assert recorded.power is not None
    first = recorded.power.omnibus["extremes"]
    assert f"{first.replicates_required} programs in each" in said
    assert f"a power of {first.power or 0.0:.0%}".replace("%", " %") in said


def test_the_readme_says_of_the_2025_pilot_what_its_data_bear(published: Analysis) -> None:
    """Published figures and right ones, as the report has them; the first lines of both say what was shown."""
    said = words(
        README.partition("## What the 2025 pilot's numbers say")[2].partition("## What it does not")[0]
    )
    assert published.published is not None
    assert published.power is not None
    assert f"{published.published.f:.4f}" in said
    assert f"{published.published.power or 0.0:.0%}".replace("%", " %") in said
    extremes, half = (published.power.omnibus[name] for name in ("extremes", "half"))
    assert f"{extremes.f:.3f} if two of 12 treatments differ by it, {half.f:.3f} if one half does" in said
    assert f"{extremes.replicates_required} or {half.replicates_required} per treatment" in said
    term = next(t for t in published.anova.terms if t.term == "type:level") if published.anova else None
    assert term is not None
    assert f"p = {term.p:.2f}" in said
    proven = [c.question for c in published.conclusions if c.answer == "different"]
    first = findings(published)[0]
    shown = "No difference between the treatments' times was shown" in first
    assert shown is not bool(proven)
    assert bool(re.search(r"[Nn]o difference between treatments is shown", said)) is shown
