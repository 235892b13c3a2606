"""One run of one program in a fresh sandbox, and what it used."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING

from refinery_plugin._verification.hand_over import ATTEMPTS, Early, Pace
from refinery_plugin._verification.quietness import Cores, Load, is_contaminated
from refinery_plugin._verification.verdict import CORRECT, Judgement, Verdict, failed, judge

if TYPE_CHECKING:
    from refinery_plugin._sandbox import Limits, Outcome, Sandbox, Worker
    from refinery_plugin._study.task import Task
    from refinery_plugin._verification.inputs import Case

_PATIENCE = 10
_SHORT_SETTLE_SECONDS, _SETTLE_SECONDS = 0.1, 1.0
_SAMPLES = 3


@dataclasses.dataclass(slots=True, kw_only=True)
class Waiting:
    """Seconds that were spent waiting for a program inside sandboxes: loading it, and everything else."""

    load: float = 0.0
    verify: float = 0.0
    timed: float = 0.0

    def add(self, other: Waiting) -> None:
        """Add another sum to this one."""
        self.load += other.load
        self.verify += other.verify
        self.timed += other.timed


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one finished run used; seconds, ``None`` where the kernel keeps no such figure."""

    seconds: float
    cpu_seconds: float | None
    queue_seconds: float | None
    revealed_seconds: float | None
    contaminated: bool | None


class Bench:
    """Where programs run: a sandbox, its limits and the reference's pace."""

    def __init__(self, sandbox: Sandbox, *, task: Task, limits: Limits, pace: Pace, cores: Cores) -> None:
        self.sandbox = sandbox
        self.task = task
        self.limits = limits
        self.pace = pace
        self.cores = cores
        self.reference = task.reference.encode()

    def start(self, source: bytes) -> Worker:
        """Start a program in a fresh process."""
        with self.cores.for_programs():
            return self.sandbox.start(
                source,
                entry_point=self.task.entry_point,
                result_type=self.task.result_type,
                limits=self.limits,
            )


class Run:
    """One full-size call of a program: ``prepare``, the call itself, ``finish``. Never raises for the program's sake.

    The same for the reference, for verification lists and for timed ones, so no program can tell which call counts.
    """

    def __init__(self, bench: Bench, source: bytes, case: Case, *, trusted: bool = False) -> None:
        self.judgement: Judgement | None = None
        self.figures: Figures | None = None
        self.waiting = Waiting()
        # The reference is no suspect: what slows it down is the machine, and that is told otherwise.
        self.limit = bench.pace.limit * (_PATIENCE if trusted else 1)
        self._bench = bench
        self._source = source
        self._case = case
        self._trusted = trusted
        self._worker: Worker | None = None
        self._outcome: Outcome | None = None
        self._before: Load | None = None
        self._fault: BaseException | None = None

    def prepare(self) -> None:
        """Start, load, hand over; a program that computes too much meanwhile gets another chance, then a verdict."""
        for attempt in range(ATTEMPTS):
            if not self._load(settle=_SETTLE_SECONDS if attempt else _SHORT_SETTLE_SECONDS):
                return
            early = self._hand_over()
            if self.judgement is not None:
                break
            if self._trusted:
                self._bench.pace.learn(early.all)
                break
            suspicion = early.suspicion(self._bench.pace)
            if suspicion is None:
                break
            self._close()
            if attempt == ATTEMPTS - 1:
                self.judgement = suspicion
            else:
                # The machine may have become slower since the reference was last measured: ask it again.
                self._measure_reference()
        self._before = Load.now()

    def __call__(self) -> None:
        """Make the call that is timed; what goes wrong is told by ``finish``."""
        if self._worker is None or self.judgement is not None:
            return
        try:
            self._outcome = self._worker.go(self.limit)
        except Exception as exc:  # noqa: BLE001 - raised again in finish: here it would cost the whole benchmark file
            self._fault = exc

    def finish(self, seconds: float) -> Judgement:
        """End the process and judge; ``seconds`` is what the caller's timer says of the call."""
        after = Load.now()
        worker, outcome = self._worker, self._outcome
        if worker is None or outcome is None or self._fault is not None:
            self._close()
            if self._fault is not None:
                raise self._fault
            return self.judgement or CORRECT
        usage = worker.close()
        self._worker = None
        self.judgement = judge(outcome, expected=self._case.expected, where=self._case.where)
        if usage.tampering is not None:
            self.judgement = Judgement(
                verdict=Verdict.TAMPERING, reason=f"{self._case.where}: {usage.tampering}"
            )
        self.figures = Figures(
            seconds=seconds,
            cpu_seconds=usage.cpu_seconds,
            queue_seconds=usage.queue_seconds,
            revealed_seconds=usage.revealed_seconds,
            contaminated=is_contaminated(
                seconds=seconds,
                cpu_seconds=usage.cpu_seconds,
                queue_seconds=usage.queue_seconds,
                tasks=usage.peak_tasks,
                before=self._before,
                after=after,
            ),
        )
        return self.judgement

    def abandon(self) -> None:
        """End the process, whatever it is doing."""
        self._close()

    def _load(self, *, settle: float) -> bool:
        self._worker = self._bench.start(self._source)
        start = time.perf_counter()
        outcome = self._worker.load(self._bench.limits.load_seconds)
        if outcome is None:
            self._worker.settle(settle)
        self.waiting.load += time.perf_counter() - start
        if outcome is not None:
            self.judgement = failed(outcome, where="while it was loaded")
            self._close()
        return outcome is None

    def _hand_over(self) -> Early:
        worker = self._worker
        if worker is None:  # pragma: no cover - _load has just set it
            return Early(all=0.0, aside=0.0)
        start = time.perf_counter()
        # Decoding needs a fraction of what the reference needs for its work.
        outcome = worker.hand_over(self._case.payload, self.limit)
        self.waiting.load += time.perf_counter() - start
        if outcome is not None:
            self.judgement = failed(outcome, where=self._case.where)
            self._close()
        return Early(all=worker.hand_over_cpu_seconds, aside=worker.side_cpu_seconds)

    def _measure_reference(self) -> None:
        pace = self._bench.pace
        for _ in range(_SAMPLES):
            with self._bench.start(self._bench.reference) as worker:
                fault = worker.load(self._bench.limits.load_seconds) or worker.hand_over(
                    self._case.payload, self.limit
                )
                if fault is None:
                    pace.learn(worker.hand_over_cpu_seconds)

    def _close(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()
