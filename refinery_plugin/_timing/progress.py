"""What is known of the programs of a session, from this session and from the one that it resumes."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from refinery_plugin._verification.run import Figures, Waiting
from refinery_plugin._verification.verdict import Judgement, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from refinery_plugin._timing.journal import Journal, Record


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TimedRun:
    """One finished, correct run on a timed list."""

    block: int
    session: str
    limit: float
    figures: Figures


@dataclasses.dataclass(slots=True)
class Progress:
    """How far one program came."""

    short: Judgement | None = None
    hidden: set[int] = dataclasses.field(default_factory=set)
    runs: dict[int, list[TimedRun]] = dataclasses.field(default_factory=lambda: defaultdict(list))
    verdict: Judgement | None = None
    waiting: Waiting = dataclasses.field(default_factory=Waiting)


class Book:
    """An index of the journal's records; what is added goes to the journal first, where there is one."""

    def __init__(self, past: Iterable[Record] = ()) -> None:
        self._journal: Journal | None = None
        self._programs: dict[str, Progress] = defaultdict(Progress)
        self.reference_waiting = Waiting()
        self.reference: dict[tuple[int, int], list[TimedRun]] = defaultdict(list)
        for record in past:
            self._index(record)

    def keep_in(self, journal: Journal) -> None:
        """Write everything from here on to a journal."""
        self._journal = journal

    def progress(self, program: str) -> Progress:
        """Return how far a program came."""
        return self._programs[program]

    def marks(self) -> list[bool | None]:
        """Return the contamination marks of all runs, the reference's included."""
        runs = [
            run for progress in self._programs.values() for group in progress.runs.values() for run in group
        ]
        return [
            run.figures.contaminated
            for run in [*runs, *(r for group in self.reference.values() for r in group)]
        ]

    def make_room(self) -> None:
        """Make sure that the next record can be kept, before it costs a run."""
        if self._journal is not None:
            self._journal.reserve()

    def add(self, record: Record) -> None:
        """Keep a record: it is on disk when this returns."""
        if self._journal is not None:
            self._journal.append(record)
        self._index(record)

    def close(self) -> None:
        """Close the journal."""
        if self._journal is not None:
            self._journal.close()

    def _index(self, record: Mapping[str, Any]) -> None:
        kind = record.get("kind")
        if kind == "reference":
            self.reference[record["block"], record["list"]].append(_timed(record))
            self.reference_waiting.add(Waiting(**record["waiting"]))
            return
        if kind not in ("short", "hidden", "untimed", "run", "verdict"):
            return
        progress = self._programs[record["program"]]
        progress.waiting.add(Waiting(**record["waiting"]))
        if kind == "short":
            progress.short = _judgement(record["judgement"])
        elif kind == "hidden":
            progress.hidden.add(record["index"])
        elif kind == "run":
            progress.runs[record["list"]].append(_timed(record))
        elif kind == "verdict":
            progress.verdict = _judgement(record["judgement"])


def _timed(record: Mapping[str, Any]) -> TimedRun:
    return TimedRun(
        block=record["block"],
        session=record["session"],
        limit=record["limit"],
        figures=Figures(**record["figures"]),
    )


def _judgement(record: Mapping[str, Any]) -> Judgement:
    return Judgement(
        verdict=Verdict(record["verdict"]), reason=record["reason"], error_type=record["error_type"]
    )
