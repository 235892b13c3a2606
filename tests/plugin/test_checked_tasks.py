"""``--refinery-check-tasks``: a line a task, exit code 1 where something is wrong, the same as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from test_sessions_of_task_files import BROKEN, GOOD, UNHELD, write

if TYPE_CHECKING:
    from collections.abc import Mapping

CONSTANT: Mapping[str, object] = {
    "name": "seven",
    "prompt": "Return seven.",
    "signature": "def seven(n: int) -> int",
    "reference": "def seven(n):\n    return 7\n",
    "inputs": [[1], [2]],
}
MORE = GOOD | {"test": "def check(candidate):\n    assert candidate(5) == 2\n    assert candidate(9) == 4\n"}


@pytest.mark.parametrize(
    ("rows", "status", "lines"),
    [
        ([MORE], 0, ["Human/0: ok, verified and never timed", "1 task tried, 0 with something wrong"]),
        (
            [MORE, BROKEN, CONSTANT],
            1,
            [
                "Human/0: ok, *",
                "Human/1: WRONG: *examples*for 5 it returned 5, expected 2*",
                "seven: WRONG: *constant*a constant passes*",
                "3 tasks tried, 2 with something wrong",
            ],
        ),
    ],
    ids=["good", "wrong"],
)
def test_tasks_are_tried_one_by_one(
    pytester: pytest.Pytester, rows: list[Mapping[str, object]], status: int, lines: list[str]
) -> None:
    """No test is run."""
    write(pytester.path, *rows)
    result = pytester.runpytest(
        "--refinery-tasks=tasks.jsonl", "--refinery-check-tasks", "--refinery-check-json=out.json", *UNHELD
    )
    assert result.ret == status
    result.stdout.fnmatch_lines(lines)
    found = json.loads((pytester.path / "out.json").read_text())["tasks"]
    assert [task["ok"] for task in found] == [not line.count("WRONG") for line in lines[:-1]]
    assert all(len(task["checksum"]) == 64 for task in found)


def test_a_file_that_the_study_does_not_use_is_tried_beside_it(pytester: pytest.Pytester) -> None:
    """Who names a file of tasks wants these tried, also where a study of other tasks lies beside the tests."""
    pytester.makepyprojecttoml(
        """
        [tool.refinery]
        name = "mine"
        tasks = ["Human/0"]
        tasks_from = ["tasks.jsonl"]
        model = "small"
        """
    )
    write(pytester.path, MORE)
    (pytester.path / "other.jsonl").write_text(json.dumps(BROKEN) + "\n")
    result = pytester.runpytest("--refinery-tasks=other.jsonl", "--refinery-check-tasks", *UNHELD)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["Human/0: ok, *", "Human/1: WRONG: *", "2 tasks tried, 1 with something wrong"]
    )
