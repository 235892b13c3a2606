"""Who else computed during a run, and whether the run waited for them."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

_TOLERATED = 0.02
"""A run that waited for more than this share of its time is contaminated."""
_LEAST_SECONDS = 0.0005
"""Shorter waits are the scheduler's ordinary business."""
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
