"""What projects have around a study: folders of other people's files, configuration, limits on time."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from timing_project import CONSTANT, HONEST, STUDY

if TYPE_CHECKING:
    from timing_project import Project

SLOW = (
    HONEST
    + "\n_inner = get_difference\ndef get_difference(numbers):\n    return [_inner(numbers) for _ in range(9)][0]\n"
)


def test_what_is_slower_than_a_multiple_of_the_reference_fails(project: Project) -> None:
    """Multiples far from what a busy machine makes of the reference's own work."""
    project.add({"1_3_inf_1": HONEST})
    result = project.run("--refinery-max-ratio=0.001")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*too slow: * times the reference's time, and beyond the noise at least*"])
    project.run("--refinery-max-ratio=1000").assert_outcomes(passed=1)


def test_a_multiple_of_the_reference_needs_times(project: Project) -> None:
    """A gate that cannot close is refused, and so is a multiple that is no number."""
    project.add({"1_3_inf_1": HONEST})
    result = project.run("--refinery-max-ratio=1.2", timing=False)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--refinery-max-ratio needs times*--benchmark-only*"])
    result = project.run("--refinery-max-ratio=fast")
    result.stderr.fnmatch_lines(["*'fast' is not allowed; use a number above 0*"])


def test_programs_of_no_treatment_are_told_one_by_one(project: Project) -> None:
    """With verdict, median and ratio; no model is shown that nobody named; what is no program is left out."""
    project.add(
        {"HumanEval_0\x1b[31m": HONEST, "sample-12": CONSTANT, "conftest": "", "__init__": "", ".x": ""}
    )
    result = project.run("--benchmark-json=out.json")
    result.assert_outcomes(passed=1, xfailed=1)
    result.stdout.fnmatch_lines(
        [
            "program *verdict *ratio *median s",
            "HumanEval_0?x1b[[]31m *correct  *[0-9]  *[0-9].[0-9]*",
            "sample-12 *wrong_answer * - *-",
            "2 programs: 1 correct, 1 wrong_answer*",
        ]
    )
    assert "gpt-4o" not in result.stdout.str()
    assert "\x1b" not in "".join(
        line for line in result.outlines if "HumanEval" in line and "median" not in line
    )
    assert "  refinery-analysis out.json --out report" in result.outlines


def test_names_bring_no_commands_to_the_terminal(project: Project) -> None:
    """Of levels, in the prompts that would be sent, and of tasks, in what is refused."""
    project.pytester.makepyprojecttoml(STUDY + 'instructions = ["plain", "a\\u001b[31mb"]\n')
    shown = project.pytester.runpytest_subprocess("--refinery-show-prompts")
    assert shown.ret == 0, shown.stderr.str()
    project.pytester.makepyprojecttoml(STUDY.replace('"small"', '"sm\\u001b[31mall"'))
    refused = project.pytester.runpytest_subprocess("--refinery-show-prompts")
    assert refused.ret == pytest.ExitCode.USAGE_ERROR
    told = shown.stdout.str() + refused.stdout.str() + refused.stderr.str()
    assert "x1b[31mb" in shown.stdout.str()
    assert "x1b[31mall" in told
    assert "\x1b" not in told


def test_two_tests_of_a_program_count_it_once(project: Project) -> None:
    """One measurement, one entry a list; both tests pass."""
    project.add({"1_3_inf_1": HONEST})
    (project.path / "test_programs.py").write_text(
        "import pytest\n@pytest.mark.parametrize('x', [1, 2])\n"
        "def test_program(refinery_program, benchmark, x):\n    refinery_program.check(benchmark)\n"
    )
    result = project.run("--benchmark-json=out.json")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["1 test asked for a program that another test had: each counts once"])
    assert len(project.json()["benchmarks"]) == 2
    assert len(project.programs()) == 1


def test_a_skip_in_the_configuration_gives_way_to_what_is_typed(project: Project) -> None:
    """Projects leave benchmarks out of everyday runs by ``addopts``."""
    project.add({"1_3_inf_1": HONEST})
    project.pytester.makepyprojecttoml(
        STUDY + "\n[tool.pytest.ini_options]\naddopts = ['--benchmark-skip']\n"
    )
    project.run().assert_outcomes(passed=1)
    project.pytester.runpytest_subprocess("--refinery-programs=programs").assert_outcomes(skipped=1)


def _can_mount() -> bool:
    unshare = shutil.which("unshare")
    return unshare is not None and subprocess.run([unshare, "-m", "true"], check=False).returncode == 0


@pytest.mark.skipif(not _can_mount(), reason="a read-only mount takes rights that this user has not")
def test_programs_in_a_read_only_checkout_are_timed(project: Project) -> None:
    """The journal is kept in the user's cache, and the header says where."""
    project.add({"1_3_inf_1": HONEST})
    here, cache = project.path, project.pytester.mkdir("cache")
    script = (
        f"mount --bind {here} {here} && mount -o remount,bind,ro {here} && mount -t tmpfs none {cache} && cd {here} && "
        f"XDG_CACHE_HOME={cache} TMPDIR={cache} exec {sys.executable} -B -m pytest -p no:cacheprovider "
        "--benchmark-only --refinery-programs=programs"
    )
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, check=False)
    assert "1 program: 1 correct" in done.stdout, done.stdout + done.stderr
    assert f"timing sessions are kept in {cache}/pytest-refinery/" in done.stdout
