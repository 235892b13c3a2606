"""What is tried of a task before a model is paid for it: no process is needed for a reference of one's own."""

from __future__ import annotations

import dataclasses
import threading
from typing import TYPE_CHECKING, Any

import pytest
from doubles import TASK

from refinery_plugin._sandbox import Limits
from refinery_plugin._tasks import SHIPPED_TASKS
from refinery_plugin._verification.quick_check import OPINIONS, check_quickly
from refinery_plugin.testing import ScriptedSandbox

if TYPE_CHECKING:
    from refinery_plugin import Task

GOOD = dataclasses.replace(TASK, sample=lambda seed: (10 + seed % 1000,))
PASS_ONLY = dataclasses.replace(TASK, sample=None, strategy=None, examples=[((1,), 2), ((3,), 6)])
NEVER = threading.Event()


def slow(number: int) -> tuple[int]:
    NEVER.wait(60)
    return (number,)


@pytest.mark.parametrize(
    ("task", "changes", "kinds"),
    [
        (GOOD, {}, []),
        (PASS_ONLY, {}, []),
        (GOOD, {"sample": lambda seed, size: (seed + size,)}, []),
        (GOOD, {"prompt": "Write a function `twice(number)`."}, ["prompt"]),
        (GOOD, {"sample": lambda _: (object(),)}, ["values"]),
        (GOOD, {"sample": lambda seed: {}[seed]}, ["sample"]),
        (GOOD, {"examples": [((3,), 7)]}, ["examples"]),
        (GOOD, {"result_type": str}, ["reference"]),
        (
            GOOD,
            {"reference": "from random import getrandbits\ndef double(n):\n    return getrandbits(99)\n"},
            ["deterministic"],
        ),
        (GOOD, {"reference": "def double(n):\n    return 7\n"}, ["constant"]),
        (GOOD, {"reference": "def double(n):\n    return n\n"}, ["identity"]),
        (GOOD, {"reference": "def double(n):\n    return n * [0]\n", "result_type": list[int]}, ["zeros"]),
        (
            GOOD,
            {"reference": "def double(n):\n    return ''\n", "result_type": str},
            ["constant", "zeros", "empty"],
        ),
    ],
)
def test_what_is_found(task: Task, changes: dict[str, Any], kinds: list[str]) -> None:
    """By its kind; a fault that makes further trials pointless ends them."""
    faults = check_quickly(dataclasses.replace(task, **changes))
    assert [fault.kind for fault in faults] == kinds


def test_a_sample_that_takes_for_ever_is_found() -> None:
    """It is given up."""
    faults = check_quickly(dataclasses.replace(GOOD, sample=slow), sample_seconds=0.2)
    assert [fault.kind for fault in faults] == ["sample"]


def test_a_reference_that_takes_for_ever_is_found() -> None:
    """It is given up."""
    never = "import time\ndef double(n):\n    time.sleep(60)\n"
    faults = check_quickly(dataclasses.replace(GOOD, reference=never), reference_seconds=2.0)
    assert [fault.kind for fault in faults] == ["reference"]


def test_a_check_sees_only_what_a_program_could_have_returned() -> None:
    """A cheat of another type is none: the sandbox would not let it through."""

    def check(arguments: tuple[Any, ...], result: object) -> bool:
        assert isinstance(result, list)
        return [sum(result)] == [arguments[0]]

    task = dataclasses.replace(
        PASS_ONLY,
        reference="def double(n):\n    return [1, n - 1]\n",
        result_type=list[int],
        check=check,
        examples=[((5,), [2, 3]), ((9,), [9])],
    )
    assert check_quickly(task) == ()


def test_a_foreign_reference_runs_in_the_sandbox_or_not_at_all() -> None:
    """It is held against its own examples there."""
    task = dataclasses.replace(PASS_ONLY, foreign=True, reference="def double(n):\n    return 3 * n\n")
    sandbox = ScriptedSandbox()
    (fault,) = check_quickly(task, sandbox=lambda: sandbox, limits=Limits())
    assert fault.kind == "examples"
    assert sandbox.started
    assert check_quickly(task) == ()


@pytest.mark.parametrize("task", SHIPPED_TASKS, ids=lambda task: task.name)
def test_nothing_is_found_of_the_tasks_that_ship(task: Task) -> None:
    """So they are not tried again before each recording."""
    assert check_quickly(task) == ()
    assert {"constant", "identity"} <= OPINIONS
