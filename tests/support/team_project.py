"""A study of feedback and teams, with a model that answers by the program it is shown, and a counted sandbox."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Self

from lab import KEY
from model_server import answer
from project import CONFTEST, TEST, Project

if TYPE_CHECKING:
    from pathlib import Path

    from model_server import Behaviour, ModelServer, Received

STUDY = """
[tool.refinery]
name = "vowels"
{task}
model = "served-model"
replicates = 2
lists = 1
runs = 1
packages = []
price = {{ input = 1.0, output = 2.0 }}
{settings}

{factors}
"""
MARKS = """
def pytest_refinery_tasks(config, vowels=pytest_refinery_tasks):
    import dataclasses

    (one,) = vowels(config)
    marks = str.maketrans("aeiou", ".,;:!")
    return [
        one,
        dataclasses.replace(
            one,
            name="count-marks",
            prompt="Count the marks of a text.",
            signature="def count_marks(text: str) -> int",
            reference=REFERENCE.replace("count_vowels", "count_marks").replace("aeiou", ".,;:!"),
            sample=lambda seed: (sample(seed)[0].translate(marks),),
            strategy=lambda: st.tuples(st.text("bc.,;:! ", max_size=30)),
        ),
    ]
"""
"""The same task once more, of other letters and another name."""
TASKS = ("count-vowels", "count-marks")
COUNTED = """
import hashlib, pathlib, time
from refinery_plugin._pytest.timing import SANDBOX
from refinery_plugin.testing import ScriptedSandbox

LOG = pathlib.Path(__file__).with_name("started.txt")
SLOWLY = {slowly}

class Counted(ScriptedSandbox):
    def start(self, source, **options):
        with LOG.open("a") as log:
            log.write(hashlib.sha256(source).hexdigest() + "\\n")
        time.sleep(SLOWLY)
        return super().start(source, **options)

def pytest_configure(config):
    config.stash[SANDBOX] = Counted
"""
FORBIDDEN = """
from refinery_plugin._pytest.timing import SANDBOX

def opened():
    raise AssertionError("a replay opened a sandbox")

def pytest_configure(config):
    config.stash[SANDBOX] = opened
"""
NOT_RUN = f"import pytest\n\n@pytest.mark.skip(reason='it is only generated')\n{TEST}"
HEAD = "def count_vowels(text: str) -> int:\n"
WRONG = f"{HEAD}    return sum(letter in 'aei' for letter in text)\n"
SLOW = f"{HEAD}    return sum(letter in 'aeiou' for letter in text)\n"
FAST = f"{HEAD}    return sum(map(text.count, 'aeiou'))\n"
NEXT = {None: WRONG, WRONG: SLOW, SLOW: FAST, FAST: FAST}
"""What the model answers to the program that it is shown."""

_SHOWN = re.compile(r"```python\n(def count_\w+[^\n]*\n    [^\n]*\n)```")
_SEEDS = 1024
"""Of one trajectory: no two trajectories are given the same text of a program."""


_OF_MARKS = (("count_vowels", "count_marks"), ("'aei", "'.,;"), ("ou'", ":!'"))


def plain(program: str) -> str:
    """Return a program without the mark of its trajectory, as it is for the task of vowels."""
    text = re.sub(r"  # \d+$", "", program, flags=re.MULTILINE)
    for vowels, marks in _OF_MARKS:
        text = text.replace(marks, vowels)
    return text


def of_marks(text: str) -> str:
    """Return a program of vowels as one of marks."""
    for vowels, marks in _OF_MARKS:
        text = text.replace(vowels, marks)
    return text


def shown(request: dict[str, Any]) -> str | None:
    """Return the program that a request shows, without its mark."""
    found = _SHOWN.findall(request["messages"][-1]["content"])
    return plain(found[-1]) if found else None


@dataclasses.dataclass(kw_only=True)
class TeamProject(Project):
    """The project; ``written`` has the checksums of the programs that the model has written."""

    written: set[str] = dataclasses.field(default_factory=set)

    @classmethod
    def made(
        cls,
        root: Path,
        server: ModelServer,
        *,
        factors: str = "",
        settings: str = "",
        tasks: tuple[str, ...] = TASKS[:1],
    ) -> Self:
        """Write it; ``server`` answers as ``model`` says."""
        root.mkdir()
        # Files of a study of several tasks are in folders by task.
        task = f"tasks = {json.dumps(tasks)}" if len(tasks) > 1 else f'task = "{tasks[0]}"'
        project = cls(root=root, environment={"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.base_url})
        (root / "pyproject.toml").write_text(STUDY.format(factors=factors, settings=settings, task=task))
        project.judges()
        server.choose = project.answers
        return project

    def answers(self, request: Received) -> Behaviour:
        """Answer with the next program, or with words where none is asked for."""
        body = request.body
        if "Do not write the program" in body["messages"][-1]["content"]:
            return answer("It counts letter by letter. `str.count` is faster.")
        program = f"{NEXT[shown(body)].rstrip()}  # {body['seed'] // _SEEDS}\n"
        if "def count_marks(" in body["messages"][-1]["content"]:
            program = of_marks(program)
        self.written.add(hashlib.sha256(program.encode()).hexdigest())
        return answer(f"```python\n{program}```", usage=(len(request.raw) // 4, 50))

    def files(self, directory: Path) -> dict[str, bytes]:
        """Return the files of a folder and those below by their paths."""
        return {
            str(path.relative_to(directory)): path.read_bytes()
            for path in sorted(directory.rglob("*"))
            if path.is_file() and path.suffix in (".py", ".json")
        }

    def judges(self, *, slowly: float = 0.0, verifies: bool = True) -> None:
        """Let programs run in a sandbox without processes, which is counted.

        Each start takes ``slowly`` seconds; ``verifies`` says whether programs are verified once they are generated.
        """
        (self.root / "conftest.py").write_text(CONFTEST + MARKS + COUNTED.format(slowly=slowly))
        (self.root / "test_vowels.py").write_text(TEST if verifies else NOT_RUN)

    def replays_only(self) -> None:
        """Take everything away that a replay does not need: the key, the server, the sandbox."""
        self.environment = {"CI": "1"}
        (self.root / "conftest.py").write_text(CONFTEST + MARKS + FORBIDDEN)
        (self.root / "test_vowels.py").write_text(NOT_RUN)

    def timed(self) -> dict[str, Any]:
        """Verify and time the programs, and return the results."""
        self.judges()
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--benchmark-only"]
        done = subprocess.run(
            [*command, "--benchmark-json=results.json"],
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in (0, 1), done.stdout + done.stderr
        results: dict[str, Any] = json.loads((self.root / "results.json").read_text())
        results["refinery"]["programs"].sort(key=lambda program: program["file"])
        return results

    @property
    def started(self) -> list[str]:
        """Checksums of the programs whose processes were started, in order."""
        log = self.root / "started.txt"
        return log.read_text().split() if log.exists() else []

    def trajectories(self) -> list[dict[str, Any]]:
        """Return all trajectory files."""
        return [json.loads(path.read_text()) for path in sorted(self.programs.rglob("*.json"))]
