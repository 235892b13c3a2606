"""What runs used, and how long programs were waited for."""

from __future__ import annotations

import dataclasses

_HARDLY_MORE = 1.05
"""Within so much of the resolution a time cannot be told from it: the clock runs a little longer than it waits."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RunFigures:
    """What one finished run used; seconds, ``None`` where the kernel keeps no such figure."""

    seconds: float
    cpu_seconds: float | None
    queue_seconds: float | None
    revealed_seconds: float | None
    contaminated: bool | None
    resolution_seconds: float | None = None
    """What a time may hide at most; a run that takes less is told as this."""

    @property
    def is_bound(self) -> bool:
        """Whether the time is no more than what it may hide, so that it only says "at most"."""
        return self.resolution_seconds is not None and self.seconds <= _HARDLY_MORE * self.resolution_seconds


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Seconds that were spent waiting for a program inside sandboxes: loading it, verifying it, and in timed calls."""

    load: float = 0.0
    verify: float = 0.0
    timed: float = 0.0

    def __add__(self, other: Waiting) -> Waiting:
        return Waiting(
            load=self.load + other.load, verify=self.verify + other.verify, timed=self.timed + other.timed
        )


NO_WAITING = Waiting()
