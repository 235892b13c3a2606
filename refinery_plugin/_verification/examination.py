"""One program's way through its inputs: short ones, verification lists, timed lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._verification.ports import wall_clock
from refinery_plugin._verification.run import run_once
from refinery_plugin._verification.run_order import plan_runs
from refinery_plugin._verification.short_inputs import ShortCheck
from refinery_plugin._verification.steps import (
    Decided,
    Done,
    HiddenListPassed,
    RunAhead,
    RunPassed,
    ShortInputsJudged,
)
from refinery_plugin._verification.verdict import CORRECT

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from refinery_plugin._verification.bench import Bench
    from refinery_plugin._verification.inputs import Inputs
    from refinery_plugin._verification.ports import Timer
    from refinery_plugin._verification.steps import Step


class Examination:
    """Judges one program by all inputs, in a random order.

    Parameters
    ----------
    seed : of the short inputs.
    order_seed : of the order of the full-size runs.
    shrinks : whether the smallest short input is searched for that shows what is wrong, or the first is told.
    """

    def __init__(
        self,
        source: bytes,
        *,
        bench: Bench,
        inputs: Inputs,
        seed: int,
        order_seed: int,
        shrinks: bool = True,
    ) -> None:
        self._source = source
        self._bench = bench
        self._inputs = inputs
        self._seed = seed
        self._order_seed = order_seed
        self._shrinks = shrinks

    def steps(self, *, runs: int = 1, timer: Timer | None = None, done: Done | None = None) -> Iterator[Step]:
        """Yield each step as soon as it is finished; the next begins when it is asked for.

        Parameters
        ----------
        runs : on each timed list.
        timer : times these runs; without one they only verify.
        done : what is left out.

        Raises
        ------
        RefineryError : for a fault that is not the program's.
        """
        done = done or Done()
        short = done.short
        if short is None:
            check = ShortCheck(
                self._bench, self._source, self._inputs, seed=self._seed, shrinks=self._shrinks
            )
            short = check.run()
            yield ShortInputsJudged(judgement=short, waiting=check.waiting)
        if not short.correct:
            yield Decided(judgement=short)
            return
        wrong = yield from self._full_size(runs, timer, done)
        if wrong is None:
            yield Decided(judgement=CORRECT)
        else:
            yield wrong

    def _full_size(self, runs: int, timer: Timer | None, done: Done) -> Generator[Step, None, Decided | None]:
        lists, disguised = len(self._inputs.timed), len(self._inputs.disguised)
        order = plan_runs(lists=lists, runs=runs, disguised=disguised, seed=self._order_seed)
        before = iter(order.before)
        for number in order.lists:
            for position in range(runs):
                wrong = yield from self._hidden(next(before), done)
                if wrong is None and position >= done.runs.get(number, 0):
                    wrong = yield from self._timed(number, timer)
                if wrong is not None:
                    return wrong
        return (yield from self._hidden(next(before), done))

    def _hidden(self, indexes: tuple[int, ...], done: Done) -> Generator[Step, None, Decided | None]:
        for index in indexes:
            if index in done.hidden:
                continue
            run = run_once(self._bench, self._source, self._inputs.disguised[index])
            if not run.judgement.correct:
                return Decided(judgement=run.judgement, waiting=run.verifying)
            yield HiddenListPassed(index=index, waiting=run.verifying)
        return None

    def _timed(self, number: int, timer: Timer | None) -> Generator[Step, None, Decided | None]:
        yield RunAhead(number=number)
        case = self._inputs.timed[number - 1]
        run = run_once(self._bench, self._source, case, timer=timer or wall_clock)
        waiting = run.verifying if timer is None else run.timing
        if not run.judgement.correct or run.figures is None:
            return Decided(judgement=run.judgement, waiting=waiting)
        yield RunPassed(number=number, limit=run.limit, figures=run.figures, waiting=waiting)
        return None
