"""A study of several tasks from a server's answers to a benchmark file, as the how-to tells it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from model_server import ModelServer, answer

if TYPE_CHECKING:
    from model_server import Behaviour, Received

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "many-tasks.md"
BODIES = {
    "Add up": "return sum(numbers)",
    "largest minus": "numbers.sort()\n    return numbers[-1] - numbers[0]",
    "odd numbers": "return sum(n & 1 for n in numbers)",
}
TASKS = ["list-sum", "list-span", "odd-ones"]
PROGRAMS, LISTS, RUNS = 12, 2, 2


def solve(request: Received) -> Behaviour:
    """Answer each task with its own program; one agent alone never finds the odd ones."""
    said = json.dumps(request.body["messages"])
    (body,) = [code for word, code in BODIES.items() if word in said]
    if "odd" in said and "team" not in said:
        body = "return 0"
    return answer(f"```python\ndef answer(numbers: list[int]) -> int:\n    {body}\n```")


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Write the files of the how-to; the lock that measuring sessions share is the test's own."""
    text = PAGE.read_text(encoding="utf-8")
    for name, content in re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", text, flags=re.DOTALL):
        (pytester.path / name).write_text(content, encoding="utf-8")
    monkeypatch.setenv("TMPDIR", str(pytester.path))
    monkeypatch.delenv("CI", raising=False)
    return pytester


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def generate(project: pytest.Pytester, *options: str) -> pytest.RunResult:
    return project.runpytest_subprocess("--refinery-generate", "--benchmark-disable", *options)


def kill_when_some_are_timed(project: pytest.Pytester) -> bytes:
    """Start a timing session, kill it after some runs, and return its journal."""
    command = [sys.executable, "-m", "pytest", "--benchmark-only", "--benchmark-json=out.json"]
    session = subprocess.Popen(
        command, cwd=project.path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    deadline = time.monotonic() + 300
    journal = b""
    while journal.count(b'"kind":"run"') < 5 * LISTS * RUNS:
        if session.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"the session ended or hung: {session.communicate(timeout=1)[0]}")
        journals = sorted((project.path / ".refinery" / "timing").glob("*.jsonl"))
        journal = journals[-1].read_bytes() if journals else b""
        time.sleep(0.02)
    session.send_signal(signal.SIGKILL)
    session.communicate(timeout=60)
    return journals[-1].read_bytes().split(b"\0")[0]


def seconds_in(journal: bytes) -> list[float]:
    """Return the times of the programs' runs that are whole in a journal."""
    lines = [json.loads(line) for line in journal.splitlines(keepends=True) if line.endswith(b"\n")]
    return [line["figures"]["seconds"] for line in lines if line["kind"] == "run"]


def test_a_study_of_three_tasks_is_recorded_replayed_timed_and_resumed_after_a_kill(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file and entry tells its task, a replay gives the same bytes, and no finished run is repeated."""
    programs, cassettes = (
        project.path / "tests" / "test_generated" / "programs" / "three",
        project.path / "cassettes" / "three",
    )
    with ModelServer() as server:
        server.choose = solve
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-nobody")
        result = generate(project)
        assert result.ret == 0, result.stdout.str()
        seeds = [request.body["seed"] for request in server.requests]
    assert len(set(seeds)) == len(seeds) == PROGRAMS * 3
    made, recorded = files(programs), files(cassettes)
    names = {f"{task}/agents={agents}-r{number}" for task in TASKS for agents in (1, 2) for number in (1, 2)}
    assert set(recorded) == {f"{name}.json" for name in names}
    assert set(made) == {f"{name}{ending}" for name in names for ending in (".py", ".json")}
    assert {json.loads(made[f"{name}.json"])["task"] for name in names} == set(TASKS)

    for path in list(programs.rglob("*.py")) + list(programs.rglob("*.json")):
        path.unlink()
    monkeypatch.delenv("OPENAI_API_KEY")
    result = generate(project, "--refinery-record=none", "-n2")
    assert result.ret == 0, result.stdout.str()
    assert (files(programs), files(cassettes)) == (made, recorded)

    before = seconds_in(kill_when_some_are_timed(project))
    result = project.runpytest_subprocess(
        "--benchmark-only", "--benchmark-json=out.json", "--refinery-resume", "-v"
    )
    assert result.ret == 0, result.stdout.str()
    result.stdout.fnmatch_lines(
        [
            "treatment*passed*ratio*least - most*",
            "agents 1*4/6*",
            "  list-*2/2*",
            "agents 2*6/6*",
            "  list-*2/2*",
        ],
    )
    assert_tells_tasks(json.loads((project.path / "out.json").read_text(encoding="utf-8")), before)


def assert_tells_tasks(document: dict[str, Any], before: list[float]) -> None:
    """Each program, benchmark, list and reference has its task, in blocks of one task; earlier runs are kept."""
    refinery, benchmarks = document["refinery"], document["benchmarks"]
    assert [task["name"] for task in refinery["tasks"]] == refinery["study"]["tasks"] == TASKS
    assert len(refinery["programs"]) == PROGRAMS
    assert len(benchmarks) == (PROGRAMS - 2) * LISTS
    for entry in refinery["programs"]:
        assert entry["file"].startswith(f"{entry['task']}/")
        assert entry["id"].startswith(f"{entry['task']}/")
    for entry in benchmarks:
        assert entry["extra_info"]["task"] == entry["params"]["task"]
        assert f"[{entry['extra_info']['task']}/" in entry["name"]
    assert sorted((entry["task"], entry["list"]) for entry in refinery["lists"]) == sorted(
        (task, number) for task in TASKS for number in (1, 2)
    )
    tasks_of_blocks: dict[int, set[str]] = {}
    for entry in refinery["reference"]:
        tasks_of_blocks.setdefault(entry["block"], set()).add(entry["task"])
    assert all(len(tasks) == 1 for tasks in tasks_of_blocks.values())
    for entry in benchmarks:
        assert tasks_of_blocks[entry["extra_info"]["block"]] == {entry["extra_info"]["task"]}
    now = [seconds for entry in benchmarks for seconds in entry["stats"]["data"]]
    assert len(now) == (PROGRAMS - 2) * LISTS * RUNS
    assert set(before) <= set(now)
