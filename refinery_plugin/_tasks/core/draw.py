"""What samples are made of: draws that no release of any library can change."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeVar

from refinery_plugin._tasks import stream

if TYPE_CHECKING:
    from collections.abc import Sequence

_T = TypeVar("_T")
_HALF = 2**26


class Draw:
    """Draws of one seed for one task; every call continues where the last one ended."""

    def __init__(self, task: str, seed: int) -> None:
        stream.check_stream()
        self._key = f"{task} {seed}"
        self._calls = 0

    def integers(self, low: int, high: int, size: int) -> list[int]:
        """Return independent integers, uniform over ``low..high``, both included."""
        self._calls += 1
        digest = hashlib.sha256(f"{self._key} {self._calls}".encode()).digest()
        values: list[int] = (
            stream.uniform(int.from_bytes(digest[:8], "big"), low=0, high=high - low, size=size)
            .astype("int64")
            .tolist()
        )
        return [value + low for value in values]

    def integer(self, low: int, high: int) -> int:
        """Return one integer."""
        return self.integers(low, high, 1)[0]

    def fractions(self, size: int) -> list[float]:
        """Return independent multiples of 2**-52, uniform over 0 (included) to 1 (not)."""
        halves = self.integers(0, _HALF - 1, 2 * size)
        return [(a * _HALF + b) / _HALF**2 for a, b in zip(halves[::2], halves[1::2], strict=True)]

    def choices(self, items: Sequence[_T], size: int) -> list[_T]:
        """Return independent draws from ``items``, with replacement."""
        return [items[place] for place in self.integers(0, len(items) - 1, size)]

    def subset(self, items: Sequence[_T], size: int) -> list[_T]:
        """Return ``size`` different items, in random order."""
        keys = self.integers(0, 2**31, len(items))
        return [items[place] for place in sorted(range(len(items)), key=keys.__getitem__)[:size]]
