"""In which order things are measured (pure): programs in blocks, runs within a program."""

from __future__ import annotations

import dataclasses
import random
from collections import defaultdict
from typing import TYPE_CHECKING, TypeVar

from refinery_plugin._verification.seeds import derived_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

T = TypeVar("T")

STRETCH = 10
"""About so many programs are timed before the reference is timed again."""


def in_blocks(items: Sequence[T], *, replicate: Callable[[T], Hashable], seed: int) -> list[T]:
    """Return the items in random order, one replicate of every treatment after the other.

    So each stretch of the session holds all treatments about equally often, and what drifts over time falls on all.
    """
    rng = random.Random(derived_seed(seed, "order"))  # noqa: S311 - not a secret
    blocks: dict[Hashable, list[T]] = defaultdict(list)
    for item in items:
        blocks[replicate(item)].append(item)
    shuffled = list(blocks.values())
    rng.shuffle(shuffled)
    for block in shuffled:
        rng.shuffle(block)
    return [item for block in shuffled for item in block]


def stretches(count: int) -> list[int]:
    """Return the number of the stretch, from 0, of each of ``count`` programs: nearly equal, about ten in each.

    Examples
    --------
    >>> stretches(24).count(0), stretches(24)[-1], stretches(3)
    (12, 1, [0, 0, 0])
    """
    parts = max(1, round(count / STRETCH))
    return [index * parts // count for index in range(count)]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The full-size runs of one program, in the order in which they take place.

    ``lists`` are the timed lists in turn; ``before`` has, for each timed run and for the end, the verification lists
    (counted from 0) that come just before it.
    """

    lists: tuple[int, ...]
    before: tuple[tuple[int, ...], ...]


def plan_runs(*, lists: int, runs: int, disguised: int, seed: int) -> Plan:
    """Mix the verification lists among the timed runs at random places."""
    rng = random.Random(seed)  # noqa: S311 - drawn from a fresh seed, and no program sees it
    order = rng.sample(range(1, lists + 1), lists)
    before: list[list[int]] = [[] for _ in range(lists * runs + 1)]
    for number in rng.sample(range(disguised), disguised):
        rng.choice(before).append(number)
    return Plan(lists=tuple(order), before=tuple(map(tuple, before)))
