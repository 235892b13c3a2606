"""What this machine's processors were busy with, from the kernel's books."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

_BUSY_FIELDS = (0, 1, 2, 5, 6)  # user, nice, system, irq, softirq of /proc/stat
_STOLEN_FIELD = 7


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Seconds that all processors together were busy, were kept from us by the hypervisor, and were ours, so far.

    Ours is what this process used, and what those of its processes used that have ended and were waited for.
    """

    busy: float
    stolen: float
    own: float = 0.0

    @classmethod
    def now(cls) -> Load | None:
        """Read the kernel's counters (resolution: one tick); ``None`` where it has none."""
        try:
            with Path("/proc/stat").open(encoding="ascii") as file:
                fields = [int(field) for field in file.readline().split()[1:]]
            seconds = tick()
            busy = sum(fields[index] for index in _BUSY_FIELDS) * seconds
            return cls(busy=busy, stolen=fields[_STOLEN_FIELD] * seconds, own=_own())
        except (OSError, ValueError, IndexError):
            return None

    def others_since(self, before: Load, *, alive: float = 0.0) -> float:
        """Return the processor seconds that neither this process nor what it has started used since.

        Parameters
        ----------
        alive : what those that it has started since and that are still alive have used: they are in its own books only
            once they have ended and were waited for.
        """
        return max(0.0, self.busy - before.busy - (self.own - before.own) - alive)


def tick() -> float:
    """Seconds of the kernel's unit of account."""
    return 1 / os.sysconf("SC_CLK_TCK")


def _own() -> float:
    import resource  # noqa: PLC0415 - not on every system, and only asked for where there is /proc

    books = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in books)
