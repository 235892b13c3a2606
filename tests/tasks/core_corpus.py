"""Programs for the tasks of the core suite: those of the corpus, and cheats that are made for each task."""

from __future__ import annotations

import ast
import dataclasses
import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from refinery_plugin._tasks.core import CORE_TASKS

if TYPE_CHECKING:
    from collections.abc import Callable

    from refinery_plugin._study.task import Arguments, Task

CORPUS = Path(__file__).parent / "corpus"
_ZEROS = {int: 0, float: 0.0, str: "", list: [], dict: {}}


@dataclasses.dataclass(frozen=True, slots=True)
class Solution:
    """A program for a task; ``name`` begins with ``honest`` or ``wrong``."""

    task: Task
    name: str
    make: Callable[[], str]

    @property
    def source(self) -> str:
        """The program's text."""
        return self.make()

    @property
    def id(self) -> str:
        """How a test names it."""
        return f"{self.task.name}-{self.name}"


def solutions() -> list[Solution]:
    """Return all programs of all tasks."""
    return [solution for task in CORE_TASKS for solution in (*_written(task), *_cheats(task))]


def function_of(task: Task) -> Callable[..., Any]:
    """Return the task's reference."""
    namespace: dict[str, Any] = {}
    exec(task.reference, namespace)  # noqa: S102 - our own
    found: Callable[..., Any] = namespace[task.entry_point]
    return found


def _written(task: Task) -> list[Solution]:
    module = ast.parse((CORPUS / f"{task.name.replace('-', '_')}.py").read_text(encoding="utf-8"))
    functions = [node for node in module.body if isinstance(node, ast.FunctionDef)]
    return [
        Solution(task, node.name, functools.partial(_renamed, node, task.entry_point)) for node in functions
    ]


def _renamed(function: ast.FunctionDef, name: str) -> str:
    function.name = name
    return ast.unparse(function)


def sample_of(task: Task, seed: int) -> Arguments:
    """Return a full-size input."""
    assert task.sample is not None
    return task.sample(seed)


def _cheats(task: Task) -> list[Solution]:
    zero = _ZEROS[getattr(task.result_type, "__origin__", task.result_type)]
    head = f"def {task.entry_point}(*arguments):\n    "

    def first_answer() -> str:
        return f"{head}return {function_of(task)(*sample_of(task, 1))!r}"

    def remembers() -> str:
        known = "if not _known:\n        _known.append(_solve(*arguments))\n    return _known[0]"
        return f"{task.reference}\n_solve, _known = {task.entry_point}, []\n{head}{known}"

    return [
        Solution(task, "wrong_zero_or_empty", lambda: f"{head}return {zero!r}"),
        Solution(task, "wrong_identity", lambda: f"{head}return arguments[0]"),
        Solution(task, "wrong_nothing", lambda: f"{head}return None"),
        Solution(task, "wrong_answer_of_the_first_sample", first_answer),
        Solution(task, "wrong_remembers_its_first_answer", remembers),
    ]
