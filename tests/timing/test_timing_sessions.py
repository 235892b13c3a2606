"""Whole sessions from the command line: verdicts, the benchmark file, and what is told."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any

import pytest
from timing_project import CONSTANT, HANGS, HONEST, NO_PROGRAM, RAISES, SORTING

if TYPE_CHECKING:
    from timing_project import Project


MIXED = {
    "1_3_inf_1": HONEST,
    "1_inf_60_1": CONSTANT,
    "2_3_inf_1": RAISES,
    "2_3_inf_2": HANGS,
    "2_inf_60_2": NO_PROGRAM,
    "elsewhere": SORTING,
}


def test_a_directory_of_programs_gets_its_verdicts_and_times(project: Project) -> None:
    """Every program is in the file, incorrect ones as expected failures with their reasons; correct ones are timed."""
    project.add(MIXED)
    result = project.run("--benchmark-json=out.json", "--refinery-verify-seed=5")
    result.assert_outcomes(passed=2, xfailed=4)
    programs = project.programs()
    assert {name: entry["verdict"] for name, entry in programs.items()} == {
        "1_3_inf_1": "correct",
        "1_inf_60_1": "wrong_answer",
        "2_3_inf_1": "error",
        "2_3_inf_2": "timeout",
        "2_inf_60_2": "no_program",
        "elsewhere": "correct",
    }
    assert programs["1_inf_60_1"]["reason"] == "for [3999] it returned 95931, expected 0"
    assert programs["2_3_inf_1"]["error_type"] == "IndexError"
    assert programs["2_inf_60_2"]["reason"] == "the time budget ended before any answer held a usable program"
    assert programs["elsewhere"]["treatment"] is None
    assert programs["1_inf_60_1"]["treatment"] == {"agents": 1, "optimization": "60 s"}
    assert programs["1_3_inf_1"]["sha256"] == hashlib.sha256(HONEST.encode()).hexdigest()
    assert programs["1_3_inf_1"]["load_seconds"] > 0
    assert programs["1_3_inf_1"]["verify_seconds"] > 0
    result.stdout.fnmatch_lines(
        ["*XFAIL *agents=1-optimization=60s-r1* wrong_answer: for ?3999? it returned 95931*"]
    )
    result.stdout.fnmatch_lines(
        [
            "agents 2, 3 iterations*0/2*",
            "6 programs: *verification seed 5*",
            "1_inf_60_1: wrong_answer: for ?3999? it returned 95931*",
            "*machine: * of * runs waited for a processor*",
            "  refinery-analysis out.json --out report",
        ]
    )
    check_benchmarks(project.json())


def check_benchmarks(document: dict[str, Any]) -> None:
    """One benchmark a program and list, one round a run; what stands beside the times."""
    benchmarks = {entry["fullname"]: entry for entry in document["benchmarks"]}
    name = "test_programs.py::test_program[agents=1-optimization=3iterations-r1-list2]"
    assert len(benchmarks) == 4
    entry = benchmarks[name]
    assert entry["name"] == name.partition("::")[2]
    assert entry["params"] == {
        "agents": 1,
        "optimization": "3 iterations",
        "replicate": 1,
        "turn": None,
        "list": 2,
    }
    assert len(entry["stats"]["data"]) == entry["stats"]["rounds"] == 2
    info = entry["extra_info"]
    assert {
        name: info[name] for name in ("study", "task", "agents", "optimization", "iterations", "time_limit")
    } == {
        "study": "small-study",
        "task": "small",
        "agents": 1,
        "optimization": "3 iterations",
        "iterations": 3,
        "time_limit": None,
    }
    assert (info["replicate"], info["list"], info["block"], info["verdict"]) == (1, 2, 2, "correct")
    assert info["limit_seconds"] >= 1.0
    for figures in ("cpu_seconds", "queue_seconds", "revealed_seconds", "contaminated"):
        assert len(info[figures]) == 2
    assert all(r >= s for r, s in zip(info["revealed_seconds"], entry["stats"]["data"], strict=True))
    refinery = document["refinery"]
    assert refinery["schema"] == 1
    assert [(each["block"], each["list"], len(each["seconds"])) for each in refinery["reference"]] == [
        (1, 1, 2),
        (2, 2, 2),
    ]
    assert {each["list_seed"] for each in refinery["lists"]} == {
        each["extra_info"]["list_seed"] for each in document["benchmarks"]
    }
    assert refinery["seeds"]["verify"] == 5


def test_incorrect_programs_fail_under_strict(project: Project) -> None:
    """``--refinery-strict`` turns a program's wrong answer into a failed test, with the reason."""
    project.add({"1_3_inf_1": HONEST, "1_inf_60_1": CONSTANT})
    result = project.run("--refinery-strict", "--benchmark-json=out.json")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*wrong_answer: for *"])
    assert project.programs()["1_inf_60_1"]["verdict"] == "wrong_answer"


@pytest.mark.parametrize(
    ("columns", "options", "shown"),
    [
        ("80", [], ["Median"]),
        (
            "300",
            [],
            ["Min", "Max", "Mean", "StdDev", "Median", "IQR", "Outliers", "OPS", "Rounds", "Iterations"],
        ),
        ("80", ["--benchmark-columns=min,max"], ["Min", "Max"]),
    ],
)
def test_the_table_of_times_fits_the_terminal_unless_columns_were_chosen(
    project: Project, monkeypatch: pytest.MonkeyPatch, columns: str, options: list[str], shown: list[str]
) -> None:
    """At 80 columns pytest-benchmark's own table would take three lines a program."""
    monkeypatch.setenv("COLUMNS", columns)
    project.add({"1_8_inf_1": HONEST})
    result = project.run(*options)
    header = next(line for line in result.stdout.lines if line.startswith("Name (time in"))
    assert [word for word in shown if word in header] == shown
    if columns == "80":
        assert header.split()[4:] == shown
        assert options or len(header) <= 80


def test_runxfail_does_not_turn_an_incorrect_program_into_a_pass(project: Project) -> None:
    """Under ``--runxfail`` an incorrect program fails."""
    project.add({"1_inf_60_1": CONSTANT})
    project.run("--runxfail", timing=False).assert_outcomes(failed=1)


def test_a_session_without_a_correct_program_still_writes_its_files(project: Project) -> None:
    """pytest-benchmark alone would write nothing."""
    project.add({"1_3_inf_1": CONSTANT})
    project.run("--benchmark-json=out.json", "--benchmark-autosave").assert_outcomes(xfailed=1)
    saved = list((project.path / ".benchmarks").rglob("0001_*.json"))
    assert len(saved) == 1
    for name in ("out.json", str(saved[0])):
        assert project.json(name)["benchmarks"] == []
        assert project.programs(name)["1_3_inf_1"]["verdict"] == "wrong_answer"


def test_without_timing_programs_are_verified_all_the_same(project: Project) -> None:
    """Without timing every program gets its verdict, and the file no benchmark."""
    project.add({"1_3_inf_1": HONEST, "1_inf_60_1": CONSTANT})
    project.run("--benchmark-json=out.json", timing=False).assert_outcomes(passed=1, xfailed=1)
    assert project.json()["benchmarks"] == []
    assert project.programs()["1_3_inf_1"]["verdict"] == "correct"


def test_workers_verify_in_parallel_with_one_seed(project: Project) -> None:
    """Under pytest-xdist programs are verified with one seed for all, and the summary says that none was timed."""
    project.add({"1_3_inf_1": HONEST, "1_inf_60_1": CONSTANT, "2_3_inf_1": RAISES})
    result = project.run("-n2", "--benchmark-json=out.json", timing=False)
    result.assert_outcomes(passed=1, xfailed=2)
    assert {name: entry["verdict"] for name, entry in project.programs().items()} == {
        "1_3_inf_1": "correct",
        "1_inf_60_1": "wrong_answer",
        "2_3_inf_1": "error",
    }
    result.stdout.fnmatch_lines(
        ["3 programs: *verification seed *", "they were verified in parallel and not timed*"]
    )


KEEPS_CORES = """

import os, pathlib

def pytest_runtest_teardown(item):
    worker = getattr(item.config, "workerinput", {"workerid": "alone"})["workerid"]
    pathlib.Path(f"cores-{worker}").write_text(" ".join(map(str, sorted(os.sched_getaffinity(0)))))
"""


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core cannot be shared")
def test_workers_keep_to_their_part_of_the_cores(project: Project) -> None:
    """Each worker has cores that no other has, with its programs; who verifies alone has all of them."""
    project.add({f"{agents}_3_inf_{run}": HONEST + f"# {agents}{run}\n" for agents in "12" for run in "12"})
    conftest = project.path / "conftest.py"
    conftest.write_text(conftest.read_text() + KEEPS_CORES)
    for options, workers in ((["-n2"], ["gw0", "gw1"]), ([], ["alone"])):
        project.run(*options, timing=False).assert_outcomes(passed=4)
        cores = [set((project.path / f"cores-{worker}").read_text().split()) for worker in workers]
        assert set.union(*cores) == set(map(str, os.sched_getaffinity(0)))
        assert sum(map(len, cores)) == len(os.sched_getaffinity(0))


def test_timing_under_workers_is_refused_in_one_line(project: Project) -> None:
    """Timing under pytest-xdist is a usage error of one line that names the way out."""
    project.add({"1_3_inf_1": HONEST})
    result = project.run("-n2")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: refinery: programs are not timed under pytest-xdist*without -n*"])
    assert len([line for line in result.stderr.lines if line.strip()]) == 1


def test_a_dist_without_workers_is_told_how_to_be_taken_back(project: Project) -> None:
    """pytest-benchmark times nothing then; with -n0 it does."""
    project.add({"1_3_inf_1": HONEST})
    result = project.run("--dist=loadgroup")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: refinery: pytest-benchmark times nothing where*add -n0*"])
    project.run("--dist=loadgroup", "-n0").assert_outcomes(passed=1)


def test_pytest_benchmarks_own_tools_work_on_the_results(project: Project) -> None:
    """Compare, histogram, autosave and grouping by a factor or a list."""
    project.add({"1_3_inf_1": HONEST, "2_3_inf_1": SORTING, "elsewhere": HONEST})
    project.run("--benchmark-autosave").assert_outcomes(passed=3)
    result = project.run(
        "--benchmark-compare", "--benchmark-histogram=chart", "--benchmark-group-by=param:agents"
    )
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        ["*benchmark 'agents=1': 4 tests*", "*r1-list1* (0001_*)*", "*r1-list1* (NOW)*"]
    )
    assert list(project.path.glob("chart*.svg"))
    result = project.run(
        "--benchmark-compare=0001", "--benchmark-group-by=param:list", "--benchmark-compare-fail=min:9999%"
    )
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["*benchmark 'list=1': 6 tests*", "*benchmark 'list=2': 6 tests*"])


def test_a_seed_repeats_the_verification_and_none_draws_afresh(project: Project) -> None:
    """The same seed finds the same counterexample, and without one a new seed is drawn and recorded."""
    guess = "def get_difference(numbers):\n    return len(numbers) if len(numbers) > 9000 else 1 / 0\n"
    project.add({"1_3_inf_1": guess})
    seeds = []
    for number, options in enumerate((("--refinery-verify-seed=7",), ("--refinery-verify-seed=7",), ())):
        project.run(f"--benchmark-json={number}.json", *options, timing=False)
        seeds.append(project.json(f"{number}.json")["refinery"]["seeds"]["verify"])
    assert seeds[:2] == [7, 7]
    assert seeds[2] != 7
    assert (
        project.programs("0.json")["1_3_inf_1"]["reason"] == project.programs("1.json")["1_3_inf_1"]["reason"]
    )


def test_a_reference_that_fails_on_this_machine_stops_the_session(project: Project) -> None:
    """Whatever the machine does to the reference it does to every program: nobody is judged there."""
    project.add({"1_3_inf_1": HONEST})
    conftest = project.path / "conftest.py"
    broken = '"def get_difference(numbers):\\n    import os\\n    return len(os.environ)\\n"'
    conftest.write_text(conftest.read_text().replace('name="small",', f'name="small", reference={broken},'))
    result = project.run("--benchmark-json=out.json", timing=False)
    assert result.ret == 3
    assert "the task's own reference is not correct in sandbox" in result.stdout.str() + result.stderr.str()
    result.assert_outcomes()


def test_a_test_time_limit_does_not_cut_a_long_program_short(project: Project) -> None:
    """Runs have limits of their own: one second for the whole test would hit honest programs."""
    slow = HONEST.replace("    found", "    import time; time.sleep(0.2)\n    found", 1)
    project.add(
        {
            "1_3_inf_1": slow.replace("sleep(0.2)", "sleep(0.2 if len(numbers) > 9000 else 0)"),
            "2_3_inf_1": HANGS,
        }
    )
    result = project.run("--timeout=1", "--benchmark-json=out.json")
    result.assert_outcomes(passed=1, xfailed=1)
    assert project.programs()["2_3_inf_1"]["verdict"] == "timeout"


def test_hostile_files_get_one_verdict_each_and_end_no_session(project: Project) -> None:
    """Odd names, broken bytes, pipes, links, directories and floods each get their verdict."""
    project.add(
        {
            "1_3_inf_1": HONEST,
            "white space": HONEST,
            "new\nline": CONSTANT,
            "nul": b"def get_difference(numbers):\n    return 0\0\n",
            "encoding": b"# \xff\xfe\ndef get_difference(numbers):\n    return '\xff'\n",
            "unprintable\x1b[31m\udcff".encode("utf-8", "surrogateescape").decode(
                "utf-8", "surrogateescape"
            ): CONSTANT,
            "printing": "def get_difference(numbers):\n    while True:\n        print('x' * 10_000)\n",
            "no function": "get_difference = 5\n",
        }
    )
    directory = project.path / "programs"
    (directory / "2_3_inf_1.py").mkdir()
    os.mkfifo(directory / "pipe.py")
    (directory / "link.py").symlink_to("/etc/passwd")
    with (directory / "large.py").open("wb") as file:
        file.truncate(50 * 2**20)
    result = project.run("--benchmark-json=out.json", "--benchmark-storage=file://saved")
    result.assert_outcomes(passed=2, xfailed=10)
    verdicts = {entry["file"]: entry["verdict"] for entry in project.json()["refinery"]["programs"]}
    assert len(verdicts) == 12
    assert verdicts["white space.py"] == "correct"
    assert verdicts["printing.py"] == "timeout"
    assert {
        verdicts[f"{name}.py"]
        for name in ("nul", "encoding", "no function", "2_3_inf_1", "pipe", "link", "large")
    } == {"error"}


def test_order_is_random_by_the_seed_and_can_be_left_as_it_is(project: Project) -> None:
    """The seed decides the order of tests; ``-p no:refinery-order`` leaves it, and an id still runs alone."""
    project.add({f"1_3_inf_{number}": NO_PROGRAM for number in range(1, 9)})

    def order(*options: str) -> list[str]:
        result = project.run("-v", *options)
        return [line.split(" ")[0] for line in result.stdout.lines if line.startswith("test_programs.py::")]

    plain = order("-p", "no:refinery-order")
    first = order("--refinery-verify-seed=1")
    assert len(plain) == 8
    assert plain == sorted(plain)
    assert sorted(first) == plain
    assert first == order("--refinery-verify-seed=1")
    assert first != order("--refinery-verify-seed=2")
    result = project.pytester.runpytest_subprocess(
        "--refinery-programs=programs", "--benchmark-only", "-v", plain[3]
    )
    result.assert_outcomes(xfailed=1)


def test_a_busy_machine_is_seen_in_the_runs(project: Project) -> None:
    """Every core has two other tenants."""
    project.add({"1_3_inf_1": HONEST})
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    burners = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 * (os.cpu_count() or 1))
    ]
    try:
        result = project.run("--benchmark-json=out.json")
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()
    result.assert_outcomes(passed=1)
    marks = [mark for entry in project.json()["benchmarks"] for mark in entry["extra_info"]["contaminated"]]
    assert any(marks)
    result.stdout.fnmatch_lines(["noisy machine:*", "close other programs*"])


def test_other_benchmarks_are_left_to_pytest_benchmark(pytester: pytest.Pytester) -> None:
    """A project's own benchmark is saved without anything of ours, and leaves no journal."""
    pytester.makepyfile("def test_it(benchmark):\n    benchmark(sum, [1, 2])\n")
    result = pytester.runpytest_subprocess("--benchmark-json=out.json")
    result.assert_outcomes(passed=1)
    assert "refinery" not in (pytester.path / "out.json").read_text()
    assert not (pytester.path / ".refinery").exists()
