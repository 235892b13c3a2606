"""What is said beside times and pass rates of all treatments: whole sentences, the better side first."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any, Literal

import pytest
from refinery_analysis._commands.plan_tasks import Floor, TaskPlan, TaskQuestion
from refinery_analysis._inference.conclusions import SPREADS, Conclusion
from refinery_analysis._models.pass_rates import PassRate
from refinery_analysis._models.tasks import TaskRatio
from refinery_analysis._power.over_tasks import Split
from refinery_analysis._presentation import plan_tasks
from refinery_analysis._presentation.findings import on_passing, on_times
from refinery_analysis._presentation.secondary_sentences import (
    _longer,
    _team,
    _unproven_team,
    beside,
    factors_in_passing,
    more_passed,
    on_trends,
)
from refinery_analysis._presentation.tasks import task_rows
from refinery_analysis._presentation.terminal import _asked

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


SLOPE = Conclusion(
    question="agents: linear",
    response="ratio",
    answer="different",
    method="m",
    p_adjusted=0.01,
    compared=("9", "1"),
    unit="ratio",
    kind="trend",
)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ci_low": 0.6, "ci_high": 0.8}, "From agents 1 to 9 times fall steadily, by 20 % to 40 % in all"),
        (
            {"unit": "s", "ci_low": 1.0, "ci_high": 2.0},
            "From agents 1 to 9 times rise steadily, by 1.00 to 2.00 s",
        ),
        (
            {"unit": "s", "ci_low": -2.0, "ci_high": -1.0},
            "From agents 1 to 9 times fall steadily, by 1.00 to 2.00 s",
        ),
        (
            {"answer": "equivalent", "ci_low": 0.99, "ci_high": 1.01},
            "From agents 1 to 9 times change by less than the margin of 0.2, which you called small enough",
        ),
        ({"compared": None, "ci_low": 0.6, "ci_high": 0.8}, ""),
        ({"answer": "undecided", "ci_low": 0.6, "ci_high": 1.2}, ""),
    ],
)
def test_a_trend_is_told_from_the_lowest_level_to_the_highest(change: dict[str, Any], words: str) -> None:
    """With its way and size in its own unit, or the margin that it stays within; an open one is not told."""
    asked: Any = SimpleNamespace(
        conclusions=(dataclasses.replace(SLOPE, **change),), options=SimpleNamespace(margin=0.2)
    )
    told = on_trends(asked)
    assert told.startswith(words)
    assert bool(told) == bool(words)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"answer": "untestable"},
            "take another time than those after 60 s of the same trajectories can't be told: too",
        ),
        (
            {"answer": "equivalent", "ci_low": 0.95, "ci_high": 1.02},
            "of the same trajectories (7 of 9 trajectories, in which both passed): small enough not to matter",
        ),
        (
            {"answer": "different", "ci_low": 1.1, "ci_high": 1.3, "p_adjusted": 0.01},
            "took between 10 % and 30 % more time than those after 60 s",
        ),
        (
            {"answer": "undecided", "unit": "s", "ci_low": -1.0, "ci_high": 2.0},
            "took between 1.00 s less and 2.00 s more",
        ),
    ],
)
def test_budgets_within_trajectories_are_told_with_how_many_have_both(
    change: dict[str, Any], words: str
) -> None:
    """What can't be told says why in its own sentence."""
    row = SimpleNamespace(
        name="budget: 10 s - 60 s", factor="budget", a="10 s", b="60 s", trajectories=7, generated=9
    )
    plain = Conclusion(
        question=row.name,
        response="ratio",
        answer="undecided",
        method="m",
        unit="ratio",
        kind="nested",
        p=0.2,
    )
    asked: Any = SimpleNamespace(
        conclusions=(dataclasses.replace(plain, **change),),
        further=SimpleNamespace(nested=(row,), turns=None, censored=None),
    )
    told = beside(asked)[0]
    assert "rograms after 10 s" in told
    assert words in told


def test_a_difference_of_differences_in_passing_names_the_side_with_more_first() -> None:
    """A wholly negative interval is turned round, together with the levels of the other factor."""
    both = SimpleNamespace(
        term="agents:speed", factors=("agents", "speed"), pairs=(("3", "1"), ("slow", "fast"))
    )
    conclusion = dataclasses.replace(
        PASSING, question="agents:speed", compared=None, ci_low=-0.4, ci_high=-0.1
    )
    asked: Any = SimpleNamespace(
        conclusions=(conclusion,), further=SimpleNamespace(passing=SimpleNamespace(together=(both,)))
    )
    assert factors_in_passing(asked) == (
        "agents 3 rather than 1 raises the pass rate by between 10 and 40 points more with speed fast than with speed "
        "slow"
    )


def test_beyond_two_teams_those_that_were_not_shown_are_counted() -> None:
    """The first screen names two of them."""
    missing = tuple(
        dataclasses.replace(
            TEAM, question=f"synergy: team {n} - nominal", answer="undecided", p=0.4, p_adjusted=0.8
        )
        for n in range(4)
    )
    asked: Any = SimpleNamespace(
        conclusions=missing, further=SimpleNamespace(nested=(), turns=None, censored=None)
    )
    (told,) = beside(asked)
    assert "team 1" in told
    assert "team 2" not in told
    assert told.endswith("nor was it of 2 further comparisons like that.")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "times"}, "agents"),
        ({"kind": "passing"}, "pass rates: agents"),
        ({"kind": "passing", "question": "treatment"}, "pass rates"),
        ({"kind": "time-outs"}, "with time-outs: agents"),
        ({"kind": "nested", "question": "budget: 1 s - 2 s"}, "same trajectories: budget: 1 s - 2 s"),
        ({"kind": "trend", "question": "agents: linear"}, "trend over agents"),
        ({"kind": "team", "question": "synergy: a - b"}, "team, pass rates: a - b"),
        ({"kind": "team", "question": "synergy: a - b", "response": "log"}, "team, times: a - b"),
    ],
)
def test_each_kind_of_question_has_its_words_in_the_table(change: dict[str, Any], words: str) -> None:
    """They tell apart what is asked of times, of passing, and beside these."""
    assert _asked(dataclasses.replace(PASSING, **change)) == words


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"between": None}, "Tasks and programs can't be told apart"),
        ({"between": 0.0}, "Treatments do the same in every task"),
        ({}, "Fewer than 12 tasks are never enough"),
        ({"here": None}, "With 8 tasks no number of replicates is enough: the power ends at 60 %"),
        ({"here": None, "effect": 0.5}, "With 8 tasks more than 100 programs of each treatment"),
    ],
)
def test_what_replicates_cannot_do_is_said_of_a_plan_over_tasks(change: dict[str, Any], words: str) -> None:
    """The floor of tasks, and what the study's own tasks are good for."""
    here = Split(
        tasks=8,
        tasks_recommended=9,
        replicates_per_treatment=4,
        programs=64,
        calls=None,
        cost_usd=1.5,
        hours=None,
        power=0.8,
        feasible=True,
    )
    question = TaskQuestion(
        question="agents: 1 - 3",
        effect=0.2,
        unit="ln(ratio)",
        treatments=("1", "3"),
        between=0.1,
        within=0.1,
        splits=(here,),
        cheapest=here,
        tasks_here=8,
        here=here,
        floor=Floor(tasks=12, power=0.6, effect=0.3),
    )
    told = plan_tasks.about(dataclasses.replace(question, **change))
    assert any(sentence.startswith(words) for sentence in told)
    assert [
        sentence for sentence in told if "4 programs of each treatment in each (64 in all, $1.5" in sentence
    ] or ("here" in change or change.get("between", 0) is None)


def test_a_plan_over_tasks_says_what_a_task_costs_and_how_many_there_are() -> None:
    """Both are the user's own terms, and told only where given."""
    plan = TaskPlan(response="ratio", tasks=8, usd_per_task=2.0, most_tasks=20, questions=())
    told = plan_tasks.lead(plan, 0.8)
    assert "; a task costs $2" in told
    assert told.endswith("; there are 20 tasks at most.")
    free = plan_tasks.lead(dataclasses.replace(plan, usd_per_task=0.0, most_tasks=None), 0.8)
    assert free.endswith("that have 80 % power.")


def asked_of(*conclusions: Conclusion, **more: Any) -> Any:  # noqa: ANN401 - as much of an analysis as is read
    """Return the parts of an analysis that these sentences are made of."""
    return SimpleNamespace(conclusions=conclusions, options=SimpleNamespace(alpha=0.05, margin=0.1), **more)


SPEED = Conclusion(
    question="agents", response="log", answer="undecided", method="m", p=0.2, p_adjusted=0.4, kind="times"
)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"why": SPREADS},
            f"There is a hint, but no proof, that agents matters for the times: {SPREADS} (p = 0.20",
        ),
        (
            {"p": 0.01, "p_adjusted": 0.02, "why": "one program decides"},
            "There is a hint, but no proof, that agents matters for the times (p = 0.010",
        ),
        (
            {"p": 0.01, "p_adjusted": 0.2},
            "There is a hint, but no proof, that agents matters for the times: chance alone does as much",
        ),
    ],
    ids=["other tests", "doubt", "many questions"],
)
def test_what_stands_between_a_hint_and_a_proof_is_said(change: dict[str, Any], words: str) -> None:
    """Another test that says otherwise, a doubt, or the number of questions."""
    told = on_times(asked_of(dataclasses.replace(SPEED, **change)))
    assert told.startswith(words)
    assert change.get("why", "where 1 questions are asked") in told


def test_a_proof_without_a_pair_says_that_levels_are_not_told_apart_yet() -> None:
    """The factor matters, and the limits of its clearest pair hold equality."""
    proven = dataclasses.replace(
        SPEED,
        answer="different",
        p=0.01,
        p_adjusted=0.01,
        estimate=1.5,
        ci_low=0.9,
        ci_high=2.5,
        unit="ratio",
        compared=("1", "3"),
    )
    assert on_times(asked_of(proven, sample=SimpleNamespace())).endswith(
        "makes a difference; which levels of agents differ is not clear yet."
    )


@pytest.mark.parametrize(
    ("passed", "programs", "answer", "words"),
    [
        (0, 0, None, "There are no programs, so nothing can be said of how many pass."),
        (1, 1, None, "The one program passed; a true pass rate below"),
        (3, 9, None, "3 of 9 programs passed (33 %"),
        (3, 9, "equivalent", "differ by less than 10 of 100 programs, small enough not to matter."),
        (3, 9, "undecided", "that the pass rates of the treatments differ was not shown (p = 0.30"),
    ],
)
def test_how_many_passed_is_said_whatever_there_is(
    passed: int, programs: int, answer: Literal["equivalent", "undecided"] | None, words: str
) -> None:
    """Also of no program, of one, and of treatments that pass alike."""
    rate = PassRate(
        factor="all", level="all", passed=passed, programs=programs, estimate=1 / 3, ci_low=0.1, ci_high=0.7
    )
    of_all = dataclasses.replace(
        PASSING, question="treatment", answer=answer or "untestable", p=None if answer is None else 0.3
    )
    told = on_passing(asked_of(of_all, failures=SimpleNamespace(rates=(rate,)), tasks=None))
    assert words in told
