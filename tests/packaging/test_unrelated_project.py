"""The wheel in a project of somebody else's: own task, own study, own cassettes, own report."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from model_server import ModelServer, answer

if TYPE_CHECKING:
    from wheel_lab import Installed

pytestmark = pytest.mark.xdist_group("packaging")
SAMPLE = Path(__file__).parent / "sample_project"
ROOT = Path(__file__).parents[2]
FIGURES = ROOT / "tests" / "analysis" / "data" / "pilot2025.csv"
PROGRAM = """```python
def count_primes(below: int) -> int:
    sieve = bytearray([1]) * max(below, 2)
    sieve[:2] = bytes(2)
    for n in range(2, int(below ** 0.5) + 1):
        if sieve[n]:
            sieve[n * n :: n] = bytes(len(range(n * n, len(sieve), n)))
    return sum(sieve[:max(below, 0)])
```"""
WRONG = "```python\ndef count_primes(below: int) -> int:\n    return below // 4\n```"
# Where a sandbox must hold anyway, it is part of what is tried; elsewhere: no program here comes from a model.
SANDBOX = "auto" if os.environ.get("REFINERY_REQUIRE_BACKENDS") else "none"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("elsewhere") / "primes"
    shutil.copytree(SAMPLE, root, ignore=shutil.ignore_patterns("__pycache__"))
    # A folder that many projects have, and that has nothing to do with ours.
    (root / "analysis").mkdir()
    (root / "analysis" / "__init__.py").write_text("raise ImportError('this is the project\\'s own')\n")
    return root


@pytest.fixture(scope="module")
def results(project: Path, installed: Installed) -> Path:
    """Generate, verify and time in one command; three programs are right and one is wrong."""
    with ModelServer() as server:
        server.script(*[answer(PROGRAM)] * 7)
        server.default = answer(WRONG)
        ran = installed.run(
            *(
                "python",
                "-m",
                "pytest",
                "--refinery-generate",
                "--benchmark-only",
                "--benchmark-json=results.json",
            ),
            *("--refinery-concurrency=1", f"--refinery-sandbox={SANDBOX}"),
            cwd=project,
            OPENAI_API_KEY="sk-not-a-real-key",
            OPENAI_BASE_URL=server.base_url,
        )
        assert len(server.requests) == 8, ran.stdout + ran.stderr
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "3 passed" in ran.stdout
    assert "1 xfailed" in ran.stdout
    return project / "results.json"


def test_the_projects_tasks_load_where_the_plugin_is_switched_off(
    installed: Installed, project: Path
) -> None:
    """Under ``-p no:refinery`` a ``conftest.py`` that returns tasks is no error, and the plugin is not there."""
    (project / "test_unrelated.py").write_text(
        "def test_it(request):\n    assert not hasattr(request.config.option, 'refinery_study')\n"
    )
    command = (
        "python",
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:refinery",
        "-p",
        "no:cacheprovider",
        "test_unrelated.py",
    )
    ran = installed.run(*command, cwd=project)
    (project / "test_unrelated.py").unlink()
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout


def test_both_packages_come_from_the_wheel(installed: Installed, tmp_path: Path) -> None:
    """Nothing of this repository's tree is used by the tests of this file."""
    code = "import refinery_analysis, refinery_plugin; print(refinery_analysis.__file__, refinery_plugin.__file__)"
    ran = installed.run("python", "-c", code, cwd=tmp_path)
    assert ran.stdout.count(str(installed.root)) == 2, ran.stdout + ran.stderr


def test_a_study_of_ones_own_is_recorded_verified_and_timed(project: Path, results: Path) -> None:
    """Each program has its cassette, its file and its verdict."""
    document = json.loads(results.read_text())
    programs = document["refinery"]["programs"]
    assert sorted(program["verdict"] for program in programs) == ["correct"] * 3 + ["wrong_answer"]
    assert len(document["benchmarks"]) == 3
    assert len(list((project / "cassettes" / "primes").glob("*.json"))) == 4
    assert len(list((project / "tests" / "test_generated" / "programs" / "primes").glob("*.py"))) == 4


def test_what_was_recorded_replays_without_a_key_or_a_server(
    project: Path, results: Path, installed: Installed
) -> None:
    """In CI, where nothing may be called."""
    programs = project / "tests" / "test_generated" / "programs" / "primes"
    before = {path.name: path.read_bytes() for path in programs.glob("*.py")}
    assert results.is_file()
    for path in programs.glob("*.py"):
        path.unlink()
    ran = installed.run(
        *("python", "-m", "pytest", "--refinery-generate", f"--refinery-sandbox={SANDBOX}"),
        cwd=project,
        CI="true",
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert {path.name: path.read_bytes() for path in programs.glob("*.py")} == before


def test_the_console_script_analyses_beside_a_folder_named_analysis(
    project: Path, results: Path, installed: Installed
) -> None:
    """Ours has another name where it is installed: each is found by its own, in a folder that has both."""
    ran = installed.run("refinery-analysis", results.name, "--out", "report", cwd=project)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert (project / "report" / "report.html").is_file()
    theirs = installed.run("python", "-m", "analysis", results.name, cwd=project)
    assert "this is the project's own" in theirs.stderr
    ours = installed.run("python", "-m", "refinery_analysis", results.name, cwd=project)
    assert ours.returncode == 0, ours.stderr


def test_a_project_with_an_analysis_py_keeps_it_and_gets_ours(installed: Installed, tmp_path: Path) -> None:
    """Their module is found by tests and by ``-m``, ours by its own name, in one folder and one environment."""
    (tmp_path / "analysis.py").write_text("THEIRS = 'this is the project\\'s own'\nprint(THEIRS)\n")
    (tmp_path / "test_theirs.py").write_text(
        "import analysis\nimport refinery_analysis\n\n\ndef test_both():\n"
        "    assert analysis.THEIRS\n    assert refinery_analysis.analyse\n"
    )
    tests = installed.run("python", "-m", "pytest", "-q", cwd=tmp_path)
    assert "1 passed" in tests.stdout, tests.stdout + tests.stderr
    theirs = installed.run("python", "-m", "analysis", FIGURES, cwd=tmp_path)
    assert theirs.stdout == "this is the project's own\n", theirs.stderr
    for ours in (("refinery-analysis",), ("python", "-m", "refinery_analysis")):
        ran = installed.run(*ours, FIGURES, "--json", cwd=tmp_path)
        assert ran.returncode == 0, ran.stderr
        assert json.loads(ran.stdout)["data"]["programs"] == 24


def test_a_checkout_analyses_by_the_name_of_its_folder(installed: Installed, tmp_path: Path) -> None:
    """``python -m analysis`` at this repository's root prints the document of the installed command."""
    command = [sys.executable, "-m", "analysis", str(FIGURES), "--json"]
    here = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)
    assert here.returncode == 0, here.stderr
    elsewhere = installed.run("refinery-analysis", FIGURES, "--json", cwd=tmp_path)
    assert json.loads(here.stdout) == json.loads(elsewhere.stdout)


def test_the_module_analyses_where_nothing_hides_it(
    results: Path, installed: Installed, tmp_path: Path
) -> None:
    """``python -m refinery_analysis`` prints the same document as the script."""
    module = installed.run("python", "-m", "refinery_analysis", results, "--json", cwd=tmp_path)
    script = installed.run("refinery-analysis", results, "--json", cwd=tmp_path)
    assert module.returncode == 0, module.stderr
    assert module.stdout == script.stdout
    assert json.loads(module.stdout)["data"] == json.loads(script.stdout)["data"]


def test_a_script_of_ones_own_reads_the_figures(results: Path, installed: Installed, tmp_path: Path) -> None:
    """The functions of ``analysis`` from the outside."""
    script = shutil.copy(SAMPLE / "explore.py", tmp_path)
    ran = installed.run("python", script, results, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["programs"] == 4


def test_the_fakes_serve_a_project_of_ones_own(project: Path, installed: Installed) -> None:
    """``refinery_plugin.testing`` without a model, a server or a study."""
    ran = installed.run("python", "-m", "pytest", "-q", "test_prompts.py", cwd=project)
    assert "1 passed" in ran.stdout, ran.stdout + ran.stderr
