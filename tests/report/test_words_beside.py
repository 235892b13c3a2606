"""What is said beside times and pass rates of all treatments: whole sentences, the better side first."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest
from refinery_analysis._inference.conclusions import Conclusion
from refinery_analysis._models.tasks import TaskRatio
from refinery_analysis._presentation.secondary_sentences import _longer, _team, _unproven_team, more_passed
from refinery_analysis._presentation.tasks import task_rows

PASSING = Conclusion(
    question="agents", response="passed", answer="different", method="m", compared=("3", "1"), kind="passing"
)
LATE = Conclusion(
    question="agents",
    response="censored",
    answer="different",
    method="m",
    estimate=2.0,
    p_adjusted=0.01,
    compared=("3", "1"),
    kind="time-outs",
)
TEAM = Conclusion(
    question="synergy: trio - nominal",
    response="log",
    answer="different",
    method="m",
    p_adjusted=0.01,
    kind="team",
)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ((0.1, 0.3), "between 10 and 30 more of 100 programs passed with agents 3 than with agents 1"),
        ((-0.3, -0.1), "between 10 and 30 more of 100 programs passed with agents 1 than with agents 3"),
        ((-0.1, 0.3), "between 10 fewer and 30 more of 100 programs passed with agents 3 than with agents 1"),
        ((None, 0.3), ""),
    ],
)
def test_a_difference_of_pass_rates_names_the_better_level_first(
    limits: tuple[float | None, float | None], words: str
) -> None:
    """Without an interval nothing is said."""
    low, high = limits
    assert more_passed(dataclasses.replace(PASSING, ci_low=low, ci_high=high)) == words


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ci_low": 1.5, "ci_high": 3.0}, "agents 3 took between 1.50 and 3.00 times as long as agents 1"),
        ({"ci_low": 1.5}, "agents 3 took at least 1.50 times as long as agents 1"),
        ({"ci_low": 0.9, "ci_high": 3.0}, "agents matters for the times"),
        (
            {"estimate": 0.5, "ci_low": 0.25, "ci_high": 0.5},
            "agents 1 took between 2.00 and 4.00 times as long as agents 3",
        ),
        ({"estimate": 0.5, "ci_high": 0.5}, "agents 1 took at least 2.00 times as long as agents 3"),
        ({"estimate": None}, "agents matters for the times"),
        ({"compared": None}, "agents matters for the times"),
    ],
)
def test_what_time_outs_show_is_said_as_far_as_it_is_bounded(change: dict[str, Any], words: str) -> None:
    """The slower level comes first; an open side is said as such."""
    assert _longer(dataclasses.replace(LATE, **change)).startswith(words)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"ci_low": 0.6, "ci_high": 0.8},
            "working together makes better programs: those of trio took 20 % to 40 % less time",
        ),
        (
            {"ci_low": 1.2, "ci_high": 1.4},
            "working together makes worse programs: those of trio took 20 % to 40 % more time",
        ),
        (
            {"response": "passed", "ci_low": 0.1, "ci_high": 0.2},
            "of 100 programs, trio gets 10 to 20 more right than the same agents each by themselves (nominal)",
        ),
        ({"response": "passed", "ci_low": -0.2, "ci_high": -0.1}, "of 100 programs, trio gets 10 to 20 fewer right"),
        ({"answer": "equivalent"}, "trio is as fast as the same agents each by themselves (nominal)"),
    ],
)  # fmt: skip
def test_a_team_is_held_against_its_members_by_themselves(change: dict[str, Any], words: str) -> None:
    """Better or worse, faster or slower, as the interval says."""
    assert _team(dataclasses.replace(TEAM, **change)).startswith(words)


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"p": 0.4}, "(nominal) in times was not shown (times "),
        ({"p": 0.4, "response": "passed"}, "(nominal) in correct programs was not shown (correct programs "),
        ({"why": "one trajectory each"}, "was not shown: one trajectory each"),
        ({}, "was not shown: there are too few of them"),
    ],
)
def test_what_was_not_shown_of_a_team_says_why(change: dict[str, Any], part: str) -> None:
    """By its p, or by what stands in the way."""
    assert part in _unproven_team([dataclasses.replace(TEAM, answer="undecided", p_adjusted=None, **change)])


def test_of_many_tasks_the_extremes_are_shown_and_the_others_counted() -> None:
    """Those without a ratio are last."""
    tasks = [
        TaskRatio(
            task=f"t{number}",
            programs=4,
            passed=number % 4,
            ratio=float(number) if number else None,
            ci_low=None,
            ci_high=None,
        )
        for number in range(12)
    ]
    rows = list(task_rows(SimpleNamespace(by_task=tasks)))  # type: ignore[arg-type]
    assert [row[0] for row in rows] == ["t1", "t2", "t3", "t4", "... 4 more", "t9", "t10", "t11", "t0"]
    assert [row[0] for row in task_rows(SimpleNamespace(by_task=tasks[:3]))] == ["t0", "t1", "t2"]  # type: ignore[arg-type]
