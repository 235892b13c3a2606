"""How quiet the machine is: who else computed during a run, and cores for the measuring process itself."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import statistics
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TOLERATED = 0.02
"""A run that waited for more than this share of its time is contaminated."""
_LEAST_SECONDS = 0.0005
"""Shorter waits are the scheduler's ordinary business."""
_SPARE = 4
"""From so many cores on, one can be spared for the measuring process."""
_BUSY_FIELDS = (0, 1, 2, 5, 6)  # user, nice, system, irq, softirq of /proc/stat
_STOLEN_FIELD = 7


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Seconds that all processors together were busy, and were kept from us by the hypervisor, so far."""

    busy: float
    stolen: float

    @classmethod
    def now(cls) -> Load | None:
        """Read the kernel's counters (resolution: one tick); ``None`` where it has none."""
        try:
            with Path("/proc/stat").open(encoding="ascii") as file:
                fields = [int(field) for field in file.readline().split()[1:]]
            tick = 1 / os.sysconf("SC_CLK_TCK")
            busy = sum(fields[index] for index in _BUSY_FIELDS) * tick
            return cls(busy=busy, stolen=fields[_STOLEN_FIELD] * tick)
        except (OSError, ValueError, IndexError):
            return None


def is_contaminated(
    *,
    seconds: float,
    cpu_seconds: float | None,
    queue_seconds: float | None,
    tasks: int | None,
    before: Load | None,
    after: Load | None,
) -> bool | None:
    """Tell whether a run waited for a processor through no doing of its own; ``None`` where nobody can know.

    A run of a single task waits only for others. Where a run has several, they may wait for each other, so its
    waiting counts only as far as others were computing meanwhile.

    Parameters
    ----------
    seconds, cpu_seconds, queue_seconds : of the run: by the clock, on processors, and ready but without one.
    tasks : most processes and threads that it had.
    before, after : the machine's load around it.
    """
    if cpu_seconds is None or queue_seconds is None:
        return None
    stolen = 0.0
    waited = queue_seconds
    if before is not None and after is not None:
        stolen = after.stolen - before.stolen
        if tasks is None or tasks > 1:
            waited = min(waited, max(0.0, after.busy - before.busy - cpu_seconds))
    elif tasks is None or tasks > 1:
        return None
    tick = 1 / os.sysconf("SC_CLK_TCK")
    allowed = max(_LEAST_SECONDS, _TOLERATED * seconds)
    # A hypervisor's theft is counted in ticks: one of them alone may belong to the time around the run.
    return waited > allowed or stolen - tick > allowed


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cores:
    """Who runs where: the measuring process on a core of its own where there are enough of them."""

    programs: frozenset[int]
    parent: frozenset[int]

    @classmethod
    def divided(cls) -> Cores:
        """Divide what this process may use."""
        usable = os.sched_getaffinity(0)
        if len(usable) < _SPARE:
            return cls(programs=frozenset(usable), parent=frozenset(usable))
        own = max(usable)
        return cls(programs=frozenset(usable - {own}), parent=frozenset({own}))

    @property
    def apart(self) -> bool:
        """Whether the measuring process has a core of its own."""
        return self.parent != self.programs

    def __str__(self) -> str:
        if self.apart:
            own, others = min(self.parent), len(self.programs)
            return f"the measuring process keeps to core {own}, programs have the other {others}"
        return (
            f"no core to spare ({len(self.programs)} usable): the measuring process shares them with programs"
        )

    def take_place(self) -> None:
        """Move this process out of the programs' way."""
        if self.apart:
            with contextlib.suppress(OSError):
                os.sched_setaffinity(0, self.parent)

    def leave(self) -> None:
        """Undo ``take_place``."""
        if self.apart:
            with contextlib.suppress(OSError):
                os.sched_setaffinity(0, self.parent | self.programs)

    @contextlib.contextmanager
    def for_programs(self) -> Iterator[None]:
        """Let what is started here inherit the programs' cores."""
        if not self.apart:
            yield
            return
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, self.programs)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                os.sched_setaffinity(0, self.parent)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Quietness:
    """How quiet the machine was over a session.

    ``spread`` is the reference's A/A noise: the median relative distance of its runs on a list from their median.
    """

    runs: int
    contaminated: int
    spread: float | None
    drift: float | None

    @classmethod
    def of(cls, marks: Sequence[bool | None], reference: Sequence[Sequence[float]]) -> Quietness:
        """Sum up: ``marks`` has one mark a run, ``reference`` the reference's seconds by list, in order of time."""
        distances: list[float] = []
        drifts: list[float] = []
        for seconds in reference:
            middle = statistics.median(seconds)
            if len(seconds) > 1:
                distances += [abs(value - middle) / middle for value in seconds]
                drifts.append(max(seconds) / min(seconds) - 1)
        return cls(
            runs=len(marks),
            contaminated=sum(bool(mark) for mark in marks),
            spread=statistics.median(distances) if distances else None,
            drift=max(drifts) if drifts else None,
        )

    def lines(self) -> list[str]:
        """Say it in words, with what to do about it."""
        if not self.runs:
            return []
        share = self.contaminated / self.runs
        text = f"{self.contaminated} of {self.runs} runs waited for a processor through no doing of their own"
        if self.spread is not None and self.drift is not None:
            text += f"; the reference varied by {self.spread:.1%} (median), {self.drift:.1%} at most"
        noisy = share > 0.05 or (self.drift or 0) > 0.10  # noqa: PLR2004
        if not noisy:
            return [f"quiet machine: {text}"]
        remedy = (
            "close other programs, plug the machine in and fix its clock rate (cpupower frequency-set -g performance), "
            "give it more cores or time at a quieter hour, then time again; or analyse ratios to the reference "
            "(refinery-analysis --response ratio), which drift along with it"
        )
        return [f"noisy machine: {text}", remedy]
