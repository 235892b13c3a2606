"""The story in a terminal."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from refinery_analysis._presentation.terminal import MOST_LINES, summary

if TYPE_CHECKING:
    from collections.abc import Callable

    from refinery_analysis import Analysis

STUDIES = ["pilot", "hostile", "one program", "all failed", "sixty treatments", "one factor"]


@pytest.mark.parametrize("study", STUDIES)
@pytest.mark.parametrize("width", [80, 60, 40])
def test_the_summary_fits_a_screen(study: str, width: int, analysed: Callable[[str], Analysis]) -> None:
    """At most 60 lines, at most as wide as the terminal, no control character, and the findings first."""
    text = summary(analysed(study), width=width, written=[Path("out/report.html"), Path("out/times.svg")])
    lines = text.split("\n")
    assert len(lines) <= MOST_LINES == 60
    assert max(map(len, lines)) <= width
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)
    assert lines.index("What was found") <= 4


@pytest.mark.parametrize("study", ["pilot", "one factor", "all failed"])
def test_the_summary_is_plain_ascii_of_its_own(study: str, analysed: Callable[[str], Analysis]) -> None:
    """A terminal without Unicode can print it; only names of the study may be anything else."""
    assert summary(analysed(study)).isascii()


def test_colours_only_when_asked_for(analysed: Callable[[str], Analysis]) -> None:
    """Escape codes come with ``color`` alone, and change nothing else."""
    plain, coloured = summary(analysed("pilot")), summary(analysed("pilot"), color=True)
    assert "\x1b" not in plain
    assert "\x1b[1mWhat was found\x1b[0m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain


def test_the_summary_has_the_whole_story(analysed: Callable[[str], Analysis]) -> None:
    """Findings, ANOVA, pass rates, variance, power and n, cost, noise, caveats and paths."""
    analysis = analysed("pilot")
    text = summary(analysis, written=[Path("out/report.html"), Path("out/times.svg")])
    assert analysis.anova is not None
    assert analysis.power is not None
    residual = next(line for line in text.splitlines() if line.strip().startswith("residual"))
    assert residual.split()[1] == str(analysis.anova.residual_df)
    needed = analysis.power.omnibus["extremes"]
    for part in (
        "Analysis of variance (type 2, seconds, agents*optimization)",
        "agents x optimization",
        "2/2",
        "Variance: programs",
        "Programs for 80 % power to find a difference of 0.5 s",
        f"{needed.total_required}",
        "Cost: $",
        "Noise: the reference differs from itself",
        "Mind this",
        "out/report.html and 1 file beside it",
    ):
        assert part in text


def test_many_treatments_are_cut_and_counted(analysed: Callable[[str], Analysis]) -> None:
    """Those that do not fit are not dropped in silence."""
    text = summary(analysed("sixty treatments"))
    shown = len(re.findall(r"\d/\d", text))
    cut = re.search(r"and (\d+) further treatments", text)
    assert cut
    assert shown + int(cut[1]) == 60


def test_long_names_keep_their_ends(analysed: Callable[[str], Analysis]) -> None:
    """Treatments often differ in what comes last; rows that look the same would be of no use."""
    text = summary(analysed("hostile")).partition("Treatments: ")[2].partition("Programs for ")[0]
    names = [re.split(r"\s{2,}", line.strip())[0] for line in text.splitlines() if re.search(r"\d/\d", line)]
    assert len(names) == 6
    assert len(set(names)) == 6
