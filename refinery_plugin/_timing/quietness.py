"""How quiet the machine was over a session (pure)."""

from __future__ import annotations

import dataclasses
import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


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
        text = f"{self.contaminated} of {self.runs} runs waited for a processor or had others computing beside them"
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
