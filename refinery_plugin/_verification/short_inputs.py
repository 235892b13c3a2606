"""Short inputs: all in one process, and the smallest that shows a fault."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from refinery_plugin._verification.drawn_inputs import smallest
from refinery_plugin._verification.inputs import short_case
from refinery_plugin._verification.program import SandboxedProgram
from refinery_plugin._verification.run_usage import Waiting
from refinery_plugin._verification.verdict import CORRECT, Judgement, Verdict, failed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from refinery_plugin._study.task import Arguments
    from refinery_plugin._verification.bench import Bench
    from refinery_plugin._verification.inputs import Case, Inputs

_SHRINKABLE = (Verdict.WRONG_ANSWER, Verdict.ERROR)
_MOST_STARTS = 40
"""Processes that shrinking may cost, for a program that ends its own."""


class ShortCheck:
    """The short inputs of one program."""

    def __init__(
        self, bench: Bench, source: bytes, inputs: Inputs, *, seed: int, shrinks: bool = True
    ) -> None:
        self._call_seconds = 0.0
        self.slowest = 0.0
        """Seconds of the slowest call."""
        self._bench = bench
        self._program = SandboxedProgram(bench, source)
        self._inputs = inputs
        self._seed = seed
        self._shrinks = shrinks

    @property
    def waiting(self) -> Waiting:
        """How long the program has been waited for."""
        return Waiting(load=self._program.load_seconds, verify=self._call_seconds)

    def run(self) -> Judgement:
        """Judge the program on all short inputs; a wrong one is shrunk, unless the first will do."""
        try:
            judgement = self._first_fault(self._inputs.short)
            shrinks = self._shrinks and judgement.verdict in _SHRINKABLE and self._program.starts > 0
            strategy = self._bench.task.made_strategy() if shrinks else None
            if strategy is None:
                return judgement
            return smallest(
                strategy,
                self._again,
                seed=self._seed,
                like=judgement,
                seconds=3 * self._bench.pace.limit,
            )
        finally:
            self._program.close()

    def _first_fault(self, cases: Iterable[Case]) -> Judgement:
        failure = self._program.load()
        if failure is not None:
            return failed(failure, where="while it was loaded")
        limit = self._bench.pace.short_limit
        for case in cases:
            judgement = self._call(case)
            if not judgement.correct:
                return judgement
            if self._call_seconds > limit:
                reason = f"its short inputs together took more than {limit:.1f} s"
                return Judgement(verdict=Verdict.TIMEOUT, reason=reason)
        return CORRECT

    def _call(self, case: Case) -> Judgement:
        start = time.perf_counter()
        outcome = self._program.call(case.payload, self._bench.pace.limit)
        seconds = time.perf_counter() - start
        self._call_seconds += seconds
        self.slowest = max(self.slowest, seconds)
        judgement = case.judge(outcome)
        if not outcome.ok:
            # It may have gone with the call; and what an exception left behind should not decide the next.
            self._program.close()
        return judgement

    def _again(self, arguments: Arguments) -> Judgement:
        case = short_case(arguments, self._inputs.answers)
        program = self._program
        if not program.alive and (program.starts >= _MOST_STARTS or program.load() is not None):
            return CORRECT
        return self._call(case)
