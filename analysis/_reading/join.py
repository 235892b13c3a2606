"""Several checked files into the frames of one study."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .._errors import AnalysisError
from .frames import PROGRAM_COLUMNS, Results, TurnVerdict
from .levels import OPTIMIZATION, as_number, derive, ordered
from .one_task import same_tasks
from .programs import NUMBERS, TEXTS, Programs, objects

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .entries import RawFile
    from .programs import Column, Levels, RawProgram

_CORRECT = "correct"


@dataclasses.dataclass(slots=True)
class _Joined:
    """A program as several files together tell it."""

    raw: RawProgram
    file: str
    machine: str
    verdict: str
    machines: list[str]
    info: dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class _All:
    """All programs, with the file that first told of each and its machine, None where it ran on several."""

    told: Programs
    file: Column
    machine: Column
    notes: tuple[str, ...] = ()


def join(files: Sequence[RawFile]) -> Results:
    """Join the files of one study; programs with the same content on several machines become one."""
    machines = tuple(dict.fromkeys(file.source.machine for file in files))
    programs, numbers = _programs(files)
    if not len(programs.told):
        raise AnalysisError(
            f"{files[0].source.file}: refinery.programs: no program at all, nothing to analyse"
        )
    factors = _factors(files, programs.told.levels)
    frame, derived = _program_frame(programs, factors, several=len(machines) > 1)
    levels = {name: tuple(frame[name].cat.categories) for name in [*factors, *derived]}
    runs, turns = _run_frames(files, numbers, frame, levels)
    verdicts = _turn_verdicts(files, numbers, frame)
    if len(turns):
        own = [verdicts.get(key) for key in zip(turns["program"], turns["turn"], strict=True)]
        turns["passed"] = [
            passed if one is None else one.verdict == _CORRECT
            for one, passed in zip(own, turns["passed"], strict=True)
        ]
    reference = _reference_frame(files)
    tasks = _tasks(files, programs.told)
    crossed = None in set(programs.machine.tolist())
    return Results(
        study=files[0].study,
        task="" if len(tasks) > 1 else next((file.task for file in files if file.task), ""),
        tasks=tasks,
        factors=levels,
        derived=derived,
        runs=runs,
        programs=frame,
        reference=reference,
        turns=turns,
        turn_verdicts=verdicts,
        machines=machines,
        crossed=crossed,
        sources=tuple(file.source for file in files),
        notes=(
            *(note for file in files for note in file.notes),
            *same_tasks(files),
            *programs.notes,
            *_reading_notes(frame, runs, crossed=crossed),
        ),
    )


def _turn_verdicts(
    files: Sequence[RawFile], numbers: Sequence[np.ndarray[Any, np.dtype[np.intp]]], programs: pd.DataFrame
) -> dict[tuple[str, int], TurnVerdict]:
    """Return what was found of intermediate programs; what fails on one machine has failed."""
    names = programs["program"].to_numpy()
    verdicts: dict[tuple[str, int], TurnVerdict] = {}
    for file, to in zip(files, numbers, strict=True):
        for (number, turn), verdict in file.turn_verdicts.items():
            key = (str(names[to[number]]), turn)
            known = verdicts.get(key)
            if known is None or known.verdict == _CORRECT:
                verdicts[key] = verdict
    return verdicts


def _tasks(files: Sequence[RawFile], programs: Programs) -> tuple[str, ...]:
    """Return the tasks that have programs, as the study orders them."""
    tasks: list[str] = []
    for file in files:
        listed = file.source.study.get("tasks")
        tasks += listed if isinstance(listed, list) else []
    there = dict.fromkeys(task for task in dict.fromkeys(programs.task.tolist()) if task)
    return tuple(dict.fromkeys([*(task for task in tasks if task in there), *there]))


def _programs(files: Sequence[RawFile]) -> tuple[_All, list[np.ndarray[Any, np.dtype[np.intp]]]]:
    """Return the programs, and for each file where its programs went."""
    if len(files) == 1:
        # Nothing to join, and a file names no program twice.
        told, source = files[0].programs, files[0].source
        first, of = (np.full(len(told), name, dtype=object) for name in (source.file, source.machine))
        return _All(told, first, of), [np.arange(len(told), dtype=np.intp)]
    joined: list[_Joined] = []
    known: dict[tuple[object, ...], list[int]] = {}
    numbers, notes = [], []
    for file in files:
        places, untold = [], []
        for raw in file.programs:
            alike = known.setdefault((raw.task, tuple(sorted(raw.levels)), raw.replicate), [])
            number = _same_program(raw, file, [(i, joined[i]) for i in alike])
            if number is None:
                untold += [joined[i].file for i in alike if None in {raw.sha256, joined[i].raw.sha256}][:1]
                number = len(joined)
                alike.append(number)
                machine = file.source.machine
                joined.append(
                    _Joined(raw, file.source.file, machine, raw.verdict, [machine], dict(raw.info)),
                )
            else:
                _merge(joined[number], raw, file.source.machine)
            places.append(number)
        numbers.append(np.asarray(places, dtype=np.intp))
        if untold:
            notes.append(_maybe_the_same(file.source.file, untold))
    rows = [one.raw._replace(verdict=one.verdict, info=one.info) for one in joined]
    machines = [None if len(one.machines) > 1 else one.machine for one in joined]
    first = objects([one.file for one in joined])
    return _All(Programs.of(rows), first, objects(machines), tuple(notes)), numbers


def _maybe_the_same(file: str, others: Sequence[str]) -> str:
    """Say that programs of a file may be those of others, where no checksum tells; one of ``others`` for each."""
    programs = "1 program has" if len(others) == 1 else f"{len(others)} programs have"
    return (
        f"{file}: {programs} the treatment and replicate of programs of {' and '.join(dict.fromkeys(others))}, and no "
        "checksum tells whether they are the same: they count as other programs. If they are the same ones timed "
        "again, analyse the files one by one; if not, number the replicates on"
    )


def _same_program(raw: RawProgram, file: RawFile, alike: Sequence[tuple[int, _Joined]]) -> int | None:
    """Find the same program on another machine: the same text. A name alone does not make it the same."""
    machine = file.source.machine
    for number, other in alike:
        if machine in other.machines:
            named = ", ".join(f"{name} {level}" for name, level in raw.levels)
            raise AnalysisError(
                f"{file.source.file}: {raw.where}: replicate: duplicate program: {named}, replicate {raw.replicate} "
                f"is already in {other.file} ({other.raw.where}), on the same machine"
            )
        if raw.sha256 is not None and raw.sha256 == other.raw.sha256:
            return number
    return None


def _merge(program: _Joined, raw: RawProgram, machine: str) -> None:
    program.machines.append(machine)
    if program.verdict == _CORRECT and raw.verdict != _CORRECT:
        program.verdict = raw.verdict
        program.info |= {name: raw.info.get(name) for name in ("reason", "error_type")}
    for name, value in raw.info.items():
        if name in {"load_seconds", "verify_seconds"}:
            program.info[name] = _add(program.info.get(name), value)
        elif name == "limit_seconds":
            program.info[name] = _larger(program.info[name], value)
        elif _unknown(program.info.get(name)) and name not in {"reason", "error_type"}:
            program.info[name] = value


def _larger(a: float, b: float) -> float:
    """Return the larger of two numbers, of which NaN is none."""
    return max((value for value in (a, b) if not math.isnan(value)), default=math.nan)


def _unknown(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _add(a: object, b: object) -> float:
    numbers = [value for value in (a, b) if isinstance(value, float) and not math.isnan(value)]
    return math.fsum(numbers) if numbers else math.nan


def _factors(files: Sequence[RawFile], treatments: Sequence[Levels]) -> dict[str, tuple[str, ...]]:
    declared = {name: levels for file in files for name, levels in file.factors.items()}
    seen: dict[str, set[str]] = {name: set() for name in declared}
    for levels in treatments:
        for name, level in levels:
            seen.setdefault(name, set()).add(level)
    return {name: ordered(of, declared.get(name, ())) for name, of in seen.items() if of}


def _program_frame(
    programs: _All, factors: Mapping[str, tuple[str, ...]], *, several: bool
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    # Few treatments, many programs: what a treatment is called, and where it stands, is worked out once.
    told = programs.told
    distinct, treatment = told.levels, told.treatment
    codes: dict[str, Column] = {}
    columns: dict[str, Any] = {}
    for name, levels in factors.items():
        position = {level: i for i, level in enumerate(levels)}
        codes[name] = np.asarray([position[dict(of)[name]] for of in distinct], dtype=np.intp)
        columns[name] = pd.Categorical.from_codes(
            codes[name][treatment], categories=pd.Index(levels, dtype=object)
        )
    derived = _derived(factors, columns)
    labels = _labels(factors, codes, len(distinct))
    order = {label: i for i, label in enumerate(dict.fromkeys(_in_design_order(labels, codes, factors)))}
    of_order = np.asarray([order[label] for label in labels], dtype=np.intp)
    names = [
        f"{labels[number]} #{replicate}"
        for number, replicate in zip(treatment.tolist(), told.replicate.tolist(), strict=True)
    ]
    if several:
        names = [
            name if machine is None else f"{name} @ {machine}"
            for name, machine in zip(names, programs.machine.tolist(), strict=True)
        ]
    if len(set(told.task.tolist())) > 1:
        names = [f"{task}: {name}" for task, name in zip(told.task.tolist(), names, strict=True)]
    known: dict[str, Any] = {
        "program": names,
        "task": pd.Series(told.task, dtype=object),
        "treatment": pd.Categorical.from_codes(
            of_order[treatment], categories=pd.Index(list(order), dtype=object)
        ),
        "replicate": told.replicate,
        "machine": programs.machine,
        "passed": np.asarray(told.verdict == _CORRECT, dtype=np.bool_),
        "verdict": told.verdict,
        "sha256": told.sha256,
        "file": programs.file,
        **{name: pd.Series(told.info[name], dtype=object) for name in TEXTS},
        **{name: told.info[name] for name in NUMBERS},
    }
    frame = pd.DataFrame({**{name: known[name] for name in PROGRAM_COLUMNS}, **columns})
    return frame, derived


def _derived(factors: Mapping[str, tuple[str, ...]], columns: dict[str, Any]) -> tuple[str, ...]:
    if OPTIMIZATION not in factors:
        return ()
    derived = []
    for name, of in derive(factors[OPTIMIZATION]).items():
        if name in factors:
            continue
        levels = list(dict.fromkeys(of[level] for level in factors[OPTIMIZATION]))
        codes = np.asarray([levels.index(of[level]) for level in factors[OPTIMIZATION]])
        columns[name] = pd.Categorical.from_codes(
            codes[columns[OPTIMIZATION].codes], categories=pd.Index(levels, dtype=object)
        )
        derived.append(name)
    return tuple(derived)


def _labels(factors: Mapping[str, tuple[str, ...]], codes: Mapping[str, Column], size: int) -> list[str]:
    """Texts speak for themselves; numbers, switches and ambiguous texts need the name of their factor."""
    every = [level for levels in factors.values() for level in levels]
    parts = []
    for name, levels in factors.items():
        plain = all(
            as_number(level) is None and level not in {"true", "false"} and every.count(level) == 1
            for level in levels
        )
        shown = [level if plain else f"{name} {level}" for level in levels]
        parts.append([shown[code] for code in codes[name].tolist()])
    return [", ".join(words) for words in zip(*parts, strict=True)] if parts else [""] * size


def _in_design_order(
    labels: Sequence[str], codes: Mapping[str, Column], factors: Mapping[str, tuple[str, ...]]
) -> list[str]:
    keys = np.lexsort([codes[name] for name in reversed(list(factors))])
    return [labels[i] for i in keys]


def _column(files: Sequence[RawFile], name: str) -> Column:
    return files[0].runs[name] if len(files) == 1 else np.concatenate([file.runs[name] for file in files])


def _run_frames(
    files: Sequence[RawFile],
    numbers: Sequence[np.ndarray[Any, np.dtype[np.intp]]],
    programs: pd.DataFrame,
    factors: Mapping[str, tuple[str, ...]],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    sizes = [len(file.runs["program"]) for file in files]
    number = np.concatenate([to[file.runs["program"]] for file, to in zip(files, numbers, strict=True)])
    machines = list(dict.fromkeys(file.source.machine for file in files))
    machine = np.repeat([machines.index(file.source.machine) for file in files], sizes)
    passed = programs["passed"].to_numpy()[number]
    stated, contaminated = _column(files, "passed"), _column(files, "contaminated")
    names = pd.Index(programs["program"].to_numpy(), dtype=object)
    columns: dict[str, Any] = {
        "program": pd.Categorical.from_codes(number, categories=names),
        "machine": pd.Categorical.from_codes(machine, categories=pd.Index(machines, dtype=object)),
        "session": pd.Series(_column(files, "session"), dtype=object),
        "block": pd.Series(_column(files, "block"), dtype=object),
        "list": _column(files, "list"),
        "run": _column(files, "run"),
        "seconds": _column(files, "seconds"),
        "cpu_seconds": _column(files, "cpu_seconds"),
        "reference_seconds": np.concatenate([_companions(file) for file in files]),
        "queue_seconds": _column(files, "queue_seconds"),
        "revealed_seconds": _column(files, "revealed_seconds"),
        "resolution_seconds": _column(files, "resolution_seconds"),
        "contaminated": pd.arrays.BooleanArray(contaminated == 1, np.isnan(contaminated)),
        "passed": np.where(np.isnan(stated), passed, stated == 1),
    }
    for name in factors:
        codes = programs[name].cat.codes.to_numpy()[number]
        columns[name] = pd.Categorical.from_codes(codes, categories=programs[name].cat.categories)
    frame = pd.DataFrame(columns)
    turn = _column(files, "turn")
    final = _final(number, turn, programs)
    turns = frame.loc[~final].assign(turn=turn[~final]).astype({"turn": np.int64}).reset_index(drop=True)
    return frame if final.all() else frame.loc[final].reset_index(drop=True), turns


def _final(
    number: np.ndarray[Any, np.dtype[np.intp]],
    turn: np.ndarray[Any, np.dtype[np.float64]],
    programs: pd.DataFrame,
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Tell runs of final programs from those of intermediate ones (which carry their turn)."""
    plain = np.isnan(turn)
    if plain.all():
        return np.asarray(plain)
    has_plain = np.bincount(number[plain], minlength=len(programs)) > 0
    last = np.full(len(programs), -np.inf)
    np.maximum.at(last, number[~plain], turn[~plain])
    stated = programs["turns"].to_numpy(dtype=np.float64)
    last = np.where(np.isnan(stated), last, stated)
    passed = programs["passed"].to_numpy(dtype=bool)
    return np.asarray(plain | (~has_plain[number] & passed[number] & (turn == last[number])))


def _companions(file: RawFile) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return for each run the geometric mean of its task's reference in the same session, block and list.

    Session, block and task count only where every run and every entry of the reference has them.
    """
    size = len(file.runs["program"])
    timed = file.reference
    if not timed["seconds"] or not size:
        return np.full(size, np.nan)
    of_run = {**file.runs, "task": _task_of_runs(file)}
    keys = [
        name
        for name in ("session", "block", "task")
        if None not in timed[name] and not pd.isna(of_run[name]).any()
    ]
    keys.append("list")
    # Whole numbers for what few different values tell: comparing texts run by run takes long.
    place, at = np.zeros(size, dtype=np.int64), np.zeros(len(timed["seconds"]), dtype=np.int64)
    beside = np.ones(size, dtype=np.bool_)
    for name in keys:
        number = {value: i for i, value in enumerate(dict.fromkeys(timed[name]))}
        codes, values = pd.factorize(of_run[name])
        own = np.asarray([number.get(value, -1) for value in values.tolist()], dtype=np.int64)[codes]
        beside &= own >= 0
        place = place * len(number) + own
        at = at * len(number) + np.asarray([number[value] for value in timed[name]], dtype=np.int64)
    means = pd.Series(np.log(timed["seconds"])).groupby(at).mean()
    known = means.index.to_numpy()
    found = np.minimum(np.searchsorted(known, place), len(known) - 1)
    beside &= known[found] == place
    return np.where(beside, np.exp(means.to_numpy(dtype=np.float64))[found], np.nan)


def _task_of_runs(file: RawFile) -> np.ndarray[Any, np.dtype[Any]]:
    """Return the task of each run's program; None where the file does not tell."""
    tasks = objects([task or None for task in file.programs.task.tolist()])
    return np.asarray(tasks[file.runs["program"]])


def _reference_frame(files: Sequence[RawFile]) -> pd.DataFrame:
    columns: dict[str, list[Any]] = {"machine": []}
    for file in files:
        columns["machine"] += [file.source.machine] * len(file.reference["seconds"])
        for name, values in file.reference.items():
            columns.setdefault(name, []).extend(values)
    columns["cpu_seconds"] = [math.nan if value is None else value for value in columns["cpu_seconds"]]
    frame = pd.DataFrame(columns)
    kinds = {"list": np.int64, "run": np.int64, "seconds": np.float64, "cpu_seconds": np.float64}
    texts = dict.fromkeys(("session", "task", "block", "machine"), object)
    return frame.astype({**kinds, **texts})


def _reading_notes(programs: pd.DataFrame, runs: pd.DataFrame, *, crossed: bool) -> tuple[str, ...]:
    notes = []
    passed = programs["passed"].to_numpy(dtype=bool)
    runs_of = np.bincount(runs["program"].cat.codes.to_numpy(), minlength=len(programs))
    untimed = int((passed & (runs_of == 0)).sum())
    if untimed:
        notes.append(f"{untimed} of {int(passed.sum())} correct programs have no timed run")
    if crossed:
        notes.append(
            "Some programs were timed on several machines: each counts once, "
            "with the mean of its times after the machines' differences are taken out."
        )
    return tuple(notes)
