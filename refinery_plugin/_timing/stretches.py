"""Times programs stretch by stretch, the reference beside them, and keeps each step as soon as it is finished."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._timing.records import BlockRun, ReferenceRecord, RunRecord, StepRecord
from refinery_plugin._verification.inputs import disguised_lists
from refinery_plugin._verification.steps import RunAhead, RunPassed

if TYPE_CHECKING:
    from collections.abc import Callable

    from refinery_plugin._timing.progress import SessionProgress
    from refinery_plugin._verification.checker import Checker
    from refinery_plugin._verification.ports import Timer
    from refinery_plugin._verification.steps import Step


def most_seconds(*, lists: int, runs: int, load_seconds: float, limit: float) -> float:
    """Return a time that no program takes in all while the limits of its runs hold.

    Parameters
    ----------
    load_seconds, limit : that importing a program may take, and one call.
    """
    processes = 50 + 6 * (lists * runs + disguised_lists(lists))
    return 600 + processes * (load_seconds + 3 * limit)


class Stretches:
    """The timing of one session's programs.

    Parameters
    ----------
    session : its id.
    progress : takes in what was done, and knows what need not be done again.
    checker_of : opens a task.
    lists, runs : how many timed lists there are, and timed runs on each.
    machine : where this is; ``None`` where all of a session is on one machine.
    """

    def __init__(
        self,
        *,
        session: str,
        progress: SessionProgress,
        checker_of: Callable[[str], Checker],
        lists: int,
        runs: int,
        machine: str | None = None,
    ) -> None:
        self._session = session
        self._progress = progress
        self._checker_of = checker_of
        self._lists, self._runs = lists, runs
        self._machine = machine
        self._with_reference: set[tuple[str, int]] = set()

    def time(self, source: bytes, key: str, *, task: str, stretch: int, timer: Timer) -> None:
        """Verify and time one program.

        Parameters
        ----------
        key : names the program and its text.
        stretch : number of the stretch of the session, from 0; the reference is timed once in each.

        Raises
        ------
        RefineryError : for a fault that is not the program's.
        """
        progress = self._progress
        examination = self._checker_of(task).examination(source, key=key)
        steps = examination.steps(runs=self._runs, timer=timer, done=progress.of(key).done)
        while True:
            progress.make_room()
            step = next(steps, None)
            if step is None:
                return
            if isinstance(step, RunAhead):
                self._time_reference(task, stretch, timer)
            else:
                self._add(step, key, stretch)

    def _add(self, step: Step, key: str, stretch: int) -> None:
        if isinstance(step, RunPassed):
            self._progress.add(RunRecord(program=key, run=self._placed(step, stretch)))
        elif not isinstance(step, RunAhead):
            self._progress.add(StepRecord(program=key, step=step))

    def _placed(self, run: RunPassed, stretch: int) -> BlockRun:
        # A block is a stretch on one list; they count from 1.
        block = stretch * self._lists + run.number
        return BlockRun(block=block, session=self._session, run=run, machine=self._machine)

    def _time_reference(self, task: str, stretch: int, timer: Timer) -> None:
        """Time a task's reference on every list, once a stretch, on the same path as programs."""
        if (task, stretch) in self._with_reference:
            return
        checker = self._checker_of(task)
        for number in range(1, self._lists + 1):
            for _ in range(self._runs):
                self._progress.make_room()
                run = checker.time_reference(number, timer=timer)
                self._progress.add(ReferenceRecord(task=task, run=self._placed(run, stretch)))
        self._with_reference.add((task, stretch))
