"""Tasks are tried before a model is paid for them: quietly, within a minute, and each version of a task once."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from typing import TYPE_CHECKING

from refinery_plugin._errors import RefineryError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from refinery_plugin._pytest.session import Refinery
    from refinery_plugin._study.task import Task
    from refinery_plugin._study.units import Unit
    from refinery_plugin._verification.ports import ProgramSandbox
    from refinery_plugin._verification.task_check import Fault

SCHEMA = 1
BUDGET_SECONDS = 60.0
"""No task is begun after so long; what is left is tried in the next session that records."""


class UnsoundTaskError(RefineryError):
    """A task is not in order, and nobody is paid for it."""


def require_sound(refinery: Refinery, units: Sequence[Unit], *, say: Callable[[str], None]) -> None:
    """Try the tasks of some programs that a model is about to be asked for.

    Raises
    ------
    UnsoundTaskError : with every fault of the first task that has one, and the remedy.
    """
    from refinery_plugin._tasks import SHIPPED_TASKS  # noqa: PLC0415 - only who records needs them
    from refinery_plugin._verification.quick_check import OPINIONS  # noqa: PLC0415 - heavy

    wanted = {unit.task_in(refinery.study) for unit in units}
    shipped = {task.name: task.checksum for task in SHIPPED_TASKS}
    path = refinery.journal_dir.parent / "checked-tasks.json"
    done, before = _kept(path), time.monotonic()
    fresh: list[str] = []
    for name in sorted(wanted):
        task = refinery.tasks[name]
        if shipped.get(name) == task.checksum or task.checksum in done:
            continue  # ours were tried with all that is in the project
        if time.monotonic() - before > BUDGET_SECONDS:
            break
        faults = _faults(refinery, task)
        if wrong := [fault for fault in faults if fault.kind not in OPINIONS]:
            raise UnsoundTaskError(
                f"task {name!r} is not in order, and no model was asked: {_in_words(wrong)}. Mend the task; "
                "pytest --refinery-check-tasks tries all of it"
            )
        if faults:
            say(f"task {name!r} may be too easy to please: {_in_words(faults)}")
        else:
            fresh.append(task.checksum)
    if fresh:
        _keep(path, [*done, *fresh])


def _in_words(faults: Sequence[Fault]) -> str:
    return "; ".join(f"[{fault.kind}] {fault.text}" for fault in faults)


def _faults(refinery: Refinery, task: Task) -> Sequence[Fault]:
    from refinery_plugin._sandbox import Limits  # noqa: PLC0415 - heavy
    from refinery_plugin._verification.quick_check import check_quickly  # noqa: PLC0415 - heavy

    if not task.foreign or sys.platform != "linux":
        return check_quickly(task)
    from refinery_plugin._pytest.task_files import sandbox_of  # noqa: PLC0415 - see above
    from refinery_plugin._sandbox import SandboxError  # noqa: PLC0415 - heavy

    def sandbox() -> ProgramSandbox:
        return sandbox_of(refinery.config)

    try:
        return check_quickly(task, sandbox=sandbox, limits=Limits())
    except SandboxError:
        return check_quickly(task)  # who only generates may have none


def _kept(path: Path) -> list[str]:
    try:
        checksums = json.loads(path.read_text(encoding="utf-8"))["checksums"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [one for one in checksums if isinstance(one, str)] if isinstance(checksums, list) else []


def _keep(path: Path, checksums: Sequence[str]) -> None:
    from refinery_plugin._files import FileError, write_json  # noqa: PLC0415 - only here

    with contextlib.suppress(FileError):  # they are tried again
        write_json(path, {"schema": SCHEMA, "checksums": list(dict.fromkeys(checksums))})
