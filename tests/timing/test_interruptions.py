"""What was measured survives whatever ends a session, and is never measured twice."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from timing_project import CONSTANT, HONEST, NO_PROGRAM, end

from refinery_plugin._timing.lock import MachineLock

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from timing_project import Project


SLOW = HONEST.replace(
    "    found", "    import time; time.sleep(0.1 if len(numbers) > 9000 else 0)\n    found", 1
)
LISTS = 2
RUNS = 2


def wait_until(process: subprocess.Popen[str], condition: Callable[[], bool], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"the session ended or hung: {process.communicate(timeout=1)[0]}")
        time.sleep(0.01)


def journal(project: Project) -> bytes:
    paths = sorted((project.path / ".refinery" / "timing").glob("*.jsonl"))
    return paths[-1].read_bytes() if paths else b""


def wait_for_growth(project: Project, session: subprocess.Popen[str]) -> None:
    at_start = len(journal(project))
    while session.poll() is None and len(journal(project)) == at_start:
        time.sleep(0.01)


def times(project: Project) -> dict[str, list[float]]:
    return {entry["fullname"]: entry["stats"]["data"] for entry in project.json()["benchmarks"]}


def finished_runs(project: Project) -> list[float]:
    return [record["figures"]["seconds"] for record in project.records() if record["kind"] == "run"]


def assert_whole(document: dict[str, Any], *, correct: int) -> None:
    assert len(document["benchmarks"]) == correct * LISTS
    for entry in document["benchmarks"]:
        assert len(entry["stats"]["data"]) == RUNS
        assert len(entry["extra_info"]["cpu_seconds"]) == RUNS


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_session_stopped_in_its_first_round_writes_a_whole_file(
    project: Project, number: signal.Signals
) -> None:
    """An interrupt before any program is finished leaves a valid file without programs, and the command to resume."""
    project.add({"1_3_inf_1": SLOW})
    session = project.start("--benchmark-json=out.json")
    wait_until(session, lambda: b'"kind":"reference"' in journal(project))
    output = end(session, number)
    assert session.returncode == pytest.ExitCode.INTERRUPTED, output
    assert "  pytest --benchmark-only --refinery-programs=" in output
    assert "--refinery-resume --benchmark-json=out.json" in output
    document = project.json()
    assert document["benchmarks"] == []
    assert document["refinery"]["programs"] == []


def test_killed_at_random_moments_a_session_loses_and_repeats_nothing(project: Project) -> None:
    """Ten kills; each resumed session goes on from the journal, and the last one writes everything once."""
    project.add(
        {"1_3_inf_1": SLOW, "1_3_inf_2": SLOW + "# 2\n", "2_3_inf_1": CONSTANT, "2_inf_60_2": NO_PROGRAM}
    )
    rng = random.Random(20250302)  # noqa: S311
    seen: list[float] = []
    for kill in range(10):
        session = project.start("--benchmark-json=out.json", *(["--refinery-resume"] if kill else []))
        wait_for_growth(project, session)
        time.sleep(rng.uniform(0, 0.7))
        end(session, signal.SIGKILL)
        now = finished_runs(project)
        assert now[: len(seen)] == seen
        seen = now
    result = project.run("--refinery-resume", "--benchmark-json=out.json")
    result.assert_outcomes(passed=2, xfailed=2)
    assert_whole(project.json(), correct=2)
    written = [second for seconds in times(project).values() for second in seconds]
    assert set(seen) <= set(written)
    assert sorted(written) == sorted(finished_runs(project))
    assert len(list((project.path / ".refinery" / "timing").glob("*.jsonl"))) == 1


def test_with_nothing_left_to_resume_the_file_is_written_again_unmeasured(project: Project) -> None:
    """Resuming a finished session measures nothing, and writes the same times again."""
    project.add({"1_3_inf_1": HONEST, "2_3_inf_1": CONSTANT})
    project.run("--benchmark-json=out.json").assert_outcomes(passed=1, xfailed=1)
    first = times(project)
    (project.path / "out.json").unlink()
    result = project.run("--refinery-resume", "--benchmark-json=out.json")
    result.assert_outcomes(passed=1, xfailed=1)
    assert times(project) == first
    assert_whole(project.json(), correct=1)
    assert project.json()["refinery"]["reference"]
    assert project.json()["refinery"]["sandbox"] in ("bwrap", "landlock")


def test_with_nothing_at_all_to_resume_a_session_begins(project: Project) -> None:
    """``--refinery-resume`` without an earlier session says so and starts one."""
    project.add({"1_3_inf_1": HONEST})
    result = project.run("--refinery-resume", "--benchmark-json=out.json")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["refinery: there is no earlier session*a new one begins"])


def test_times_that_are_in_no_file_can_be_had_without_measuring_again(project: Project) -> None:
    """Whoever forgot ``--benchmark-json`` is told how to get it, and that command works."""
    project.add({"1_3_inf_1": HONEST})
    result = project.run()
    result.stdout.fnmatch_lines(
        ["these times are in no file yet*", "  pytest * --refinery-resume --benchmark-json=results.json"]
    )
    before = finished_runs(project)
    project.run("--refinery-resume", "--benchmark-json=out.json").assert_outcomes(passed=1)
    assert finished_runs(project) == before
    assert_whole(project.json(), correct=1)


def test_a_changed_program_is_measured_anew_and_the_others_are_not(project: Project) -> None:
    """Resuming measures the changed program only; all other times stay."""
    project.add({"1_3_inf_1": HONEST, "2_3_inf_1": HONEST})
    project.run("--benchmark-json=out.json").assert_outcomes(passed=2)
    first = times(project)
    project.add({"2_3_inf_1": HONEST + "# changed\n"})
    project.run("--refinery-resume", "--benchmark-json=out.json").assert_outcomes(passed=2)
    second = times(project)
    assert {name for name in first if first[name] == second[name]} == {
        name for name in first if "agents=1" in name
    }


def test_a_session_is_not_resumed_under_other_circumstances(project: Project) -> None:
    """Times of another machine, Python or study in one file would compare what cannot be compared."""
    project.add({"1_3_inf_1": HONEST})
    project.run().assert_outcomes(passed=1)
    pyproject = project.path / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("runs = 2", "runs = 3"))
    result = project.run("--refinery-resume")
    assert result.ret == 3
    assert "was under other circumstances (study:" in result.stdout.str() + result.stderr.str()


def test_a_full_disk_is_told_clearly_and_the_file_comes_with_the_next_resume(project: Project) -> None:
    """/dev/full answers every write as a full disk does."""
    project.add({"1_3_inf_1": HONEST})
    result = project.run("--benchmark-json=/dev/full")
    assert result.ret == 3
    result.stdout.fnmatch_lines(
        ["ERROR: cannot write /dev/full: No space left on device.*--refinery-resume*"]
    )
    project.run("--refinery-resume", "--benchmark-json=out.json").assert_outcomes(passed=1)
    assert_whole(project.json(), correct=1)


def test_an_unwritable_place_for_the_journal_is_told_clearly(project: Project) -> None:
    """Where the journal can't be kept the session ends with an error that says so."""
    project.add({"1_3_inf_1": HONEST})
    (project.path / ".refinery").write_text("in the way")
    result = project.run()
    assert result.ret == 3
    assert "cannot keep the journal of the session" in result.stdout.str() + result.stderr.str()


def test_a_second_measuring_session_waits_for_the_first(project: Project) -> None:
    """A session waits with a word while another measures, and then measures as usual."""
    project.add({"1_3_inf_1": HONEST})
    lock = MachineLock(project.path / "pytest-refinery.measuring.lock")
    lock.acquire(waiting=pytest.fail)
    session = project.start("--benchmark-json=out.json")
    assert session.stdout is not None
    told = ""
    while "another session is measuring on this machine" not in told:
        told = session.stdout.readline()
        assert told, "the session ended without a word"
    assert not Path(project.path / "out.json").exists()
    lock.release()
    session.communicate(timeout=60)
    assert session.returncode == 0
    assert_whole(project.json(), correct=1)
