"""A study of feedback and teams, with a model that answers by the program it is shown, and a counted sandbox."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from lab import KEY
from model_server import answer
from project import CONFTEST, TEST, Project

if TYPE_CHECKING:
    from pathlib import Path

    from model_server import Behaviour, ModelServer, Received

STUDY = """
[tool.refinery]
name = "vowels"
task = "count-vowels"
model = "served-model"
replicates = 2
lists = 1
runs = 1
packages = []
price = {{ input = 1.0, output = 2.0 }}
{settings}

{factors}
"""
COUNTED = """
import hashlib, pathlib
from refinery_plugin._pytest.timing import SANDBOX
from refinery_plugin.testing import ScriptedSandbox

LOG = pathlib.Path(__file__).with_name("started.txt")

class Counted(ScriptedSandbox):
    def start(self, source, **options):
        with LOG.open("a") as log:
            log.write(hashlib.sha256(source).hexdigest() + "\\n")
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
HEAD = "def count_vowels(text: str) -> int:\n"
WRONG = f"{HEAD}    return sum(letter in 'aei' for letter in text)\n"
SLOW = f"{HEAD}    return sum(letter in 'aeiou' for letter in text)\n"
FAST = f"{HEAD}    return sum(map(text.count, 'aeiou'))\n"
SAME = f"{FAST.rstrip()}  # no faster way\n"
NEXT = {None: WRONG, WRONG: SLOW, SLOW: FAST, FAST: SAME, SAME: SAME}
"""What the model answers to the program that it is shown."""

_SHOWN = re.compile(r"```python\n(def count_vowels[^\n]*\n    [^\n]*\n)```")


def shown(request: dict[str, Any]) -> str | None:
    """Return the program that a request shows last."""
    return ([None, *_SHOWN.findall(request["messages"][-1]["content"])])[-1]


def model(request: Received) -> Behaviour:
    """Answer with the next program, or with words where none is asked for."""
    body = request.body
    if "Do not write the program" in body["messages"][-1]["content"]:
        return answer("It counts letter by letter. `str.count` is faster.")
    return answer(f"```python\n{NEXT[shown(body)]}```", usage=(len(request.raw) // 4, 50))


class TeamProject(Project):
    """The project."""

    @classmethod
    def made(cls, root: Path, server: ModelServer, *, factors: str = "", settings: str = "") -> TeamProject:
        """Write it; ``server`` answers as ``model`` says."""
        root.mkdir()
        project = cls(root=root, environment={"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.base_url})
        (root / "pyproject.toml").write_text(STUDY.format(factors=factors, settings=settings))
        (root / "test_vowels.py").write_text(TEST)
        project.counts()
        server.choose = model
        return project

    def counts(self) -> None:
        """Let programs run in a sandbox without processes, which is counted."""
        (self.root / "conftest.py").write_text(CONFTEST + COUNTED)

    def replays_only(self) -> None:
        """Take everything away that a replay does not need: the key, the server, the sandbox."""
        self.environment = {"CI": "1"}
        (self.root / "conftest.py").write_text(CONFTEST + FORBIDDEN)

    @property
    def started(self) -> list[str]:
        """Checksums of the programs whose processes were started, in order."""
        log = self.root / "started.txt"
        return log.read_text().split() if log.exists() else []

    def trajectories(self) -> list[dict[str, Any]]:
        """Return all trajectory files."""
        return [json.loads(path.read_text()) for path in sorted(self.programs.glob("*.json"))]
