"""Tasks are tried themselves: each of the faults that a suite of somebody's was published with is found."""

from __future__ import annotations

import dataclasses
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from doubles import TASK
from hypothesis import strategies as st

from refinery_plugin import Close
from refinery_plugin._sandbox import Limits
from refinery_plugin._verification.quick_check import check_quickly
from refinery_plugin._verification.task_check import TaskReport, check_task, literal
from refinery_plugin._verification.time_allowed import SAMPLE_SECONDS
from refinery_plugin.testing import ScriptedSandbox

if TYPE_CHECKING:
    from refinery_plugin import Task

GOOD = dataclasses.replace(TASK, sample=lambda seed: (10 + seed % 1000,))
FLOATS = dataclasses.replace(
    GOOD, result_type=float, reference="def double(number):\n    return 2.0 * number + 1\n", equality="exact"
)
NEVER = threading.Event()


def kinds(task: Task) -> set[str]:
    patience = 0.2 if task.sample is slow else SAMPLE_SECONDS
    report = check_task(ScriptedSandbox(), task, limits=Limits(), sample_seconds=patience)
    return {fault.kind for fault in report.faults}


def slow(seed: int) -> tuple[int]:
    NEVER.wait(60)
    return (seed,)


def raising() -> st.SearchStrategy[tuple[object, ...]]:
    raise RuntimeError("no such file")


def test_a_good_task_has_no_fault_and_its_reference_a_time() -> None:
    """Nothing is made up."""
    report = check_task(ScriptedSandbox(), GOOD, limits=Limits())
    assert report.faults == ()
    assert report.reference_seconds is not None


@pytest.mark.parametrize(
    ("task", "changes", "kind"),
    [
        pytest.param(
            GOOD,
            {"reference": "import random\ndef double(number):\n    return random.getrandbits(60)\n"},
            "deterministic",
            id="a reference that is not deterministic",
        ),
        pytest.param(
            GOOD,
            {
                "reference": "import random\ndef double(number):\n    return random.getrandbits(60)\n",
                "sample": None,
                "examples": (),
            },
            "deterministic",
            id="one of a task that is never timed",
        ),
        pytest.param(
            GOOD,
            {"reference": "def double(number):\n    return 7\n"},
            "constant",
            id="a constant passes",
        ),
        pytest.param(
            GOOD,
            {"reference": "def double(number):\n    return [0] * number\n", "result_type": list[int]},
            "zeros",
            id="zeros pass",
        ),
        pytest.param(
            GOOD,
            {"reference": "def double(number):\n    return min(number, 9)\n", "strategy": lambda: st.just((9,))},
            "first-answer",
            id="the answer to the first sample passes",
        ),
        pytest.param(
            GOOD, {"reference": "def double(number):\n    return number\n"}, "identity", id="an identity passes"
        ),
        pytest.param(
            GOOD,
            {"reference": "def double(number):\n    return []\n", "result_type": list[int]},
            "empty",
            id="an empty result passes",
        ),
        pytest.param(
            GOOD,
            {"reference": "def double(number):\n    return min(number, 9)\n"},
            "answers",
            id="all samples have one answer",
        ),
        pytest.param(
            GOOD,
            {"prompt": "Write a function `twice(number)` that doubles."},
            "prompt",
            id="the prompt names another function",
        ),
        pytest.param(GOOD, {"sample": None, "strategy": raising}, "strategy", id="a strategy that raises"),
        pytest.param(
            GOOD,
            {"sample": None, "strategy": lambda: st.tuples(st.builds(raising))},
            "strategy",
            id="a strategy that raises while it is drawn from",
        ),
        pytest.param(GOOD, {"sample": slow}, "sample", id="a sample takes minutes"),
        pytest.param(GOOD, {"sample": lambda _: (object(),)}, "values", id="values that cannot be carried"),
        pytest.param(GOOD, {"examples": [((3,), 7)]}, "examples", id="examples contradict the reference"),
        pytest.param(FLOATS, {"close": Close(atol=100)}, "tolerance", id="a tolerance that is too wide"),
        pytest.param(
            GOOD,
            {"reference": "def double(number):\n    return {}[number]\n"},
            "reference",
            id="a reference that raises",
        ),
        pytest.param(
            GOOD, {"sample": lambda seed: {}[seed]}, "sample", id="a sample that raises"
        ),
        pytest.param(
            GOOD,
            {"sample": lambda seed, size: {}[seed + size], "seconds": 1e-9},
            "size",
            id="no size can be found",
        ),
        pytest.param(
            FLOATS,
            {
                "close": Close(atol=100),
                "reference": "def double(number):\n    return {'a': [(2.0 * number + 1, {3.5})]}\n",
                "result_type": dict[str, list[tuple[float, set[float]]]],
            },
            "tolerance",
            id="one too wide for numbers deep inside",
        ),
        pytest.param(
            FLOATS,
            {
                "close": Close(atol=100),
                "reference": "import numpy\ndef double(number):\n    return numpy.ones(3) * number\n",
                "result_type": np.ndarray,
            },
            "tolerance",
            id="one too wide for an array",
        ),
    ],
)  # fmt: skip
def test_a_planted_fault_is_found(task: Task, changes: dict[str, Any], kind: str) -> None:
    """By its kind, whatever else is found with it."""
    assert kind in kinds(dataclasses.replace(task, **changes))


def test_a_sample_that_is_not_the_same_again_is_found_without_a_sandbox() -> None:
    """So is a prompt of another function."""
    counter = iter(range(99))
    task = dataclasses.replace(GOOD, sample=lambda _: (next(counter),), prompt="def twice(x): doubles")
    assert [fault.kind for fault in check_quickly(task)] == ["prompt", "sample"]
    assert check_quickly(GOOD) == ()


def test_disguised_inputs_may_make_up_for_samples_of_one_answer() -> None:
    """As in the pilot's task, whose samples nearly all have one."""
    task = dataclasses.replace(
        GOOD,
        reference="def double(number):\n    return number if number < 9999 else 9999\n",
        sample=lambda seed: (10_000 + seed,),
        disguised=lambda seed: (20 + seed % 97,),
    )
    assert "answers" not in kinds(task)


def test_a_task_of_open_size_is_tried_at_the_size_that_is_found() -> None:
    """It is no fault to leave the size open, and its reference has a time."""
    task = dataclasses.replace(GOOD, sample=lambda seed, size: (10 + size + seed % 1000,), seconds=1e-9)
    report = check_task(ScriptedSandbox(), task, limits=Limits())
    assert report.faults == ()
    assert report.reference_seconds is not None


def test_a_tolerance_is_held_against_numbers_other_than_zero_alone() -> None:
    """Where all results are zero, or no floats, there is nothing that it could be too wide for."""
    zeros = dataclasses.replace(
        FLOATS, close=Close(atol=100), reference="def double(number):\n    return 0.0 * number\n"
    )
    whole = dataclasses.replace(
        zeros,
        reference="import numpy\ndef double(number):\n    return numpy.arange(3) * number\n",
        result_type=np.ndarray,
    )
    assert "tolerance" not in kinds(zeros) | kinds(whole)


def test_the_headroom_is_how_often_what_a_time_may_hide_fits_into_the_references() -> None:
    """Without a time, or where nothing is hidden, there is none to tell."""
    report = TaskReport(name="double", version="1", faults=(), reference_seconds=0.5, hidden_seconds=0.1)
    assert report.headroom == 5
    assert dataclasses.replace(report, reference_seconds=None).headroom is None
    assert dataclasses.replace(report, hidden_seconds=0.0).headroom is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([1, "a"], "[1, 'a']"),
        (object(), ""),
        (np.ones(2), ""),
        ("a" * 200_000, ""),
    ],
    ids=["plain", "an object", "an array", "long"],
)
def test_a_constant_is_tried_where_a_program_could_write_it(value: object, text: str) -> None:
    """What is long, or has no text that makes it again, is no constant that anyone would write."""
    assert literal(value) == text
