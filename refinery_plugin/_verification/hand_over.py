"""What taking its data may cost a program before it counts as a part of the call (pure)."""

from __future__ import annotations

import dataclasses

LEAST_LIMIT = 1.0
"""Seconds that every call may take: below, a limit would measure the scheduler."""
_TOGETHER = 30
"""All short inputs together may take so many times what one call may take.

An honest program may start a pool of processes in each call, which takes a good tenth of a second where they are
spawned, and several times that on a busy machine.
"""
_MARGIN = 1.10
_SLACK_SECONDS = 0.0002
"""Seconds between two identical programs that mean nothing: a wake-up of the parent, cold caches."""
_REMEMBERED = 9
ATTEMPTS = 3
"""So many times in a row taking the data must cost too much before it is charged."""


@dataclasses.dataclass(slots=True, kw_only=True)
class Pace:
    """The reference's own figures of this session: what limits and charges are multiples of."""

    factor: int
    seconds: float
    taking: list[float] = dataclasses.field(default_factory=list)
    """Seconds that the reference needed from the first byte of its data to the call, newest last."""
    short_seconds: float = 0.0
    """Seconds that the reference needed for all short inputs together."""

    @property
    def limit(self) -> float:
        """Seconds that one call may take."""
        return max(LEAST_LIMIT, self.factor * self.seconds)

    @property
    def short_limit(self) -> float:
        """Seconds that all short inputs together may take."""
        return max(_TOGETHER * self.limit, self.factor * self.short_seconds)

    @property
    def resolution(self) -> float | None:
        """Seconds that taking the data may cost, uncharged; no time below can be told from a shorter one.

        While the data is made into objects a program could already work on it, and one that never makes the objects
        can use all of that time. So much, and no more, is what a time may hide. ``None`` as long as the reference has
        not been seen to take anything.
        """
        if not self.taking:
            return None
        # The upper quartile: a single run that was disturbed decides nothing, and half of all would be too many.
        usual = sorted(self.taking)[3 * len(self.taking) // 4]
        return _MARGIN * usual + _SLACK_SECONDS

    def learn(self, taking_seconds: float) -> None:
        """Take in what the reference needed from the first byte of its data to the call."""
        self.taking = [*self.taking[1 - _REMEMBERED :], taking_seconds]
