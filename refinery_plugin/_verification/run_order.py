"""In which order the full-size runs of one program take place (pure)."""

from __future__ import annotations

import dataclasses
import random


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RunOrder:
    """The full-size runs of one program, in the order in which they take place.

    ``lists`` are the timed lists in turn; ``before`` has, for each timed run and for the end, the verification lists
    (counted from 0) that come just before it.
    """

    lists: tuple[int, ...]
    before: tuple[tuple[int, ...], ...]


def plan_runs(*, lists: int, runs: int, disguised: int, seed: int) -> RunOrder:
    """Mix the verification lists among the timed runs at random places."""
    rng = random.Random(seed)  # noqa: S311 - drawn from a fresh seed, and no program sees it
    order = rng.sample(range(1, lists + 1), lists)
    before: list[list[int]] = [[] for _ in range(lists * runs + 1)]
    for number in rng.sample(range(disguised), disguised):
        rng.choice(before).append(number)
    return RunOrder(lists=tuple(order), before=tuple(map(tuple, before)))
