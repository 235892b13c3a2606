"""One call of one program in a fresh sandbox: prepared, made, finished, judged."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING

from refinery_plugin._sandbox.machine_load import Load
from refinery_plugin._verification.contamination import is_contaminated
from refinery_plugin._verification.hand_over import ATTEMPTS
from refinery_plugin._verification.ports import wall_clock
from refinery_plugin._verification.program import SandboxedProgram
from refinery_plugin._verification.run_usage import RunFigures, Waiting
from refinery_plugin._verification.verdict import Judgement, Verdict, failed

if TYPE_CHECKING:
    from refinery_plugin._sandbox import Outcome
    from refinery_plugin._verification.bench import Bench
    from refinery_plugin._verification.inputs import Case
    from refinery_plugin._verification.ports import Timer

_PATIENCE = 10
_SHORT_SETTLE_SECONDS, _SETTLE_SECONDS = 0.1, 1.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FinishedRun:
    """What came of a run; ``figures`` is ``None`` where no call was made, since something was wrong before it.

    ``load_seconds`` were spent waiting for the program before the call, and ``limit`` seconds were allowed for it.
    """

    judgement: Judgement
    figures: RunFigures | None
    load_seconds: float
    limit: float

    @property
    def seconds(self) -> float:
        """What the timer said of the call; 0 where none was made."""
        return 0.0 if self.figures is None else self.figures.seconds

    @property
    def verifying(self) -> Waiting:
        """How long the program was waited for, where the call only verified."""
        return Waiting(load=self.load_seconds, verify=self.seconds)

    @property
    def timing(self) -> Waiting:
        """How long the program was waited for, where the call was timed."""
        return Waiting(load=self.load_seconds, timed=self.seconds)


def run_once(
    bench: Bench, source: bytes, case: Case, *, timer: Timer = wall_clock, trusted: bool = False
) -> FinishedRun:
    """Call a program on one input, in a process of its own.

    The same for the reference, for verification lists and for timed ones, so no program can tell which call counts.

    Parameters
    ----------
    timer : makes the call, once, and says how long it took.
    trusted : whether this is the reference, which is no suspect and whose pace is learned.

    Raises
    ------
    RefineryError : for a fault that is not the program's; nothing is ever raised for the program's sake.
    """
    with SandboxedProgram(bench, source) as program:
        run = _Run(bench, program, case, trusted=trusted)
        run.prepare()
        if run.judgement is None:
            run.finish(timer(run.call))
        return run.result()


class _Run:
    def __init__(self, bench: Bench, program: SandboxedProgram, case: Case, *, trusted: bool) -> None:
        self.judgement: Judgement | None = None
        # The reference is no suspect: what slows it down is the machine, and that is told otherwise.
        self._limit = bench.pace.limit * (_PATIENCE if trusted else 1)
        self._bench = bench
        self._program = program
        self._case = case
        self._trusted = trusted
        self._outcome: Outcome | None = None
        self._before: Load | None = None
        self._figures: RunFigures | None = None
        self._hand_over_seconds = 0.0
        self._resolution: float | None = None

    def prepare(self) -> None:
        """Start, load, hand over; where taking the data costs too much, it may be the machine: try again.

        The last attempt counts as it is: what was too much is charged to the call.
        """
        for attempt in range(ATTEMPTS):
            failure = self._program.load(settle=_SETTLE_SECONDS if attempt else _SHORT_SETTLE_SECONDS)
            if failure is not None:
                self.judgement = failed(failure, where="while it was loaded")
                return
            self._before = Load.now()
            self._hand_over()
            if self.judgement is not None:
                return
            taking = self._program.taking_seconds
            credit = self._bench.pace.resolution
            if self._trusted:
                self._bench.pace.learn(taking)
                return
            if credit is None or taking <= credit or attempt == ATTEMPTS - 1:
                return
            self._program.close()
            # The machine may have become slower since the reference was last measured: ask it again.
            self._measure_reference()

    def call(self) -> None:
        """Make the call that is timed."""
        resolution = self._resolution = self._bench.pace.resolution
        self._outcome = self._program.go(self._limit, credit=resolution, least=resolution or 0.0)

    def finish(self, seconds: float) -> None:
        """End the process and judge; ``seconds`` is what the timer says of the call."""
        after = Load.now()
        outcome, usage = self._outcome, self._program.close()
        if outcome is None or usage is None:
            raise RuntimeError("a timer must make the call")
        self.judgement = self._case.judge(outcome)
        if usage.tampering is not None:
            self.judgement = Judgement(
                verdict=Verdict.TAMPERING, reason=f"{self._case.where}: {usage.tampering}"
            )
        self._figures = RunFigures(
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
                others_seconds=usage.others_seconds,
                alive_seconds=usage.alive_seconds,
            ),
            resolution_seconds=self._resolution,
        )

    def result(self) -> FinishedRun:
        """Return what came of it."""
        if self.judgement is None:
            raise RuntimeError("the run is not finished")
        return FinishedRun(
            judgement=self.judgement,
            figures=self._figures,
            load_seconds=self._program.load_seconds + self._hand_over_seconds,
            limit=self._limit,
        )

    def _hand_over(self) -> None:
        start = time.perf_counter()
        # Decoding needs a fraction of what the reference needs for its work.
        failure = self._program.hand_over(self._case.payload, self._limit)
        self._hand_over_seconds += time.perf_counter() - start
        if failure is not None:
            self.judgement = self._case.judge(failure)

    def _measure_reference(self) -> None:
        bench = self._bench
        with SandboxedProgram(bench, bench.reference) as reference:
            failure = reference.load() or reference.hand_over(self._case.payload, self._limit)
            if failure is None:
                bench.pace.learn(reference.taking_seconds)
