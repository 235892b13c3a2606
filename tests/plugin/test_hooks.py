"""The hooks of verification and timing: pytest sessions whose sandbox starts no process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import doubles
import pytest
from doubles import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Callable

CONFTEST = """
import atexit, signal
from doubles import PROGRAM, REFERENCE, TASK
from refinery_plugin._pytest.timing import SANDBOX
from refinery_plugin._sandbox import SandboxFault
from refinery_plugin.testing import Outcome, ScriptedProcess, ScriptedSandbox

SCRIPTS = {scripts}
sandbox = ScriptedSandbox(SCRIPTS)

def pytest_refinery_tasks():
    return [TASK]

def pytest_configure(config):
    config.stash[SANDBOX] = lambda: sandbox

def told_at_exit(config):
    default = signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    config.rootpath.joinpath("handler").write_text("default" if default else "ours")

def pytest_unconfigure(config):
    atexit.register(told_at_exit, config)
    config.rootpath.joinpath("started").write_text(str(len(sandbox.started)))
    assert sandbox.running == 0
"""
STUDY = """
[tool.refinery]
name = "doubles"
task = "double"
lists = 2
runs = 2
[tool.refinery.factors]
agents = [1, 2]
optimization = ["3 iterations"]
"""
SUITE = "def test_program(refinery_program, benchmark):\n    refinery_program.check(benchmark)\n"
WRONG = "def double(number):\n    return 0\n"


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., pytest.RunResult]:
    """Return what runs a session over some programs, with some scripts of their processes."""
    monkeypatch.setenv("TMPDIR", str(pytester.path))  # where measuring sessions share a lock
    monkeypatch.setenv("PYTHONPATH", str(Path(doubles.__file__).parent))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makepyprojecttoml(STUDY)
    pytester.makepyfile(test_programs=SUITE)
    directory = pytester.mkdir("programs")

    def session(*options: str, scripts: str = "{}", **programs: str) -> pytest.RunResult:
        pytester.makeconftest(CONFTEST.replace("{scripts}", scripts))
        for name, text in programs.items():
            directory.joinpath(f"{name.removeprefix('p')}.py").write_text(text)
        return pytester.runpytest_subprocess(
            "--refinery-programs=programs",
            "-p",
            "no:cacheprovider",
            *(options or ("--benchmark-only",)),
        )

    return session


def document(pytester: pytest.Pytester) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(pytester.path.joinpath("out.json").read_text(encoding="utf-8"))
    return found


def started(pytester: pytest.Pytester) -> int:
    return int(pytester.path.joinpath("started").read_text())


def test_correct_programs_pass_with_their_times_and_wrong_ones_are_expected_failures(
    pytester: pytest.Pytester, run: Callable[..., pytest.RunResult]
) -> None:
    """Entries are made from what was measured; only correct programs have any."""
    result = run("--benchmark-only", "--benchmark-json=out.json", p1_3_inf_1=PROGRAM, p2_3_inf_1=WRONG)
    result.assert_outcomes(passed=1, xfailed=1)
    entries = document(pytester)["benchmarks"]
    assert [entry["params"] for entry in entries] == [
        {"agents": 1, "optimization": "3 iterations", "replicate": 1, "turn": None, "list": number}
        for number in (1, 2)
    ]
    assert [len(entry["stats"]["data"]) for entry in entries] == [2, 2]
    assert {program["verdict"] for program in document(pytester)["refinery"]["programs"]} == {
        "correct",
        "wrong_answer",
    }
    result.stdout.fnmatch_lines(
        [
            "2_3_inf_1: wrong_answer: for 1 it returned 0, expected 2",
            "  refinery-analysis out.json --out report",
        ]
    )


def test_an_incorrect_program_fails_under_strict(run: Callable[..., pytest.RunResult]) -> None:
    """With its verdict, and without a traceback."""
    result = run("--benchmark-disable", "--refinery-strict", p1_3_inf_1=WRONG)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["wrong_answer: for 1 it returned 0, expected 2"])


@pytest.mark.parametrize(
    ("scripts", "told", "journals"),
    [
        ("{PROGRAM: ScriptedProcess(answer=SandboxFault('it would not start'))}", "it would not start", 1),
        ("{REFERENCE: ScriptedProcess(answer=lambda _: 0)}", "the task's own reference is not correct", 0),
    ],
    ids=["sandbox", "reference"],
)
def test_a_fault_that_is_no_programs_ends_the_session_and_is_held_against_nobody(
    pytester: pytest.Pytester, run: Callable[..., pytest.RunResult], scripts: str, told: str, journals: int
) -> None:
    """With exit code 3, and no verdict in the journal, which begins once the reference is known to be correct."""
    result = run("--benchmark-only", scripts=scripts, p1_3_inf_1=PROGRAM)
    assert result.ret == 3
    assert told in result.stdout.str() + result.stderr.str()
    result.assert_outcomes()
    written = list(pytester.path.glob(".refinery/timing/*.jsonl"))
    assert len(written) == journals
    assert not any(b'"kind":"verdict"' in journal.read_bytes() for journal in written)


def test_an_interrupted_session_says_how_to_go_on_and_going_on_repeats_nothing(
    pytester: pytest.Pytester, run: Callable[..., pytest.RunResult]
) -> None:
    """Ctrl-C in the middle of the fourth process of a program."""
    scripts = "{PROGRAM: [*[ScriptedProcess()] * 3, ScriptedProcess(answer=KeyboardInterrupt())]}"
    result = run("--benchmark-only", "--benchmark-json=out.json", scripts=scripts, p1_3_inf_1=PROGRAM)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["next, without repeating a finished run:", "  pytest *--refinery-resume*"])
    assert document(pytester)["benchmarks"] == []
    result = run("--benchmark-only", "--refinery-resume", "--benchmark-json=out.json")
    result.assert_outcomes(passed=1)
    assert len(document(pytester)["benchmarks"]) == 2
    whole = started(pytester)
    result = run("--benchmark-only", "--refinery-resume", "--benchmark-json=again.json")
    result.assert_outcomes(passed=1)
    assert (started(pytester), whole > 0) == (0, True)


def test_programs_that_are_not_there_start_nothing(
    pytester: pytest.Pytester, run: Callable[..., pytest.RunResult]
) -> None:
    """Nor does a session whose only program is none."""
    result = run("--benchmark-only", p1_3_inf_1="# no program: nothing came\n")
    result.assert_outcomes(xfailed=1)
    assert started(pytester) == 0


def test_a_polite_kill_is_treated_like_ctrl_c_and_its_handler_goes_with_the_session(
    pytester: pytest.Pytester, run: Callable[..., pytest.RunResult]
) -> None:
    """What was measured is reported; afterwards the signal does what it did before."""
    scripts = "{PROGRAM: ScriptedProcess(answer=lambda _: signal.raise_signal(signal.SIGTERM))}"
    result = run("--benchmark-only", scripts=scripts, p1_3_inf_1=PROGRAM)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["next, without repeating a finished run:"])
    assert pytester.path.joinpath("handler").read_text() == "default"


def test_a_quiet_session_says_neither_limits_nor_verdicts(run: Callable[..., pytest.RunResult]) -> None:
    """With -q there is pytest's own line alone; without, the reference's pace comes first."""
    assert "the reference is correct in sandbox scripted" in run(p1_3_inf_1=PROGRAM).stdout.str()
    assert "refinery" not in run("--benchmark-disable", "-q").stdout.str()
