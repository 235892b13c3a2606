"""Runs the examples of a page of the docs; ``docs/index.md`` tells writers how a page says what is to be run."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from scripted_model import server

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
ADDRESS = "http://127.0.0.1:8080/v1"
"""Where the model server of the pages listens; the tests put the scripted model's address in its place."""

_RUNNABLE = ("console", "python")
_COMMENT = re.compile(r"<!--\s*(.*?)\s*-->", re.DOTALL)
_NUMBER = re.compile(r"\d[\d.,]*(e[-+]?\d+)?")
_LINE = re.compile(r"[-=]{2,}")
_MINUTES = re.compile(r" \(\d+:\d\d:\d\d\)")  # pytest, of what took more than 60 s
_BACKEND = re.compile(r"\b(bwrap|landlock)\b")
_SECONDS = 300


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block with the comment above it, such as ``file: conftest.py``."""

    language: str
    text: str
    note: str
    place: str

    @property
    def file(self) -> str | None:
        """The file that the block is."""
        return self.note.removeprefix("file:").strip() if self.note.startswith("file:") else None

    @property
    def runs(self) -> bool:
        """Whether the block is run."""
        wanted = self.language in _RUNNABLE and self.file is None
        return wanted and not self.note.startswith("not run:")

    @property
    def exit_code(self) -> int:
        """How its last command ends."""
        match = re.search(r"exit code (\d+)", self.note)
        return int(match[1]) if match else 0

    @property
    def compared(self) -> bool:
        """Whether the words of its output are compared."""
        return "output varies" not in self.note

    @property
    def steps(self) -> list[tuple[str, list[str]]]:
        """The commands of a console block with the lines that each prints."""
        steps: list[tuple[str, list[str]]] = []
        for line in self.text.splitlines():
            if line.startswith("$ "):
                steps.append((line[2:], []))
            elif steps and steps[-1][0].endswith("\\"):
                steps[-1] = (f"{steps[-1][0]}\n{line}", [])
            elif steps:
                steps[-1][1].append(line)
        return steps


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    note, found = "", []
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        if token.type == "html_block" and (match := _COMMENT.fullmatch(token.content.strip())):
            note = match[1]
        elif token.type == "fence":
            line = (token.map or [0])[0] + 1
            language = token.info.split()[0] if token.info.strip() else ""
            where = f"{page.relative_to(ROOT)}:{line}"
            found.append(Block(language=language, text=token.content, note=note, place=where))
            note = ""
        elif token.level == 0 and token.nesting >= 0:
            note = ""
    return found


def starting_point(page: Path) -> str | None:
    """Return the page whose project this page goes on with."""
    match = re.search(r"<!-- continues: (\S+) -->", page.read_text(encoding="utf-8"))
    return match[1] if match else None


def words(line: str) -> str:
    """Return a line as it is compared: numbers, the length of lines and the name of the sandbox may differ."""
    line = _MINUTES.sub("", line)  # a slow machine has them, a fast one has not
    # Whether a figure is an upper bound depends on the machine, as figures do.
    exact = line.replace("<=", "")
    return " ".join(_BACKEND.sub("SANDBOX", _LINE.sub("--", _NUMBER.sub("#", exact))).split())


def agrees(told: list[str], printed: list[str]) -> bool:
    """Whether output is as told; a line ``...`` stands for any lines, and empty lines do not matter."""
    pattern = "".join(".*" if line == "..." else re.escape(line) + "\n" for line in map(words, told) if line)
    text = "".join(f"{line}\n" for line in map(words, printed) if line)
    return re.fullmatch(pattern, text, re.DOTALL) is not None


class Project:
    """A folder in which the examples of a page are run, one after the other, in one environment.

    Home is empty, there is no key, and nothing of the caller's environment but the path.
    """

    def __init__(self, root: Path, base_url: str) -> None:
        self.root = root
        self._base_url = base_url
        home, temporary = root.parent / "home", root.parent / "tmp"
        for directory in (root, home, temporary):
            directory.mkdir(parents=True, exist_ok=True)
        self._environment = {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "HOME": str(home),
            # A folder of its own: the lock of measuring sessions lies there, and tests run side by side.
            "TMPDIR": str(temporary),
            "LANG": "C.UTF-8",
            "COLUMNS": "80",
            "PYTHONUNBUFFERED": "1",  # else errors come before what was printed earlier
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def follow(self, page: Path) -> None:
        """Write the files of a page and run its examples, in the order of the page."""
        for block in blocks(page):
            if block.file is not None:
                path = self.root / block.file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text, encoding="utf-8")
            elif block.runs and block.language == "console":
                self._console(block)
            elif block.runs:
                self._python(block)

    def _console(self, block: Block) -> None:
        steps = block.steps
        assert steps, f"{block.place}: a console block needs a line that begins with '$ '"
        for number, (command, told) in enumerate(steps, start=1):
            code, output = self._shell(command)
            expected = block.exit_code if number == len(steps) else 0
            assert code == expected, f"{block.place}: $ {command}\nexit code {code}\n{output}"
            if told and block.compared:
                assert agrees(told, output.splitlines()), f"{block.place}: $ {command}\nprinted\n{output}"

    def _python(self, block: Block) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".py", dir=self.root.parent, encoding="utf-8") as script:
            script.write(block.text)
            script.flush()
            runner = [sys.executable, *(["-m", "doctest"] if ">>> " in block.text else []), script.name]
            if ">>> " in block.text:  # doctest reads text files by their name's ending
                text = Path(script.name).with_suffix(".txt")
                text.write_text(block.text, encoding="utf-8")
                runner[-1] = str(text)
            code, output = self._shell(shlex.join(runner))
        assert code == 0, f"{block.place}:\n{output}"

    def _shell(self, command: str) -> tuple[int, str]:
        state = self.root.parent / "environment"
        script = f"{command.replace(ADDRESS, self._base_url)}\ncode=$?\nenv -0 >{shlex.quote(str(state))}\nexit $code"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.root,
            env=self._environment,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
            check=False,
        )
        pairs = (pair.partition("=") for pair in state.read_text(encoding="utf-8").split("\0") if pair)
        self._environment = {
            name: value for name, _, value in pairs if name not in {"_", "PWD", "SHLVL", "OLDPWD"}
        }
        return done.returncode, done.stdout


@contextlib.contextmanager
def project(place: Path, *, like: Path | None = None) -> Iterator[Project]:
    """Make a project below ``place``, a copy of ``like`` if that is given, with a model to call."""
    root = place / "project"
    if like is not None:
        shutil.copytree(like, root)
    with server() as model:
        yield Project(root, model.base_url)
