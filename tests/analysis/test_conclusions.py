"""What is concluded, as values: the answers that figures bear, in order, with reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from refinery_analysis import Options, analyse, document, read_results

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

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
    """Agents 1 minus agents 3 is one second, in seconds, with the p of its F test."""
    first, passing = analysed(tmp_path, APART).conclusions
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
    """With log times the estimate is the ratio of geometric means, above 0 with both limits."""
    first = analysed(tmp_path, APART, Options(response="log")).conclusions[0]
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
    times = [c for c in analysed(tmp_path, cells).conclusions if c.response == "seconds"]
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
        ({(1, 3): (1.0,), (3, 3): (2.0,)}, "as many parameters as programs"),
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
    first = analysed(tmp_path, {(1, 3): still, (3, 3): wild}).conclusions[0]
    assert first.answer == "undecided"
    assert first.why == "allowing for unequal spread, this can't be told from chance"


def test_the_document_has_every_conclusion_with_the_promised_keys(tmp_path: Path) -> None:
    """Eleven keys each, always all of them, in the order of the values."""
    analysis = analysed(tmp_path, APART)
    told = document(analysis)["conclusions"]
    assert [each["question"] for each in told] == [c.question for c in analysis.conclusions]
    assert all(set(each) == KEYS for each in told)
