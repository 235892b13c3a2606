"""expect: correct. Dataclasses and type hints that look their module up by its name."""
from __future__ import annotations

import dataclasses
import typing


@dataclasses.dataclass
class Spread:
    low: int = 100_001
    high: int = 0

    def take(self, number: int) -> None:
        self.low, self.high = min(self.low, number), max(self.high, number)


typing.get_type_hints(Spread)


def get_difference(numbers: list[int]) -> int:
    spread = Spread()
    for number in numbers:
        if sum(map(int, str(number))) == 30:
            spread.take(number)
    return spread.high - spread.low
