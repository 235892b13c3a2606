"""What was found of a program while its trajectory went on (pure)."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What was found of the program of a turn, and what is told of it.

    Parameters
    ----------
    verdict : as verification gives it.
    reason : why it is not correct, with the smallest counterexample that was found.
    error_type : of the exception, where there was one.
    ratio : its time as a multiple of the reference's beside it; ``None`` where it was not timed.
    cpu_ratio : the same of CPU time.
    noise : standard error of the logarithm of ``ratio``.
    at_most : whether ``ratio`` is only a bound: no shorter time could be told on this machine.
    told : the words for the turn that gets the program; ``None`` where nothing is told.
    """

    verdict: str
    reason: str | None = None
    error_type: str | None = None
    ratio: float | None = None
    cpu_ratio: float | None = None
    noise: float | None = None
    told: str | None = None
    at_most: bool = False

    @property
    def correct(self) -> bool:
        """Whether nothing was found against the program."""
        return self.verdict == "correct"

    @property
    def ratio_or_infinity(self) -> float:
        """The ratio, for an order in which what was not timed is last."""
        return math.inf if self.ratio is None else self.ratio

    def document(self) -> dict[str, object]:
        """Return what a trajectory shows of it."""
        return {
            "verdict": self.verdict,
            "reason": self.reason,
            "error_type": self.error_type,
            "ratio": self.ratio,
            "cpu_ratio": self.cpu_ratio,
            "told": self.told,
        }

    def recorded(self) -> dict[str, object]:
        """Return what a cassette keeps of it."""
        bound = {"at_most": True} if self.at_most else {}
        return {**self.document(), "noise": self.noise, **bound}

    @classmethod
    def from_recorded(cls, document: Mapping[str, Any]) -> Judged:
        """Return what a cassette has kept."""
        return cls(**document)
