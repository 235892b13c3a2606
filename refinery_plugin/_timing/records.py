"""What the journal of a session holds, and how that stands in its file (pure)."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, TypeAlias

from refinery_plugin._timing.journal import JournalError
from refinery_plugin._verification.run_usage import RunFigures, Waiting
from refinery_plugin._verification.steps import Decided, HiddenListPassed, RunPassed, ShortInputsJudged
from refinery_plugin._verification.verdict import Judgement, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SessionHeader:
    """The first record: which session this is.

    ``fingerprint`` has what must be the same for figures to belong to one session, by name.
    """

    fingerprint: Mapping[str, object]
    study_name: str
    verify_seed: int
    session: str

    @property
    def sandbox(self) -> str:
        """Name of the sandbox."""
        return str(self.fingerprint.get("sandbox"))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """One step of the examination of a program that was not timed."""

    program: str
    step: ShortInputsJudged | HiddenListPassed | Decided


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BlockRun:
    """One finished, correct run on a timed list, and where it took place: in which block of which session.

    ``machine`` is named where the session has several.
    """

    block: int
    session: str
    run: RunPassed
    machine: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A timed run of a program."""

    program: str
    run: BlockRun


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceRecord:
    """A timed run of a task's reference."""

    task: str
    run: BlockRun


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class InputsRecord:
    """A task was opened.

    ``sha256`` is the checksum of all its inputs, ``lists`` what is told of its timed lists, ``size`` theirs where the
    task leaves it open.
    """

    task: str
    sha256: str
    lists: list[dict[str, object]]
    size: int | None = None


Part: TypeAlias = InputsRecord | StepRecord | RunRecord | ReferenceRecord


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BlockRecord:
    """All that a worker elsewhere did in one block: one line, so that it is in the journal whole or not at all.

    Parameters
    ----------
    number : of the block's stretch, from 0; no other of its session has it.
    machine : ``name`` of the machine, and what is known of it.
    worker : what the engine calls the worker.
    programs : the programs' keys.
    seconds : how long it took there, waiting for the machine's lock left out.
    """

    number: int
    session: str
    task: str
    machine: Mapping[str, Any]
    worker: str
    programs: tuple[str, ...]
    seconds: float
    parts: tuple[Part, ...]


Record: TypeAlias = Part | BlockRecord


_BLOCK = ("number", "session", "task", "machine", "worker", "seconds")


def header_to_json(header: SessionHeader) -> dict[str, object]:
    """Return what stands in the first line of the file."""
    return {
        **header.fingerprint,
        "study_name": header.study_name,
        "verify_seed": header.verify_seed,
        "session": header.session,
    }


def header_from_json(line: Mapping[str, Any]) -> SessionHeader:
    """Read the first line.

    Raises
    ------
    JournalError : when something is missing in it.
    """
    try:
        own = {name: line[name] for name in ("study_name", "verify_seed", "session")}
    except KeyError as exc:
        raise _unknown(line) from exc
    others = {name: value for name, value in line.items() if name not in (*own, "kind", "schema")}
    return SessionHeader(fingerprint=others, **own)


def to_json(record: Record) -> dict[str, object]:
    """Return what stands in a line of the file."""
    if isinstance(record, BlockRecord):
        own = {name: getattr(record, name) for name in _BLOCK}
        programs, parts = list(record.programs), [to_json(part) for part in record.parts]
        return {"kind": "block", **own, "programs": programs, "parts": parts}
    if isinstance(record, InputsRecord):
        return {"kind": "inputs", **dataclasses.asdict(record)}
    if isinstance(record, ReferenceRecord):
        return {"kind": "reference", "task": record.task, **_run_to_json(record.run)}
    if isinstance(record, RunRecord):
        return {"kind": "run", **_run_to_json(record.run), "program": record.program}
    step = record.step
    line: dict[str, object]
    if isinstance(step, HiddenListPassed):
        line = {"kind": "hidden", "index": step.index}
    else:
        kind = "verdict" if isinstance(step, Decided) else "short"
        line = {"kind": kind, "judgement": dataclasses.asdict(step.judgement)}
    return {**line, "program": record.program, "waiting": dataclasses.asdict(step.waiting)}


def from_json(line: Mapping[str, Any]) -> Record:
    """Read a line of the file.

    Raises
    ------
    JournalError : when it is none that ``to_json`` gives, such as one of another version.
    """
    try:
        if line["kind"] != "block":
            return _from_json(line)
        own = {name: line[name] for name in _BLOCK}
        parts = tuple(_from_json(part) for part in line["parts"])
        return BlockRecord(**own, programs=tuple(line["programs"]), parts=parts)
    except (KeyError, TypeError, ValueError) as exc:
        raise _unknown(line) from exc


def _from_json(line: Mapping[str, Any]) -> Part:
    kind = line["kind"]
    if kind == "inputs":
        size = line.get("size")
        return InputsRecord(task=line["task"], sha256=line["sha256"], lists=line["lists"], size=size)
    waiting = Waiting(**line["waiting"])
    step: ShortInputsJudged | HiddenListPassed | Decided
    match kind:
        case "reference":
            return ReferenceRecord(task=line["task"], run=_run_from_json(line, waiting))
        case "run":
            return RunRecord(program=line["program"], run=_run_from_json(line, waiting))
        case "short":
            step = ShortInputsJudged(judgement=_judgement(line["judgement"]), waiting=waiting)
        case "hidden":
            step = HiddenListPassed(index=line["index"], waiting=waiting)
        case "verdict":
            step = Decided(judgement=_judgement(line["judgement"]), waiting=waiting)
        case _:
            raise ValueError(kind)
    return StepRecord(program=line["program"], step=step)


def _run_to_json(placed: BlockRun) -> dict[str, object]:
    run = placed.run
    return {
        "list": run.number,
        "block": placed.block,
        "session": placed.session,
        "limit": run.limit,
        "figures": dataclasses.asdict(run.figures),
        "waiting": dataclasses.asdict(run.waiting),
        **({} if placed.machine is None else {"machine": placed.machine}),
    }


def _run_from_json(line: Mapping[str, Any], waiting: Waiting) -> BlockRun:
    figures = RunFigures(**line["figures"])
    run = RunPassed(number=line["list"], limit=line["limit"], figures=figures, waiting=waiting)
    return BlockRun(block=line["block"], session=line["session"], run=run, machine=line.get("machine"))


def _judgement(fields: Mapping[str, Any]) -> Judgement:
    return Judgement(**{**fields, "verdict": Verdict(fields["verdict"])})


def _unknown(line: Mapping[str, Any]) -> JournalError:
    return JournalError(
        f"the journal of the interrupted session holds a record that this version does not know: {str(line)[:200]}; "
        "start afresh without --refinery-resume"
    )
