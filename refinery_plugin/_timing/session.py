"""One pytest session's verification and timing: prepared once, when the first program needs it."""

from __future__ import annotations

import secrets
import statistics
import time
from collections import Counter
from typing import TYPE_CHECKING

from refinery_plugin._errors import RefineryError
from refinery_plugin._pytest import overview
from refinery_plugin._pytest.benchmark import report
from refinery_plugin._sandbox import Limits, open_sandbox
from refinery_plugin._timing import document
from refinery_plugin._timing.document import Finding
from refinery_plugin._timing.examination import Examination, Place, Subject, restored_entries, time_reference
from refinery_plugin._timing.fingerprint import facts, find_past, require_same, versions
from refinery_plugin._timing.journal import Journal
from refinery_plugin._timing.lock import MachineLock
from refinery_plugin._timing.progress import Book
from refinery_plugin._timing.source import read_source, read_trajectory
from refinery_plugin._verification.hand_over import Pace
from refinery_plugin._verification.inputs import DISGUISED_LISTS, VERIFIER, Inputs
from refinery_plugin._verification.quietness import Cores, Quietness
from refinery_plugin._verification.run import Bench, Run, Waiting
from refinery_plugin._verification.short_inputs import ShortCheck
from refinery_plugin._words import count

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

    from refinery_plugin._pytest.session import Refinery
    from refinery_plugin._sandbox import Sandbox
    from refinery_plugin._study.study import Study
    from refinery_plugin._study.units import Unit
    from refinery_plugin._timing.examination import Entries
    from refinery_plugin._timing.journal import Past
    from refinery_plugin._timing.source import Source
    from refinery_plugin._verification.verdict import Judgement

MIB = 2**20
_FIRST_LIMIT = 60.0
"""Seconds for the reference's first call, before anything is known of this machine's pace."""


class ReferenceFailedError(RefineryError):
    """The task's own reference is not correct in the sandbox: no verdict of this machine can be trusted."""


class Measurement:
    """Verifies and times the programs of one session.

    Parameters
    ----------
    refinery : the study and where its files are.
    timing : whether programs are timed, or only verified.
    verify_seed : decides everything that is drawn in this session; ``None`` for a fresh one, or for that of the
        session that is resumed.
    stretch_of : number of the stretch of the session in which a test is.
    say : tells the user something at once.
    """

    def __init__(
        self,
        refinery: Refinery,
        *,
        timing: bool,
        verify_seed: int | None,
        stretch_of: Mapping[str, int],
        say: Callable[[str], None],
    ) -> None:
        self.timing = timing
        self.session = secrets.token_hex(6)
        self.findings: dict[str, Finding] = {}
        self._means: dict[str, float] = {}
        self._repeated = 0
        self._refinery = refinery
        self._stretch_of = stretch_of
        self._say = say
        self._lock = MachineLock()
        self._cores = Cores.divided()
        self._timed_stretches: set[int] = set()
        self._own_waiting = Waiting()
        self._began = time.monotonic()
        self._ready: tuple[Bench, Inputs] | None = None
        self._past = self._find_past() if timing else None
        self.verify_seed = _seed(verify_seed, self._past and self._past.header.get("verify_seed"))
        self._given_seed = verify_seed
        self._book = Book(self._past.records if self._past else ())
        self._sandbox_name = str(self._past.header.get("sandbox")) if self._past else None

    @property
    def directory(self) -> Path:
        """Where the journals are."""
        return self._refinery.config.rootpath / ".refinery" / "timing"

    @property
    def has_begun(self) -> bool:
        """Whether there is anything to report, be it only that a session was stopped."""
        return self._ready is not None or bool(self.findings)

    def wants_preparation(self, unit: Unit) -> bool:
        """Tell whether a program of this session must run, and nothing is prepared yet."""
        if self._ready is not None:
            return False
        source = self._read(unit)
        return source.refusal is None and not self._is_finished(self._subject(unit, source))

    def prepare(self) -> tuple[Bench, Inputs]:
        """Take the lock, open the sandbox, draw the inputs, and see that the reference is correct.

        Raises
        ------
        RefineryError : with what is wrong with the machine, the set-up or the task.
        """
        if self._ready is None:
            if self.timing:
                self._lock.acquire(waiting=self._say)
                self._cores.take_place()
            study, task = self._refinery.study, self._refinery.task
            sandbox = open_sandbox(
                self._refinery.config.getoption("refinery_sandbox"), packages=study.packages
            )
            self._open_journal(sandbox)
            inputs = Inputs.make(task, study, verify_seed=self.verify_seed)
            pace = Pace(factor=1, seconds=_FIRST_LIMIT)
            bench = Bench(sandbox, task=task, limits=_limits(study), pace=pace, cores=self._cores)
            self._check_reference(bench, inputs)
            self._introduce(bench)
            self._ready = bench, inputs
        return self._ready

    def examine(self, unit: Unit, nodeid: str, benchmark: BenchmarkFixture) -> Finding:
        """Verify, and in a timing session time, one program; what was timed goes to pytest-benchmark.

        Raises
        ------
        RefineryError : for a fault that is not the program's.
        """
        known = self.findings.get(_key(unit))
        if known is not None:
            # Another test of the same program, such as one with a parameter more: it is measured and counted once.
            self._repeated += 1
            return known
        source = self._read(unit)
        if source.refusal is not None:
            return self._found(unit, source, source.refusal, Waiting())
        subject = self._subject(unit, source)
        judgement, entries = self._judge(subject, nodeid, benchmark)
        finding = self._found(unit, source, judgement, self._book.progress(subject.key).waiting)
        if judgement.correct:
            self._report(finding, subject, entries)
        return finding

    def last_resort_seconds(self) -> float:
        """Return a time that no test reaches while the limits of its runs hold."""
        study = self._refinery.study
        limit = self._ready[0].pace.limit if self._ready else _FIRST_LIMIT
        processes = 50 + 6 * (study.lists * study.runs + DISGUISED_LISTS)
        return 600 + processes * (study.limits.load_seconds + 3 * limit)

    def document(self) -> dict[str, object]:
        """Return the ``refinery`` part of the benchmark file."""
        programs = [document.describe_program(finding) for finding in self.findings.values()]
        study = self._refinery.study
        return {
            "schema": document.SCHEMA,
            "study": document.describe_study(study),
            "task": study.task,
            "sandbox": self._sandbox_name,
            "session": self.session,
            "seeds": {"verify": self.verify_seed, "order": self.verify_seed},
            "verifier": VERIFIER,
            "versions": versions(),
            "cores": str(self._cores),
            "lists": document.describe_lists(self._ready[1].timed) if self._ready else [],
            "programs": programs,
            "reference": document.describe_reference(self._book.reference),
            "clock": self._clock(),
        }

    def summary(self, remote: Sequence[Mapping[str, object]] = (), *, width: int = 80) -> list[str]:
        """Return the lines of the note at the end; ``remote`` has what workers found."""
        # They were examined in random order.
        place = {unit.id: number for number, unit in enumerate(self._refinery.units)}
        programs = [*map(document.describe_program, self.findings.values()), *remote]
        programs.sort(key=lambda program: place.get(str(program["id"]), len(place)))
        counts = Counter(str(program["verdict"]) for program in programs)
        found = ", ".join(f"{count} {name}" for name, count in counts.most_common())
        lines = overview.treatments(programs, self._means, width=width)
        lines += ["", f"{count(len(programs), 'program')}: {found}; verification seed {self.verify_seed}"]
        lines += overview.failures(programs, width=width)
        if self._repeated:
            lines.append(
                f"{count(self._repeated, 'test')} asked for a program that another test had: each counts once"
            )
        if remote:
            lines.append("they were verified in parallel and not timed; to time them, run without -n")
        if self.timing and self._book.reference:
            by_list: dict[int, list[float]] = {}
            for (_, number), runs in sorted(self._book.reference.items()):
                by_list.setdefault(number, []).extend(run.figures.seconds for run in runs)
            lines += ["", *Quietness.of(self._book.marks(), list(by_list.values())).lines(), str(self._cores)]
        return lines

    def close(self) -> None:
        """Let go of the journal, the cores and the lock."""
        self._book.close()
        if self._ready is not None:
            self._ready[0].sandbox.close()
        self._cores.leave()
        self._lock.release()

    # ------------------------------------------------------------------------------------------------------------

    def _judge(self, subject: Subject, nodeid: str, benchmark: BenchmarkFixture) -> tuple[Judgement, Entries]:
        progress = self._book.progress(subject.key)
        if progress.verdict is not None and self._is_finished(subject):
            correct = progress.verdict.correct and self.timing
            return progress.verdict, restored_entries(benchmark, subject, progress) if correct else {}
        bench, inputs = self.prepare()
        study = self._refinery.study
        stretch = self._stretch_of.get(nodeid, 0)
        place = Place(session=self.session, stretch=stretch, lists=study.lists, runs=study.runs)
        examination = Examination(
            subject, bench=bench, inputs=inputs, book=self._book, seed=self.verify_seed, place=place
        )
        if not self.timing:
            return examination.verify(), {}
        return examination.time(benchmark, first=lambda: self._time_reference(benchmark, place))

    def _time_reference(self, benchmark: BenchmarkFixture, place: Place) -> None:
        bench, inputs = self.prepare()
        if place.stretch in self._timed_stretches:
            return
        judgement = time_reference(bench, benchmark, inputs, self._book, place)
        if not judgement.correct:
            raise _reference_failed(bench.sandbox, judgement)
        self._timed_stretches.add(place.stretch)

    def _is_finished(self, subject: Subject) -> bool:
        progress = self._book.progress(subject.key)
        if progress.verdict is None:
            return False
        study = self._refinery.study
        lists = range(1, study.lists + 1)
        return (
            not progress.verdict.correct
            or not self.timing
            or all(len(progress.runs[number]) >= study.runs for number in lists)
        )

    def _check_reference(self, bench: Bench, inputs: Inputs) -> None:
        """See that the reference is correct on this machine, and learn its pace."""
        check = ShortCheck(bench, bench.reference, inputs, seed=self.verify_seed)
        judgement = check.run()
        self._own_waiting.add(check.waiting)
        slowest = 0.0
        for case in inputs.disguised:
            if not judgement.correct:
                break
            run = Run(bench, bench.reference, case, trusted=True)
            try:
                run.prepare()
                start = time.perf_counter()
                run()
                seconds = time.perf_counter() - start
                judgement = run.finish(seconds)
            finally:
                run.abandon()
            slowest = max(slowest, seconds)
            run.waiting.verify += seconds
            self._own_waiting.add(run.waiting)
        inputs.wait()
        if not judgement.correct:
            raise _reference_failed(bench.sandbox, judgement)
        bench.pace.factor = self._refinery.study.limits.time_factor
        bench.pace.seconds = slowest

    def _open_journal(self, sandbox: Sandbox) -> None:
        self._sandbox_name = sandbox.name
        if not self.timing:
            return
        study, task = self._refinery.study, self._refinery.task
        now = facts(study, task, programs=self._refinery.programs_dir, sandbox=sandbox.name)
        if self._past is not None:
            require_same(self._past, now, verify_seed=self._given_seed)
            self._book.keep_in(Journal.reopen(self._past))
            return
        header = {**now, "study_name": study.name, "verify_seed": self.verify_seed, "session": self.session}
        self._book.keep_in(Journal.create(self.directory, header))

    def _find_past(self) -> Past | None:
        refinery = self._refinery
        if not refinery.config.getoption("refinery_resume"):
            return None
        past = find_past(self.directory, study=refinery.study, programs=refinery.programs_dir)
        if past is None:
            self._say(
                "refinery: there is no earlier session of this study and these programs to resume: a new one begins"
            )
        return past

    def _introduce(self, bench: Bench) -> None:
        if self._refinery.config.get_verbosity() < 0:
            return
        self._say(
            f"refinery: the reference is correct in sandbox {bench.sandbox.name} and took {bench.pace.seconds:.3g} s "
            f"at most: a call may take {bench.pace.limit:.3g} s; verification seed {self.verify_seed}"
            + (f"; {self._cores}" if self.timing else "")
        )

    def _read(self, unit: Unit) -> Source:
        return read_source(unit, directory=self._refinery.programs_dir)

    def _subject(self, unit: Unit, source: Source) -> Subject:
        turn = "" if unit.turn is None else f"#{unit.turn}"
        names = dict.fromkeys(self._refinery.study.factors)
        params = {**names, **unit.levels, "replicate": unit.replicate, "turn": unit.turn}
        return Subject(key=f"{unit.path.name}{turn}@{source.sha256}", source=source.data, params=params)

    def _found(self, unit: Unit, source: Source, judgement: Judgement, waiting: Waiting) -> Finding:
        finding = Finding(
            unit=unit,
            sha256=source.sha256,
            judgement=judgement,
            waiting=waiting,
            trajectory={} if unit.turn is not None else read_trajectory(unit),
        )
        self.findings[_key(unit)] = finding
        return finding

    def _report(self, finding: Finding, subject: Subject, entries: Entries) -> None:
        progress = self._book.progress(subject.key)
        study = self._refinery.study
        if entries:
            self._means[finding.unit.id] = statistics.fmean(
                seconds for entry in entries.values() for seconds in entry.seconds
            )
        for number, entry in sorted(entries.items()):
            info = document.extra_info(
                finding,
                progress.runs[number],
                study=study,
                number=number,
                list_seed=study.list_seed(number),
                sandbox=self._sandbox_name or "",
            )
            report(self._refinery.config, entry, info)

    def _clock(self) -> dict[str, float]:
        """Return where the session's time went: waiting for programs, the reference among them, and all in all."""
        reference = Waiting()
        reference.add(self._own_waiting)
        reference.add(self._book.reference_waiting)
        waits = [reference, *(finding.waiting for finding in self.findings.values())]
        return {
            "session_seconds": time.monotonic() - self._began,
            "program_seconds": sum(wait.load + wait.verify + wait.timed for wait in waits),
            "reference_load_seconds": reference.load,
            "reference_verify_seconds": reference.verify,
        }


def _key(unit: Unit) -> str:
    return f"{unit.path.name}#{unit.turn}"


def _seed(given: int | None, past: object) -> int:
    if given is not None:
        return given
    return past if isinstance(past, int) else secrets.randbits(63)


def _limits(study: Study) -> Limits:
    limits = study.limits
    return Limits(
        memory_bytes=limits.memory_mb * MIB,
        processes=limits.processes,
        file_bytes=limits.file_mb * MIB,
        tmp_bytes=limits.tmp_mb * MIB,
        load_seconds=limits.load_seconds,
    )


def _reference_failed(sandbox: Sandbox, judgement: Judgement) -> ReferenceFailedError:
    return ReferenceFailedError(
        f"the task's own reference is not correct in sandbox {sandbox.name} ({judgement}): that is the machine or its "
        f"set-up, not a program, so nothing is judged here. {sandbox.describe()}. Look for too little memory, a very "
        "busy machine, a broken Python, or limits in the study that are too low"
    )
