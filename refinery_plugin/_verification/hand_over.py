"""What a program may compute between the first byte of its data and the call: as much as the reference does (pure)."""

from __future__ import annotations

import dataclasses
import math

from refinery_plugin._verification.verdict import Judgement, Verdict

LEAST_LIMIT = 1.0
"""Seconds that every call may take: below, a limit would measure the scheduler."""
_MARGIN = 1.10
_SLACK_SECONDS = 0.003
"""CPU seconds between two identical programs that mean nothing: page faults, cold caches."""
_SKIPPED = 0.4
"""Of what the reference needs, which starts cold. Memory that a program used before spares it the page faults: a
quarter here, more where they are dear (in nested virtual machines)."""
_SIDE_SECONDS = 0.0005
"""CPU seconds of other threads than the one that decodes, and of other processes: no more than a few wake-ups."""
ATTEMPTS = 3
"""So many times in a row it must look like that before it is a verdict."""


@dataclasses.dataclass(slots=True, kw_only=True)
class Pace:
    """The reference's own figures of this session: what limits and suspicions are multiples of."""

    factor: int
    seconds: float
    hand_over_cpu: float = 0.0
    """CPU seconds of the reference between the first byte of its data and "ready": the most, and the least."""
    least_hand_over_cpu: float = math.inf

    @property
    def limit(self) -> float:
        """Seconds that one call may take."""
        return max(LEAST_LIMIT, self.factor * self.seconds)

    @property
    def allowed_cpu(self) -> float:
        """CPU seconds that a program may use between the first byte of its data and "ready"."""
        return _MARGIN * self.hand_over_cpu + _SLACK_SECONDS

    @property
    def needed_cpu(self) -> float:
        """CPU seconds below which a program cannot have taken its data as the worker does."""
        known = self.least_hand_over_cpu if self.least_hand_over_cpu < math.inf else 0.0
        return _SKIPPED * known - _SLACK_SECONDS

    def learn(self, hand_over_cpu: float) -> None:
        """Take in what the reference needed between the first byte of its data and "ready"."""
        self.hand_over_cpu = max(self.hand_over_cpu, hand_over_cpu)
        self.least_hand_over_cpu = min(self.least_hand_over_cpu, hand_over_cpu)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Early:
    """CPU seconds between the first byte of the data and "ready": all, and those of other threads and processes."""

    all: float
    aside: float

    def suspicion(self, pace: Pace) -> Judgement | None:
        """Return the verdict if it stays like this, ``None`` where only the data was taken."""
        if self.all > pace.allowed_cpu:
            return _tampering(f"used {_ms(self.all)} of CPU", pace)
        if self.aside > _SIDE_SECONDS:
            return _tampering(f"used {_ms(self.aside)} of CPU in other threads than the first", pace)
        if self.all < pace.needed_cpu:
            return _tampering(
                f"used only {_ms(self.all)} of CPU, too little to take the data as it comes,", pace
            )
        return None


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms"


def _tampering(what: str, pace: Pace) -> Judgement:
    return Judgement(
        verdict=Verdict.TAMPERING,
        reason=f"it {what} between the arrival of its data and the call, {ATTEMPTS} times in a row; the reference "
        f"needed {_ms(pace.least_hand_over_cpu)} to {_ms(pace.hand_over_cpu)} in this session, in its first thread",
    )
