"""No model is paid for a task that is not in order."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from model_server import ModelServer, answer

if TYPE_CHECKING:
    from collections.abc import Iterator

TASKS = """
from pathlib import Path
from hypothesis import strategies as st
from refinery_plugin import Task

def drawn():
    with Path("drawn.txt").open("a") as file:
        file.write("x")
    return st.tuples(st.integers(0, 99))

def pytest_refinery_tasks():
    return [Task(
        name="double",
        prompt="Double a number.",
        signature="def double(number: int) -> int",
        result_type=int,
        reference="def double(number):\\n    return {answer}\\n",
        strategy=drawn,
        examples=[((3,), 6)],
    )]
"""
STUDY = """
[tool.refinery]
name = "mine"
task = "double"
model = "served"
packages = []
optimization = "1 iteration"
"""
TEST = "def test_program(refinery_program, benchmark):\n    refinery_program.check(benchmark)\n"


@pytest.fixture
def server(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    """Serve a model that doubles, to a project that records from it."""
    pytester.makepyprojecttoml(STUDY)
    pytester.makepyfile(test_programs=TEST)
    monkeypatch.delenv("CI", raising=False)
    with ModelServer() as server:
        server.choose = lambda _: answer("```python\ndef double(number):\n    return 2 * number\n```")
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-nobody")
        yield server


def generate(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    return pytester.runpytest(
        "--refinery-generate", "--benchmark-disable", "--refinery-sandbox=none", *options
    )


def drawn(pytester: pytest.Pytester) -> int:
    path = pytester.path / "drawn.txt"
    return len(path.read_text()) if path.exists() else 0


def test_a_task_with_a_fault_stops_the_session_before_the_first_request(
    pytester: pytest.Pytester, server: ModelServer
) -> None:
    """With what is wrong and what to do."""
    pytester.makeconftest(TASKS.replace("{answer}", "number + 1"))
    result = generate(pytester)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["*task 'double' is not in order, and no model was asked: *examples*--refinery-check-tasks*"]
    )
    assert server.requests == []
    assert not (pytester.path / ".refinery" / "checked-tasks.json").exists()


def test_a_strategy_that_raises_is_told_in_words(pytester: pytest.Pytester, server: ModelServer) -> None:
    """It is the task's fault and no error of ours."""
    pytester.makeconftest(TASKS.replace('file.write("x")', 'raise RuntimeError("no words")'))
    result = generate(pytester)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*task 'double': strategy raises RuntimeError: no words; *"])
    assert server.requests == []


def test_a_good_task_is_tried_once_and_nothing_is_said_of_it(
    pytester: pytest.Pytester, server: ModelServer
) -> None:
    """Not again for the next recording, and never for a replay."""
    pytester.makeconftest(TASKS.replace("{answer}", "2 * number"))
    result = generate(pytester)
    assert result.ret == 0
    assert "task 'double'" not in result.stdout.str()
    assert len(server.requests) == 1
    kept = json.loads((pytester.path / ".refinery" / "checked-tasks.json").read_text())
    assert len(kept["checksums"]) == 1

    (pytester.path / ".refinery" / "checked-tasks.json").write_text('{"checksums": []}')
    assert generate(pytester).ret == 0  # all is recorded
    assert json.loads((pytester.path / ".refinery" / "checked-tasks.json").read_text())["checksums"] == []


def test_a_task_that_is_too_easy_to_please_is_told_and_stops_nobody(
    pytester: pytest.Pytester, server: ModelServer
) -> None:
    """Other people's suites have such tasks."""
    pytester.makeconftest(TASKS.replace("{answer}", "6"))
    result = generate(pytester)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*task 'double' may be too easy to please: *constant*a constant passes*"])
    assert len(server.requests) == 1
