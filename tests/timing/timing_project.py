"""A small study to verify and time: the shipped task with short lists, so that a session takes seconds."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import signal
    from collections.abc import Mapping

CONFTEST = """
import dataclasses, functools
from refinery_plugin._tasks import digit_sum_difference as shipped

def pytest_refinery_tasks():
    return [dataclasses.replace(
        shipped.DIGIT_SUM_DIFFERENCE,
        name="small",
        sample=functools.partial(shipped.sample, size=20_000),
        disguised=functools.partial(shipped.disguised, size=20_000),
    )]
"""
STUDY = """
[tool.refinery]
name = "small-study"
task = "small"
replicates = 2
lists = 2
runs = 2
[tool.refinery.limits]
load_seconds = 3
memory_mb = 512
[tool.refinery.factors]
agents = [1, 2]
optimization = ["3 iterations", "60 s"]
"""
SUITE = (Path(__file__).parents[1] / "test_generated" / "test_programs.py").read_text(encoding="utf-8")

HONEST = """
def get_difference(numbers):
    found = [number for number in numbers if sum(map(int, str(number))) == 30]
    return max(found) - min(found)
"""
SORTING = """
def get_difference(numbers):
    numbers.sort()
    found = [number for number in numbers if sum(map(int, str(number))) == 30]
    return found[-1] - found[0]
"""
CONSTANT = "def get_difference(numbers):\n    return 95931\n"
RAISES = "def get_difference(numbers):\n    return numbers[10**9]\n"
HANGS = "def get_difference(numbers):\n    while True:\n        pass\n"
NO_PROGRAM = "# no program: the time budget ended before any answer held a usable program\n"


@dataclasses.dataclass(frozen=True, slots=True)
class Project:
    """A directory with a study and programs, and the sessions that run there."""

    pytester: pytest.Pytester

    @property
    def path(self) -> Path:
        return self.pytester.path

    def add(self, programs: Mapping[str, str | bytes]) -> None:
        directory = self.path / "programs"
        directory.mkdir(exist_ok=True)
        for name, source in programs.items():
            data = source if isinstance(source, bytes) else source.encode()
            (directory / f"{name}.py").write_bytes(data)

    def run(self, *options: str, timing: bool = True) -> pytest.RunResult:
        mode = ("--benchmark-only",) if timing else ("--benchmark-disable",)
        return self.pytester.runpytest_subprocess("--refinery-programs=programs", "-rA", *mode, *options)

    def start(self, *options: str) -> subprocess.Popen[str]:
        """Start a timing session that the test will interrupt."""
        command = [
            sys.executable,
            "-m",
            "pytest",
            "--refinery-programs=programs",
            "--benchmark-only",
            *options,
        ]
        return subprocess.Popen(
            command,
            cwd=self.path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )

    def json(self, name: str = "out.json") -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.path / name).read_text(encoding="utf-8"))
        return document

    def programs(self, name: str = "out.json") -> dict[str, dict[str, Any]]:
        return {entry["file"].removesuffix(".py"): entry for entry in self.json(name)["refinery"]["programs"]}

    def records(self) -> list[dict[str, Any]]:
        """Return what the newest journal holds."""
        path = max((self.path / ".refinery" / "timing").glob("*.jsonl"))
        whole = path.read_bytes().split(b"\0")[0].splitlines(keepends=True)
        return [json.loads(line) for line in whole if line.endswith(b"\n")]


@pytest.fixture
def project(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Project:
    """Make a small study without programs."""
    # Sessions share what pytest compiles, or each would do it again.
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path_factory.getbasetemp() / "pycache"))
    # The lock that measuring sessions share lies in the temporary directory: these measure nothing of interest.
    monkeypatch.setenv("TMPDIR", str(pytester.path))
    pytester.makeconftest(CONFTEST)
    pytester.makepyprojecttoml(STUDY)
    pytester.makepyfile(test_programs=SUITE)
    return Project(pytester)


def end(process: subprocess.Popen[str], number: signal.Signals) -> str:
    """Send a signal and return what the process had to say."""
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    return output
