"""A task whose programs double a number, for tests without processes."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from refinery_plugin import Task
from refinery_plugin._sandbox import Limits
from refinery_plugin._study.study import ProgramLimits, Study
from refinery_plugin._verification.checker import Checker

if TYPE_CHECKING:
    from collections.abc import Callable

    from refinery_plugin.testing import ScriptedSandbox

REFERENCE = "def double(number):\n    return 2 * number\n"
PROGRAM = "def double(number):\n    return number + number\n"
TASK = Task(
    name="double",
    prompt="Double a number.",
    signature="def double(number: int) -> int",
    result_type=int,
    reference=REFERENCE,
    sample=lambda seed: (seed,),
    strategy=lambda: st.tuples(st.integers(0, 9)),
)
STUDY = Study(
    name="doubles",
    tasks=("double",),
    factors={},
    constants={},
    replicates=1,
    seed=1,
    lists=2,
    runs=2,
    prices={},
    packages=(),
    limits=ProgramLimits(),
)
LIST_SEEDS = (1001, 1002)
"""Full-size inputs are numbers from 10 on: verification lists have huge ones."""


class Ticker:
    """A clock for tests: makes the call, and says that it took 1, 2, 3, ... seconds."""

    def __init__(self) -> None:
        self._seconds = itertools.count(1)
        self.told: list[float] = []

    def __call__(self, call: Callable[[], None], /) -> float:
        """Make the call and return the next figure."""
        call()
        self.told.append(float(next(self._seconds)))
        return self.told[-1]


def open_checker(sandbox: ScriptedSandbox, *, seed: int = 1, lists: int = 2) -> Checker:
    """Open a checker of the task."""
    return Checker.open(
        sandbox, TASK, list_seeds=LIST_SEEDS[:lists], seed=seed, limits=Limits(), time_factor=10
    )


def number_of(arguments: tuple[object, ...]) -> int:
    """Return the argument of a call."""
    (number,) = arguments
    assert isinstance(number, int)
    return number
