"""Programs are tests: they are selected as pytest users are used to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

STUDY = """
[tool.refinery]
name = "small"
replicates = 2

[tool.refinery.factors]
agents = [1, 2, 20]
optimization = ["3 iterations", "60 s"]
"""
TESTS = """
def test_program(refinery_program, benchmark): pass
def test_other(): pass
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyprojecttoml(STUDY)
    pytester.makepyfile(TESTS)
    return pytester


def collected(project: pytest.Pytester, *options: str) -> list[str]:
    result = project.runpytest_subprocess("--collect-only", "-q", *options)
    assert result.ret in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
    return [line.partition("::")[2] for line in result.outlines if "::" in line]


def test_ids_say_treatment_and_replicate_in_the_order_of_the_study(project: pytest.Pytester) -> None:
    """Replicates side by side."""
    assert collected(project)[:3] == [
        "test_program[agents=1-optimization=3iterations-r1]",
        "test_program[agents=1-optimization=3iterations-r2]",
        "test_program[agents=1-optimization=60s-r1]",
    ]


def test_an_id_can_be_typed(project: pytest.Pytester) -> None:
    """The id of a test selects it, without quoting the budget's blanks."""
    one = "test_program[agents=2-optimization=60s-r1]"
    assert collected(project, f"{next(project.path.glob('test_*.py')).name}::{one}") == [one]


@pytest.mark.parametrize(
    ("expression", "number"),
    [
        ("agents=1", 4),
        ("agents=20-optimization=60s", 2),
        ("optimization=60s and not agents=1", 4),
        ("(agents=1 or agents=20) and r2", 4),
        ("other", 1),
        ("agents=7", 0),
    ],
)
def test_levels_select_programs(project: pytest.Pytester, expression: str, number: int) -> None:
    """``-k`` takes the words of the ids, which pytest alone would refuse for their ``=``."""
    assert len(collected(project, "-k", expression)) == number


def test_an_expression_without_programs_is_left_to_pytest(pytester: pytest.Pytester) -> None:
    """In a project without programs ``-k a=1`` is pytest's own usage error."""
    pytester.makepyfile("def test_it(): pass")
    result = pytester.runpytest_subprocess("-k", "a=1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR


def test_generation_leaves_other_tests_out(project: pytest.Pytester) -> None:
    """``--refinery-generate`` makes programs; a project's other tests have their own time."""
    assert len(collected(project, "--refinery-generate")) == 12
    assert len(collected(project)) == 13


def test_programs_that_are_not_there_are_skipped_with_the_command_that_makes_them(
    project: pytest.Pytester,
) -> None:
    """Missing programs are skipped, counted, and the command that makes them is shown."""
    result = project.runpytest_subprocess("-p", "no:cacheprovider", "-k", "agents=1")
    result.assert_outcomes(skipped=4, deselected=9)
    result.stdout.fnmatch_lines(["4 programs are not there; next:", "  pytest --refinery-generate"])


def test_inside_another_process_a_path_that_hides_the_project_is_an_error(
    project: pytest.Pytester, tmp_path: Path
) -> None:
    """The command cannot be started again there; where there is nothing to hide, all is well."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "1_3_inf_1.py").write_text("")
    options = ("--collect-only", "-q", "--refinery-programs", str(elsewhere))
    result = project.runpytest_inprocess(*options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*pytest --collect-only -q --refinery-programs={elsewhere}*"])
    (project.path / "pyproject.toml").unlink()
    result = project.runpytest_inprocess("--refinery-study=pilot", *options)
    result.stdout.fnmatch_lines(["*::test_program[[]agents=1-optimization=3iterations-r1]"])


def test_turns_are_programs_of_their_own_where_that_is_asked_for(project: pytest.Pytester) -> None:
    """Each turn that gave a program, before the last one's; a turn without code has none."""
    programs = project.mkdir("tests") / "test_generated" / "programs"
    programs.mkdir(parents=True)
    turns = [{"turn": 1, "program": "a = 1"}, {"turn": 2, "program": None}, {"turn": 3, "program": "a = 2"}]
    (programs / "1_3_inf_1.json").write_text(json.dumps({"turns": turns}))
    found = collected(project, "--refinery-turns", "-k", "agents=1-optimization=3iterations")
    assert found == [
        "test_program[agents=1-optimization=3iterations-r1-turn1]",
        "test_program[agents=1-optimization=3iterations-r1]",
        "test_program[agents=1-optimization=3iterations-r2]",
    ]


def test_a_damaged_trajectory_is_named_with_the_remedy(project: pytest.Pytester) -> None:
    """A trajectory that can't be read is told by file name, with the command that makes it again."""
    programs = project.mkdir("tests") / "test_generated" / "programs"
    programs.mkdir(parents=True)
    (programs / "1_3_inf_1.json").write_text('{"turns": 3}')
    result = project.runpytest_subprocess("--collect-only", "-q", "--refinery-turns")
    result.stdout.fnmatch_lines(["*1_3_inf_1.json: not a trajectory*pytest --refinery-generate*"])


def test_levels_that_no_program_has_are_told(project: pytest.Pytester) -> None:
    """``-k agents=9`` leaves no test, and the levels there are and an id are shown; else nothing is."""
    shown = project.runpytest_subprocess("-k", "agents=9").stdout.str()
    assert "-k 'agents=9' selects no test" in shown
    assert "agents=1, optimization=3iterations, optimization=60s, agents=2, agents=20" in shown
    assert "agents=1-optimization=3iterations-r1" in shown
    assert "selects no test" not in project.runpytest_subprocess("-k", "agents=2", "--co").stdout.str()


@pytest.mark.parametrize(
    ("folder", "options"),
    [("tests/test_generated/programs/small", []), ("theirs", ["--refinery-programs=theirs"])],
)
def test_programs_are_never_imported_by_pytest(
    folder: str, options: list[str], project: pytest.Pytester
) -> None:
    """What lies in a folder of programs may be named as a test or ``conftest.py`` is: it is for the sandbox only."""
    programs = project.path / folder
    programs.mkdir(parents=True)
    for name in ("test_it.py", "conftest.py", "__init__.py"):
        (programs / name).write_text(
            f"open({str(project.path / 'escaped')!r}, 'w').close()\ndef test_it(): pass\n"
        )
    result = project.runpytest_subprocess("--collect-only", "-q", *options)
    assert result.ret == 0, result.stdout.str()
    assert "test_other" in result.stdout.str()
    assert not (project.path / "escaped").exists()


def test_a_folder_that_holds_the_tests_too_hides_none(project: pytest.Pytester) -> None:
    """Where programs and tests share the project's folder, the tests are found."""
    assert collected(project, "--refinery-programs=.")


def test_parts_share_the_programs_out(project: pytest.Pytester) -> None:
    """Every program is in exactly one part, replicates of a treatment in different ones, whatever ``-k`` leaves."""

    def programs(*options: str) -> list[str]:
        return [name for name in collected(project, *options) if "[" in name]

    parts = [programs(f"--refinery-shard={number}/2") for number in (1, 2)]
    assert sorted([*parts[0], *parts[1]]) == sorted(programs())
    assert [{name.rpartition("-")[2] for name in part} for part in parts] == [{"r1]"}, {"r2]"}]
    selected = programs("--refinery-shard=2/2", "-k", "agents=1")
    assert selected == [name for name in parts[1] if "agents=1-" in name]


@pytest.mark.parametrize("value", ["0/2", "3/2", "1", "a/b", "1/0"])
def test_a_part_that_is_none_is_refused(project: pytest.Pytester, value: str) -> None:
    """The message shows how one is written."""
    result = project.runpytest_subprocess("--collect-only", f"--refinery-shard={value}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*'{value}' is not allowed; use I/N, such as 1/4*"])
