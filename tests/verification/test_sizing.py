"""A size that a task leaves open is found: the smallest that keeps the reference busy long enough."""

from __future__ import annotations

import dataclasses
import math
import threading

import pytest
from doubles import TASK
from hypothesis import assume, example, given
from hypothesis import strategies as st

from refinery_plugin._sandbox import Limits
from refinery_plugin._study.task import TaskError
from refinery_plugin._verification.checker import Checker
from refinery_plugin._verification.sizing import LARGEST, SizeError, find_size, smallest_size
from refinery_plugin.testing import Outcome, ScriptedProcess, ScriptedSandbox

OPEN = dataclasses.replace(TASK, sample=lambda seed, size: (seed + size,), seconds=1e-9)
NEVER = threading.Event()


@example(unit=0.01171875, power=1.0, seconds=0.875)
@given(unit=st.floats(1e-9, 1), power=st.sampled_from((0.5, 1.0, 2.0, 3.0)), seconds=st.floats(1e-3, 1))
def test_the_size_is_large_enough_and_not_much_larger(unit: float, power: float, seconds: float) -> None:
    """It takes the seconds; one a tenth and one smaller would not: two digits are told above a hundred."""

    def takes(size: int) -> float:
        return float(unit * size**power)

    assume(takes(LARGEST) >= seconds)
    size = smallest_size(takes, seconds)
    assert takes(size) >= seconds
    smaller = size - 1 if size <= 100 else int(size / 1.15)
    assert smaller < 1 or takes(smaller) < seconds
    assert size <= 100 or size % 10 ** (len(str(size)) - 2) == 0


def test_a_time_that_grows_exponentially_is_never_tried_far_beyond() -> None:
    """Sizes grow slowly once they matter, and a call that is given up says no more than that it is enough."""
    tried: list[int] = []

    def takes(size: int) -> float:
        tried.append(size)
        return math.inf if size > 24 else 2.0**size / 1e7

    assert smallest_size(takes, 0.1) == 20
    assert max(tried) <= 64


def test_a_reference_that_takes_no_longer_for_more_has_no_size() -> None:
    """The search ends."""
    with pytest.raises(SizeError, match=r"at size 1,024 the reference takes 0\.001 s, not 0\.1 s"):
        smallest_size(lambda _: 0.001, 0.1, largest=1024)


def test_a_checker_settles_what_is_open() -> None:
    """Whoever opens a task without a size gets one; all its full-size inputs have it."""
    checker = Checker.open(ScriptedSandbox(), OPEN, list_seeds=[5], seed=1, limits=Limits(), time_factor=10)
    assert checker.bench.task.size == 1
    assert [case.payload.arguments() for case in checker.inputs.timed] == [(6,)]


def test_the_checksum_is_that_of_the_task_whatever_its_size() -> None:
    """Sizes are compared beside it: one that was found and the same one that was written down are the same."""
    assert OPEN.sized(7).checksum == OPEN.sized(8).checksum == OPEN.checksum
    assert (OPEN.size, OPEN.sized(7).size, OPEN.sized(7).takes_size) == (None, 7, False)
    assert dataclasses.replace(OPEN, sample=lambda seed, size: (seed - size,)).checksum != OPEN.checksum


def test_small_sizes_may_be_too_small() -> None:
    """A sample, or a reference, that needs a few items to work with is tried with more."""

    def sample(seed: int, size: int) -> tuple[int]:
        if size < 3:
            raise ValueError("too few")
        return (seed,)

    assert find_size(ScriptedSandbox(), dataclasses.replace(OPEN, sample=sample), limits=Limits()) == 3


@pytest.mark.parametrize(
    ("changes", "script", "patience", "told"),
    [
        ({"sample": lambda seed, size: {}[seed + size]}, None, 60.0, "at size 64 sample raises KeyError"),
        (
            {"sample": lambda _, size: (NEVER.wait(60 + size),)},
            None,
            0.2,
            "at size 1 sample takes more than 0.2 s",
        ),
        (
            {},
            Outcome(kind="error", reason="ZeroDivisionError: division by zero"),
            60.0,
            "at size 64 the reference fails: ZeroDivisionError",
        ),
    ],
    ids=["raises", "slow", "reference"],
)
def test_what_goes_wrong_is_told_with_the_size_and_the_remedy(
    changes: dict[str, object], script: Outcome | None, patience: float, told: str
) -> None:
    """Nobody looks for ever."""
    task = dataclasses.replace(OPEN, **changes)  # type: ignore[arg-type]
    scripts = {} if script is None else {task.reference: ScriptedProcess(answer=script)}
    with pytest.raises(SizeError, match=told) as raised:
        find_size(ScriptedSandbox(scripts), task, limits=Limits(), sample_seconds=patience)
    assert "such as size = 10000" in str(raised.value)


def test_seconds_are_a_number_above_zero() -> None:
    """Told when the task is declared."""
    with pytest.raises(TaskError, match="seconds must be a number above 0, got 0"):
        dataclasses.replace(OPEN, seconds=0)
