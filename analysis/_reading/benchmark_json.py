"""Benchmark JSON: pytest-benchmark's file with this project's ``extra_info`` and ``refinery``."""

from __future__ import annotations

import contextlib
import gc
import itertools
import json
import math
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np
import orjson

from .._errors import AnalysisError
from .by_machine import by_machine
from .entries import (
    LONGEST,
    SHORTEST,
    Place,
    RawFile,
    brief,
    decoded,
    machine_name,
    writable,
)
from .frames import RESERVED, Source, TurnVerdict
from .levels import OPTIMIZATION, budget, label, parse_id, squeezed
from .named_files import is_outside, with_names
from .one_task import tasks_told
from .programs import AMOUNTS, Levels, Programs, RawProgram

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from .content import Content
    from .programs import Column

SCHEMA = 1
_MOST_NAMES = 5
MEAN_TOLERANCE = 1e-6
OPTIONAL = ("cpu_seconds", "queue_seconds", "revealed_seconds", "resolution_seconds", "contaminated")
KINDS: Mapping[str, type] = {
    "program": np.intp,
    "turn": np.float64,
    "session": object,
    "block": object,
    "list": np.int64,
}
Verdict: TypeAlias = Literal[
    "correct", "wrong_answer", "error", "timeout", "memory", "no_program", "tampering"
]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


def read_json(path: Path, data: Content) -> list[RawFile]:
    """Read one benchmark JSON, a part for each of its machines.

    Raises
    ------
    AnalysisError : whatever is wrong, with file, entry and field.
    """
    with without_collector():
        return [Reader(str(path), part).read() for part in by_machine(with_names(_load(path, data)))]


@contextlib.contextmanager
def without_collector() -> Iterator[None]:
    """Read a million small objects that all live to the end: it would walk them again and again for nothing."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def for_each_run(entries: Mapping[str, Any], counts: Column) -> dict[str, Column]:
    """Return one row per run of what is kept once per benchmark, which run it is, and that nothing says it passed."""
    size = int(counts.sum())
    return {
        **{name: np.repeat(np.asarray(entries[name], dtype=kind), counts) for name, kind in KINDS.items()},
        "run": 1 + np.arange(size) - np.repeat(np.cumsum(counts) - counts, counts),
        "passed": np.full(size, np.nan),
    }


def _load(path: Path, data: Content) -> Mapping[str, Any]:
    try:
        document = _parsed(path, data)
    except json.JSONDecodeError as exc:
        raise AnalysisError(
            f"{path}: line {exc.lineno}, column {exc.colno}: not valid JSON ({exc.msg}); "
            f"was the file cut off? Record it again, or restore it"
        ) from exc
    except ValueError as exc:
        raise AnalysisError(f"{path}: not valid JSON: {exc}") from exc
    except RecursionError as exc:
        raise AnalysisError(f"{path}: JSON nested too deeply to be a benchmark file") from exc
    if not isinstance(document, dict) or not isinstance(document.get("benchmarks"), list):
        raise AnalysisError(
            f'{path}: benchmarks: missing; this is no benchmark JSON (write one with "pytest --benchmark-json FILE")'
        )
    if not isinstance(document.get("refinery"), dict):
        raise AnalysisError(
            f"{path}: refinery: missing; this benchmark JSON is not of a refinery study (no treatments or verdicts "
            f"are in it). Record it with the plugin, or give the times as CSV"
        )
    return document


def _parsed(path: Path, data: Content) -> object:
    """Parse with the fast library; what it refuses, Python's own may take (NaN), or can say where it is wrong."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return json.loads(decoded(path, data))


class Reader:
    """One pass over one document; columns grow as entries are checked."""

    def __init__(self, file: str, document: Mapping[str, Any]) -> None:
        self.file = file
        self.document = document
        self.refinery: Mapping[str, Any] = document["refinery"]
        self.programs: list[RawProgram] = []
        self.index: dict[tuple[int, str, int], int] = {}
        self.several = len(self._tasks_told()) > 1
        self.treatments: dict[tuple[tuple[str, str], ...], int] = {}
        self.numbers: dict[Levels, int] = {}
        self.by_id: dict[str, Levels] = {}
        self.with_id: set[Levels] = set()
        self.seen_levels: dict[tuple[object, ...], Levels] = {}
        self.shared: dict[Levels, Levels] = {}
        self.labels: dict[str, Levels] = {}
        self.by_sha: dict[tuple[str, int], Levels] = {}
        self.notes: list[str] = []
        self.benchmarks: dict[str, list[Any]] = {
            name: [] for name in ("program", "turn", "session", "block", "list", "runs")
        }
        self.runs: dict[str, list[Any]] = {name: [] for name in ("seconds", *OPTIONAL)}
        self.unlisted = 0
        self.outside: list[str] = []
        self.intermediate: list[tuple[Mapping[str, Any], Place]] = []

    def read(self) -> RawFile:
        study, declared = self._study()
        self._read_programs()
        task = self._read_benchmarks(study)
        if self.unlisted:
            self.notes.append(
                f"{self.file}: {self.unlisted} timed programs are not in refinery.programs; "
                f"their verdicts come from extra_info and their cost is unknown"
            )
        programs = self._program_columns()
        if cut := sum(map(bool, programs.info["cut_short"])):
            self.notes.append(
                f"{self.file}: {cut} of {len(programs)} programs come from trajectories that ended before their "
                "budget, since a request got no answer; they count with the last program that they had (cut_short in "
                "programs.csv says why)"
            )
        if self.outside:
            shown = ", ".join(self.outside[:_MOST_NAMES]) + (
                ", ..." if len(self.outside) > _MOST_NAMES else ""
            )
            self.notes.append(
                f"{self.file}: files whose names say no treatment are in no figure ({len(self.outside)}): {shown}"
            )
        return RawFile(
            source=self._source(),
            study=study,
            task=task,
            factors=declared,
            programs=programs,
            runs=self._columns(),
            reference=self._reference(),
            notes=self.notes,
            tasks=tasks_told(self.refinery, _mapping(self.document.get("machine_info"))),
            turn_verdicts=self._turn_verdicts(),
        )

    # -- the head of the file

    def _tasks_told(self) -> set[str]:
        """Return the tasks of a file's study and programs: a file may hold those of one task alone."""
        study = _mapping(self.refinery.get("study")).get("tasks")
        programs = self.refinery.get("programs")
        names = [_mapping(entry).get("task") for entry in programs] if isinstance(programs, list) else []
        names += study if isinstance(study, list) else []
        return {task for task in names if isinstance(task, str)}

    def _study(self) -> tuple[str, dict[str, tuple[str, ...]]]:
        place = Place(self.file, "refinery")
        schema = self.refinery.get("schema")
        if schema != SCHEMA:
            raise place.error(
                "schema", f"must be {SCHEMA}, got {brief(schema)}; analyse the file with its own version"
            )
        study = self.refinery.get("study")
        declared: dict[str, tuple[str, ...]] = {}
        if isinstance(study, dict):
            factors = study.get("factors")
            for name, levels in (factors if isinstance(factors, dict) else {}).items():
                shown = [label(level) for level in levels] if isinstance(levels, list) else []
                declared[str(name)] = tuple(level for level in shown if level is not None)
            study = study.get("name")
        return place.text(study, "study"), declared

    def _source(self) -> Source:
        info = _mapping(self.document.get("machine_info"))
        study = self.refinery.get("study")
        rest = {
            key: value
            for key, value in self.refinery.items()
            if key not in {"programs", "reference", "study"}
        }
        return Source(
            file=self.file,
            kind="json",
            machine=str(rest.pop("machine", "")) or machine_name(info) or self.file,
            machine_info=info,
            commit_info=_mapping(self.document.get("commit_info")),
            datetime=str(self.document.get("datetime") or ""),
            version=str(self.document.get("version") or ""),
            study=study if isinstance(study, dict) else {},
            refinery=rest,
        )

    # -- programs

    def _read_programs(self) -> None:
        entries = self.refinery.get("programs")
        if not isinstance(entries, list):
            raise Place(self.file, "refinery").error("programs", "missing; it must list every program")
        for position, entry in enumerate(entries):
            place = Place(self.file, f"refinery.programs[{position}]")
            if not isinstance(entry, dict):
                raise place.error("", f"must be an object, got {type(entry).__name__}")
            if is_outside(entry):
                self.outside.append(str(entry.get("file") or entry.get("sha256") or place.entry))
            elif self._is_intermediate(entry):
                self.intermediate.append((entry, place))
            else:
                self._read_program(entry, place)
        if self.outside and not self.programs:
            raise Place(self.file, "refinery").error(
                "programs",
                "no program belongs to a treatment; their names must say it, such as 2_inf_60_1.py: agents, "
                "iterations, seconds, replicate",
            )

    def _turn_verdicts(self) -> dict[tuple[int, int], TurnVerdict]:
        verdicts = {}
        for entry, place in self.intermediate:
            levels = self._levels(entry, place)
            key = (self._number(levels), self._task(entry), place.whole(entry.get("replicate"), "replicate"))
            if key in self.index:
                verdicts[self.index[key], int(entry["turn"])] = TurnVerdict(
                    verdict=self._verdict(entry.get("verdict"), place),
                    reason=_text_or_none(entry.get("reason")),
                    error_type=_text_or_none(entry.get("error_type")),
                )
        return verdicts

    def _is_intermediate(self, entry: Mapping[str, Any]) -> bool:
        turn, turns = entry.get("turn"), entry.get("turns")
        return isinstance(turn, int) and (not isinstance(turns, int) or turn < turns)

    def _read_program(self, entry: Mapping[str, Any], place: Place) -> None:
        levels = self._levels(entry, place)
        replicate = place.whole(entry.get("replicate"), "replicate")
        verdict = self._verdict(entry.get("verdict"), place)
        sha = entry.get("sha256")
        info: dict[str, Any] = {}
        for name in AMOUNTS:
            value = entry.get(name)
            plain = type(value) is float and 0 <= value <= LONGEST
            info[name] = value if plain else place.amount(value, name)
        info["reason"] = _text_or_none(entry.get("reason"))
        info["error_type"] = _text_or_none(entry.get("error_type"))
        info["llm"] = _text_or_none(entry.get("model"))
        info["cut_short"] = _text_or_none(entry.get("cut_short"))
        program = RawProgram(
            levels=levels,
            replicate=replicate,
            verdict=verdict,
            sha256=sha if isinstance(sha, str) and sha else None,
            info=info,
            where=place.entry,
            task=self._task(entry),
        )
        self._add(program, place)
        treatment = entry.get("treatment")
        if isinstance(treatment, str):
            self.by_id[treatment] = levels
        if levels not in self.with_id:
            self.with_id.add(levels)
            self.by_id.setdefault("-".join(f"{squeezed(n)}={squeezed(v)}" for n, v in levels), levels)
        if program.sha256:
            self.by_sha[program.sha256, replicate] = levels

    def _add(self, program: RawProgram, place: Place) -> int:
        key = (self._number(program.levels), program.task, program.replicate)
        if key in self.index:
            first = self.programs[self.index[key]].where
            of_task = f"task {program.task}, " if self.several else ""
            raise place.error(
                "replicate",
                f"duplicate program: {of_task}{_named(program.levels)}, replicate {program.replicate} is already "
                f"{first}",
            )
        self.index[key] = len(self.programs)
        self.programs.append(program)
        return self.index[key]

    def _number(self, levels: Levels) -> int:
        """Return the treatment's number: the same for the same levels in another order."""
        number = self.numbers.get(levels)
        if number is None:
            number = self.treatments.setdefault(tuple(sorted(levels)), len(self.treatments))
            self.numbers[levels] = number
        return number

    def _verdict(self, value: object, place: Place) -> str:
        if value not in VERDICTS:
            raise place.error("verdict", f"must be one of {', '.join(VERDICTS)}, got {brief(value)}")
        return str(value)

    # -- levels, in every form that they may be written

    def _levels(self, entry: Mapping[str, Any], place: Place) -> Levels:
        treatment = entry.get("treatment")
        if isinstance(treatment, dict):
            return self._mapping_levels(treatment, place)
        if isinstance(treatment, str) and treatment:
            levels = self._id_levels(treatment, entry, place)
            if levels is not None:
                return levels
        loose = _loose(entry)
        if loose:
            return self._mapping_levels(loose, place)
        if not treatment:
            raise place.error("treatment", "missing; it must give the level of every factor")
        raise place.error(
            "treatment",
            f'must be an object or an id like "agents=2-optimization=60s", got {brief(treatment)}',
        )

    def _mapping_levels(self, treatment: Mapping[str, Any], place: Place) -> Levels:
        if not treatment:  # a study that varies nothing has one treatment: the study itself
            return self._mapping_levels({"study": _study_name(self.refinery.get("study")) or "all"}, place)
        known = self._known(treatment)
        if known is not None:
            return known
        whole = _with_budget(treatment, place)
        levels = tuple((writable(name), self._level(name, value, place)) for name, value in whole.items())
        levels = self.shared.setdefault(levels, levels)
        self.seen_levels[_key(treatment)] = levels
        return levels

    def _known(self, treatment: object) -> Levels | None:
        """Few treatments, many programs: each way to write one is checked once."""
        if not isinstance(treatment, dict):
            return None
        try:
            return self.seen_levels.get(_key(treatment))
        except TypeError:  # a level that is a list or an object
            return None

    def _level(self, name: str, value: object, place: Place) -> str:
        if name in RESERVED:
            raise place.error(
                "treatment", f"factor {name!r} has the name of a column; rename it in the study"
            )
        level = label(value)
        if level is None:
            raise place.error(f"treatment.{name}", f"a level must be a text or a number, got {brief(value)}")
        return level

    def _id_levels(self, treatment: str, entry: Mapping[str, Any], place: Place) -> Levels | None:
        if treatment in self.by_id:
            return self.by_id[treatment]
        replicate, sha = entry.get("replicate"), entry.get("sha256")
        if isinstance(sha, str) and isinstance(replicate, int) and (sha, replicate) in self.by_sha:
            return self.by_sha[sha, replicate]
        parsed = parse_id(treatment)
        if parsed is not None:
            explicit = {name: entry[name] for name in parsed if name in entry}
            return self._mapping_levels({**parsed, **explicit}, place)
        if not self.labels:
            self.labels = self._labels()
        return self.labels.get(treatment)

    def _labels(self) -> dict[str, Levels]:
        """Return what free labels of treatments mean, by the benchmarks that spell their levels out."""
        labels: dict[str, Levels] = {}
        for position, benchmark in enumerate(self.document["benchmarks"]):
            extra = _mapping(_mapping(benchmark).get("extra_info"))
            label, loose = extra.get("treatment"), _loose(extra)
            if isinstance(label, str) and loose and label not in labels:
                labels[label] = self._mapping_levels(
                    loose, Place(self.file, f"benchmarks[{position}].extra_info")
                )
        return labels

    # -- runs

    def _read_benchmarks(self, study: str) -> str:
        tasks: dict[str, None] = {}
        seen: dict[tuple[Any, ...], int] = {}
        for position, benchmark in enumerate(self.document["benchmarks"]):
            place = Place(self.file, f"benchmarks[{position}]")
            if not isinstance(benchmark, dict):
                raise place.error("", f"must be an object, got {type(benchmark).__name__}")
            extra = benchmark.get("extra_info")
            if not isinstance(extra, dict) or not extra:
                raise place.error("extra_info", "missing; this benchmark is not of a refinery study")
            other = _study_name(extra.get("study"))
            if other is not None and other != study:
                raise place.error(
                    "extra_info.study", f"mixed studies: {brief(other)} in a file of study {study!r}"
                )
            if isinstance(extra.get("task"), str):
                tasks[extra["task"]] = None
            if not is_outside(extra):
                self._read_benchmark(benchmark, extra, place, seen, position)
        if len(tasks) > 1 and not self.several:
            raise Place(self.file, "benchmarks").error("extra_info.task", f"mixed tasks: {', '.join(tasks)}")
        return "" if self.several else next(iter(tasks), "")

    def _task(self, entry: Mapping[str, Any]) -> str:
        """Return a program's task, where the file has several: in a file of one they all have the same."""
        task = entry.get("task")
        return writable(task) if self.several and isinstance(task, str) else ""

    def _read_benchmark(
        self,
        benchmark: Mapping[str, Any],
        extra: Mapping[str, Any],
        place: Place,
        seen: dict[tuple[Any, ...], int],
        position: int,
    ) -> None:
        seconds = self._seconds(benchmark, place)
        number = self._program_of(benchmark, extra, place)
        turn = None if extra.get("turn") is None else place.whole(extra["turn"], "extra_info.turn")
        where = place.whole(extra.get("list"), "extra_info.list")
        session = _scalar(extra.get("session"), place, "extra_info.session")
        block = _scalar(extra.get("block"), place, "extra_info.block")
        key = (number, turn, where, session)
        if key in seen:
            raise place.error(
                "extra_info", f"duplicate: program and list are those of benchmarks[{seen[key]}]"
            )
        seen[key] = position
        count = len(seconds)
        columns = self.benchmarks
        columns["program"].append(number)
        columns["turn"].append(math.nan if turn is None else turn)
        columns["session"].append(session)
        columns["block"].append(block)
        columns["list"].append(where)
        columns["runs"].append(count)
        self.runs["seconds"] += seconds
        for name in OPTIONAL:
            self.runs[name] += self._per_run(extra.get(name), name, count, place)
        limit = extra.get("limit_seconds")
        if limit is not None:
            info = self.programs[number].info
            seconds_limit = place.seconds(limit, "extra_info.limit_seconds")
            if seconds_limit > info.get("limit_seconds", 0.0):
                info["limit_seconds"] = seconds_limit

    def _program_columns(self) -> Programs:
        return Programs.of(self.programs)

    def _columns(self) -> dict[str, Column]:
        """Return one row per run, where until now some is kept once per benchmark."""
        counts = np.asarray(self.benchmarks["runs"], dtype=np.intp)
        runs = {name: np.asarray(values, dtype=np.float64) for name, values in self.runs.items()}
        return {**for_each_run(self.benchmarks, counts), **runs}

    def _seconds(self, benchmark: Mapping[str, Any], place: Place) -> list[float]:
        stats = benchmark.get("stats")
        if not isinstance(stats, dict):
            raise place.error("stats", "missing")
        data = stats.get("data")
        if not isinstance(data, list):
            raise place.error("stats.data", "missing; record with --benchmark-json or --benchmark-save-data")
        if not data:
            raise place.error("stats.data", "empty; a benchmark has at least one run")
        for i, value in enumerate(data):
            if not (type(value) is float and SHORTEST <= value <= LONGEST):
                place.seconds(value, f"stats.data[{i}]")
        times: list[float] = data if all(type(value) is float for value in data) else list(map(float, data))
        mean = stats.get("mean")
        if mean is not None:
            stated = place.seconds(mean, "stats.mean")
            ours = math.fsum(times) / len(times)
            if not math.isclose(stated, ours, rel_tol=MEAN_TOLERANCE):
                raise place.error("stats.mean", f"{stated!r} does not fit the runs, whose mean is {ours!r}")
        rounds = stats.get("rounds")
        if rounds is not None and rounds != len(times):
            raise place.error(
                "stats.rounds", f"{brief(rounds)} does not fit the {len(times)} runs of stats.data"
            )
        return times

    def _program_of(self, benchmark: Mapping[str, Any], extra: Mapping[str, Any], place: Place) -> int:
        replicate = place.whole(extra.get("replicate"), "extra_info.replicate")
        if "params" not in extra and isinstance(benchmark.get("params"), dict) and "treatment" not in extra:
            extra = {**extra, "params": _factor_params(benchmark["params"])}
        levels = self._known(extra.get("treatment"))
        if levels is None:
            levels = self._levels(extra, Place(self.file, f"{place.entry}.extra_info"))
        task = self._task(extra)
        number = self.index.get((self._number(levels), task, replicate))
        verdict = extra.get("verdict")
        if number is None:
            self.unlisted += 1
            return self._add(
                RawProgram(
                    levels=levels,
                    replicate=replicate,
                    verdict=self._verdict("correct" if verdict is None else verdict, place),
                    sha256=_text_or_none(extra.get("sha256")),
                    info={"reason": None, "error_type": None, "llm": None},
                    where=place.entry,
                    task=task,
                ),
                place,
            )
        if verdict is not None and extra.get("turn") is None and verdict != self.programs[number].verdict:
            listed = self.programs[number]
            raise place.error(
                "extra_info.verdict",
                f"{brief(verdict)}, but {listed.where} says {listed.verdict!r} of the same program",
            )
        return number

    def _per_run(self, values: object, name: str, count: int, place: Place) -> Iterable[float | None]:
        """Return one number per run, None where the file does not tell (NaN in an array of floats)."""
        if values is None:
            return itertools.repeat(None, count)
        if not isinstance(values, list):
            values = [values] * count if count == 1 or name == "contaminated" else values
        if not isinstance(values, list) or len(values) != count:
            raise place.error(
                f"extra_info.{name}", f"must be a list of {count}, one for each run, got {brief(values)}"
            )
        if name == "contaminated":
            for i, value in enumerate(values):
                if value is not None and value is not True and value is not False:
                    raise place.error(f"extra_info.{name}[{i}]", f"must be true or false, got {brief(value)}")
            return values
        least = SHORTEST if name == "cpu_seconds" else 0.0
        for i, value in enumerate(values):
            if not (type(value) is float and least <= value <= LONGEST) and value is not None:
                check = place.seconds if name == "cpu_seconds" else place.amount
                check(value, f"extra_info.{name}[{i}]")
        return values

    # -- the reference

    def _reference(self) -> dict[str, list[Any]]:
        columns: dict[str, list[Any]] = {
            name: [] for name in ("session", "task", "block", "list", "run", "seconds", "cpu_seconds")
        }
        entries = self.refinery.get("reference")
        if entries is None:
            return columns
        if not isinstance(entries, list):
            raise Place(self.file, "refinery").error("reference", "must be a list")
        for position, entry in enumerate(entries):
            place = Place(self.file, f"refinery.reference[{position}]")
            if not isinstance(entry, dict) or not isinstance(entry.get("seconds"), list):
                raise place.error("seconds", "missing; it must list the times of the reference")
            times = [place.seconds(value, f"seconds[{i}]") for i, value in enumerate(entry["seconds"])]
            count = len(times)
            columns["session"] += [_scalar(entry.get("session"), place, "session")] * count
            columns["task"] += [self._task(entry) or None] * count
            columns["block"] += [_scalar(entry.get("block"), place, "block")] * count
            columns["list"] += [place.whole(entry.get("list"), "list")] * count
            columns["run"] += range(1, count + 1)
            columns["seconds"] += times
            columns["cpu_seconds"] += self._per_run(entry.get("cpu_seconds"), "cpu_seconds", count, place)
        return columns


def _key(treatment: Mapping[str, Any]) -> tuple[object, ...]:
    """Return what is the same for treatments written alike; True and 1 are equal, so types count too."""
    return (*treatment.items(), *map(type, treatment.values()))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text_or_none(value: object) -> str | None:
    return writable(value) if isinstance(value, str) and value else None


def _scalar(value: object, place: Place, field: str) -> str | None:
    """Return a session or block, which may be a number or a text, as text, so that they compare."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise place.error(field, f"must be a number or a text, got {brief(value)}")
    return str(value)


def _study_name(value: object) -> object:
    return value.get("name") if isinstance(value, dict) else value


def _named(levels: Levels) -> str:
    return ", ".join(f"{name} {level}" for name, level in levels)


def _loose(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return levels that stand beside each other in an entry, for want of a treatment that can be read."""
    names = ("agents", OPTIMIZATION, "iterations", "time_limit")
    return {**_mapping(entry.get("params")), **{name: entry[name] for name in names if name in entry}}


def _with_budget(treatment: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
    """Make one level of the two limits of the pilot's ``optimization``, where they are given apart."""
    if not {"iterations", "time_limit"} & set(treatment):
        return treatment
    if OPTIMIZATION not in treatment and not {"iterations", "time_limit"} <= set(treatment):
        return treatment
    whole = {name: value for name, value in treatment.items() if name not in {"iterations", "time_limit"}}
    if OPTIMIZATION not in whole:
        whole[OPTIMIZATION] = budget(
            _limit(treatment["iterations"], place, "iterations"),
            _limit(treatment["time_limit"], place, "time_limit"),
        )
    return whole


def _limit(value: object, place: Place, field: str) -> float | None:
    if value is None or value == "inf":
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise place.error(field, f"must be a number above 0, or null for no limit, got {brief(value)}")
    return float(value)


def _factor_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return pytest's own parameters as factors, without those that the plugin's test has for itself."""
    return {name: value for name, value in params.items() if name not in RESERVED}
