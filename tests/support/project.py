"""A user's project in a folder of its own, with a quick task, run by the real command in a process of its own."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from warm import start_pytest

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess
    from pathlib import Path

CONFTEST = '''
from hypothesis import strategies as st
from refinery_plugin import Task

REFERENCE = """
def count_vowels(text):
    return sum(text.count(letter) for letter in "aeiou")
"""

def sample(seed):
    return ("hello refinery " * 4000 + "a" * (seed % 97),)

def pytest_refinery_tasks(config):
    return [
        Task(
            name="count-vowels",
            prompt="Count the vowels of a text.",
            signature="def count_vowels(text: str) -> int",
            result_type=int,
            reference=REFERENCE,
            sample=sample,
            strategy=lambda: st.tuples(st.text("abcdeiou ", max_size=30)),
        )
    ]
'''
STUDY = """
[tool.refinery]
name = "vowels"
task = "count-vowels"
model = "served-model"
replicates = 2
lists = 1
packages = []
{settings}

[tool.refinery.factors]
agents = [1, 2]
optimization = {budgets}
"""
TEST = "def test_program(refinery_program, benchmark):\n    refinery_program.check(benchmark)\n"
PROGRAM = (
    "```python\ndef count_vowels(text: str) -> int:\n"
    "    return len(text) - len(text.translate(dict.fromkeys(map(ord, 'aeiou'))))\n```"
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ran:
    """How a command ended."""

    code: int
    output: str


@dataclasses.dataclass(kw_only=True)
class Project:
    """The folder; ``environment`` is what its commands get besides the path."""

    root: Path
    environment: dict[str, str]

    @classmethod
    def at(cls, root: Path, *, budgets: str = '["2 iterations"]', settings: str = "") -> Project:
        """Write the project: 2 agents x budgets x 2 replicates."""
        root.mkdir()
        (root / "conftest.py").write_text(CONFTEST)
        (root / "test_vowels.py").write_text(TEST)
        project = cls(root=root, environment={})
        project.write_study(budgets=budgets, settings=settings)
        return project

    def write_study(self, *, budgets: str = '["2 iterations"]', settings: str = "") -> None:
        """Write, or change, the study."""
        (self.root / "pyproject.toml").write_text(STUDY.format(settings=settings, budgets=budgets))

    @property
    def cassettes(self) -> Path:
        """Where the recordings are."""
        return self.root / "cassettes" / "vowels"

    @property
    def programs(self) -> Path:
        """Where the programs and trajectories are."""
        return self.root / "tests" / "test_generated" / "programs" / "vowels"

    def files(self, directory: Path) -> dict[str, bytes]:
        """Return the files of a folder by name."""
        return {path.name: path.read_bytes() for path in sorted(directory.iterdir()) if path.is_file()}

    def options(self, *options: str) -> list[str]:
        """Return the options of pytest with which it generates."""
        # No program here comes from a model, so none needs to be held.
        return ["-p", "no:cacheprovider", "--refinery-generate", "--refinery-sandbox=none", *options]

    @property
    def variables(self) -> dict[str, str]:
        """The whole environment of its commands."""
        # COVERAGE_: what these commands reach counts, where it is measured.
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name in {"PATH", "HOME", "LANG", "TMPDIR"} or name.startswith("COVERAGE_")
        }
        return {**inherited, **self.environment}

    def start(self, *options: str) -> subprocess.Popen[str]:
        """Start the command that generates."""
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", *self.options(*options)],
            cwd=self.root,
            env=self.variables,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def fork(self, *options: str) -> ForkServerProcess:
        """Start it as a fork, seconds sooner; what it prints is in ``output.txt`` beside the project."""
        return start_pytest(
            self.options(*options), directory=self.root, environment=self.variables, output=self._output
        )

    @property
    def _output(self) -> Path:
        return self.root.with_name("output.txt")

    def run(self, *options: str, anew: bool = False) -> Ran:
        """Run it to its end, as a fork unless it is to be wholly ``anew``."""
        if anew:
            process = self.start(*options)
            output, _ = process.communicate(timeout=600)
            return Ran(code=process.returncode, output=output)
        fork = self.fork(*options)
        fork.join(timeout=600)
        code = fork.exitcode
        assert code is not None, f"it goes on and on: {self._output.read_text()}"
        return Ran(code=code, output=self._output.read_text())
