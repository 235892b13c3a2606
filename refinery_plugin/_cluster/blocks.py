"""Which programs go to a worker together (pure)."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from typing import TYPE_CHECKING

from refinery_plugin._timing.order import stretches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from refinery_plugin._timing.session import Outstanding

UNTIMED = 25
"""At most so many programs of a task that is only verified: opening a task costs about as much as ten of them."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Programs of one task, which one worker does with their reference beside them."""

    task: str
    programs: tuple[Outstanding, ...]


def blocks_of(programs: Sequence[Outstanding], *, is_timed: Callable[[str], bool]) -> list[Block]:
    """Divide programs, in their order, into blocks of one task: about ten, or up to 25 where nothing is timed."""
    by_task: dict[str, list[Outstanding]] = defaultdict(list)
    for program in programs:
        by_task[program.task].append(program)
    blocks = []
    for task, own in by_task.items():
        numbers = stretches(len(own)) if is_timed(task) else _evenly(len(own))
        parts: dict[int, list[Outstanding]] = defaultdict(list)
        for number, program in zip(numbers, own, strict=True):
            parts[number].append(program)
        blocks += [Block(task=task, programs=tuple(part)) for part in parts.values()]
    return blocks


def _evenly(count: int) -> list[int]:
    parts = -(-count // UNTIMED)
    return [index * parts // count for index in range(count)]
