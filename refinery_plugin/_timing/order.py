"""In which order things are measured (pure): programs in blocks, and blocks in stretches."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
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


def in_blocks_by_task(
    items: Sequence[T], *, task: Callable[[T], str], replicate: Callable[[T], Hashable], seed: int
) -> list[T]:
    """Return the items one task after the other, in random order, each task's as ``in_blocks`` has them.

    A program is compared with its own task's reference, which is timed among them: what drifts from one task to the
    next falls on both.
    """
    groups: dict[str, list[T]] = defaultdict(list)
    for item in items:
        groups[task(item)].append(item)
    if len(groups) <= 1:
        return in_blocks(items, replicate=replicate, seed=seed)
    names = list(groups)
    random.Random(derived_seed(seed, "order of tasks")).shuffle(names)  # noqa: S311 - not a secret
    return [
        item
        for name in names
        for item in in_blocks(groups[name], replicate=replicate, seed=derived_seed(seed, "task", name))
    ]


def stretches_by_task(tasks: Sequence[str]) -> list[int]:
    """Return the number of the stretch of each program, given its task: each stretch is of one task.

    Examples
    --------
    >>> stretches_by_task(["a", "a", "b", "a"])
    [0, 0, 1, 0]
    """
    counts = Counter(tasks)
    numbers: dict[str, list[int]] = {}
    first = 0
    for task, count in counts.items():
        own = [first + number for number in stretches(count)]
        numbers[task] = own[::-1]
        first = own[-1] + 1
    return [numbers[task].pop() for task in tasks]


def stretches(count: int) -> list[int]:
    """Return the number of the stretch, from 0, of each of ``count`` programs: nearly equal, about ten in each.

    Examples
    --------
    >>> stretches(24).count(0), stretches(24)[-1], stretches(3)
    (12, 1, [0, 0, 0])
    """
    parts = max(1, round(count / STRETCH))
    return [index * parts // count for index in range(count)]
