"""A project adds a task of its own in its conftest.py, with no change to the plugin."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from model_server import ModelServer, answer

if TYPE_CHECKING:
    from pathlib import Path

CONFTEST = '''
from hypothesis import strategies as st
from refinery_plugin import Task

REFERENCE = """
def count_vowels(text, letters):
    return sum(text.count(letter) for letter in letters)
"""

def sample(seed):
    return ("hello refinery " * 4000 + "a" * (seed % 97), "aeiou")

def pytest_refinery_tasks(config):
    return [
        Task(
            name="count-vowels",
            prompt="Count how often any of some letters occurs in a text. Write {style} code.",
            signature="def count_vowels(text: str, letters: str) -> int",
            result_type=int,
            reference=REFERENCE,
            sample=sample,
            strategy=lambda: st.tuples(st.text("abcdeiou ", max_size=30), st.just("aeiou")),
            settings={"style": "plain"},
        )
    ]
'''
STUDY = """
[tool.refinery]
name = "vowels"
task = "count-vowels"
model = "some-model"
replicates = 2
lists = 1
packages = []

[tool.refinery.factors]
style = ["plain", "clever"]
"""
TEST = "def test_program(refinery_program, benchmark):\n    refinery_program.check(benchmark)\n"
RIGHT = (
    "```python\ndef count_vowels(text: str, letters: str) -> int:\n"
    "    return len(text) - len(text.translate({ord(c): None for c in letters}))\n```"
)
WRONG = "```python\ndef count_vowels(text: str, letters: str) -> int:\n    return text.count('e')\n```"


def make_project(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyprojecttoml(STUDY)
    pytester.makepyfile(test_vowels=TEST)


def results(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def test_a_task_of_ones_own_is_generated_verified_and_timed(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole experiment in one command: two treatments of the task's own setting, one wrong program."""
    make_project(pytester)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-real-key")
    with ModelServer() as server:
        server.default = answer(RIGHT)
        server.script(answer(RIGHT), answer(RIGHT), answer(WRONG))
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        result = pytester.runpytest_subprocess(
            "--refinery-generate", "--benchmark-only", "--benchmark-json=out.json", "--refinery-concurrency=1"
        )
        prompts = [json.dumps(request.body) for request in server.requests]
        assert sum("Write plain code." in prompt for prompt in prompts) == 6
        assert sum("Write clever code." in prompt for prompt in prompts) == 6
        assert (
            "def count_vowels(text: str, letters: str) -> int:"
            in server.requests[0].body["messages"][1]["content"]
        )
    result.assert_outcomes(passed=3, xfailed=1)
    document = results(pytester.path / "out.json")
    treatments = [entry["extra_info"]["treatment"] for entry in document["benchmarks"]]
    assert len(treatments) == 3
    assert {tuple(treatment.items()) for treatment in treatments} == {
        (("style", "plain"),),
        (("style", "clever"),),
    }
    assert sorted(program["verdict"] for program in document["refinery"]["programs"]) == [
        "correct",
        "correct",
        "correct",
        "wrong_answer",
    ]


def test_a_conftest_below_the_root_adds_a_task(pytester: pytest.Pytester) -> None:
    """Where pytest reads it during collection only; a task that nobody adds is one clear error."""
    make_project(pytester)
    below = pytester.mkdir("tests") / "deep" / "er"
    below.mkdir(parents=True)
    for name in ("conftest.py", "test_vowels.py"):
        (pytester.path / name).rename(below / name)
    result = pytester.runpytest_subprocess("--collect-only", "-q")
    result.stdout.fnmatch_lines(["*test_vowels.py::test_program[[]style=plain-r1]", "4 tests collected*"])
    (below / "conftest.py").unlink()
    result = pytester.runpytest_subprocess("--collect-only")
    result.stdout.fnmatch_lines(
        ["*task: there is no task 'count-vowels'*; known are core-*, digit-sum-difference.*"]
    )
    result.stdout.no_fnmatch_line("*During handling*")


def test_what_was_recorded_replays_without_a_key(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same bytes, from the cassettes alone."""
    make_project(pytester)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-real-key")
    with ModelServer() as server:
        server.default = answer(RIGHT)
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        pytester.runpytest_subprocess("--refinery-generate").assert_outcomes(passed=4)
    folder = pytester.path / "tests" / "test_generated" / "programs" / "vowels"
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert "style=plain-r1.py" in first
    assert "style=clever-r2.json" in first
    for path in folder.iterdir():
        path.unlink()
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.setenv("CI", "true")
    result = pytester.runpytest_subprocess(
        "--refinery-generate", "test_vowels.py::test_program[style=plain-r1]"
    )
    result.assert_outcomes(passed=1)
    assert sorted(path.name for path in folder.iterdir()) == ["style=plain-r1.json", "style=plain-r1.py"]
    pytester.runpytest_subprocess("--refinery-generate").assert_outcomes(passed=4)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first


def test_a_project_without_a_test_of_programs_is_told_how_to_write_one(pytester: pytest.Pytester) -> None:
    """Nothing collected is a puzzle for who starts; tests that -k leaves out are none."""
    make_project(pytester)
    result = pytester.runpytest_subprocess("--refinery-generate", "-k", "nothing")
    assert "no test here asks for a program" not in result.stdout.str()
    (pytester.path / "test_vowels.py").unlink()
    result = pytester.runpytest_subprocess("--refinery-generate")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(["*no test here asks for a program*", "*def test_program(*"])
