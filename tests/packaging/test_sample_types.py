"""Code that uses this project passes strict type checks against the installed wheel."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from wheel_lab import need

if TYPE_CHECKING:
    from wheel_lab import Installed

pytestmark = pytest.mark.xdist_group("packaging")
SAMPLE = Path(__file__).parent / "sample_project"
WRONG = '''"""Misuse that a type checker must see."""

from refinery_analysis import Options
from refinery_plugin import Program, Task

Options(response="minutes")
Task(name="half a task")
Program.chekc
'''


def mypy(project: Path, installed: Installed) -> subprocess.CompletedProcess[str]:
    options = ["--strict", "--warn-unreachable", "--config-file=", f"--python-executable={installed.python}"]
    files = sorted(str(path.name) for path in project.glob("*.py"))
    return subprocess.run(
        [sys.executable, "-m", "mypy", *options, f"--cache-dir={project / 'cache'}", *files],
        cwd=project,
        text=True,
        capture_output=True,
        check=False,
    )


@pytest.fixture
def checker() -> None:
    need("mypy", "REFINERY_REQUIRE_MYPY")


@pytest.mark.usefixtures("checker")
def test_sample_code_is_typed_strictly_and_misuse_is_seen(installed: Installed, tmp_path: Path) -> None:
    """``py.typed`` works for both packages: the sample passes, and every line of the misuse is an error."""
    project = tmp_path / "primes"
    shutil.copytree(SAMPLE, project, ignore=shutil.ignore_patterns("__pycache__"))
    right = mypy(project, installed)
    assert right.returncode == 0, right.stdout + right.stderr
    (project / "misuse.py").write_text(WRONG)
    wrong = mypy(project, installed)
    errors = {line.partition(": error:")[0] for line in wrong.stdout.splitlines() if ": error:" in line}
    assert errors == {"misuse.py:6", "misuse.py:7", "misuse.py:8"}, wrong.stdout
