"""Files of tasks in a session: their own solutions as tests, and what of the files cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest

from refinery_plugin._errors import RefineryError
from refinery_plugin._pytest import tried_inputs
from refinery_plugin._pytest.session import refinery_of
from refinery_plugin._pytest.timing import SANDBOX, faults_end_the_session
from refinery_plugin._words import count, printable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from refinery_plugin._study.task import Task
    from refinery_plugin._tasks.task_file import LeftOut
    from refinery_plugin._verification.ports import ProgramSandbox

_OPEN: pytest.StashKey[ProgramSandbox] = pytest.StashKey()
_SEED = 0
"""Such tasks draw nothing: their inputs are those of the file."""


def header(config: pytest.Config) -> list[str]:
    """Return a line for each file of tasks."""
    refinery = refinery_of(config)
    try:
        files = refinery.task_files
    except RefineryError:
        return []  # told as an error of its own, a moment later
    return [
        f"refinery: {count(len(tasks), 'task')} of {refinery.relative(path)}"
        + (f", and {len(tasks.left_out)} told at the end that cannot be used" if tasks.left_out else "")
        for path, tasks in files.items()
    ]


def add_solutions(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Make a test of each task's own solution, where the session has no study that would use the tasks.

    Raises
    ------
    pytest.UsageError : a file cannot be read, or a row of it is not what it should be.
    """
    refinery = refinery_of(session.config)
    if (
        refinery.is_declared
        or refinery.generates
        or session.config.getoption("refinery_programs") is not None
    ):
        return
    try:
        files = refinery.task_files
    except RefineryError as exc:
        raise pytest.UsageError(printable(str(exc))) from exc
    for path in files:
        file: TaskFileNode = TaskFileNode.from_parent(session, path=path)
        items += file.collect()


def summarize(reporter: pytest.TerminalReporter) -> None:
    """List what of the files cannot be used, one by one, and how many that are."""
    refinery = refinery_of(reporter.config)
    try:
        files = refinery.task_files  # who started workers may not have read them yet
    except RefineryError:
        return  # told as an error of its own
    tried_inputs.summarize(reporter)
    for path, tasks in files.items():
        if not tasks.left_out:
            continue
        reporter.section(printable(f"refinery: cannot be used of {refinery.relative(path)}"), sep="-")
        for each in tasks.left_out:
            reporter.write_line(printable(str(each)))
        names = {task.name for task in tasks}
        whole = sum(each.name not in names for each in tasks.left_out)
        usable = [f"{count(whole, 'task')} of {whole + len(tasks)}"] if whole else []
        if parts := names & {each.name for each in tasks.left_out}:
            usable.append(f"parts of {count(len(parts), 'task')}")
        reporter.write_line(f"{' and '.join(usable)} cannot be used")


class TaskFileNode(pytest.File):
    """A file of tasks, in pytest's tree."""

    def collect(self) -> list[pytest.Item]:
        """Return a test for each task, and one that is skipped for each that cannot be used."""
        tasks = refinery_of(self.config).task_files[self.path]
        names = {task.name for task in tasks}
        tried: list[pytest.Item] = [
            SolutionItem.from_parent(self, name=task.name, task=task) for task in tasks
        ]
        reasons = [
            LeftOutItem.from_parent(self, name=each.name, left_out=each)
            for each in tasks.left_out
            if each.name not in names
        ]
        return [*tried, *reasons]


class SolutionItem(pytest.Item):
    """A task's own solution, verified in the sandbox as any program is."""

    def __init__(self, *, task: Task, **others: object) -> None:
        super().__init__(**others)  # type: ignore[arg-type]
        self._task = task

    def runtest(self) -> None:
        """Verify it.

        Raises
        ------
        pytest.fail.Exception : it is not correct.
        """
        from refinery_plugin._sandbox import Limits  # noqa: PLC0415 - heavy
        from refinery_plugin._verification.checker import Checker, ReferenceFailedError  # noqa: PLC0415
        from refinery_plugin._verification.inputs import (  # noqa: PLC0415
            BrokenReferenceError,
            UnusableInputError,
        )

        with faults_end_the_session():
            sandbox = sandbox_of(self.config)
            try:
                checker = Checker.open(
                    sandbox, self._task, list_seeds=[], seed=_SEED, limits=Limits(), time_factor=10
                )
            except ReferenceFailedError as exc:
                _fail(str(exc.judgement))
            except UnusableInputError as exc:
                tried_inputs.keep_unusable(self, self._task.name, str(exc))
                pytest.skip(str(exc))
            except BrokenReferenceError as exc:
                _fail(str(exc))
        tried_inputs.keep_left_out(self, self._task.name, checker.inputs)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Say which task it is."""
        return self.path, None, self.name


class LeftOutItem(pytest.Item):
    """A task that cannot be used."""

    def __init__(self, *, left_out: LeftOut, **others: object) -> None:
        super().__init__(**others)  # type: ignore[arg-type]
        self._left_out = left_out

    def runtest(self) -> None:
        """Skip, with the reason."""
        pytest.skip(str(self._left_out))

    def reportinfo(self) -> tuple[Path, None, str]:
        """Say which task it is."""
        return self.path, None, self.name


def sandbox_of(config: pytest.Config) -> ProgramSandbox:
    """Return a sandbox for this session, opened once and closed at its end."""
    if _OPEN not in config.stash:
        from refinery_plugin._sandbox import open_sandbox  # noqa: PLC0415 - heavy

        chosen: str = config.getoption("refinery_sandbox")
        opens: Callable[[], ProgramSandbox] = config.stash.get(
            SANDBOX, lambda: open_sandbox(chosen, packages=("numpy",))
        )
        sandbox = config.stash[_OPEN] = opens()
        config.add_cleanup(sandbox.close)
    return config.stash[_OPEN]


def _fail(text: str) -> NoReturn:
    pytest.fail(text, pytrace=False)
