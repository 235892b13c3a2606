"""The size of full-size inputs, where a task leaves it open: the smallest that keeps the reference busy long enough."""

from __future__ import annotations

import math
import statistics
import time
from typing import TYPE_CHECKING

from refinery_plugin._errors import RefineryError
from refinery_plugin._sandbox import encode_arguments
from refinery_plugin._verification.bench import Bench
from refinery_plugin._verification.cores import Cores
from refinery_plugin._verification.hand_over import Pace
from refinery_plugin._verification.inputs import require_arguments
from refinery_plugin._verification.program import SandboxedProgram
from refinery_plugin._verification.time_allowed import SAMPLE_SECONDS, TooSlowError, within
from refinery_plugin._verification.verdict import failed

if TYPE_CHECKING:
    from collections.abc import Callable

    from refinery_plugin._sandbox import Limits
    from refinery_plugin._study.task import Arguments, Task
    from refinery_plugin._verification.ports import ProgramSandbox

LARGEST = 2**40
_MUST_WORK = 64
"""From this size on, a sample or a reference that fails is at fault; a smaller size may just be too small."""
_FAR, _NEAR = 100, 3
"""Times so many times off are taken from one run; nearer ones from several."""
_RUNS = 3
_FINE = 32
_PLAIN = 100
"""Larger sizes are rounded up to two digits."""
_PATIENCE = 20
"""A call is given up after so many times the seconds that are wanted: it takes more, and that is all to be known."""
_LEAST_PATIENCE = 2.0
_MOST_BYTES = 128 << 20
"""Inputs may become so large."""


class SizeError(RefineryError):
    """No size can be found for a task."""


def smallest_size(takes: Callable[[int], float], seconds: float, *, largest: int = LARGEST) -> int:
    """Return the smallest size that takes so long; above a hundred, to within a few per cent, with two digits.

    Parameters
    ----------
    takes : from a size to the seconds that it takes, more for larger ones.

    Raises
    ------
    SizeError : when even ``largest`` takes less.

    Examples
    --------
    >>> smallest_size(lambda size: size / 1000, 0.1), smallest_size(lambda size: size**2 / 1e9, 0.1)
    (100, 11000)
    """
    below, above = 0, 1
    while (taken := takes(above)) < seconds:
        if above >= largest:
            raise SizeError(f"at size {above:,} the reference takes {taken:.3g} s, not {seconds:g} s")
        below = above
        above = min(largest, above * (4 if taken * _FAR < seconds else 2))
    while above - below > (1 if above <= _PLAIN else above // _FINE):
        middle = (below + above) // 2
        if takes(middle) < seconds:
            below = middle
        else:
            above = middle
    return _rounded_up(above)


def _rounded_up(size: int) -> int:
    if size <= _PLAIN:
        return size
    step: int = 10 ** (len(str(size)) - 2)
    return -(-size // step) * step


def find_size(
    sandbox: ProgramSandbox,
    task: Task,
    *,
    limits: Limits,
    cores: Cores | None = None,
    sample_seconds: float = SAMPLE_SECONDS,
) -> int:
    """Find the size of a task's full-size inputs on this machine: that for which its reference takes ``task.seconds``.

    Raises
    ------
    SizeError : with what goes wrong, at which size, and the remedy.
    """
    pace = Pace(factor=1, seconds=max(_LEAST_PATIENCE, _PATIENCE * task.seconds))
    bench = Bench(sandbox, task=task, limits=limits, pace=pace, cores=cores or Cores.divided())
    measured = _TimeBySize(bench, sample_seconds)
    try:
        return smallest_size(measured.takes, task.seconds)
    except SizeError as exc:
        raise SizeError(
            f"task {task.name!r}: its size cannot be found: {exc}; mend sample or reference, or write a size into the "
            "study, such as size = 10000"
        ) from exc


class _TimeBySize:
    """The reference's time by size, each call in a process of its own, as timed calls are."""

    def __init__(self, bench: Bench, sample_seconds: float) -> None:
        self._bench = bench
        self._sample_seconds = sample_seconds

    def takes(self, size: int) -> float:
        """Return the seconds that the reference takes: those of the run in the middle, where it is a near thing."""
        wanted = self._bench.task.seconds
        first = self._once(size, seed=1)
        if first * _NEAR < wanted or first > _NEAR * wanted:
            return first
        return statistics.median([first, *(self._once(size, seed=1 + run) for run in range(1, _RUNS))])

    def _once(self, size: int, *, seed: int) -> float:
        try:
            return self._call(self._drawn(size, seed))
        except _FailedError as exc:
            if size < _MUST_WORK:
                return 0.0
            raise SizeError(f"at size {size:,} {exc}") from exc

    def _drawn(self, size: int, seed: int) -> Arguments:
        sample = self._bench.task.sized(size).sample
        if sample is None:
            raise SizeError("it has no sample")
        try:
            arguments: Arguments = within(self._sample_seconds, lambda: sample(seed))
        except TooSlowError as exc:
            raise SizeError(f"at size {size:,} sample takes more than {self._sample_seconds:g} s") from exc
        except Exception as exc:
            raise _FailedError(f"sample raises {type(exc).__name__}: {exc!s:.200}") from exc
        require_arguments(self._bench.task, arguments)
        return arguments

    def _call(self, arguments: Arguments) -> float:
        bench, payload = self._bench, encode_arguments(arguments)
        bench.arrays = bench.arrays or payload.arrays
        with SandboxedProgram(bench, bench.reference) as reference:
            limit = bench.pace.limit
            failure = reference.load(settle=1.0) or reference.hand_over(payload, limit)
            began = time.perf_counter()
            outcome = failure or reference.go(limit)
            seconds = time.perf_counter() - began
            usage = reference.close()
        if outcome.ok:
            charged = None if usage is None else usage.wall_seconds
            seconds = seconds if charged is None else charged
            if len(payload.data) > _MOST_BYTES and seconds < bench.task.seconds:
                raise SizeError(
                    f"its inputs have {len(payload.data) >> 20} MiB and the reference takes {seconds:.3g} s, not "
                    f"{bench.task.seconds:g} s"
                )
            return seconds
        if outcome.kind == "timeout":
            return math.inf
        raise _FailedError(f"the reference fails: {failed(outcome, where='').reason}")


class _FailedError(Exception):
    """A sample or a reference failed: at a small size it may be too small."""
