"""One session's verification and timing: prepared once, when the first program needs it."""

from __future__ import annotations

import dataclasses
import secrets
import time
from typing import TYPE_CHECKING, TypeAlias

from refinery_plugin._errors import RefineryError
from refinery_plugin._sandbox import Limits
from refinery_plugin._timing import document
from refinery_plugin._timing.document import Finding
from refinery_plugin._timing.fingerprint import (
    ResumeError,
    find_past,
    fingerprint,
    require_same,
    versions,
)
from refinery_plugin._timing.journal import Journal
from refinery_plugin._timing.lock import MachineLock
from refinery_plugin._timing.open_tasks import OpenTasks
from refinery_plugin._timing.program_file import read_program, read_trajectory
from refinery_plugin._timing.progress import SessionProgress
from refinery_plugin._timing.quietness import Quietness
from refinery_plugin._timing.records import (
    BlockRecord,
    InputsRecord,
    SessionHeader,
    from_json,
    header_from_json,
    header_to_json,
)
from refinery_plugin._timing.slowness import ratio_to_reference, slowness
from refinery_plugin._timing.stretches import Stretches, most_seconds
from refinery_plugin._verification.checker import FIRST_LIMIT, Checker
from refinery_plugin._verification.cores import Cores
from refinery_plugin._verification.inputs import VERIFIER, inputs_sha256
from refinery_plugin._verification.run_usage import NO_WAITING, Waiting
from refinery_plugin._verification.sizing import find_size
from refinery_plugin._verification.verdict import CORRECT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from refinery_plugin._study.study import Study
    from refinery_plugin._study.task import Task
    from refinery_plugin._study.units import Unit
    from refinery_plugin._timing.document import TimedList
    from refinery_plugin._timing.journal import PastSession
    from refinery_plugin._timing.program_file import ProgramText
    from refinery_plugin._timing.progress import ProgramProgress
    from refinery_plugin._timing.sizes import Sizes
    from refinery_plugin._timing.slowness import Slowness
    from refinery_plugin._verification.ports import ProgramSandbox, Timer
    from refinery_plugin._verification.verdict import Judgement

MIB = 2**20
_Seconds: TypeAlias = "dict[tuple[int, int], list[float]]"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """What a session needs to know.

    Parameters
    ----------
    tasks : the study's tasks by name.
    programs : directory of the programs.
    journals : directory of the journals.
    open_sandbox : opens the sandbox that programs run in.
    times : whether programs are timed, or only verified.
    resumes : whether an interrupted timing session is gone on with.
    verify_seed : decides everything that is drawn; ``None`` for a fresh one, or for that of the session that is
        resumed.
    say : tells the user something at once.
    introduces : whether references and their limits are told; of many tasks that are never timed they are not.
    sizes : keeps the sizes that are found for tasks which leave them open.
    lock : held from the first program on that is timed; what only verifies waits for nobody.
    feedback_notes : what results say of kinds of feedback, by their names.
    elsewhere : whether programs run on workers elsewhere, and what these did is handed in.
    shard : number and count where this session has a part of the programs: it goes on with its own journal only.
    beside : number and count where this process is one of several of this machine that verify side by side.
    """

    study: Study
    tasks: Mapping[str, Task]
    programs: Path
    journals: Path
    open_sandbox: Callable[[], ProgramSandbox]
    times: bool
    resumes: bool = False
    verify_seed: int | None = None
    say: Callable[[str], None]
    introduces: bool = True
    sizes: Sizes
    lock: MachineLock = dataclasses.field(default_factory=MachineLock)
    feedback_notes: Mapping[str, str] = dataclasses.field(default_factory=dict)
    elsewhere: bool = False
    shard: tuple[int, int] | None = None
    beside: tuple[int, int] | None = None

    def cores(self) -> Cores:
        """Decide who runs where."""
        if self.times:
            return Cores.divided()
        return Cores.everywhere() if self.beside is None else Cores.part(*self.beside)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outstanding:
    """A program that is still to be run: its task, its key in the journal, and its text."""

    task: str
    key: str
    source: bytes


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Interrupted:
    """The session that is resumed."""

    past: PastSession
    header: SessionHeader


class MeasuringSession:
    """Verifies and times the programs of one session, one after the other."""

    def __init__(self, settings: SessionSettings) -> None:
        self._settings = settings
        self._tasks = dict(settings.tasks)
        self._sizes = settings.sizes
        self.id = secrets.token_hex(6)
        self.findings: dict[str, Finding] = {}
        self._cores = settings.cores()
        self._began = time.monotonic()
        self._sandbox: ProgramSandbox | None = None
        self._open = OpenTasks(self._open_checker)
        self.repeated = 0
        """How many tests asked for a program that another test had."""
        self._interrupted = self._find_interrupted() if settings.times else None
        interrupted = self._interrupted
        self.verify_seed = _seed(settings.verify_seed, interrupted)
        self._progress = SessionProgress(map(from_json, interrupted.past.records) if interrupted else ())
        self._stretches = Stretches(
            session=self.id,
            progress=self._progress,
            checker_of=self.prepare,
            lists=settings.study.lists,
            runs=settings.study.runs,
        )
        self._sandbox_name = interrupted.header.sandbox if interrupted else None
        self._compared: set[tuple[str, str | None]] = set()
        """Tasks and sandboxes with which this session was found to be the interrupted one's; no sandbox: none yet."""

    @property
    def times(self) -> bool:
        """Whether programs are timed, or only verified."""
        return self._settings.times

    @property
    def is_by_task(self) -> bool:
        """Whether the study has several tasks."""
        return self._settings.study.by_task

    @property
    def is_elsewhere(self) -> bool:
        """Whether programs run on workers elsewhere."""
        return self._settings.elsewhere

    @property
    def cores(self) -> Cores:
        """Who runs where."""
        return self._cores

    @property
    def has_begun(self) -> bool:
        """Whether there is anything to report, be it only that a session was stopped."""
        return bool(self._open.lists or self.findings)

    def wants_preparation(self, unit: Unit) -> bool:
        """Tell whether a program of this session must run, and its task is not prepared yet."""
        if self._open.has(self._task_of(unit)):
            return False
        text = self._read(unit)
        return text.refusal is None and not self._is_finished(
            self._progress.of(_key(unit, text)), self._task_of(unit)
        )

    def prepare(self, task: str) -> Checker:
        """Take the lock, open the sandbox, draw a task's inputs, and see that its reference is correct.

        What is done already is not done again.

        Raises
        ------
        RefineryError : with what is wrong with the machine, the set-up or the task.
        """
        return self._open.get(task)

    def _open_checker(self, name: str) -> Checker:
        settings, study = self._settings, self._settings.study
        if settings.elsewhere:
            raise RefineryError(
                f"a program of task {name} was sent to no worker: it changed meanwhile; run this again"
            )
        if settings.times and self._tasks[name].is_timed:
            settings.lock.acquire(waiting=settings.say)
        self._cores.take_place()
        if self._sandbox is None:
            self._sandbox = settings.open_sandbox()
        self._settle(name, self._sandbox)
        self._require_same(name, self._sandbox.name)
        checker = Checker.open(
            self._sandbox,
            self._tasks[name],
            list_seeds=self.list_seeds(name),
            seed=self.verify_seed,
            limits=limits_of(study),
            time_factor=study.limits.time_factor,
            cores=self._cores,
        )
        self._open_journal(self._sandbox.name)
        if settings.times and name not in self._progress.inputs:
            lists = document.describe_lists(checker.inputs.timed, task=name)
            drawn = checker.inputs.sha256(self._tasks[name])
            size = self._tasks[name].size
            self._progress.add(InputsRecord(task=name, sha256=drawn, lists=lists, size=size))
        if self._introduces(name):
            self._introduce(name, checker)
        return checker

    def examine(self, unit: Unit, *, stretch: int, timer: Timer) -> Finding:
        """Verify, and in a timing session time, one program.

        Parameters
        ----------
        stretch : number of the stretch of the session, from 0; the reference is timed once in each.
        timer : times a run.

        Raises
        ------
        RefineryError : for a fault that is not the program's.
        """
        known = self.findings.get(_name(unit))
        task = self._task_of(unit)
        if not self._open.has(task):
            self._require_same(task, None)
        if known is not None:
            # Another test of the same program, such as one with a parameter more: it is measured and counted once.
            self.repeated += 1
            return known
        text = self._read(unit)
        if text.refusal is not None:
            return self._keep(unit, text, text.refusal, NO_WAITING)
        key = _key(unit, text)
        progress = self._progress.of(key)
        if not self._settings.times:
            check = self.prepare(task).check(text.data, key=key)
            return self._keep(unit, text, check.judgement, check.waiting)
        if not self._is_finished(progress, task):
            self._stretches.time(text.data, key, task=task, stretch=stretch, timer=timer)
        return self._keep(unit, text, progress.verdict or CORRECT, progress.waiting, progress)

    def outstanding(self, units: Iterable[Unit]) -> list[Outstanding]:
        """Return the programs that are still to be run, each once, in the order given.

        Raises
        ------
        RefineryError : when a file cannot be read, or the session that is resumed was under other circumstances.
        """
        outstanding: dict[str, Outstanding] = {}
        for unit in units:
            task, text = self._task_of(unit), self._read(unit)
            self._require_same(task, None)
            if text.refusal is None:
                key = _key(unit, text)
                if not self._is_finished(self._progress.of(key), task):
                    outstanding[key] = Outstanding(task=task, key=key, source=text.data)
        return list(outstanding.values())

    def unsized(self, tasks: Iterable[str]) -> list[str]:
        """Return those of these tasks whose size is still to be found; what is kept from other sessions is taken."""
        for name in tasks:
            task = self._tasks[name]
            known = self._sizes.known(task) if task.takes_size else None
            if known is not None:
                self._tasks[name] = task.sized(known)
        return [name for name in tasks if self._tasks[name].takes_size]

    def size(self, name: str, size: int) -> None:
        """Settle the size of a task, which a worker found.

        Raises
        ------
        RefineryError : when this is a part of a study, or it cannot be kept.
        """
        task = self._tasks[name]
        self._tasks[name] = task.sized(self._sizes.settle(task, lambda: size))

    def task(self, name: str) -> Task:
        """Return a task of the study, as it is timed."""
        return self._tasks[name]

    @property
    def sandbox_name(self) -> str | None:
        """Name of the session's sandbox; ``None`` before it is known."""
        return self._sandbox_name

    def begin_elsewhere(self, sandbox: str) -> None:
        """Open the journal for what workers do, all of them in sandboxes of one name.

        Raises
        ------
        RefineryError : when it cannot be written, or the session that is resumed had another sandbox.
        """
        for name in self._settings.study.tasks:
            self._require_same(name, sandbox)
        self._open_journal(sandbox)

    def take(self, block: BlockRecord) -> None:
        """Keep what a worker did in a block.

        Raises
        ------
        ResumeError : when it drew other inputs than others before; nothing of it is kept.
        """
        for part in block.parts:
            if isinstance(part, InputsRecord):
                known = self._progress.inputs.get(part.task)
                if known is not None and known.sha256 != part.sha256:
                    raise ResumeError(
                        f"it draws other inputs of task {part.task} from the same seed than were drawn before"
                    )
        self._progress.make_room()
        self._progress.add(block)

    def has_examined(self, unit: Unit) -> bool:
        """Tell whether a program was examined already."""
        return _name(unit) in self.findings

    def slowness(self, finding: Finding) -> Slowness | None:
        """Return how much slower than the reference beside it a program is; ``None`` where it was not timed."""
        return slowness(*self._beside(finding))

    def ratio(self, finding: Finding) -> float | None:
        """Return how many times the reference's time a program takes; ``None`` where it was not timed."""
        return ratio_to_reference(*self._beside(finding))

    def _beside(self, finding: Finding) -> tuple[_Seconds, _Seconds]:
        """Return the seconds of a program and of its task's reference, by block and list."""
        runs: dict[tuple[int, int], list[float]] = {}
        for number, placed in ((number, one) for number, group in finding.runs.items() for one in group):
            runs.setdefault((placed.block, number), []).append(placed.run.figures.seconds)
        beside = {
            (block, number): [placed.run.figures.seconds for placed in group]
            for (task, block, number), group in self._progress.reference.items()
            if task == self._task_of(finding.unit)
        }
        return runs, beside

    def programs(self) -> list[dict[str, object]]:
        """Return the entries of ``refinery.programs`` so far."""
        study = self._settings.study
        return [document.describe_program(finding, study=study) for finding in self.findings.values()]

    def timed_lists(self, finding: Finding) -> list[TimedList]:
        """Return what pytest-benchmark is told of a program."""
        return document.timed_lists(finding, study=self._settings.study, sandbox=self._sandbox_name or "")

    def last_resort_seconds(self, unit: Unit) -> float:
        """Return a time that no test of a program reaches while the limits of its runs hold."""
        study, task = self._settings.study, self._task_of(unit)
        limit = self.prepare(task).bench.pace.limit if self._open.has(task) else FIRST_LIMIT
        return most_seconds(
            lists=study.lists, runs=study.runs, load_seconds=study.limits.load_seconds, limit=limit
        )

    def document(self) -> dict[str, object]:
        """Return the ``refinery`` part of the benchmark file."""
        study = self._settings.study
        only = None if study.by_task else self._tasks[study.tasks[0]]
        return {
            "schema": document.SCHEMA,
            "study": document.describe_study(study),
            "feedback": document.describe_feedback(study, self._settings.feedback_notes),
            "task": study.task,
            "task_version": None if only is None else only.version,
            "task_checksum": None if only is None else only.checksum,
            "tasks": [
                {
                    "name": name,
                    "version": task.version,
                    "checksum": task.checksum,
                    "size": self._sizes.known(task) if task.takes_size else task.size,
                }
                for name, task in self._tasks.items()
            ],
            "sandbox": self._sandbox_name,
            "session": self.id,
            "seeds": {"verify": self.verify_seed, "order": self.verify_seed},
            "verifier": VERIFIER,
            "versions": versions(),
            "cores": str(self._cores),
            "lists": [entry for name in study.tasks for entry in self._lists_of(name)],
            "programs": self.programs(),
            "reference": document.describe_reference(self._progress.reference),
            "clock": self._clock(),
            **document.describe_blocks(self._progress.blocks),
        }

    def _lists_of(self, task: str) -> list[dict[str, object]]:
        """Return what is told of a task's timed lists, also where all was done in the session that is resumed."""
        past = self._progress.inputs.get(task)
        return self._open.lists.get(task, [] if past is None else past.lists)

    def quietness(self) -> Quietness | None:
        """Return how quiet the machine was; ``None`` where the reference was never timed."""
        if not self._settings.times or not self._progress.reference:
            return None
        by_list: dict[tuple[str, int, str | None], list[float]] = {}
        for (task, _, number), runs in sorted(self._progress.reference.items()):
            for placed in runs:
                by_list.setdefault((task, number, placed.machine), []).append(placed.run.figures.seconds)
        return Quietness.of(self._progress.marks(), list(by_list.values()))

    def close(self) -> None:
        """Let go of the journal, the cores and the lock."""
        self._progress.close()
        if self._sandbox is not None:
            self._sandbox.close()
        self._cores.leave()
        self._settings.lock.release()

    # ------------------------------------------------------------------------------------------------------------

    def _is_finished(self, progress: ProgramProgress, task: str) -> bool:
        if progress.verdict is None:
            return False
        runs = self._settings.study.runs
        lists = range(1, len(self.list_seeds(task)) + 1)
        return not progress.verdict.correct or all(len(progress.runs[number]) >= runs for number in lists)

    def _require_same(self, task: str, sandbox: str | None) -> None:
        """Refuse to go on with a session that something else was measured in, before any of its figures is used.

        Parameters
        ----------
        task : of which figures are about to be used.
        sandbox : name of the open sandbox; ``None`` where there is nothing left to run.
        """
        interrupted, settings = self._interrupted, self._settings
        if interrupted is None or self._compared >= {(task, sandbox)}:
            return
        inputs: dict[str, tuple[str, str]] = {}
        if (then := self._progress.inputs.get(task)) is not None and (task, None) not in self._compared:
            self._settle(task, None)
            name = f"inputs of task {task}" if settings.study.by_task else "inputs"
            inputs[name] = (then.sha256, self._inputs_sha256(task, interrupted.header.verify_seed))
        require_same(
            interrupted.header,
            self._fingerprint(sandbox),
            path=interrupted.past.path,
            verify_seed=settings.verify_seed,
            inputs=inputs,
        )
        self._compared |= {(task, sandbox), (task, None)}

    def _settle(self, name: str, sandbox: ProgramSandbox | None) -> None:
        """Settle the size of a task's inputs, where that is open: as in the session that is resumed, or found now."""
        task, past = self._tasks[name], self._progress.inputs.get(name)
        if not task.takes_size or (sandbox is None and (past is None or past.size is None)):
            return

        def find() -> int:
            if sandbox is None:
                raise RuntimeError("a size can only be found in a sandbox")
            return find_size(sandbox, task, limits=limits_of(self._settings.study), cores=self._cores)

        size = self._sizes.settle(task, find, then=None if past is None else past.size)
        self._tasks[name] = task.sized(size)

    def list_seeds(self, task: str) -> list[int]:
        """Return the seeds of a task's timed lists; none where it is never timed."""
        study = self._settings.study
        if not self._tasks[task].is_timed:
            return []
        return [study.list_seed(number) for number in range(1, study.lists + 1)]

    def _inputs_sha256(self, task: str, verify_seed: int) -> str:
        return inputs_sha256(self._tasks[task], list_seeds=self.list_seeds(task), verify_seed=verify_seed)

    def _fingerprint(self, sandbox: str | None) -> dict[str, object]:
        settings = self._settings
        return fingerprint(
            settings.study,
            settings.tasks,
            programs=settings.programs,
            sandbox=sandbox,
            elsewhere=settings.elsewhere,
            shard=settings.shard,
        )

    def _open_journal(self, sandbox: str) -> None:
        self._sandbox_name = sandbox
        settings = self._settings
        if not settings.times or self._progress.is_kept:
            return
        if self._interrupted is not None:
            self._progress.keep_in(Journal.reopen(self._interrupted.past))
            return
        header = SessionHeader(
            fingerprint=self._fingerprint(sandbox),
            study_name=settings.study.name,
            verify_seed=self.verify_seed,
            session=self.id,
        )
        part = "" if settings.shard is None else "-part{}of{}".format(*settings.shard)
        self._progress.keep_in(Journal.create(settings.journals, header_to_json(header), part=part))

    def _find_interrupted(self) -> _Interrupted | None:
        settings = self._settings
        if not settings.resumes:
            return None
        past = find_past(
            settings.journals, study=settings.study, programs=settings.programs, shard=settings.shard
        )
        if past is None:
            settings.say(
                "refinery: there is no earlier session of this study and these programs to resume: a new one begins"
            )
            return None
        return _Interrupted(past=past, header=header_from_json(past.header))

    def _task_of(self, unit: Unit) -> str:
        return unit.task_in(self._settings.study)

    def _introduces(self, task: str) -> bool:
        wanted = self._settings.introduces and task not in self._open.lists
        return wanted and (self._tasks[task].is_timed or not self.is_by_task)

    def _introduce(self, task: str, checker: Checker) -> None:
        pace = checker.bench.pace
        reference = f"the reference of {task}" if self._settings.study.by_task else "the reference"
        self._settings.say(
            f"refinery: {reference} is correct in sandbox {checker.bench.sandbox.name} and took {pace.seconds:.3g} s "
            f"at most{self._size_words(task)}: a call may take {pace.limit:.3g} s; verification seed {self.verify_seed}"
            + (f"; {self._cores}" if self._settings.times else "")
        )

    def _size_words(self, task: str) -> str:
        """Return where its size comes from, if it was found."""
        if self._settings.tasks[task].size == self._tasks[task].size:
            return ""
        return f" at size {self._tasks[task].size}, kept in {self._sizes.path}"

    def _read(self, unit: Unit) -> ProgramText:
        return read_program(unit, directory=self._settings.programs)

    def _keep(
        self,
        unit: Unit,
        text: ProgramText,
        judgement: Judgement,
        waiting: Waiting,
        progress: ProgramProgress | None = None,
    ) -> Finding:
        finding = Finding(
            unit=unit,
            sha256=text.sha256,
            judgement=judgement,
            waiting=waiting,
            trajectory={} if unit.turn is not None else read_trajectory(unit),
            runs=dict(progress.runs) if progress is not None and judgement.correct else {},
            machine=None if progress is None else progress.machine,
        )
        self.findings[_name(unit)] = finding
        return finding

    def _clock(self) -> dict[str, float]:
        """Return where the session's time went: waiting for programs, the reference among them, and all in all."""
        reference = self._open.waiting + self._progress.reference_waiting
        waits = [reference, *(finding.waiting for finding in self.findings.values())]
        return {
            "session_seconds": time.monotonic() - self._began,
            "program_seconds": sum(wait.load + wait.verify + wait.timed for wait in waits),
            "reference_load_seconds": reference.load,
            "reference_verify_seconds": reference.verify,
        }


def _name(unit: Unit) -> str:
    return f"{unit.file}#{unit.turn}"


def _key(unit: Unit, text: ProgramText) -> str:
    """Name a program and its text in the journal."""
    turn = "" if unit.turn is None else f"#{unit.turn}"
    return f"{unit.file}{turn}@{text.sha256}"


def _seed(given: int | None, interrupted: _Interrupted | None) -> int:
    if given is not None:
        return given
    return secrets.randbits(63) if interrupted is None else interrupted.header.verify_seed


def limits_of(study: Study) -> Limits:
    limits = study.limits
    return Limits(
        memory_bytes=limits.memory_mb * MIB,
        processes=limits.processes,
        file_bytes=limits.file_mb * MIB,
        tmp_bytes=limits.tmp_mb * MIB,
        load_seconds=limits.load_seconds,
    )
