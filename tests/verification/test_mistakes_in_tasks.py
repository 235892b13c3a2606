"""Slips of whoever writes a task are told as such, and not blamed on the machine or on programs."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING, Any

import pytest
from doubles import STUDY, TASK
from hypothesis import strategies as st

from refinery_plugin import RefineryError
from refinery_plugin._verification.inputs import Inputs

if TYPE_CHECKING:
    from collections.abc import Mapping


NUMBERS = itertools.count()


def inputs(changes: Mapping[str, Any]) -> Inputs:
    made = Inputs.make(dataclasses.replace(TASK, **changes), list_seeds=[STUDY.list_seed(1)], verify_seed=1)
    made.wait()
    return made


def test_a_task_without_slips_gives_inputs() -> None:
    """What the other tests change one thing of."""
    assert inputs({}).timed[0].expected == 2 * STUDY.list_seed(1)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"reference": "def double(number):\n    return 2.0 * number\n"},
            r"not of its own result_type: for \d it returned a float, expected int",
        ),
        ({"sample": lambda seed: [seed]}, r"must give a tuple of arguments, got list; .* \(value,\)"),
        ({"strategy": lambda: st.integers(0, 9)}, "must give a tuple of arguments, got int"),
        (
            {"sample": lambda _seed: (next(NUMBERS),)},
            r"sample\(\d+\) gives other arguments each time it is called; .* random.Random\(seed\)",
        ),
    ],
    ids=["result type", "sample", "strategy", "sample without its seed"],
)
def test_a_slip_is_told_with_the_way_out(changes: Mapping[str, Any], told: str) -> None:
    """Before anything is run in a sandbox."""
    with pytest.raises(RefineryError, match=told):
        inputs(changes)


def test_a_strategy_instead_of_a_function_that_makes_one_is_refused() -> None:
    """At once, where the task is made."""
    wrong: Any = st.tuples(st.integers())
    with pytest.raises(RefineryError, match=r"strategy must be a function, got .*strategy=make, not"):
        dataclasses.replace(TASK, strategy=wrong)


def test_a_result_type_that_nothing_can_be_checked_against_is_refused() -> None:
    """At once, with the part that is unknown and what there is instead."""
    with pytest.raises(RefineryError, match=r"list\[complex\] has the part complex, .*dict\[K, V\]"):
        dataclasses.replace(TASK, result_type=list[complex])
