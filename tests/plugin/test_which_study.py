"""Which study a session is about, where its files are, and whose programs are judged as its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from model_server import ModelServer, answer

if TYPE_CHECKING:
    from pathlib import Path

CONFTEST = """
from hypothesis import strategies as st
from refinery_plugin import Task

def pytest_refinery_tasks():
    return [Task(
        name="double", prompt="Double a number.", signature="def double(x: int) -> int", result_type=int,
        reference="def double(x):\\n    return 2 * x\\n", sample=lambda seed: (seed,),
        strategy=lambda: st.tuples(st.integers()),
    )]
"""
STUDY = """
[tool.refinery]
name = "{name}"
task = "double"
model = "served-model"
packages = []
"""
TEST = "def test_program(refinery_program, benchmark):\n    refinery_program.check(benchmark)\n"
PROGRAM = "def double(x):\n    return x + x\n"
UNHELD = ("-p", "no:cacheprovider", "--refinery-sandbox=none")  # no program here comes from a model


def write(folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "pyproject.toml").write_text(STUDY.format(name=name))
    (folder / f"test_{name}.py").write_text(TEST)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> ModelServer:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "local")
    server = ModelServer()
    server.default = answer(f"```python\n{PROGRAM}```")
    return server


def test_a_project_inside_a_repository_has_its_own_study(pytester: pytest.Pytester) -> None:
    """From the top and from inside; its files lie beside its own pyproject.toml."""
    pytester.makeini("[pytest]\n")
    inner = pytester.path / "services" / "bench"
    write(inner, "bench")
    programs = inner / "tests" / "test_generated" / "programs" / "bench"
    programs.mkdir(parents=True)
    (programs / "1_3_inf_1.py").write_text(PROGRAM)
    for arguments in (["services/bench"], []):
        result = pytester.runpytest_subprocess(*UNHELD, *arguments)
        result.assert_outcomes(passed=1)
        result.stdout.fnmatch_lines(["1 program: 1 correct*"])
    result.stdout.no_fnmatch_line("*pilot*")


def test_two_studies_in_one_session_are_refused(pytester: pytest.Pytester) -> None:
    """Each has its own replicates, lists and prices: they are run one after the other."""
    for name in ("one", "two"):
        write(pytester.path / name, name)
    (pytester.path / "two" / "conftest.py").unlink()
    result = pytester.runpytest_subprocess("--collect-only", "-q")
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*belongs to the study of two/pyproject.toml*one/pyproject.toml*"])


def test_without_a_study_the_error_says_how_to_name_one(pytester: pytest.Pytester) -> None:
    """The built-in pilot, which costs money, runs only where it is asked for by name."""
    pytester.makepyfile(TEST)
    result = pytester.runpytest_subprocess("--collect-only", "-q")
    assert result.ret != 0
    result.stdout.fnmatch_lines(
        ["*there is no study*[[]tool.refinery[]]*--refinery-study=FILE*--refinery-study=pilot*"]
    )
    result = pytester.runpytest_subprocess("--collect-only", "-q", "--refinery-study=pilot")
    result.stdout.fnmatch_lines(["24 tests collected*"])


def test_programs_of_another_study_setting_or_prompt_are_refused(
    pytester: pytest.Pytester, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is told with what differs, counted, and never judged as this study's."""
    write(pytester.path, "first")
    with server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        pytester.runpytest_subprocess(*UNHELD, "--refinery-generate").assert_outcomes(passed=1)
    folder = pytester.path / "tests" / "test_generated" / "programs" / "first"
    assert sorted(path.name for path in folder.iterdir()) == ["1_3_inf_1.json", "1_3_inf_1.py"]

    def refused(*options: str) -> str:
        result = pytester.runpytest_subprocess(*UNHELD, *options)
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines(["1 program is not this study's and is not judged; next:"])
        return result.stdout.str()

    assert "its model was 'served-model', not 'other'" in refused("--refinery-model=other")
    changed = STUDY.format(name="first") + "\n[tool.refinery.request]\ndrop = ['seed']\n"
    (pytester.path / "pyproject.toml").write_text(changed)
    assert "its request was {}, not {'served-model': {'drop': ['seed']}}" in refused()
    (pytester.path / "pyproject.toml").write_text(STUDY.format(name="first"))
    (pytester.path / "conftest.py").write_text(CONFTEST.replace("Double a", "Please double a"))
    assert "the prompt of task double was another one" in refused()
    (pytester.path / "conftest.py").write_text(CONFTEST)
    (pytester.path / "pyproject.toml").write_text(STUDY.format(name="second"))
    assert "it is of study 'first', not 'second'" in refused(f"--refinery-programs={folder}")
    pytester.runpytest_subprocess(*UNHELD).assert_outcomes(skipped=1)
    # A program that somebody put in its place is from elsewhere: nothing is known of it.
    (folder / "1_3_inf_1.py").write_text(PROGRAM + "# by hand\n")
    pytester.runpytest_subprocess(*UNHELD, f"--refinery-programs={folder}").assert_outcomes(passed=1)


def test_programs_in_the_folder_that_all_studies_had_are_found_and_told(pytester: pytest.Pytester) -> None:
    """But not those of another study, and not where the study has its own folder. The header warns of no sandbox."""
    write(pytester.path, "mine")
    common = pytester.path / "tests" / "test_generated" / "programs"
    common.mkdir(parents=True)
    (common / "1_3_inf_1.py").write_text(PROGRAM)
    result = pytester.runpytest_subprocess(*UNHELD)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["refinery: programs are taken from tests/test_generated/programs,*programs/mine*"]
    )
    result.stdout.fnmatch_lines(["refinery: WARNING: sandbox none: generated code runs with all your rights"])
    (common / "1_3_inf_1.json").write_text(json.dumps({"study": "theirs"}))
    pytester.runpytest_subprocess(*UNHELD).assert_outcomes(skipped=1)


def test_brackets_without_end_in_a_trajectory_are_no_traceback(pytester: pytest.Pytester) -> None:
    """The program is judged without what its trajectory would tell; turns cannot be taken from it, and that is told."""
    write(pytester.path, "mine")
    folder = pytester.path / "tests" / "test_generated" / "programs" / "mine"
    folder.mkdir(parents=True)
    (folder / "1_3_inf_1.py").write_text(PROGRAM)
    (folder / "1_3_inf_1.json").write_text("[" * 200_000)
    pytester.runpytest_subprocess(*UNHELD).assert_outcomes(passed=1)
    result = pytester.runpytest_subprocess("--collect-only", "--refinery-turns")
    result.stdout.fnmatch_lines(["*1_3_inf_1.json: not a trajectory (brackets are nested too deeply)*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_programs_are_made_where_an_event_loop_runs(
    pytester: pytest.Pytester, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cell of a notebook calls pytest inside of a loop."""
    write(pytester.path, "cell")
    pytester.makepyfile(
        cell=f"import asyncio, sys, pytest\nasync def cell():\n"
        f"    return pytest.main([*{UNHELD}, '--refinery-generate'])\nsys.exit(int(asyncio.run(cell())))\n"
    )
    with server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        result = pytester.runpython(pytester.path / "cell.py")
    result.assert_outcomes(passed=1)
