"""Rewards for completions of one or several tasks: what all trainers' signatures call."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from refinery_plugin._errors import RefineryError
from refinery_plugin._study.task import Task
from refinery_plugin._training.completion import program_of
from refinery_plugin._training.forked import begins_anew_in_children
from refinery_plugin._training.reward import require_speed, reward
from refinery_plugin._training.shared_sandbox import SharedSandbox
from refinery_plugin._training.verification import Verification
from refinery_plugin._training.verifier import Verifier, verify_each
from refinery_plugin._verification.verdict import Verdict

if TYPE_CHECKING:
    from typing import Self

    from refinery_plugin._timing.lock import MachineLock

Tasks: TypeAlias = Task | str | Iterable[Task | str] | Mapping[str, Task] | Mapping[int, Task]
"""A task, the name of one that comes with the plugin, several of these, or tasks by the ids that a column has."""


def tasks_by_id(tasks: Tasks) -> dict[str, Task]:
    """Return tasks by their names, or by the ids that were given with them.

    Raises
    ------
    RefineryError : for a name that no shipped task has, two tasks of one name, or something that is no task.
    """
    if isinstance(tasks, Mapping):
        return {str(name): _task(task) for name, task in tasks.items()}
    several = [tasks] if isinstance(tasks, (Task, str)) else list(tasks)
    tasks_of: dict[str, Task] = {}
    for task in map(_task, several):
        if tasks_of.setdefault(task.name, task) is not task:
            raise RefineryError(f"two tasks have the name {task.name!r}; give each its own")
    if not tasks_of:
        raise RefineryError("there is no task to judge programs by; give a Task, or several")
    return tasks_of


def _task(task: object) -> Task:
    if isinstance(task, Task):
        return task
    from refinery_plugin._tasks import SHIPPED_TASKS  # noqa: PLC0415 - only where one is named

    named: dict[str, Task] = {shipped.name: shipped for shipped in SHIPPED_TASKS}
    if isinstance(task, str) and task in named:
        return named[task]
    raise RefineryError(
        f"{task!r} is no Task and names none that is known; known are {', '.join(sorted(named))}"
    )


class Scorer:
    """Verifies completions and rewards them; a context manager.

    Parameters
    ----------
    speed : how much of a reward depends on time; with 0 nothing is timed.
    workers : how many programs are verified at a time; by default one for each processor.
    runs : timed runs of each program.
    options : others of ``Verifier``, such as ``time_factor``.
    """

    def __init__(
        self,
        tasks: Tasks,
        *,
        speed: float = 0.0,
        workers: int | None = None,
        runs: int = 3,
        sandbox: str = "auto",
        packages: Sequence[str] = ("numpy",),
        lock: MachineLock | None = None,
        **options: Any,  # noqa: ANN401 - the verifier's own
    ) -> None:
        self.tasks = tasks_by_id(tasks)
        self.speed = require_speed(speed)
        self.workers = workers or len(os.sched_getaffinity(0))
        self._runs = runs
        self._place_options: dict[str, Any] = {"sandbox": sandbox, "packages": packages, "lock": lock}
        self._options = options
        self._lock = threading.Lock()
        self._place: SharedSandbox | None = None
        self._verifiers: dict[str, Verifier] = {}
        begins_anew_in_children(self)

    def begin_anew(self) -> None:
        """Open again when first asked, in a child that was forked."""
        self._lock = threading.Lock()
        self._place, self._verifiers = None, {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave nothing behind; whoever asks again opens it again. Idempotent."""
        with self._lock:
            verifiers, self._verifiers = self._verifiers, {}
            place, self._place = self._place, None
            for verifier in verifiers.values():
                verifier.close()
            if place is not None:
                place.close()

    def score(self, ids: Sequence[object], completions: Sequence[object]) -> list[float | None]:
        """Return the reward of each completion; ``None`` where the fault is not the program's.

        Parameters
        ----------
        ids : of the task of each completion, numbers too; ``None`` where there is only one task.

        Raises
        ------
        RefineryError : for an unknown task, or one that cannot be judged on this machine.
        """
        return [reward(one, speed=self.speed) for one in self.verify(ids, completions)]

    def verify(self, ids: Sequence[object], completions: Sequence[object]) -> list[Verification]:
        """Return what was found of the program in each completion. A fault of ours gets a second chance."""
        verified: dict[int, Verification] = {}
        asked: dict[int, tuple[Verifier, str]] = {}
        for index, (name, completion) in enumerate(zip(ids, completions, strict=True)):
            verifier = self._verifier(name)
            taken = program_of(completion, verifier.task.entry_point)
            if taken.program is None:
                verified[index] = Verification(verdict=Verdict.NO_PROGRAM, reason=taken.reason or "")
            else:
                asked[index] = (verifier, taken.program)
        for _ in range(2):
            judged = verify_each(
                asked.values(),
                timed=self.speed > 0,
                workers=self.workers,
                runs=self._runs,
                counterexamples=False,
            )
            verified |= dict(zip(asked, judged, strict=True))
            asked = {index: one for index, one in asked.items() if verified[index].verdict is None}
            if not asked:
                break
        return [verified[index] for index in range(len(completions))]

    def _verifier(self, given: object) -> Verifier:
        name = None if given is None else str(given)
        if name is None and len(self.tasks) == 1:
            (name,) = self.tasks
        if name is None or name not in self.tasks:
            known = ", ".join(sorted(self.tasks)[:20])
            raise RefineryError(
                f"no task has the id {given!r}; known are {known}"
                if name is not None
                else f"there are several tasks ({known}): say by a column task_id which one each completion is for"
            )
        with self._lock:
            if self._place is None:
                self._place = SharedSandbox(**self._place_options)
            if name not in self._verifiers:
                self._verifiers[name] = Verifier(self.tasks[name], place=self._place, **self._options)
            return self._verifiers[name]
