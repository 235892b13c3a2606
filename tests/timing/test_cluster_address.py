"""Sessions with a scheduler of Dask and its workers, started as a user does: on two machines, as far as locks tell."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest.importorskip("distributed", reason="an extra")

CONFTEST = """
from refinery_plugin import Task

def sample(seed, size):
    return (list(range(seed % 7, size)),)

def pytest_refinery_tasks():
    return [
        Task(
            name="triple", prompt="Triple a number.", signature="def triple(number: int) -> int", result_type=int,
            reference="def triple(number):\\n    return 3 * number\\n", examples=[((2,), 6), ((-5,), -15)],
        ),
        Task(
            name="total", prompt="Add numbers.", signature="def total(numbers: list[int]) -> int", result_type=int,
            reference="def total(numbers):\\n    return sum(numbers)\\n", sample=sample, seconds=0.001,
            examples=[(([1, 2],), 3)],
        ),
    ]
"""
STUDY = """
[tool.refinery]
name = "small"
{tasks}
replicates = 30
lists = 1
runs = 1
[tool.refinery.factors]
agents = [1, 2]
"""
SUITE = (Path(__file__).parents[1] / "test_generated" / "test_programs.py").read_text(encoding="utf-8")
RIGHT = "import time\n\ndef triple(n):\n    time.sleep({seconds})\n    return n * 3  # {number}\n"
WRONG = "def triple(n):\n    return n  # {number}\n"
TOTAL = "def total(numbers):\n    return sum(numbers)\n"


class Machines:
    """A scheduler on the loopback, and workers that take themselves for machines of their own."""

    def __init__(self, root: Path, started: contextlib.ExitStack) -> None:
        self._root = root
        self._started = started
        self._file = root / "scheduler.json"
        self._scheduler = self._start(
            "scheduler", "scheduler", "--port", "0", "--host", "127.0.0.1", "--scheduler-file", self._file
        )
        self.workers: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def address(self) -> str:
        """Of the scheduler, once it is there."""
        while not self._file.exists():
            assert self._scheduler.poll() is None
            time.sleep(0.1)
        found: str = json.loads(self._file.read_text(encoding="utf-8"))["address"]
        return found

    def add(self, name: str) -> None:
        """Start a worker of that name, with a temporary directory, and so a lock, of its own."""
        options = ("--nthreads", "1", "--no-nanny", "--resources", "timing=1", "--name", name)
        self.workers[name] = self._start(name, "worker", "--scheduler-file", self._file, *options)

    def _start(self, name: str, *command: object) -> subprocess.Popen[bytes]:
        own = self._root / name
        own.mkdir()
        with (own / "log").open("wb") as log:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "distributed.cli.dask_" + str(command[0]),
                    *map(str, command[1:]),
                    "--no-dashboard",
                ],
                env={**os.environ, "TMPDIR": str(own), "REFINERY_MACHINE": name},
                stdout=log,
                stderr=log,
            )
        self._started.callback(process.wait)
        self._started.callback(process.kill)
        return process


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    """Start a scheduler."""
    with contextlib.ExitStack() as started:
        yield Machines(tmp_path, started)


def study(pytester: pytest.Pytester, tasks: str) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyprojecttoml(STUDY.format(tasks=tasks))
    pytester.makepyfile(test_programs=SUITE)


def test_lost_workers_lose_and_double_nothing(pytester: pytest.Pytester, machines: Machines) -> None:
    """By the plain command and an address: one of two workers is killed meanwhile; each program is judged once."""
    study(pytester, 'task = "triple"')
    wanted = {}
    for number in range(60):
        agents, replicate = number % 2 + 1, number // 2 + 1
        source = WRONG if number % 5 == 0 else RIGHT
        (pytester.path / "programs").mkdir(exist_ok=True)
        path = pytester.path / "programs" / f"{agents}_{replicate}.py"
        path.write_text(source.format(seconds=0.05, number=number), encoding="utf-8")
        wanted[path.name] = "wrong_answer" if number % 5 == 0 else "correct"
    for name in ("one", "two"):
        machines.add(name)
    options = ["--refinery-programs=programs", "--benchmark-only", "--benchmark-json=out.json"]
    command = [str(Path(sys.executable).with_name("pytest")), *options, "--refinery-cluster"]
    with subprocess.Popen(
        [*command, machines.address], cwd=pytester.path, stdout=subprocess.PIPE, text=True
    ) as session:
        assert session.stdout is not None
        said = []
        for line in session.stdout:
            said.append(line)
            if "worker one" in line and "is on one" in line:
                machines.workers["one"].kill()
    told = "".join(said)
    assert session.returncode == 0, told
    refinery = json.loads((pytester.path / "out.json").read_text(encoding="utf-8"))["refinery"]
    assert {entry["file"]: entry["verdict"] for entry in refinery["programs"]} == wanted
    assert len(refinery["programs"]) == 60
    assert sum(block["programs"] for block in refinery["blocks"]) == 60
    assert {entry["machine"].partition(" ")[0] for entry in refinery["programs"]} <= {"one", "two"}
    assert len({block["stretch"] for block in refinery["blocks"]}) == len(refinery["blocks"])


def test_a_worker_finds_the_size_that_a_task_leaves_open(
    pytester: pytest.Pytester, machines: Machines
) -> None:
    """It is told, kept beside the study, and taken by the next session without looking for it again."""
    study(pytester, 'task = "total"')
    (pytester.path / "programs").mkdir()
    (pytester.path / "programs" / "1_1.py").write_text(TOTAL, encoding="utf-8")
    machines.add("one")
    options = ["--refinery-programs=programs", "--benchmark-only", f"--refinery-cluster={machines.address}"]
    first = pytester.runpytest_subprocess(*options, "--benchmark-json=first.json")
    assert first.ret == 0
    first.stdout.fnmatch_lines(["*task total has size *, found by worker one on one*"])
    kept = json.loads((pytester.path / ".refinery" / "sizes.json").read_text(encoding="utf-8"))["sizes"]
    found = json.loads((pytester.path / "first.json").read_text(encoding="utf-8"))["refinery"]
    assert [entry["size"] for entry in kept] == [entry["size"] for entry in found["tasks"]]
    again = pytester.runpytest_subprocess(*options, "--benchmark-json=second.json")
    assert again.ret == 0
    again.stdout.no_fnmatch_line("*found by worker*")
    second = json.loads((pytester.path / "second.json").read_text(encoding="utf-8"))["refinery"]
    assert second["tasks"] == found["tasks"]
