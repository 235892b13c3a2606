"""Everything that is done with one program: short inputs, verification lists, timed lists."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, TypeAlias

from refinery_plugin._pytest.benchmark import restore, sibling
from refinery_plugin._timing.order import plan_runs
from refinery_plugin._verification.run import Run, Waiting
from refinery_plugin._verification.seeds import derived_seed
from refinery_plugin._verification.short_inputs import ShortCheck
from refinery_plugin._verification.verdict import CORRECT, Judgement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_benchmark.fixture import BenchmarkFixture

    from refinery_plugin._pytest.benchmark import Entry
    from refinery_plugin._timing.journal import Record
    from refinery_plugin._timing.progress import Book, Progress
    from refinery_plugin._verification.inputs import Case, Inputs
    from refinery_plugin._verification.run import Bench

Entries: TypeAlias = "dict[int, Entry]"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in the session a program is: its stretch, and who asks."""

    session: str
    stretch: int
    lists: int
    runs: int

    def block(self, number: int) -> int:
        """Return the number of the block, from 1: a stretch on one list."""
        return self.stretch * self.lists + number


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is examined: ``key`` names program and source in the journal, ``params`` its treatment in the report."""

    key: str
    source: bytes
    params: Mapping[str, object]


class Examination:
    """One program's way through verification and timing; what an earlier session finished is not done again."""

    def __init__(
        self, subject: Subject, *, bench: Bench, inputs: Inputs, book: Book, seed: int, place: Place
    ) -> None:
        self._subject = subject
        self._bench = bench
        self._inputs = inputs
        self._book = book
        self._seed = seed
        self._place = place
        self._progress = book.progress(subject.key)
        self._fault: Judgement = CORRECT
        self._run: Run | None = None

    def verify(self) -> Judgement:
        """Judge by all inputs, each full-size list once, in random order; nothing is timed."""
        numbers = range(1, self._place.lists + 1)
        self._check_short()
        plan = plan_runs(
            lists=len(numbers), runs=1, disguised=len(self._inputs.disguised), seed=self._own_seed()
        )
        for number, before in zip((*plan.lists, None), plan.before, strict=True):
            self._check_hidden(before)
            if number is not None and self._fault.correct:
                self._check_untimed(self._inputs.timed[number - 1])
        return self._decide()

    def time(self, benchmark: BenchmarkFixture, *, first: Callable[[], None]) -> tuple[Judgement, Entries]:
        """Judge by all inputs and time the runs; ``first`` is called once before the first of these."""
        self._check_short()
        entries: Entries = {}
        if self._fault.correct:
            first()
            entries = self._time_lists(benchmark)
        return self._decide(), entries

    def _time_lists(self, benchmark: BenchmarkFixture) -> Entries:
        runs, lists = self._place.runs, self._place.lists
        plan = plan_runs(lists=lists, runs=runs, disguised=len(self._inputs.disguised), seed=self._own_seed())
        entries: Entries = {}
        try:
            for position, number in enumerate(plan.lists):
                entry = sibling(
                    benchmark, suffix=f"-list{number}", params={**self._subject.params, "list": number}
                )
                before = plan.before[position * runs : (position + 1) * runs]
                self._time_list(entry, number, before)
                entries[number] = entry
            self._check_hidden(plan.before[-1])
        finally:
            if self._run is not None:
                self._run.abandon()
        return entries

    def _time_list(self, entry: Entry, number: int, before: tuple[tuple[int, ...], ...]) -> None:
        finished = list(self._progress.runs[number])
        pending = iter(before[len(finished) :])
        for hidden in before[: len(finished)]:
            self._check_hidden(hidden)  # those that an interruption left out
        case = self._inputs.timed[number - 1]

        def setup() -> None:
            self._check_hidden(next(pending))
            self._run = None
            if self._fault.correct:
                self._book.make_room()
                self._run = Run(self._bench, self._subject.source, case)
                self._run.prepare()

        def target() -> None:
            if self._run is not None:
                self._run()

        def teardown() -> None:
            run, self._run = self._run, None
            if run is None:
                entry.discard_last()
            else:
                self._settle(run, entry.seconds[-1], self._timed_record(number))
                if run.figures is None:
                    entry.discard_last()

        if len(finished) < len(before) and self._fault.correct:
            entry.rounds(setup=setup, target=target, teardown=teardown, rounds=len(before) - len(finished))
        restore(entry, [run.figures.seconds for run in finished])

    def _timed_record(self, number: int) -> Record:
        return {
            "kind": "run",
            "list": number,
            "block": self._place.block(number),
            "session": self._place.session,
        }

    def _check_short(self) -> None:
        if self._progress.short is None:
            self._book.make_room()
            check = ShortCheck(self._bench, self._subject.source, self._inputs, seed=self._seed)
            judgement = check.run()
            self._add({"kind": "short", "judgement": dataclasses.asdict(judgement)}, check.waiting)
        self._fault = self._progress.short or CORRECT

    def _check_hidden(self, indexes: tuple[int, ...]) -> None:
        for index in indexes:
            if self._fault.correct and index not in self._progress.hidden:
                self._check_untimed(self._inputs.disguised[index], {"kind": "hidden", "index": index})

    def _check_untimed(self, case: Case, record: Record | None = None) -> None:
        self._book.make_room()
        run = Run(self._bench, self._subject.source, case)
        try:
            run.prepare()
            start = time.perf_counter()
            run()
            seconds = time.perf_counter() - start
        except BaseException:
            run.abandon()
            raise
        run.waiting.verify += seconds
        self._settle(run, seconds, record or {"kind": "untimed"})

    def _settle(self, run: Run, seconds: float, record: Record) -> None:
        """Judge a finished run and keep it; a wrong one decides, and is kept with the verdict."""
        judgement = run.finish(seconds)
        if record["kind"] == "run":
            run.waiting.timed += seconds
        if not judgement.correct:
            self._fault = judgement
            self._verdict(run.waiting)
        elif run.figures is not None:
            figures = (
                {"limit": run.limit, "figures": dataclasses.asdict(run.figures)} if "block" in record else {}
            )
            self._add({**record, **figures}, run.waiting)

    def _decide(self) -> Judgement:
        if self._progress.verdict is None:
            self._verdict(Waiting())
        return self._progress.verdict or self._fault

    def _verdict(self, waiting: Waiting) -> None:
        self._add({"kind": "verdict", "judgement": dataclasses.asdict(self._fault)}, waiting)

    def _add(self, record: Record, waiting: Waiting) -> None:
        self._book.add({**record, "program": self._subject.key, "waiting": dataclasses.asdict(waiting)})

    def _own_seed(self) -> int:
        return derived_seed(self._seed, "runs", self._subject.key)


def restored_entries(benchmark: BenchmarkFixture, subject: Subject, progress: Progress) -> Entries:
    """Return the entries of a program whose runs were all finished in an earlier session."""
    entries: Entries = {}
    for number, runs in sorted(progress.runs.items()):
        entry = sibling(benchmark, suffix=f"-list{number}", params={**subject.params, "list": number})
        restore(entry, [run.figures.seconds for run in runs])
        entries[number] = entry
    return entries


def time_reference(
    bench: Bench, benchmark: BenchmarkFixture, inputs: Inputs, book: Book, place: Place
) -> Judgement:
    """Time the reference on every list, on the same path as programs; return what is wrong with it, if anything."""
    for number in range(1, place.lists + 1):
        judgement = _time_reference(
            bench, benchmark, inputs.timed[number - 1], book, place=place, number=number
        )
        if not judgement.correct:
            return judgement
    return CORRECT


def _time_reference(
    bench: Bench, benchmark: BenchmarkFixture, case: Case, book: Book, *, place: Place, number: int
) -> Judgement:
    entry = sibling(benchmark, suffix=f"-reference-list{number}", params={})
    current: list[Run] = []
    faults: list[Judgement] = []

    def setup() -> None:
        book.make_room()
        current[:] = [Run(bench, bench.reference, case, trusted=True)]
        current[0].prepare()

    def target() -> None:
        current[0]()

    def teardown() -> None:
        run = current.pop()
        judgement = run.finish(entry.seconds[-1])
        if run.figures is None or not judgement.correct:
            faults.append(judgement)
            return
        bench.pace.seconds = max(bench.pace.seconds, run.figures.seconds)
        run.waiting.timed += run.figures.seconds
        book.add(
            {
                "kind": "reference",
                "block": place.block(number),
                "list": number,
                "session": place.session,
                "limit": run.limit,
                "figures": dataclasses.asdict(run.figures),
                "waiting": dataclasses.asdict(run.waiting),
            }
        )

    try:
        entry.rounds(setup=setup, target=target, teardown=teardown, rounds=place.runs)
    finally:
        for run in current:
            run.abandon()
    return faults[0] if faults else CORRECT
