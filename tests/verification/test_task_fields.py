"""What a task may have and leave out: examples, pass only, a reference as a function, a checksum, foreign code."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import TYPE_CHECKING, Any

import pytest
from doubles import LIST_SEEDS, REFERENCE, TASK
from hypothesis import strategies as st

from refinery_plugin import Close, RefineryError, Task
from refinery_plugin._sandbox import Limits
from refinery_plugin._study.checksum import described
from refinery_plugin._study.function_source import module_source
from refinery_plugin._verification.checker import Checker
from refinery_plugin._verification.inputs import BrokenReferenceError, UnusableInputError, inputs_sha256
from refinery_plugin._verification.verdict import Verdict
from refinery_plugin.testing import ScriptedProcess, ScriptedSandbox

if TYPE_CHECKING:
    from collections.abc import Mapping

PASS_ONLY = Task(
    name="double",
    prompt="Double a number.",
    signature="def double(number: int) -> int",
    result_type=int,
    reference=REFERENCE,
    examples=[((3,), 6), ((0,), 0)],
)
FACTOR = 2


def doubled(number: int) -> int:
    """Use a constant, another function and a module of this file's own."""
    return math.prod([FACTOR, _same(number)])


@functools.cache
def _same(number: int) -> int:
    return number


def needs_a_test_file(number: int) -> Task:
    """Use something that no sandbox has."""
    return dataclasses.replace(TASK, version=str(number))


def needs_a_name(number: int) -> int:
    """Use what is nowhere."""
    return number * UNHEARD  # type: ignore[name-defined,no-any-return]  # noqa: F821 - that is the case


def odd(number: int) -> int:
    """Say of itself that it is of a package that is not there."""
    return number


odd.__module__ = "no_such_package"
again = _same


def needs_an_odd_import(number: int) -> int:
    """Use what cannot be imported."""
    return odd(number)


def uses_another_name(number: int) -> int:
    """Use a function by a second name that its module has for it."""
    return again(number)


def checker_of(task: Task, sandbox: ScriptedSandbox) -> Checker:
    return Checker.open(sandbox, task, list_seeds=LIST_SEEDS, seed=1, limits=Limits(), time_factor=10)


def test_a_task_of_examples_alone_is_verified_and_never_timed() -> None:
    """One process tries all examples; there are no lists, and no time."""
    sandbox = ScriptedSandbox()
    check = checker_of(PASS_ONLY, sandbox).check(b"def double(number):\n    return number + number\n", runs=3)
    assert check.judgement.correct
    assert check.pairs == ()
    assert [arguments for source, arguments in sandbox.calls if source != REFERENCE.encode()] == [(3,), (0,)]
    assert not PASS_ONLY.is_timed


def test_a_wrong_answer_to_an_example_is_told_with_the_example() -> None:
    """Nothing is drawn to shrink it with."""
    judgement = checker_of(PASS_ONLY, ScriptedSandbox()).check(b"def double(number): return 6").judgement
    assert judgement.verdict is Verdict.WRONG_ANSWER
    assert judgement.reason == "for 0 it returned 6, expected 0"


def test_examples_are_tried_before_what_is_drawn() -> None:
    """Always, whatever the seed."""
    task = dataclasses.replace(TASK, examples=[((77,), 154)], inputs=[(78,)])
    checker = checker_of(task, ScriptedSandbox())
    assert [case.payload.arguments() for case in checker.inputs.short[:2]] == [(77,), (78,)]
    assert checker.inputs.short[1].expected == 156


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"examples": [((3,), 7)]},
            r"does not pass its own examples\[0\]: for 3 it returned 6, expected 7; mend",
        ),
        (
            {"examples": [((3,), 5)], "check": lambda _, result: result == 6 or "it is not 6"},
            r"its check refuses its own examples\[0\]: for 3 of 5, expected 5: it is not 6",
        ),
    ],
    ids=["equality", "check"],
)
def test_examples_that_contradict_the_task_are_refused(changes: Mapping[str, Any], told: str) -> None:
    """Before any program is judged by them."""
    with pytest.raises(BrokenReferenceError, match=told):
        checker_of(dataclasses.replace(PASS_ONLY, **changes), ScriptedSandbox())


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"examples": []}, "nothing to try programs with; give a strategy, or examples"),
        ({"examples": [(3, 6)]}, r"examples\[0\]: arguments must be a tuple, got 3; one argument alone"),
        ({"examples": [((3,), "6")]}, r"examples\[0\]: its expected result is not of result_type"),
        ({"examples": [((3,), 6, 1)]}, r"examples\[0\] must be a pair"),
        ({"inputs": [[3]]}, r"inputs\[0\] must be a tuple of arguments"),
        ({"disguised": lambda seed: (seed,)}, "there is none"),
        ({"reference": lambda number: 2 * number}, "a lambda has no name"),
        ({"reference": needs_a_test_file}, "it uses TASK, a Task that cannot be written down"),
        ({"reference": 3}, "must be a function or source text, got int"),
        ({"reference": needs_a_name}, "needs_a_name uses UNHEARD, which its module does not define"),
        ({"reference": needs_an_odd_import}, "it uses odd of no_such_package, which is no installed package"),
        ({"reference": "def double(number: return"}, "reference is not valid Python"),
        ({"reference": " "}, "reference is empty or no text"),
        ({"prompt": ""}, "prompt is empty or no text"),
        ({"equality": "same"}, "equality must be 'python' or 'exact', got 'same'"),
        ({"close": 1e-9}, "close must be a Close, such as"),
    ],
)
def test_a_slip_is_told_where_the_task_is_made(changes: Mapping[str, Any], told: str) -> None:
    """With the place and the way out."""
    with pytest.raises(RefineryError, match=told):
        dataclasses.replace(PASS_ONLY, **changes)


def test_a_function_brings_what_it_uses_of_its_module_and_nothing_else() -> None:
    """The text stands alone: it can be run where this file is not."""
    source = module_source(doubled)
    namespace: dict[str, Any] = {}
    exec(source, namespace)  # noqa: S102 - what was just written down
    assert namespace["doubled"](21) == 42
    assert "pytest" not in source
    task = dataclasses.replace(PASS_ONLY, signature="def doubled(number: int) -> int", reference=doubled)
    assert task.reference == source


def test_the_checksum_changes_with_what_decides_a_verdict() -> None:
    """And with nothing else."""
    changes: list[dict[str, Any]] = [
        {"reference": REFERENCE + "# other\n"},
        {"examples": [((3,), 6)]},
        {"inputs": [(5,)]},
        {"equality": "exact"},
        {"close": Close(rtol=1e-9)},
        {"check": lambda _, result: result > 0},
        {"check": lambda _, result: result > 1},
        {"strategy": lambda: st.tuples(st.integers(0, 9))},
        {"strategy": lambda: st.tuples(st.integers(0, 8))},
        {"result_type": float},
    ]
    found = [dataclasses.replace(PASS_ONLY, **change).checksum for change in changes]
    assert len({PASS_ONLY.checksum, *found}) == len(changes) + 1
    same = dataclasses.replace(PASS_ONLY, prompt="Twice.", name="twice", version="2")
    assert same.checksum == PASS_ONLY.checksum
    assert same.version == "2"


def test_what_is_drawn_from_a_strategy_does_not_decide_whether_a_session_is_the_same() -> None:
    """Only what the strategy is; addresses in it are those of a process."""
    sums = {inputs_sha256(TASK, list_seeds=LIST_SEEDS, verify_seed=1) for _ in range(2)}
    assert len(sums) == 1
    assert sums != {inputs_sha256(TASK, list_seeds=LIST_SEEDS, verify_seed=2)}
    assert described(object()) == "<object object>"


def test_a_foreign_reference_answers_in_the_sandbox_alone() -> None:
    """Its module is never run in this process: expected answers are what the sandbox tells."""
    foreign = "raise RuntimeError('run in the parent')\ndef double(number): ...\n"
    task = dataclasses.replace(TASK, reference=foreign, foreign=True, sample=None, inputs=[(4,)])
    sandbox = ScriptedSandbox({foreign: ScriptedProcess(answer=lambda number: 2 * number)})
    checker = checker_of(task, sandbox)
    assert checker.inputs.short[0].expected == 8
    assert checker.check(b"def double(number): return 2 * number").judgement.correct
    assert sandbox.running == 0


def test_a_foreign_reference_that_fails_is_told_with_the_input() -> None:
    """It is the task that is broken, not the machine."""
    foreign = "def double(number):\n    return 1 // 0\n"
    task = dataclasses.replace(TASK, reference=foreign, foreign=True, sample=None)
    sandbox = ScriptedSandbox()
    with pytest.raises(
        BrokenReferenceError, match=r"does not answer in the sandbox: for \d: ZeroDivisionError"
    ):
        checker_of(task, sandbox)
    assert sandbox.running == 0


def test_inputs_of_a_foreign_task_that_its_reference_does_not_answer_are_left_out_and_told() -> None:
    """The others are tried; a task of one's own is refused for the first such input, as is one with no other."""
    foreign = "def double(number):\n    return 12 // number\n"
    task = dataclasses.replace(
        TASK, reference=foreign, foreign=True, sample=None, strategy=None, inputs=[(0,), (3,), (1j,)]
    )
    inputs = checker_of(task, ScriptedSandbox()).inputs
    assert [case.expected for case in inputs.short] == [4]
    no_answer, not_carried = inputs.left_out
    assert no_answer.startswith("for 0: ZeroDivisionError")
    assert not_carried.startswith("for 1j: an argument is of type complex")
    with pytest.raises(UnusableInputError, match="for 0: ZeroDivisionError"):
        checker_of(dataclasses.replace(task, inputs=[(0,), (0,)]), ScriptedSandbox())
    with pytest.raises(UnusableInputError, match="cannot be carried into the sandbox: for 1j"):
        checker_of(dataclasses.replace(task, foreign=False, inputs=[(3,), (1j,)]), ScriptedSandbox())


def test_a_function_that_is_used_by_a_second_name_keeps_it() -> None:
    """The text binds the name that is called to the function that it means."""
    source = module_source(uses_another_name)
    namespace: dict[str, Any] = {}
    exec(source, namespace)  # noqa: S102 - what was just written down
    assert namespace["uses_another_name"](21) == 21


def test_a_function_whose_source_is_nowhere_is_refused_with_the_way_out() -> None:
    """One that was made by exec has no file to be read from."""
    namespace: dict[str, Any] = {"__name__": "made_up"}
    exec("def double(number):\n    return 2 * number\n", namespace)  # noqa: S102 - that is the case
    with pytest.raises(RefineryError, match=r"the source of double is not known \(.*\); give it as text"):
        dataclasses.replace(PASS_ONLY, reference=namespace["double"])


def test_a_sampler_in_c_takes_no_size() -> None:
    """What shows no signature is called with a seed alone."""
    assert not dataclasses.replace(PASS_ONLY, sample=zip).takes_size  # type: ignore[arg-type]


def test_a_reference_that_raises_is_told_with_the_input() -> None:
    """With what it raised, and what to mend, before any program is tried."""
    task = dataclasses.replace(PASS_ONLY, reference="def double(number):\n    return 6 // number * number\n")
    with pytest.raises(BrokenReferenceError, match=r"the reference raised ZeroDivisionError: .* for 0; mend"):
        checker_of(dataclasses.replace(task, examples=[], inputs=[(3,), (0,)]), ScriptedSandbox())
