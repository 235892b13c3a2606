"""How many times as long as the reference a program took, and how sure that is (pure)."""

from __future__ import annotations

import dataclasses
import math
import statistics
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LogRatio:
    """The log ratios of one program, one for each list that it was timed on.

    Parameters
    ----------
    lists : mean log seconds of the program less that of the reference beside it, for each list and each time that the
        reference was timed on it.
    noise : standard error of their mean as runs of the same code on the same list tell it; ``None`` where each ran
        once.
    degrees : degrees of freedom of ``noise``.
    """

    lists: Sequence[float] = ()
    noise: float | None = None
    degrees: int = 0

    @classmethod
    def of(cls, groups: Iterable[tuple[Sequence[float], Sequence[float]]]) -> Self:
        """Return that of the seconds of a program and of the reference beside it, for each list."""
        logs = [
            ([math.log(x) for x in own], [math.log(x) for x in beside])
            for own, beside in groups
            if own and beside
        ]
        lists = [statistics.fmean(own) - statistics.fmean(beside) for own, beside in logs]
        squares = sum(sum((x - statistics.fmean(part)) ** 2 for x in part) for pair in logs for part in pair)
        degrees = sum(len(part) - 1 for pair in logs for part in pair)
        if not degrees:
            return cls(lists=lists)
        weights = sum(1 / len(own) + 1 / len(beside) for own, beside in logs)
        return cls(lists=lists, noise=math.sqrt(squares / degrees * weights) / len(logs), degrees=degrees)

    @property
    def ratio(self) -> float | None:
        """Geometric mean of program / reference; ``None`` where nothing was timed."""
        return math.exp(statistics.fmean(self.lists)) if self.lists else None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BetweenLists:
    """How much log ratios of the same program differ from list to list: lists differ, and so do minutes on a machine.

    Runs one after the other on one list know nothing of either, and are far more alike than what is timed again
    another day on other lists. ``variance`` is pooled over the programs of a task.
    """

    variance: float = 0.0
    degrees: int = 0

    @classmethod
    def of(cls, ratios: Iterable[LogRatio]) -> Self:
        """Return that of programs of one task; no degree of freedom is left where each has one list."""
        many = [ratio.lists for ratio in ratios if len(ratio.lists) > 1]
        degrees = sum(len(lists) - 1 for lists in many)
        if not degrees:
            return cls()
        squares = sum(sum((x - statistics.fmean(lists)) ** 2 for x in lists) for lists in many)
        return cls(variance=squares / degrees, degrees=degrees)

    def noise_of(self, ratio: LogRatio) -> tuple[float | None, int]:
        """Return the standard error of a program's mean log ratio and its degrees of freedom: the larger of the two."""
        if not (self.degrees and ratio.lists):
            return ratio.noise, ratio.degrees
        between = math.sqrt(self.variance / len(ratio.lists))
        return max((ratio.noise or 0.0, ratio.degrees), (between, self.degrees))
