"""What is known of the programs of a session, from this session and from the one that it resumes."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from typing import TYPE_CHECKING, Protocol

from refinery_plugin._timing.records import BlockRecord, InputsRecord, ReferenceRecord, RunRecord, to_json
from refinery_plugin._verification.run_usage import NO_WAITING, Waiting
from refinery_plugin._verification.steps import Decided, Done, HiddenListPassed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from refinery_plugin._timing.records import BlockRun, Part, Record
    from refinery_plugin._verification.verdict import Judgement


class Diary(Protocol):
    """Where records go: a journal."""

    def reserve(self) -> None:
        """Make sure that the next record has a place."""

    def append(self, record: Mapping[str, object]) -> None:
        """Keep one record: it is there when this returns."""

    def close(self) -> None:
        """End it."""


@dataclasses.dataclass(slots=True)
class ProgramProgress:
    """How far one program came."""

    short: Judgement | None = None
    hidden: set[int] = dataclasses.field(default_factory=set)
    runs: dict[int, list[BlockRun]] = dataclasses.field(default_factory=lambda: defaultdict(list))
    verdict: Judgement | None = None
    waiting: Waiting = NO_WAITING
    machine: str | None = None
    """Where it ran, in a session of several machines."""

    @property
    def done(self) -> Done:
        """What need not be done again."""
        counts = {number: len(runs) for number, runs in self.runs.items()}
        return Done(short=self.short, hidden=frozenset(self.hidden), runs=counts)


class SessionProgress:
    """An index of the journal's records; what is added goes to the journal first, where there is one."""

    def __init__(self, past: Iterable[Record] = ()) -> None:
        self._journal: Diary | None = None
        self._programs: dict[str, ProgramProgress] = defaultdict(ProgramProgress)
        self.reference_waiting = NO_WAITING
        self.reference: dict[tuple[str, int, int], list[BlockRun]] = defaultdict(list)
        """Runs of the references by task, block and list."""
        self.inputs: dict[str, InputsRecord] = {}
        """What is known of the inputs of the tasks that were opened."""
        self.blocks: list[BlockRecord] = []
        """What workers elsewhere did."""
        for record in past:
            self._index(record)

    def keep_in(self, journal: Diary) -> None:
        """Write everything from here on to a journal."""
        self._journal = journal

    @property
    def is_kept(self) -> bool:
        """Whether everything is written to a journal."""
        return self._journal is not None

    def of(self, program: str) -> ProgramProgress:
        """Return how far a program came."""
        return self._programs[program]

    def marks(self) -> list[bool | None]:
        """Return the contamination marks of all runs, the reference's included."""
        groups = [group for progress in self._programs.values() for group in progress.runs.values()]
        return [
            placed.run.figures.contaminated
            for group in (*groups, *self.reference.values())
            for placed in group
        ]

    def make_room(self) -> None:
        """Make sure that the next record can be kept, before it costs a run."""
        if self._journal is not None:
            self._journal.reserve()

    def add(self, record: Record) -> None:
        """Keep a record: it is on disk when this returns."""
        if self._journal is not None:
            self._journal.append(to_json(record))
        self._index(record)

    def close(self) -> None:
        """Close the journal."""
        if self._journal is not None:
            self._journal.close()

    def _index(self, record: Record) -> None:
        if not isinstance(record, BlockRecord):
            self._index_part(record)
            return
        self.blocks.append(record)
        for part in record.parts:
            self._index_part(part)
        for key in record.programs:
            self._programs[key].machine = str(record.machine["name"])

    def _index_part(self, record: Part) -> None:
        if isinstance(record, InputsRecord):
            self.inputs[record.task] = record
            return
        if isinstance(record, ReferenceRecord):
            self.reference[record.task, record.run.block, record.run.run.number].append(record.run)
            self.reference_waiting += record.run.run.waiting
            return
        progress = self._programs[record.program]
        if isinstance(record, RunRecord):
            progress.runs[record.run.run.number].append(record.run)
            progress.waiting += record.run.run.waiting
            return
        step = record.step
        progress.waiting += step.waiting
        if isinstance(step, HiddenListPassed):
            progress.hidden.add(step.index)
        elif isinstance(step, Decided):
            progress.verdict = step.judgement
        else:
            progress.short = step.judgement
