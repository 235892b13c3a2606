"""How far a generation is, on the screen: a live display on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import contextlib
import time
from decimal import Decimal
from typing import TYPE_CHECKING, TextIO

from refinery_plugin._words import dollars, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress, TaskID

    from refinery_plugin._generation.trajectory import Trajectory, TurnRecord
    from refinery_plugin._study.units import Unit

_EVERY_SECONDS = 30.0


class Tally:
    """Counts what has happened so far."""

    def __init__(self, programs: int) -> None:
        self.programs = programs
        self.done = 0
        self.turns = 0
        self.tokens = 0
        self.cost_usd = Decimal(0)
        self._started = time.monotonic()
        self._work = 0.0

    def add_turn(self, unit: Unit, record: TurnRecord) -> None:
        """Count one turn."""
        self.turns += 1
        self.tokens += record.prompt_tokens + record.completion_tokens
        self.cost_usd += record.cost_usd or 0
        self._work += _share(unit, record)

    def add_trajectory(self) -> None:
        """Count one program."""
        self.done += 1

    @property
    def fraction(self) -> float:
        """Share of the work that is done, from 0 to 1; turns of unfinished programs included."""
        return min(1.0, max(self._work, float(self.done)) / self.programs) if self.programs else 1.0

    def seconds_left(self) -> float | None:
        """Return the time that the rest will take at the pace so far; ``None`` before there is a pace."""
        if self.fraction <= 0:
            return None
        elapsed = time.monotonic() - self._started
        return elapsed * (1 - self.fraction) / self.fraction

    def text(self) -> str:
        """Say it in words."""
        left = self.seconds_left()
        parts = [f"{self.done}/{self.programs} programs", f"{self.turns} turns", f"{self.tokens:,} tokens"]
        parts.append(dollars(self.cost_usd))
        if left is not None and self.done < self.programs:
            parts.append(f"about {_clock(left)} left")
        return ", ".join(parts)


def _share(unit: Unit, record: TurnRecord) -> float:
    budget = unit.budget
    if budget is None:
        return 0.0
    by_turns = 0.0 if budget.iterations is None else 1 / budget.iterations
    by_time = 0.0 if budget.seconds is None else record.latency_ms / 1000 / budget.seconds
    tokens = record.prompt_tokens + record.completion_tokens
    by_tokens = 0.0 if budget.tokens is None else tokens / budget.tokens
    by_usd = 0.0 if budget.usd is None else float((record.cost_usd or 0) / budget.usd)
    return max(by_turns, by_time, by_tokens, by_usd)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class Silent:
    """Shows nothing."""

    def turn(self, unit: Unit, record: TurnRecord) -> None:
        """Ignore it."""

    def trajectory(self, unit: Unit, trajectory: Trajectory) -> None:
        """Ignore it."""


class Lines:
    """Writes a line each half minute; with ``every_program`` also one a program."""

    def __init__(self, tally: Tally, write_line: Callable[[str], None], *, every_program: bool) -> None:
        self._tally, self._write_line, self._every_program = tally, write_line, every_program
        self._last = time.monotonic()

    def turn(self, unit: Unit, record: TurnRecord) -> None:
        """Count a turn."""
        self._tally.add_turn(unit, record)
        if time.monotonic() - self._last >= _EVERY_SECONDS:
            self._last = time.monotonic()
            self._write_line(printable(self._tally.text()))

    def trajectory(self, unit: Unit, trajectory: Trajectory) -> None:
        """Count a program."""
        self._tally.add_trajectory()
        if self._every_program:
            ending = trajectory.no_program_reason or f"{len(trajectory.turns)} turns"
            self._write_line(printable(f"{unit.id}: {ending}"))


class Live:
    """Keeps one line of a terminal up to date."""

    def __init__(self, tally: Tally, progress: Progress, bar: TaskID) -> None:
        self._tally, self._progress, self._bar = tally, progress, bar

    def turn(self, unit: Unit, record: TurnRecord) -> None:
        """Count a turn."""
        self._tally.add_turn(unit, record)
        self._show()

    def trajectory(self, unit: Unit, trajectory: Trajectory) -> None:  # noqa: ARG002 - the port says what is told
        """Count a program."""
        self._tally.add_trajectory()
        self._show()

    def _show(self) -> None:
        self._progress.update(self._bar, completed=self._tally.fraction, description=self._tally.text())


@contextlib.contextmanager
def live(tally: Tally, file: TextIO) -> Iterator[Live]:
    """Show a live line on a terminal while the context lasts."""
    from rich.console import Console  # noqa: PLC0415 - only where there is a terminal and something to wait for
    from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (BarColumn(bar_width=12), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(file=file), transient=True) as progress:
        yield Live(tally, progress, progress.add_task(tally.text(), total=1.0))
