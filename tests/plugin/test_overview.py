"""What the terminal shows at the end of a session."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refinery_plugin._pytest.overview import (
    OnlyWorkers,
    ShownTimes,
    each,
    failures,
    summary,
    tasks,
    treatments,
    wrapped,
)


def _program(name: str, verdict: str = "correct", **other: Any) -> dict[str, object]:  # noqa: ANN401
    treatment = {"agents": 2, "optimization": "60 s"}
    made = {"id": name, "file": f"{name}.py", "treatment": treatment, "verdict": verdict, "reason": None}
    return {**made, "cost_usd": 0.0004, **other}


def _figures(**seconds: float) -> dict[str, ShownTimes]:
    """Return what is shown of programs whose reference takes half a second; what takes 5 ms or less is a bound."""
    return {
        name: ShownTimes(seconds=value, ratio=2 * value, bound=value <= 0.005)
        for name, value in seconds.items()
    }


def test_a_treatment_shows_how_many_passed_their_ratio_and_spread_their_median_and_what_all_cost() -> None:
    """The ratio to the reference leads; failed programs cost money too, and have no time."""
    programs = [
        _program("a"),
        _program("b"),
        _program("c"),
        _program("d", "error"),
        _program("e", treatment=None),
    ]
    lines = treatments(programs, _figures(a=0.5, b=0.25, c=2.0), width=80)
    assert lines[0].split() == ["treatment", "passed", "ratio", "least", "-", "most", "median", "s", "cost"]
    assert [line.split() for line in lines[1:]] == [
        ["agents", "2,", "60", "s", "3/4", "1.26", "0.5", "-", "4", "0.5", "$0.0016"],
        ["other", "files", "1/1", "-", "-", "-", "$0.00040"],
    ]
    assert len({len(line) for line in lines}) == 1


def test_what_is_no_longer_than_can_be_told_is_an_upper_bound_in_every_table() -> None:
    """Neither a time nor a ratio below the resolution is claimed: program ``a`` may have taken far less."""
    programs = [_program("a", task="t"), _program("b", task="t")]
    figures = _figures(a=0.005, b=0.5)
    assert treatments(programs, figures, width=80)[1].split()[5:] == [
        "<=0.1",
        "<=0.01",
        "-",
        "1",
        "<=0.253",
        "$0.00080",
    ]
    assert tasks(programs, figures, width=80, details=False)[1].split()[5:9] == ["<=0.1", "<=0.01", "-", "1"]
    assert [line.split() for line in each(programs, figures, width=80)[1:]] == [
        ["a", "correct", "<=0.01", "<=0.005"],
        ["b", "correct", "1", "0.5"],
    ]


@pytest.mark.parametrize(
    ("cost", "shown"),
    [(None, "-"), (0.0, "$0.00"), (0.0000451, "$0.000045"), (0.26, "$0.26"), (12.345, "$12.35")],
)
def test_small_amounts_keep_two_digits(cost: float | None, shown: str) -> None:
    """A small model's programs cost fractions of a cent."""
    assert treatments([_program("a", cost_usd=cost)], {}, width=80)[1].split()[-1] == shown


def test_the_same_reason_is_told_once_with_how_many_it_befell() -> None:
    """The most frequent first; a reason of several lines takes one."""
    programs = [
        _program("1_3_inf_2", "wrong_answer", reason="for [3999]:\n  no"),
        _program("1_3_inf_1", "wrong_answer", reason="for [3999]: no"),
        _program("2_3_inf_1", "no_program"),
        _program("3_3_inf_1"),
    ]
    assert failures(programs, width=80) == [
        "1_3_inf_1 and 1 more: wrong_answer: for [3999]: no",
        "2_3_inf_1: no_program",
    ]


def test_many_reasons_are_counted_not_listed() -> None:
    """No wall of text."""
    programs = [_program(f"p{index:02}", "error", reason=f"reason {index}") for index in range(30)]
    lines = failures(programs, width=80)
    assert len(lines) == 13
    assert lines[-1].startswith("... and 18 more")


@given(
    labels=st.lists(st.text("ab é", min_size=1, max_size=200), min_size=1, max_size=60),
    width=st.integers(60, 200),
)
def test_no_line_is_wider_than_the_terminal(labels: list[str], width: int) -> None:
    """Whatever the levels are called."""
    programs = [
        _program(f"{i}", "error", reason=label, treatment={"x": label}) for i, label in enumerate(labels)
    ]
    lines = treatments(programs, {}, width=width) + failures(programs, width=width)
    assert max(map(len, lines)) <= width


def test_prose_is_broken_between_words_and_commands_are_not() -> None:
    """A command is to be copied."""
    command = "  pytest " + "--option=value " * 20
    assert wrapped(command, 80) == [command]
    assert wrapped("word " * 40, 80) == [("word " * 16).strip()] * 2 + [("word " * 8).strip()]


def test_what_workers_found_is_told_as_what_was_found_here() -> None:
    """Whoever started workers and examined nothing has programs, verdicts and the seed to tell, and no times."""
    remote = [_program("a", task="t"), _program("b", "error", task="u", reason="it raises")]
    lines = summary(OnlyWorkers(is_by_task=True, verify_seed=7), [], remote, width=80)
    assert [line.split()[-2:] for line in lines[1:4]] == [
        ["-", "$0.00080"],
        ["-", "$0.00040"],
        ["-", "$0.00040"],
    ]
    assert lines[5:] == [
        "2 programs: 1 correct, 1 error; verification seed 7",
        "b: error: it raises",
        "they were verified in parallel and not timed; to time them, run without -n",
    ]
