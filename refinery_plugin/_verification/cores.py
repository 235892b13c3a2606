"""Cores for the measuring process itself, apart from those of programs."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPARE = 4
"""From so many cores on, one can be spared for the measuring process."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cores:
    """Who runs where: the measuring process on a core of its own where there are enough of them."""

    programs: frozenset[int]
    parent: frozenset[int]

    @classmethod
    def divided(cls) -> Cores:
        """Divide what this process may use."""
        usable = os.sched_getaffinity(0)
        if len(usable) < _SPARE:
            return cls(programs=frozenset(usable), parent=frozenset(usable))
        own = max(usable)
        return cls(programs=frozenset(usable - {own}), parent=frozenset({own}))

    @property
    def apart(self) -> bool:
        """Whether the measuring process has a core of its own."""
        return self.parent != self.programs

    def __str__(self) -> str:
        if self.apart:
            own, others = min(self.parent), len(self.programs)
            return f"the measuring process keeps to core {own}, programs have the other {others}"
        return (
            f"no core to spare ({len(self.programs)} usable): the measuring process shares them with programs"
        )

    def take_place(self) -> None:
        """Move this process out of the programs' way."""
        if self.apart:
            with contextlib.suppress(OSError):
                os.sched_setaffinity(0, self.parent)

    def leave(self) -> None:
        """Undo ``take_place``."""
        if self.apart:
            with contextlib.suppress(OSError):
                os.sched_setaffinity(0, self.parent | self.programs)

    @contextlib.contextmanager
    def for_programs(self) -> Iterator[None]:
        """Let what is started here inherit the programs' cores."""
        if not self.apart:
            yield
            return
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, self.programs)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                os.sched_setaffinity(0, self.parent)
