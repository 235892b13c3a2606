"""A session that is killed at any moment leads to a right file, or to a clear refusal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from timing_project import STUDY

if TYPE_CHECKING:
    from timing_project import Project

MOMENTS = 20
SEED = 9


def test_a_kill_at_twenty_moments_mixes_nothing_and_loses_nothing(tmp_path: Path) -> None:
    """Each session, killed after so many records, refuses another task, and goes on with its own where it was.

    At every fourth moment the end of the last record is lost as well.
    """
    script = Path(__file__).with_name("killed_sessions.py")
    result = subprocess.run(
        [sys.executable, str(script), str(tmp_path), str(SEED), str(MOMENTS)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert len(found) == MOMENTS
    for moment in found:
        assert moment["changed"].startswith("refused: --refinery-resume: the interrupted session"), moment
        assert (moment["correct"], moment["whole"], moment["kept"], moment["journals"]) == (
            True,
            True,
            True,
            1,
        ), moment


_STUBBORN = """
import os, signal, time
def spin():
    for _ in range(3):
        if os.fork() == 0:
            for number in set(range(1, 32)) - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}:
                signal.signal(number, signal.SIG_IGN)
            while True:
                time.sleep(60)
    while True:
        time.sleep(60)
"""
"""Children that no signal ends but the last one."""


@pytest.mark.parametrize("backend", ["bwrap", "landlock"])
def test_a_killed_pytest_leaves_no_process_of_a_program(project: Project, backend: str) -> None:
    """Whether it measures or verifies in several workers, while a program is loaded or called: all ends with it."""
    (project.path / "pyproject.toml").write_text(
        STUDY.replace("load_seconds = 3", "load_seconds = 300\ntime_factor = 10000"), encoding="utf-8"
    )
    project.add(
        {
            "1_3_inf_1": _STUBBORN + "def get_difference(numbers):\n    spin()\n",
            "1_3_inf_2": _STUBBORN + "spin()\n",
        }
    )
    script = Path(__file__).with_name("killed_pytest.py")
    result = subprocess.run(
        [sys.executable, str(script), backend, str(project.path)], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert {mode: (one["seen"], one["left"]) for mode, one in found.items()} == {
        "measuring": (3, []),
        "verifying in two workers": (6, []),
    }, found
