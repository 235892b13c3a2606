"""Verification as a library: opened once, then asked from scripts, notebooks, event loops and threads."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import math
import secrets
import statistics
import threading
from collections import deque
from typing import TYPE_CHECKING, Self

from refinery_plugin._errors import RefineryError
from refinery_plugin._sandbox import Limits
from refinery_plugin._timing.program_file import classified
from refinery_plugin._training.deadline import Allowance, BoundedSandbox
from refinery_plugin._training.faults import killed_for_memory, log, ours
from refinery_plugin._training.forked import begins_anew_in_children
from refinery_plugin._training.shared_sandbox import SharedSandbox
from refinery_plugin._training.verification import Verification, of_fault, of_judgement
from refinery_plugin._verification.checker import Checker, TimedPair
from refinery_plugin._verification.cores import Cores
from refinery_plugin._verification.ports import wall_clock
from refinery_plugin._verification.seeds import derived_seed
from refinery_plugin._verification.steps import Decided, RunAhead, RunPassed, ShortInputsJudged
from refinery_plugin._verification.verdict import CORRECT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import TracebackType

    from refinery_plugin._study.task import Task
    from refinery_plugin._timing.lock import MachineLock
    from refinery_plugin._training.measuring_slot import Slot
    from refinery_plugin._verification.ports import ProgramSandbox
    from refinery_plugin._verification.run_usage import RunFigures
    from refinery_plugin._verification.steps import Step
    from refinery_plugin._verification.verdict import Judgement

_MIB = 1 << 20
_LEAST_RUNS_FOR_NOISE = 4
_REMEMBERED_RUNS = 200


class Verifier:
    """Judges programs of one task, and times them beside the task's reference.

    A context manager. The sandbox is opened when it is first needed, once; ``close`` leaves no process, thread,
    descriptor or file behind. Any thread may ask, also while others do. A child that is forked opens its own sandbox
    when it first asks, with the same seed, and leaves the parent's alone. What a program does is never raised: it is
    a verdict. What goes wrong on our side once it is open is no verdict, but ``Verification.fault``.

    Parameters
    ----------
    sandbox : ``auto``, or the name of a backend.
    packages : distributions that programs may import, with what these require.
    seed : decides all inputs; ``None`` for a fresh one, so that no program can know them.
    time_factor : a call may take so many times what the reference needs, and a second at least.
    load_seconds : importing a program may take so long.
    memory_mb : memory of a program with all its processes.
    deadline : seconds that one program may be waited for in all; by default what it may take to load, and what all
        short inputs together may take (thirty times what one call may).
    lists : how many full-size inputs programs are called with; what is timed is timed on all of them.
    lock : who may time on this machine.
    place : a sandbox with its slot that several verifiers share; it stays open when this is closed.
    """

    def __init__(
        self,
        task: Task,
        sandbox: str = "auto",
        packages: Sequence[str] = ("numpy",),
        seed: int | None = None,
        *,
        time_factor: int = 10,
        load_seconds: float = 10.0,
        memory_mb: int = 2048,
        deadline: float | None = None,
        lists: int = 1,
        lock: MachineLock | None = None,
        place: SharedSandbox | None = None,
    ) -> None:
        self.task = task
        self.seed = secrets.randbits(63) if seed is None else seed
        self._owns_place = place is None
        self._place = place or SharedSandbox(sandbox, packages=packages, lock=lock)
        self._time_factor = time_factor
        self._limits = Limits(memory_bytes=memory_mb * _MIB, processes=64, load_seconds=load_seconds)
        if deadline is not None and not deadline > 0:
            raise RefineryError(f"deadline must be a number of seconds above 0, got {deadline!r}")
        self._deadline = deadline
        self._lists = lists
        self._opening = threading.Lock()
        self._checker: Checker | None = None
        self._closed = False
        self._reference_logs: dict[int, list[float]] = {}
        begins_anew_in_children(self)

    def begin_anew(self) -> None:
        """Open again when first asked, in a child that was forked."""
        self._opening = threading.Lock()
        self._checker = None

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def sandbox(self) -> str:
        """Name of the sandbox that programs run in; opens it."""
        return self.open().bench.sandbox.name

    def open(self) -> Checker:
        """Open the sandbox, draw the inputs, and see that the reference is correct here. Idempotent.

        Raises
        ------
        RefineryError : when programs cannot be contained here, or the task's own reference is not correct.
        """
        with self._opening:
            if self._closed:
                raise RefineryError(f"the verifier of task {self.task.name!r} is closed; make another")
            if self._checker is None:
                try:
                    self._checker = self._opened(self._place.open())
                except BaseException:
                    if self._owns_place:
                        self._place.close()
                    raise
            return self._checker

    def close(self) -> None:
        """Wait until nobody verifies any more, and leave nothing behind. Idempotent."""
        with self.slot.alone(), self._opening:
            self._closed = True
            self._checker = None
            if self._owns_place:
                self._place.close()

    def verify(self, source: str | bytes, timed: bool = False, runs: int = 3) -> Verification:  # noqa: FBT001, FBT002
        """Judge one program; where it is correct and ``timed``, time it so often on each full-size input.

        Raises
        ------
        RefineryError : when this cannot be opened, or is closed. After that nothing is raised.
        """
        return self.verify_many([source], timed=timed, runs=runs, workers=1)[0]

    def verify_many(
        self,
        sources: Iterable[str | bytes],
        timed: bool = False,  # noqa: FBT001, FBT002
        workers: int = 2,
        *,
        runs: int = 3,
        counterexamples: bool = True,
    ) -> list[Verification]:
        """Judge programs, ``workers`` at a time; what is timed is timed afterwards, one alone at a time.

        Parameters
        ----------
        counterexamples : whether the smallest input is searched for that shows what is wrong; else the first one is
            told, which is quicker.

        Returns
        -------
        One for each source, in their order. The same program is judged once.

        Raises
        ------
        RefineryError : as ``verify`` does.
        """
        return verify_each(
            [(self, source) for source in sources],
            timed=timed,
            workers=workers,
            runs=runs,
            counterexamples=counterexamples,
        )

    # ------------------------------------------------------------------------------------------------------------

    @property
    def slot(self) -> Slot:
        """Who may do what at once."""
        return self._place.slot

    def deadline(self, checker: Checker) -> float:
        """Seconds that one program may be waited for."""
        if self._deadline is not None:
            return self._deadline
        pace = checker.bench.pace
        return self._limits.load_seconds + pace.short_limit

    def noise(self) -> float | None:
        """Variance of the log seconds of one run of the reference, from runs that follow each other."""
        squares = [
            (after - before) ** 2 / 2
            for logs in self._reference_logs.values()
            for before, after in itertools.pairwise(logs)
        ]
        return statistics.fmean(squares) if len(squares) >= _LEAST_RUNS_FOR_NOISE - 1 else None

    def learn(self, number: int, log_seconds: float) -> None:
        """Take in a timed run of the reference on a list."""
        logs = self._reference_logs.get(number, [])
        self._reference_logs[number] = [*logs[1 - _REMEMBERED_RUNS :], log_seconds]

    def _opened(self, sandbox: ProgramSandbox) -> Checker:
        numbers = range(1, self._lists + 1) if self.task.is_timed else ()
        return Checker.open(
            sandbox,
            self.task,
            list_seeds=[derived_seed(self.seed, "list", number) for number in numbers],
            seed=self.seed,
            limits=self._limits,
            time_factor=self._time_factor,
            # Threads of the caller's process are not ours to move.
            cores=Cores.everywhere(),
        )


def verify_each(
    programs: Iterable[tuple[Verifier, str | bytes]],
    *,
    timed: bool,
    workers: int,
    runs: int = 3,
    counterexamples: bool = True,
) -> list[Verification]:
    """Judge programs of one or several tasks, as ``Verifier.verify_many`` does; the verifiers share one place."""
    if workers < 1 or runs < 1:
        raise RefineryError(f"workers and runs must be at least 1, got {workers} and {runs}")
    asked = [
        (verifier, source if isinstance(source, bytes) else _bytes(source)) for verifier, source in programs
    ]
    judging = {
        (verifier, text): _Judging(
            verifier, verifier.open(), text, runs=runs if timed else 0, shrinks=counterexamples
        )
        for verifier, text in dict.fromkeys(asked)
    }
    _verify_all(judging.values(), workers=workers)
    for one in judging.values():
        one.time()
    return [judging[pair].verification() for pair in asked]


class _Judging:
    """One program on its way: what may go on beside others first, then its timed runs, alone.

    Nothing is raised: a fault that is not the program's is kept, and told instead of a verdict.
    """

    def __init__(
        self, verifier: Verifier, checker: Checker, source: bytes, *, runs: int, shrinks: bool
    ) -> None:
        self._verifier = verifier
        self._checker = checker
        self._source = source
        self._runs = runs if verifier.task.is_timed else 0
        self._shrinks = shrinks
        self._judgement: Judgement = CORRECT
        self._fault: str | None = None
        self._steps: Iterator[Step] | None = None
        self._pairs: list[TimedPair] = []
        self._reference: RunFigures | None = None
        self._killed = killed_for_memory()

    def verify(self) -> None:
        """Do all that may go on beside others."""
        refusal = classified(self._source).refusal
        if refusal is not None:
            self._judgement = refusal
            return
        with self._verifier.slot.shared():
            self._guarded(self._begin)

    def time(self) -> None:
        """Do the rest, if there is one, while nothing else goes on."""
        if self._steps is not None:
            with self._verifier.slot.timing():
                self._guarded(self._go_on)

    def verification(self) -> Verification:
        """Return what was found."""
        if self._fault is not None:
            return of_fault(self._fault)
        return of_judgement(self._judgement, self._pairs, noise=self._verifier.noise())

    def _begin(self) -> None:
        checker, verifier = self._checker, self._verifier
        allowance = Allowance(verifier.deadline(checker))
        bench = checker.bench
        bounded = checker.within(BoundedSandbox(bench.sandbox, allowance, exempt=bench.reference))
        examination = bounded.examination(
            self._source, key=hashlib.sha256(self._source).hexdigest(), shrinks=self._shrinks
        )
        self._steps = examination.steps(runs=self._runs or 1, timer=wall_clock if self._runs else None)
        self._go_on()

    def _go_on(self) -> None:
        steps = self._steps
        if steps is None:
            raise RuntimeError("nothing has begun")
        for step in steps:
            self._take(step)
            if isinstance(step, ShortInputsJudged) and step.judgement.correct and self._runs:
                return  # what follows is timed
        self._steps = None

    def _take(self, step: Step) -> None:
        if isinstance(step, RunAhead):
            if self._runs:
                self._reference = self._checker.time_reference(step.number, timer=wall_clock).figures
                self._verifier.learn(step.number, math.log(self._reference.seconds))
        elif isinstance(step, RunPassed):
            if self._reference is not None:
                self._pairs.append(TimedPair(program=step.figures, reference=self._reference))
        elif isinstance(step, Decided):
            self._judgement = step.judgement
            if not step.judgement.correct:
                fault = ours(
                    step.judgement, self._checker, seed=self._verifier.seed, killed_before=self._killed
                )
                self._fault = None if fault is None else log(fault)

    def _guarded(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception as exc:  # noqa: BLE001 - whatever it is, it is not the program's
            self._fault = log(str(exc) if isinstance(exc, RefineryError) else f"{type(exc).__name__}: {exc}")
            self._steps = None


def _verify_all(judging: Iterable[_Judging], *, workers: int) -> None:
    """Verify programs, this thread among those that do; fewer at once where no more threads can be had."""
    waiting = deque(judging)

    def work() -> None:
        while True:
            try:
                one = waiting.popleft()
            except IndexError:
                return
            one.verify()

    helpers: list[threading.Thread] = []
    try:
        with contextlib.suppress(RuntimeError):  # the limit on threads
            for number in range(1, min(workers, len(waiting))):
                helper = threading.Thread(target=work, name=f"refinery-verifier-{number}")
                helper.start()
                helpers.append(helper)
        work()
    finally:
        waiting.clear()
        for helper in helpers:
            helper.join()


def _bytes(source: object) -> bytes:
    if not isinstance(source, str):
        raise RefineryError(f"a program must be given as its source text, got {type(source).__name__}")
    return source.encode("utf-8", "surrogatepass")
