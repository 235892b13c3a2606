"""Who else computed during a run, and whether the run waited for them (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._sandbox.machine_load import tick

if TYPE_CHECKING:
    from refinery_plugin._sandbox.machine_load import Load

_TOLERATED = 0.02
"""A run that waited for more than this share of its time is contaminated."""
_LEAST_SECONDS = 0.0005
"""Shorter waits are the scheduler's ordinary business."""
_NEIGHBOURS = 0.10
"""Others that use more than this share of one processor beside a run contaminate it."""
_LEAST_TICKS = 3
"""The books are kept by sampling: so much may be counted of others where there were none."""


def is_contaminated(
    *,
    seconds: float,
    cpu_seconds: float | None,
    queue_seconds: float | None,
    tasks: int | None,
    before: Load | None,
    after: Load | None,
    others_seconds: float | None = None,
    alive_seconds: float | None = None,
) -> bool | None:
    """Tell whether others computed beside a run, or it waited for them; ``None`` where nobody can know.

    Others slow a run down also where it never waits: processors share cores, caches and memory. A run of a single task
    waits only for others. Where a run has several, they may wait for each other, so its waiting counts only as far as
    others were computing meanwhile.

    Parameters
    ----------
    seconds, cpu_seconds, queue_seconds : of the run: by the clock, on processors, and ready but without one.
    tasks : most processes and threads that it had.
    before, after : the machine's load around it.
    others_seconds : what others used of all processors while the run's process was alive, ``alive_seconds`` long.
    """
    neighbours_allowed = max(_LEAST_TICKS * tick(), _NEIGHBOURS * (alive_seconds or 0.0))
    if others_seconds is not None and others_seconds > neighbours_allowed:
        return True
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
    allowed = max(_LEAST_SECONDS, _TOLERATED * seconds)
    # A hypervisor's theft is counted in ticks: one of them alone may belong to the time around the run.
    return waited > allowed or stolen - tick() > allowed
