"""Programs of a file of JSON lines are judged in one command; what a row has beside is a factor."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest
from test_sessions_of_task_files import GOOD, RANDOM, UNHELD, write

from refinery_plugin._tasks.json_lines import TaskFileError
from refinery_plugin._tasks.samples import completed, parse_samples
from refinery_plugin._timing.lock import MachineLock
from refinery_plugin.tasks import from_jsonl

if TYPE_CHECKING:
    from pathlib import Path

    from refinery_plugin import Task

RIGHT = "def half(x):\n    return x >> 1\n"
WRONG = "def half(x):\n    return x / 2\n"


@pytest.fixture
def tasks(tmp_path: Path) -> dict[str, Task]:
    write(tmp_path, GOOD)
    return {task.name: task for task in from_jsonl(tmp_path / "tasks.jsonl")}


def test_a_file_of_programs_is_judged_in_one_command(pytester: pytest.Pytester) -> None:
    """Without a study and without a test; each program has its task, its factors and its verdict in the results."""
    write(pytester.path, GOOD, RANDOM)
    rows = [
        {"task_id": "Human/0", "solution": RIGHT, "model": "a", "style": 1},
        {"task_id": "Human/0", "completion": "    return x // 2\n", "model": "a", "style": 1},
        {"task_id": "Human/0", "solution": WRONG, "model": "b", "style": 1},
        {"task_id": "Human/2", "solution": RIGHT, "model": "b", "style": 1},
    ]
    (pytester.path / "made.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = pytester.runpytest(
        "--refinery-tasks=tasks.jsonl", "--refinery-programs=made.jsonl", "--benchmark-json=out.json", *UNHELD
    )
    result.assert_outcomes(passed=2, xfailed=1)
    result.stdout.fnmatch_lines(
        [
            "Human/2: 1 program not judged: its test, line 2: the name random is not known",
            "programs of 1 task*",
        ]
    )
    programs = json.loads((pytester.path / "out.json").read_text())["refinery"]["programs"]
    found = {(one["task"], one["treatment"]["model"], one["replicate"], one["verdict"]) for one in programs}
    assert found == {
        ("Human/0", "a", 1, "correct"),
        ("Human/0", "a", 2, "correct"),
        ("Human/0", "b", 1, "wrong_answer"),
    }
    assert all(one["treatment"] == {"model": one["treatment"]["model"], "style": 1} for one in programs)


def test_rows_whose_names_look_alike_keep_their_own_programs(pytester: pytest.Pytester) -> None:
    """Levels and tasks that ids and file names cannot tell apart: each row has the verdict of its own program."""
    tasks = ["Human/0", "Human/ 0", "human/0"]
    write(pytester.path, *({**GOOD, "task_id": task} for task in tasks))
    long = "Think step by step. " * 20
    levels = ["低", "高", "org/m", "org_m", "brief!", "brief?", "Low", "low", f"{long}1", f"{long}2", "plain"]
    right = {pair: number % 2 == 0 for number, pair in enumerate(itertools.product(tasks, levels))}
    rows = [
        {"task_id": task, "solution": RIGHT if is_right else WRONG, "effort": level}
        for (task, level), is_right in right.items()
    ]
    (pytester.path / "made.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    pytester.runpytest(
        "--refinery-tasks=tasks.jsonl", "--refinery-programs=made.jsonl", "--benchmark-json=out.json", *UNHELD
    )
    programs = json.loads((pytester.path / "out.json").read_text())["refinery"]["programs"]
    found = {(one["task"], one["treatment"]["effort"]): one["verdict"] == "correct" for one in programs}
    assert found == right
    assert len({one["file"].casefold() for one in programs}) == len(rows)
    assert len({one["id"] for one in programs}) == len(rows)


def test_programs_of_a_task_that_is_left_out_are_listed_by_its_name(pytester: pytest.Pytester) -> None:
    """Also where rows have numbers and tasks have names; a task of which a part is left out is judged."""
    mbpp = {"text": "Halve.", "code": "def half(x):\n    return x // 2", "test_list": ["assert half(5) == 2"]}
    write(
        pytester.path,
        {**mbpp, "task_id": 5, "test_list": ["assert max(1, 2) == 2"]},
        {**mbpp, "task_id": 6, "challenge_test_list": ["assert half(open('a')) == 1"], "test": "assert ("},
    )
    rows = [{"task_id": f"Mbpp/{number}", "solution": RIGHT} for number in (5, 6)]
    (pytester.path / "made.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = pytester.runpytest("--refinery-tasks=tasks.jsonl", "--refinery-programs=made.jsonl", *UNHELD)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "1 task of 2 and parts of 1 task cannot be used",
            "Mbpp/5: 1 program not judged: its tests call no function",
        ]
    )
    pytester.runpytest("--refinery-tasks=tasks.jsonl", *UNHELD).assert_outcomes(passed=1, skipped=1)


def test_programs_that_are_never_timed_wait_for_nobody_who_measures(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no task is timed, the session goes on beside one that measures, and has no line for each reference."""
    monkeypatch.setenv("TMPDIR", str(pytester.path))
    write(pytester.path, GOOD, {**GOOD, "task_id": "Human/1"})
    rows = [{"task_id": f"Human/{number}", "solution": RIGHT} for number in (0, 1)]
    (pytester.path / "made.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    measuring = MachineLock(pytester.path / "pytest-refinery.measuring.lock")
    measuring.acquire(waiting=pytest.fail)
    try:
        result = pytester.runpytest_subprocess(
            "--refinery-tasks=tasks.jsonl", "--refinery-programs=made.jsonl", *UNHELD
        )
    finally:
        measuring.release()
    result.assert_outcomes(passed=2)
    result.stdout.no_fnmatch_line("*another session is measuring*")
    result.stdout.no_fnmatch_line("*the reference of*")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"solution": RIGHT}], "line 1: task_id must be the name of a task, got None"),
        (
            [{"task_id": "Human/9", "solution": RIGHT}],
            r"there is no task 'Human/9' \(did you mean 'Human/0'\?\)",
        ),
        ([{"task_id": "Human/0"}], "it needs solution .* or completion"),
        ([{"task_id": "Human/0", "solution": RIGHT, "verdict": "x"}], "verdict: .* a column of that name"),
        ([{"task_id": "Human/0", "solution": RIGHT, "more": [1]}], r"more: a level is a text, .*, got \[1\]"),
        ([{"task_id": "Human/0", "solution": RIGHT, "temperature": -1}], "temperature: -1 is not allowed"),
        (
            [{"task_id": "Human/0", "solution": RIGHT, "a": 1}, {"task_id": "Human/0", "solution": RIGHT}],
            "line 2: a: some rows have this key and others have not",
        ),
        ([], "there is no program in it that can be judged"),
    ],
)
def test_a_mistake_in_a_file_of_programs_is_told(
    tasks: dict[str, Task], rows: list[dict[str, Any]], told: str
) -> None:
    """With file, line, key and remedy."""
    with pytest.raises(TaskFileError, match=rf"made\.jsonl.*{told}"):
        parse_samples(enumerate(rows, start=1), where="made.jsonl", tasks=tasks, unusable={})


def test_keys_that_only_number_the_rows_are_told(tasks: dict[str, Task]) -> None:
    """They would make a treatment of each."""
    rows = [{"task_id": "Human/0", "solution": RIGHT, "a": n, "b": n} for n in range(101)]
    with pytest.raises(TaskFileError, match=r"10,201 treatments, .*; a has 101 levels: remove keys"):
        parse_samples(enumerate(rows, start=1), where="made.jsonl", tasks=tasks, unusable={})


def test_a_completion_goes_on_where_the_prompt_ends(tasks: dict[str, Task]) -> None:
    """One that is a whole program stays as it is."""
    task = tasks["Human/0"]
    assert completed(task, "    return 1\n") == "def half(x):\n    return 1\n"
    assert completed(task, RIGHT) == RIGHT
