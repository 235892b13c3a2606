"""Sizes that were found are kept: all sessions of a study, and all its processes, take the same."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest
from doubles import TASK

from refinery_plugin._timing.sizes import Sizes, SizesError

if TYPE_CHECKING:
    from pathlib import Path

OPEN = dataclasses.replace(TASK, sample=lambda seed, size: (seed + size,))
CONFTEST = """
from hypothesis import strategies as st
from refinery_plugin import Task

def pytest_refinery_tasks():
    return [Task(
        name="total",
        prompt="Add up a list.",
        signature="def total(numbers: list[int]) -> int",
        result_type=int,
        reference="def total(numbers):\\n    return sum(numbers)\\n",
        sample=lambda seed, size: ([seed % 1000 + k for k in range(size)],),
        strategy=lambda: st.tuples(st.lists(st.integers(0, 9), min_size=1)),
        seconds=1e-9,
    )]
"""
STUDY = """
[tool.refinery]
name = "open"
task = "total"
packages = []
lists = 1
runs = 1
"""
TEST = "def test_program(refinery_program, benchmark):\n    refinery_program.check(benchmark)\n"
PROGRAM = "def total(numbers):\n    return sum(numbers)\n"


def never() -> int:
    raise AssertionError("it was looked for again")


def test_a_size_is_found_once_for_each_version_of_a_task(tmp_path: Path) -> None:
    """Another reference, or another wish for its time, is another question."""
    path = tmp_path / "below" / "sizes.json"
    assert Sizes(path).settle(OPEN, lambda: 120) == 120
    assert Sizes(path).settle(OPEN, never) == Sizes(path).known(OPEN) == 120
    for other in (dataclasses.replace(OPEN, equality="exact"), dataclasses.replace(OPEN, seconds=0.5)):
        assert Sizes(path).known(other) is None
        assert Sizes(path).settle(other, lambda: 7) == 7


def test_that_of_a_resumed_session_is_kept_and_must_be_the_one_that_is_kept(tmp_path: Path) -> None:
    """Nothing is mixed."""
    sizes = Sizes(tmp_path / "sizes.json")
    assert sizes.settle(OPEN, never, then=30) == 30
    with pytest.raises(SizesError, match="the size of task 'double' was 40 then, and is 30 in"):
        sizes.settle(OPEN, never, then=40)


def test_a_part_of_a_study_finds_none_by_itself(tmp_path: Path) -> None:
    """It takes the one that is kept."""
    path = tmp_path / "sizes.json"
    with pytest.raises(SizesError, match=r"each part of the study .--refinery-shard. would find another one"):
        Sizes(path, shared_out=True).settle(OPEN, never)
    Sizes(path).settle(OPEN, lambda: 9)
    assert Sizes(path, shared_out=True).settle(OPEN, never) == 9


@pytest.mark.parametrize("text", ["", "[]", '{"sizes": [{"task": "double", "size": "9"}]}'])
def test_a_damaged_file_is_told(tmp_path: Path, text: str) -> None:
    """With what to do."""
    path = tmp_path / "sizes.json"
    path.write_text(text)
    with pytest.raises(SizesError, match="is no file of sizes; remove it, and they are found again"):
        Sizes(path).known(OPEN)


def test_all_sessions_of_a_study_take_the_size_that_was_found(pytester: pytest.Pytester) -> None:
    """It is in the results; one that differs stops a session that is resumed, and parts of a study."""
    pytester.makeconftest(CONFTEST)
    pytester.makepyprojecttoml(STUDY)
    pytester.makepyfile(test_programs=TEST)
    programs = pytester.mkdir("programs")
    (programs / "mine.py").write_text(PROGRAM)

    def run(*options: str) -> tuple[pytest.RunResult, dict[str, Any]]:
        result = pytester.runpytest_subprocess(
            "--benchmark-only", "--refinery-programs=programs", "--benchmark-json=out.json", *options
        )
        out = pytester.path / "out.json"
        return result, json.loads(out.read_text())["refinery"] if out.exists() else {}

    result, _ = run("--refinery-shard=1/1")
    assert result.ret == 3
    result.stdout.fnmatch_lines(["*task 'total' leaves its size open*write one into the study*"])

    result, first = run()
    assert result.ret == 0, result.stdout.str()
    assert first["tasks"][0]["size"] == 1
    result.stdout.fnmatch_lines(["*at size 1, kept in *sizes.json*"])

    kept = pytester.path / ".refinery" / "sizes.json"
    kept.write_text(kept.read_text().replace('"size": 1', '"size": 12'))
    result, _ = run("--refinery-resume")
    assert result.ret == 3
    result.stdout.fnmatch_lines(["*the size of task 'total' was 1 then, and is 12 in*"])

    result, second = run()
    assert second["tasks"][0]["size"] == 12
    assert second["tasks"][0]["checksum"] == first["tasks"][0]["checksum"]
    assert second["lists"][0]["sha256"] != first["lists"][0]["sha256"]
