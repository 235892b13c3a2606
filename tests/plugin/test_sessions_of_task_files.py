"""Files of tasks in a session: their own solutions are verified, studies use them, mistakes are told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

GOOD = {
    "task_id": "Human/0",
    "prompt": "def half(x):\n",
    "entry_point": "half",
    "canonical_solution": "    return x // 2\n",
    "test": "def check(candidate):\n    assert candidate(5) == 2\n",
}
BROKEN = GOOD | {"task_id": "Human/1", "canonical_solution": "    return x\n"}
RANDOM = GOOD | {"task_id": "Human/2", "test": "def check(candidate):\n    assert candidate(random()) == 2\n"}
THIRDS = {
    "task_id": "Plus/0",
    "prompt": "def third(x):\n",
    "entry_point": "third",
    "canonical_solution": "    return 12 // x\n",
    "base_input": [[3], [0]],
    "plus_input": [[0], [4]],
}
NEVER = THIRDS | {"task_id": "Plus/1", "base_input": [[0]], "plus_input": []}
TEST = "def test_program(refinery_program, benchmark):\n    refinery_program.check(benchmark)\n"
UNHELD = ("-p", "no:cacheprovider", "--refinery-sandbox=none")


def write(folder: Path, *rows: Mapping[str, object]) -> None:
    (folder / "tasks.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_without_a_study_the_solutions_of_a_file_are_verified(pytester: pytest.Pytester) -> None:
    """One test a task; what cannot be used is skipped, listed with its reason, and counted."""
    write(pytester.path, GOOD, BROKEN, RANDOM)
    result = pytester.runpytest("--refinery-tasks=tasks.jsonl", *UNHELD)
    result.assert_outcomes(passed=1, failed=1, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "refinery: 2 tasks of tasks.jsonl, and 1 told at the end that cannot be used",
            "*does not pass its own examples: for 5 it returned 5, expected 2*",
            "Human/2 (line 3): its test, line 2: the name random is not known",
            "1 task of 3 cannot be used",
        ]
    )


def test_a_study_uses_the_tasks_of_a_file_by_their_names(pytester: pytest.Pytester) -> None:
    """Its programs are verified, and never timed; the file lies beside the study."""
    write(pytester.path, GOOD)
    pytester.makepyprojecttoml(
        '[tool.refinery]\nname = "halves"\ntask = "Human/0"\ntasks_from = ["tasks.jsonl"]\npackages = []\n'
    )
    programs = pytester.path / "tests/test_generated/programs/halves"
    programs.mkdir(parents=True)
    (programs / "right.py").write_text("def half(x):\n    return x >> 1\n")
    (programs / "wrong.py").write_text("def half(x):\n    return x / 2\n")
    pytester.makepyfile(TEST)
    result = pytester.runpytest("--benchmark-only", f"--refinery-programs={programs}", *UNHELD)
    result.assert_outcomes(passed=1, xfailed=1)


def test_inputs_without_an_answer_are_left_out_and_told(pytester: pytest.Pytester) -> None:
    """A task that has no other is skipped; both are listed at the end and counted."""
    write(pytester.path, THIRDS, NEVER)
    result = pytester.runpytest("--refinery-tasks=tasks.jsonl", *UNHELD)
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "*found out when tasks were tried*",
            "Plus/1: the reference does not answer in the sandbox: for 0: ZeroDivisionError*",
            "Plus/0: 2 of 4 inputs left out: for 0: ZeroDivisionError*; and others",
            "1 task cannot be used; of 1 task some inputs are left out",
        ]
    )


def test_programs_of_a_task_that_cannot_be_used_do_not_end_the_session(pytester: pytest.Pytester) -> None:
    """They are skipped with the reason, also in workers, and those of other tasks are judged."""
    write(pytester.path, THIRDS, NEVER)
    solutions = [
        {"task_id": task, "solution": "def third(x): return 12 // x"} for task in ("Plus/1", "Plus/0")
    ]
    wrong = {"task_id": "Plus/1", "solution": "def third(x): return 1"}
    (pytester.path / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in (*solutions, wrong)))
    result = pytester.runpytest(
        "--refinery-tasks=tasks.jsonl", "--refinery-programs=mine.jsonl", "-n1", *UNHELD
    )
    result.assert_outcomes(passed=1, skipped=2)
    result.stdout.fnmatch_lines(
        [
            "Plus/1: the reference does not answer in the sandbox: for 0: ZeroDivisionError*",
            "Plus/0: 2 of 4 inputs left out: for 0: ZeroDivisionError*; and others",
            "1 task cannot be used; of 1 task some inputs are left out",
            "1 program: 1 correct; verification seed *",
        ]
    )


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"task_id": "x"}], "*tasks.jsonl, line 1: there is no form of rows with the keys task_id*"),
        ([GOOD, GOOD], "*line 2: two tasks of the file are called 'Human/0'*"),
    ],
)
def test_a_broken_file_is_one_clear_error(
    pytester: pytest.Pytester, rows: list[dict[str, str]], told: str
) -> None:
    """And no test is run."""
    write(pytester.path, *rows)
    result = pytester.runpytest("--refinery-tasks=tasks.jsonl", *UNHELD)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([told])


def test_a_name_that_is_taken_is_refused(pytester: pytest.Pytester) -> None:
    """A task that ships keeps its name."""
    row = {"name": "core-skyline", "prompt": "p", "signature": "def f(x)", "reference": "def f(x): return x"}
    write(pytester.path, row | {"inputs": [[1]]})
    result = pytester.runpytest("--refinery-tasks=tasks.jsonl", "--refinery-study=pilot", *UNHELD)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*tasks.jsonl: there is a task 'core-skyline' already*"])
