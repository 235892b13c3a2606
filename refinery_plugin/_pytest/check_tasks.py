"""``--refinery-check-tasks``: every task is tried itself, one line each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from refinery_plugin._errors import RefineryError
from refinery_plugin._pytest.session import refinery_of
from refinery_plugin._pytest.task_files import sandbox_of
from refinery_plugin._pytest.timing import faults_end_the_session
from refinery_plugin._words import count, printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from refinery_plugin._pytest.session import Refinery
    from refinery_plugin._study.task import Task
    from refinery_plugin._verification.task_check import TaskReport

SCHEMA = 1
_FAULTY = pytest.StashKey[int]()


def run(session: pytest.Session) -> None:
    """Try all tasks of the session: the study's, or those of the files and hooks."""
    from refinery_plugin._files import write_atomically  # noqa: PLC0415 - only here
    from refinery_plugin._sandbox import Limits  # noqa: PLC0415 - heavy
    from refinery_plugin._verification.task_check import check_task  # noqa: PLC0415 - heavy

    config = session.config
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    reports: list[tuple[Task, TaskReport]] = []
    with faults_end_the_session():
        for task in _tasks(session).values():
            report = check_task(sandbox_of(config), task, limits=Limits())
            reports.append((task, report))
            if reporter is not None:
                reporter.ensure_newline()
                reporter.write_line(printable(line(report)))
        if (path := config.getoption("refinery_check_json")) is not None:
            document = {"schema": SCHEMA, "tasks": [entry(task, report) for task, report in reports]}
            write_atomically(
                Path(config.invocation_params.dir / path), (json.dumps(document, indent=1) + "\n").encode()
            )
    faulty = sum(bool(report.faults) for _, report in reports)
    config.stash[_FAULTY] = faulty
    if reporter is not None:
        reporter.write_line(f"{count(len(reports), 'task')} tried, {faulty} with something wrong")


def exit_status(config: pytest.Config) -> int:
    """Return 1 where something is wrong with a task."""
    return int(config.stash.get(_FAULTY, 1) > 0)


def line(report: TaskReport) -> str:
    """Return what is told of one task, on one line."""
    if report.faults:
        faults = "; ".join(f"[{fault.kind}] {fault.text}" for fault in report.faults)
        return f"{report.name}: WRONG: {faults}"
    if report.reference_seconds is None:
        return f"{report.name}: ok, verified and never timed"
    headroom = "" if report.headroom is None else f", {report.headroom:.3g} times the least time that is told"
    return (
        f"{report.name}: ok, reference {report.reference_seconds:.3g} s, spread {report.spread:.1%}{headroom}"
    )


def entry(task: Task, report: TaskReport) -> dict[str, object]:
    """Return what the JSON has of one task."""
    return {
        "name": report.name,
        "version": report.version,
        "checksum": task.checksum,
        "ok": not report.faults,
        "faults": [{"kind": fault.kind, "text": fault.text} for fault in report.faults],
        "reference_seconds": report.reference_seconds,
        "spread": report.spread,
        "hidden_seconds": report.hidden_seconds,
        "headroom": report.headroom,
    }


def _tasks(session: pytest.Session) -> Mapping[str, Task]:
    refinery = refinery_of(session.config)
    try:
        if refinery.is_declared:
            return {**refinery.tasks, **_of_files_it_takes_nothing_of(refinery)}
        if files := refinery.task_files:
            return {task.name: task for tasks in files.values() for task in tasks}
        return refinery.known_tasks()
    except RefineryError as exc:
        raise pytest.UsageError(printable(str(exc))) from exc


def _of_files_it_takes_nothing_of(refinery: Refinery) -> dict[str, Task]:
    """Return the tasks of files that the session names and its study does not use: they are named to be tried."""
    unused = (
        file for file in refinery.task_files.values() if not any(task.name in refinery.tasks for task in file)
    )
    return {task.name: task for file in unused for task in file}
