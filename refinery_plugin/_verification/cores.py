"""Cores for the measuring process and for programs."""

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
    """Who runs where.

    Parameters
    ----------
    programs : cores of programs.
    parent : cores of the process that measures or verifies.
    usable : what this process could use before, and can afterwards.
    """

    programs: frozenset[int]
    parent: frozenset[int]
    usable: frozenset[int]

    @classmethod
    def everywhere(cls) -> Cores:
        """Move nobody: the process is not ours alone, or there is nothing to gain."""
        usable = frozenset(os.sched_getaffinity(0))
        return cls(programs=usable, parent=usable, usable=usable)

    @classmethod
    def divided(cls) -> Cores:
        """Give the measuring process a core of its own where there are enough of them, so that it disturbs nothing."""
        usable = frozenset(os.sched_getaffinity(0))
        if len(usable) < _SPARE:
            return cls.everywhere()
        own = frozenset({max(usable)})
        return cls(programs=usable - own, parent=own, usable=usable)

    @classmethod
    def part(cls, number: int, count: int) -> Cores:
        """Keep one of several processes that verify side by side, and its programs, to its share of the cores.

        A process and its program take turns: on a core of theirs they find their data in its caches, and none of them
        waits for the processes beside. Where there are more processes than cores nobody is moved.

        Parameters
        ----------
        number : which of the processes this is, from 0; one that replaces another may be beyond ``count``.
        count : how many there are.
        """
        usable = sorted(os.sched_getaffinity(0))
        if count > len(usable):
            return cls.everywhere()
        own = frozenset(usable[number % count :: count])
        return cls(programs=own, parent=own, usable=frozenset(usable))

    @property
    def apart(self) -> bool:
        """Whether the measuring process has a core of its own."""
        return self.parent != self.programs

    def __str__(self) -> str:
        if self.apart:
            own, others = min(self.parent), len(self.programs)
            return f"the measuring process keeps to core {own}, programs have the other {others}"
        if self.parent != self.usable:
            return f"this process and its programs keep to cores {', '.join(map(str, sorted(self.parent)))}"
        if len(self.usable) >= _SPARE:
            return f"this process and its programs share all {len(self.usable)} cores"
        return (
            f"no core to spare ({len(self.programs)} usable): the measuring process shares them with programs"
        )

    def take_place(self) -> None:
        """Move this process to where it belongs."""
        if self.parent != self.usable:
            with contextlib.suppress(OSError):
                os.sched_setaffinity(0, self.parent)

    def leave(self) -> None:
        """Undo ``take_place``."""
        if self.parent != self.usable:
            with contextlib.suppress(OSError):
                os.sched_setaffinity(0, self.usable)

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
