"""The suite that ships: honest programs pass, slips and cheats do not, samples are frozen and differ."""

from __future__ import annotations

import functools
import hashlib
from typing import TYPE_CHECKING

import pytest
from core_corpus import CORPUS, Solution, function_of, sample_of, solutions

from refinery_plugin._study.value_types import misfit
from refinery_plugin._tasks import SHIPPED_TASKS
from refinery_plugin._tasks.core import CORE_TASKS
from refinery_plugin._verification.drawn_inputs import draw
from refinery_plugin._verification.inputs import Answers, Case, short_case
from refinery_plugin._verification.verdict import CORRECT, Judgement, Verdict, failed

if TYPE_CHECKING:
    from refinery_plugin._sandbox import Sandbox
    from refinery_plugin._study.task import Arguments, Task

ALL = solutions()
SEED = 20261125
TASKS = {task.name: task for task in CORE_TASKS}
tasks = pytest.mark.parametrize("task", CORE_TASKS, ids=[task.name for task in CORE_TASKS])
SAMPLES = {
    "core-density": "5a6189b292c21f12",
    "core-schedule": "2d228c44dc97657f",
    "core-repeated-text": "f0b28d7f02874242",
    "core-coprime-pairs": "b8399c38a84b22e3",
    "core-inversions": "c42072102c24a689",
    "core-skyline": "4c8791a43818853f",
    "core-companions": "8db99cc66db2a166",
    "core-cheapest-routes": "f5057b84d46764e7",
    "core-edit-distance": "9522aed2ed159bcc",
    "core-unfold": "7057342ee0b46fce",
    "core-coverage": "9f7467f4e6bf8dd7",
    "core-cells": "b73abe35dc1fa73d",
    "core-matrix-product": "38ba6e0e0c24e852",
}


@functools.cache
def short_inputs(name: str) -> list[Arguments]:
    """Return what a session would draw."""
    strategy = TASKS[name].strategy
    assert strategy is not None
    return draw(strategy(), seed=SEED)


@functools.cache
def cases(name: str) -> list[Case]:
    """Return short inputs, and one of full size, with their answers."""
    answers = Answers(TASKS[name])
    return [short_case(arguments, answers) for arguments in (*short_inputs(name), sample_of(TASKS[name], 7))]


def judged(solution: Solution, sandbox: Sandbox) -> Judgement:
    """Judge a program in one process of the real sandbox, up to its first fault."""
    task = solution.task
    with sandbox.start(
        solution.source.encode(), entry_point=task.entry_point, result_type=task.result_type
    ) as worker:
        refused = worker.load()
        if refused is not None:
            return failed(refused, where="while it was loaded")
        for case in cases(task.name):
            judgement = case.judge(worker.hand_over(case.payload, 20) or worker.go(20))
            if not judgement.correct:
                return judgement
    return CORRECT


@pytest.mark.parametrize(
    "solution", [solution for solution in ALL if solution.name.startswith("honest")], ids=lambda one: one.id
)
def test_an_honest_program_passes(solution: Solution, sandbox: Sandbox) -> None:
    """Whatever its method: lists and sets, better algorithms, NumPy."""
    assert judged(solution, sandbox) == CORRECT


@pytest.mark.parametrize(
    "solution", [solution for solution in ALL if solution.name.startswith("wrong")], ids=lambda one: one.id
)
def test_a_slip_or_a_cheat_does_not_pass(solution: Solution, sandbox: Sandbox) -> None:
    """It runs, and is found out by what it returns."""
    assert judged(solution, sandbox).verdict is Verdict.WRONG_ANSWER


@tasks
def test_every_task_has_at_least_three_honest_programs_and_six_others(task: Task) -> None:
    """So that no task is added whose verdicts nobody tried."""
    names = [solution.name for solution in ALL if solution.task is task]
    assert sum(name.startswith("honest") for name in names) >= 3
    assert sum(name.startswith("wrong") for name in names) >= 6


def test_no_programs_are_left_of_a_task_that_is_gone() -> None:
    """Every file of the corpus belongs to a task."""
    assert {path.stem for path in CORPUS.glob("*.py")} == {task.name.replace("-", "_") for task in CORE_TASKS}


@tasks
def test_samples_are_frozen(task: Task) -> None:
    """Checksums of the arguments as text: what times are compared on changes with no library and no platform."""
    assert hashlib.sha256(repr(sample_of(task, 0)).encode()).hexdigest()[:16] == SAMPLES[task.name]


@tasks
def test_answers_differ_between_samples(task: Task) -> None:
    """No answer of one list is right on another."""
    answers = [repr(function_of(task)(*sample_of(task, seed))) for seed in range(3)]
    assert len(set(answers)) == 3


@tasks
def test_short_inputs_hold_many_answers(task: Task) -> None:
    """And all of them are of the type that the task declares; how many differ depends on Hypothesis."""
    answers = [function_of(task)(*arguments) for arguments in short_inputs(task.name)]
    assert not [found for answer in answers if (found := misfit(answer, task.result_type))]
    assert len({repr(answer) for answer in answers}) >= 8


@tasks
def test_a_reference_leaves_its_arguments_alone(task: Task) -> None:
    """So that an input can be shown after it was used."""
    arguments = short_inputs(task.name)[-1]
    before = repr(arguments)
    function_of(task)(*arguments)
    assert repr(arguments) == before


@tasks
def test_a_prompt_names_every_argument(task: Task) -> None:
    """A model is told what each of them is."""
    function = function_of(task)
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    assert [name for name in names if f"`{name}`" not in task.prompt] == []


@tasks
def test_an_example_of_a_prompt_is_true(task: Task) -> None:
    """The task's own examples are the reference's answers, and the prompt tells them word by word."""
    told = task.prompt.replace('"', "'")
    for arguments, expected in task.examples:
        call = f"{task.entry_point}({', '.join(map(repr, arguments))})"
        assert f"`{call}` is `{expected!r}`" in told
        assert function_of(task)(*arguments) == expected
    assert len(task.examples) == told.count(f"`{task.entry_point}(")


def test_every_core_task_ships() -> None:
    """Studies may name them; names are unique and say where they belong."""
    names = [task.name for task in SHIPPED_TASKS]
    assert len(set(names)) == len(names)
    assert {task.name for task in CORE_TASKS} <= set(names)
    assert all(task.name.startswith("core-") for task in CORE_TASKS)
