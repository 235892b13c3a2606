"""What the README says of the two pilots is what the analysis says of their data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from examples import ROOT
from refinery_analysis import Options, analyse, read_results
from refinery_analysis._presentation.findings import findings
from refinery_analysis._presentation.text import in_ascii

if TYPE_CHECKING:
    from refinery_analysis import Analysis

README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def recorded() -> Analysis:
    return analyse(read_results([ROOT / "docs/pilot/pilot.json"]), Options(effect=0.5))


@pytest.fixture(scope="module")
def published() -> Analysis:
    path = ROOT / "tests/analysis/data/pilot2025.csv"
    return analyse(read_results([path]), Options(effect=0.5, model="agents*type*level"))


def words(text: str) -> str:
    return " ".join(text.split())


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
