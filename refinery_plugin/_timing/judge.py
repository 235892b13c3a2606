"""Judges programs while trajectories go on: in the sandbox, one at a time, the reference beside what is timed."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import dataclasses
import math
import statistics
import sys
from typing import TYPE_CHECKING

from refinery_plugin._generation.turn_judgement import Judged
from refinery_plugin._timing.lock import MachineLock
from refinery_plugin._timing.session import limits_of
from refinery_plugin._verification.checker import Checker
from refinery_plugin._verification.ports import wall_clock
from refinery_plugin._verification.seeds import derived_seed
from refinery_plugin._verification.sizing import find_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from refinery_plugin._study.study import Study
    from refinery_plugin._study.task import Task
    from refinery_plugin._timing.sizes import Sizes
    from refinery_plugin._verification.checker import TimedPair
    from refinery_plugin._verification.ports import ProgramSandbox, Timer

_UNKNOWN_NOISE = 0.05
"""Standard error of the logarithm of a ratio that one pair of runs alone gave."""
_DIGITS = 6
_SWITCH_SECONDS = 0.0001
"""Seconds after which the interpreter lets the thread that measures go on.

An answer comes while the event loop may be busy with other trajectories: with Python's own 5 ms a program of a few
milliseconds would be told another time than it has.
"""


@dataclasses.dataclass(slots=True)
class Spread:
    """How runs of one program differ, pooled over all programs of a task: two or three runs alone say little of it."""

    squares: float = 0.0
    degrees: int = 0

    def take(self, logs: Sequence[float]) -> None:
        """Take in the logarithms of one program's ratios."""
        mean = statistics.fmean(logs)
        self.squares += sum((one - mean) ** 2 for one in logs)
        self.degrees += len(logs) - 1

    @property
    def variance(self) -> float | None:
        """Of the logarithm of one ratio; ``None`` where nothing tells it."""
        return self.squares / self.degrees if self.degrees else None


class SandboxJudge:
    """Judges programs as a session of verification and timing would, but on inputs of their own seed.

    A model must not be taught the inputs by which its program is judged in the end.

    Parameters
    ----------
    open_sandbox : opens the sandbox that programs run in.
    sizes : keeps the sizes that are found for tasks which leave them open.
    say : tells the user something at once.
    lock : held while something is timed: one measurement at a time on a machine.
    timer : makes the timed calls.
    """

    def __init__(
        self,
        study: Study,
        *,
        open_sandbox: Callable[[], ProgramSandbox],
        sizes: Sizes,
        say: Callable[[str], None],
        lock: MachineLock | None = None,
        timer: Timer = wall_clock,
    ) -> None:
        self._study = study
        self._open_sandbox = open_sandbox
        self._sizes = sizes
        self._say = say
        self._lock = lock or MachineLock()
        self._timer = timer
        self._checkers: dict[str, Checker] = {}
        self._spreads: dict[str, Spread] = {}
        # One thread: programs of other trajectories wait, while their requests go on.
        self._thread = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="refinery-judge")

    async def judge(self, task: Task, program: str, *, timed: bool) -> Judged:
        """Return what is found of a program.

        Raises
        ------
        RefineryError : for a fault that is not the program's.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._judge, task, program.encode(), timed)

    def close(self) -> None:
        """Wait for what is being judged, and close the sandboxes. Idempotent."""
        self._thread.shutdown(cancel_futures=True)
        for checker in self._checkers.values():
            checker.close()
        self._checkers.clear()

    def _judge(self, task: Task, program: bytes, timed: bool) -> Judged:  # noqa: FBT001 - an executor passes no names
        with self._alone(timed):
            runs = self._study.runs if timed else 0
            check = self._checker(task).check(program, runs=runs, timer=self._timer)
        judged = Judged(
            verdict=str(check.judgement.verdict),
            reason=check.judgement.reason or None,
            error_type=check.judgement.error_type,
        )
        return with_figures(judged, check.pairs, self._spreads.setdefault(task.name, Spread()))

    @contextlib.contextmanager
    def _alone(self, timed: bool) -> Iterator[None]:  # noqa: FBT001
        if not timed:
            yield
            return
        self._lock.acquire(waiting=self._say)
        usual = sys.getswitchinterval()
        sys.setswitchinterval(min(usual, _SWITCH_SECONDS))
        try:
            yield
        finally:
            sys.setswitchinterval(usual)
            self._lock.release()

    def _checker(self, task: Task) -> Checker:
        if task.name not in self._checkers:
            study = self._study
            sandbox = self._open_sandbox()
            try:
                self._checkers[task.name] = Checker.open(
                    sandbox,
                    self._settled(task, sandbox),
                    list_seeds=[
                        derived_seed(study.seed, "feedback list", number)
                        for number in range(1, study.lists + 1)
                    ],
                    seed=derived_seed(study.seed, "feedback", task.name),
                    limits=limits_of(study),
                    time_factor=study.limits.time_factor,
                )
            except BaseException:
                sandbox.close()
                raise
        return self._checkers[task.name]

    def _settled(self, task: Task, sandbox: ProgramSandbox) -> Task:
        if not task.takes_size:
            return task
        limits = limits_of(self._study)
        return task.sized(self._sizes.settle(task, lambda: find_size(sandbox, task, limits=limits)))


def with_figures(judged: Judged, pairs: Sequence[TimedPair], spread: Spread) -> Judged:
    """Add how the runs compare with those of the reference before them, those left out that were disturbed.

    Parameters
    ----------
    spread : of the task's programs so far; these runs are taken in. The noise is that of these runs or of all,
        whichever is larger.
    """
    quiet = [
        pair for pair in pairs if not (pair.program.contaminated or pair.reference.contaminated)
    ] or pairs
    logs = [math.log(pair.program.seconds / pair.reference.seconds) for pair in quiet]
    if not logs:
        return judged
    cpu = [
        math.log(pair.program.cpu_seconds / pair.reference.cpu_seconds)
        for pair in quiet
        if pair.program.cpu_seconds and pair.reference.cpu_seconds
    ]
    spread.take(logs)
    return dataclasses.replace(
        judged,
        ratio=_short(math.exp(statistics.fmean(logs))),
        cpu_ratio=_short(math.exp(statistics.fmean(cpu))) if len(cpu) == len(logs) else None,
        noise=_short(_noise(logs, spread.variance)),
        at_most=any(pair.program.is_bound for pair in quiet),
    )


def _noise(logs: Sequence[float], pooled: float | None) -> float:
    """Return the standard error of the mean of these logarithms."""
    own = statistics.variance(logs) if len(logs) > 1 else None
    known = [variance for variance in (own, pooled) if variance is not None]
    return math.sqrt(max(known) / len(logs)) if known else _UNKNOWN_NOISE


def _short(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
