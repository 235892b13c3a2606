"""Judges programs of one task, one after the other: opened once, for a session, for feedback, for anybody."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING, Self

from refinery_plugin._errors import RefineryError
from refinery_plugin._verification.bench import Bench
from refinery_plugin._verification.cores import Cores
from refinery_plugin._verification.examination import Examination
from refinery_plugin._verification.foreign_reference import SandboxedReference
from refinery_plugin._verification.hand_over import Pace
from refinery_plugin._verification.inputs import BrokenReferenceError, Inputs
from refinery_plugin._verification.ports import wall_clock
from refinery_plugin._verification.run import run_once
from refinery_plugin._verification.run_usage import NO_WAITING, RunFigures, Waiting
from refinery_plugin._verification.seeds import derived_seed
from refinery_plugin._verification.short_inputs import ShortCheck
from refinery_plugin._verification.sizing import find_size
from refinery_plugin._verification.steps import Decided, RunAhead, RunPassed
from refinery_plugin._verification.verdict import CORRECT, Judgement, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from refinery_plugin._sandbox import Limits
    from refinery_plugin._study.task import Task
    from refinery_plugin._verification.ports import ProgramSandbox, Timer

FIRST_LIMIT = 60.0
"""Seconds for the reference's first call, before anything is known of this machine's pace."""


class ReferenceFailedError(RefineryError):
    """The task's own reference is not correct in the sandbox: no verdict of this machine can be trusted."""

    def __init__(self, sandbox: ProgramSandbox, judgement: Judgement) -> None:
        super().__init__(
            f"the task's own reference is not correct in sandbox {sandbox.name} ({judgement}): that is the machine or "
            f"its set-up, not a program, so nothing is judged here. {sandbox.describe()}. Look for too little memory, "
            "a very busy machine, a broken Python, or limits in the study that are too low"
        )
        self.judgement = judgement


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TimedPair:
    """One run of a program, and the run of the reference on the same list just before it."""

    program: RunFigures
    reference: RunFigures


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What became of one program; ``pairs`` are its timed runs, empty where none were asked for or it is wrong."""

    judgement: Judgement
    waiting: Waiting
    pairs: tuple[TimedPair, ...] = ()


class Checker:
    """Judges any number of programs of one task; a context manager that closes the sandbox.

    Parameters
    ----------
    seed : decides the inputs and, with a program's key, the order of its runs.
    opening : how long the reference was waited for when this was opened.
    """

    def __init__(self, bench: Bench, inputs: Inputs, *, seed: int, opening: Waiting) -> None:
        self.bench = bench
        self.inputs = inputs
        self.opening = opening
        self._seed = seed

    @classmethod
    def open(
        cls,
        sandbox: ProgramSandbox,
        task: Task,
        *,
        list_seeds: Sequence[int],
        seed: int,
        limits: Limits,
        time_factor: int,
        cores: Cores | None = None,
    ) -> Checker:
        """Draw the inputs, see that the reference is correct in the sandbox, and learn its pace.

        Parameters
        ----------
        task : its size is found, where it is still open.
        list_seeds : of the full-size lists that programs are called with.
        seed : decides all other inputs.
        time_factor : a call may take so many times what the reference needs.
        cores : where programs run.

        Raises
        ------
        ReferenceFailedError : when the reference is not correct here.
        RefineryError : for other faults of the task, the machine or the set-up.
        """
        if task.takes_size:
            task = task.sized(find_size(sandbox, task, limits=limits, cores=cores))
        pace = Pace(factor=1, seconds=FIRST_LIMIT)
        bench = Bench(sandbox, task=task, limits=limits, pace=pace, cores=cores or Cores.divided())
        reference = SandboxedReference(bench)
        try:
            inputs = Inputs.make(task, list_seeds=list_seeds, verify_seed=seed, ask=reference)
            bench.arrays = inputs.arrays
            slowest, short, opening = _try_reference(bench, inputs, seed=seed)
        finally:
            reference.close()
        pace.factor, pace.seconds, pace.short_seconds = time_factor, slowest, short
        return cls(bench, inputs, seed=seed, opening=opening)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the sandbox. Idempotent."""
        self.bench.sandbox.close()

    def within(self, sandbox: ProgramSandbox) -> Checker:
        """Return a checker of the same inputs and the same pace whose programs start in another sandbox."""
        own = self.bench
        bench = Bench(sandbox, task=own.task, limits=own.limits, pace=own.pace, cores=own.cores)
        bench.arrays = own.arrays
        return Checker(bench, self.inputs, seed=self._seed, opening=self.opening)

    def examination(self, source: bytes, *, key: str, shrinks: bool = True) -> Examination:
        """Return the examination of a program, not begun; ``key`` and the seed decide the order of its runs.

        ``shrinks``: whether the smallest input is searched for that shows what is wrong.
        """
        return Examination(
            source,
            bench=self.bench,
            inputs=self.inputs,
            seed=self._seed,
            order_seed=derived_seed(self._seed, "runs", key),
            shrinks=shrinks,
        )

    def check(
        self, source: bytes, *, key: str | None = None, runs: int = 0, timer: Timer = wall_clock
    ) -> Check:
        """Judge a program and, where it is asked for, time it with the reference beside it.

        Parameters
        ----------
        key : names the program; its checksum unless given.
        runs : timed runs on each list, each after one of the reference; with 0 each list is tried, untimed.

        Raises
        ------
        ReferenceFailedError : when the reference fails beside it.
        RefineryError : for other faults that are not the program's.
        """
        examination = self.examination(source, key=key or hashlib.sha256(source).hexdigest())
        waiting, judgement = NO_WAITING, CORRECT
        reference: RunFigures | None = None
        pairs: list[TimedPair] = []
        for step in examination.steps(runs=runs or 1, timer=timer if runs else None):
            if isinstance(step, RunAhead):
                reference = self.time_reference(step.number, timer=timer).figures if runs else None
                continue
            waiting += step.waiting
            if isinstance(step, RunPassed) and reference is not None:
                pairs.append(TimedPair(program=step.figures, reference=reference))
            elif isinstance(step, Decided):
                judgement = step.judgement
        return Check(judgement=judgement, waiting=waiting, pairs=tuple(pairs) if judgement.correct else ())

    def time_reference(self, number: int, *, timer: Timer) -> RunPassed:
        """Time the reference on a list, numbered from 1, as programs are; its pace is learned.

        Raises
        ------
        ReferenceFailedError : when it is not correct.
        """
        bench = self.bench
        run = run_once(bench, bench.reference, self.inputs.timed[number - 1], timer=timer, trusted=True)
        if not run.judgement.correct or run.figures is None:
            raise ReferenceFailedError(bench.sandbox, run.judgement)
        bench.pace.seconds = max(bench.pace.seconds, run.figures.seconds)
        return RunPassed(number=number, limit=run.limit, figures=run.figures, waiting=run.timing)


def _try_reference(bench: Bench, inputs: Inputs, *, seed: int) -> tuple[float, float, Waiting]:
    """See that the reference is correct on this machine.

    Returns
    -------
    Its slowest seconds, of a full-size call where there are any, its seconds for all short inputs together, and how
    long it was waited for.
    """
    check = ShortCheck(bench, bench.reference, inputs, seed=seed)
    judgement = check.run()
    waiting, slowest = check.waiting, 0.0 if inputs.disguised else check.slowest
    inputs.ahead.begin()
    for case in inputs.disguised:
        if not judgement.correct:
            break
        run = run_once(bench, bench.reference, case, trusted=True)
        judgement = run.judgement
        slowest = max(slowest, run.seconds)
        waiting += run.verifying
    inputs.wait()
    if judgement.verdict is Verdict.WRONG_ANSWER and bench.task.foreign:
        raise BrokenReferenceError(
            f"task {bench.task.name!r}: the reference does not pass its own examples: {judgement.reason}; mend one of "
            "the two"
        )
    if not judgement.correct:
        raise ReferenceFailedError(bench.sandbox, judgement)
    return slowest, check.waiting.verify, waiting
