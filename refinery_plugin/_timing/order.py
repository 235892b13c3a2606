"""In which order things are measured (pure): programs in blocks, and blocks in stretches."""

from __future__ import annotations

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
