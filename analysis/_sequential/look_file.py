"""The file of looks beside the results: what was planned before the first look, and what every look saw."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._errors import AnalysisError
from .._files import write_whole
from .._models.sample import program_of_runs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .._models.sample import Sample
    from .._reading.frames import Results

_SCHEMA = 2
_KNOWN = (1, _SCHEMA)
"""Digests of the first are of the values that were tested, those of the second of what was measured."""
_MEASURED = {"cpu": ["cpu_seconds"], "ratio": ["seconds", "reference_seconds"]}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LookPlan:
    """What may not change after the first look.

    ``replicates`` is the planned end, passing programs per treatment; ``sigma`` the SD that futility and this number
    were planned with; ``own_spread`` says that the end was worked out from the data of the first look, ``blinded``
    that this was done as if nothing differed. ``changed_at`` is the first look after the size was changed, and ``end``
    the size that was named then.
    """

    study: str
    response: str
    question: str
    treatments: tuple[str, ...]
    effect: float
    alpha: float
    power: float
    looks: int
    spending: str
    futility: str
    replicates: int
    sigma: float
    own_spread: bool = False
    blinded: bool = False
    changed_at: int | None = None
    end: int | None = None

    @property
    def planned_end(self) -> int:
        """Return the replicates per treatment that the study is to end with, as said last."""
        return self.replicates if self.end is None else self.end


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look. ``replicates`` is the information in programs per treatment; F of the question's test.

    ``programs`` are those that were seen, ``digest`` what was measured of them: looks that come later must contain them
    unchanged.
    After a change of the size the decision rests on ``z``, the stages' sum, and ``z_bound``; ``efficacy`` is None.
    """

    number: int
    replicates: float
    df_den: int
    statistic: float
    efficacy: float | None
    nominal_p: float
    spent: float
    futility: float | None
    decision: str
    programs: tuple[str, ...]
    digest: str
    z: float | None = None
    z_bound: float | None = None

    def document(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {**dataclasses.asdict(self), "programs": list(self.programs)}


def default_path(results: Results) -> Path:
    """Return where the looks of a study are kept: beside the first of its results."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", results.study).strip("._") or "study"
    # Not .json: results are often given as *.json, and this is none of them.
    return Path(results.sources[0].file).parent / f"{name}.looks"


def read(path: Path) -> tuple[LookPlan, tuple[Look, ...]] | None:
    """Return the plan and the looks so far; None if there is no such file.

    Raises
    ------
    AnalysisError : the file can't be read, or is damaged.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as exc:
        raise AnalysisError(f"{path}: the file of looks can't be read: {exc}") from exc
    try:
        document = json.loads(text)
        if document["schema"] not in _KNOWN:
            raise AnalysisError(
                f"{path}: schema {document['schema']!r} is not known here; a newer version wrote it"
            )
        plan = LookPlan(**{**document["plan"], "treatments": tuple(document["plan"]["treatments"])})
        looks = tuple(Look(**{**look, "programs": tuple(look["programs"])}) for look in document["looks"])
        _check(plan, looks)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as exc:
        raise AnalysisError(
            f"{path}: the file of looks is damaged ({exc}). Restore it: without it nobody knows what was looked at "
            "before, and the error rate of a further look is unknown"
        ) from exc
    return plan, looks


def _check(plan: LookPlan, looks: tuple[Look, ...]) -> None:
    numbers = (plan.effect, plan.alpha, plan.power, plan.sigma, plan.replicates, plan.looks)
    if not all(isinstance(value, (int, float)) and value > 0 for value in numbers):
        raise ValueError("a planned number is not positive")
    if not looks or [look.number for look in looks] != list(range(1, len(looks) + 1)):
        raise ValueError("looks are not numbered 1, 2, ...")
    for look in looks:
        values = (look.replicates, look.df_den, look.statistic, look.nominal_p, look.spent)
        if not all(isinstance(value, (int, float)) and value >= 0 for value in values):
            raise ValueError(f"look {look.number}: a number is missing or negative")


def write(path: Path, plan: LookPlan, looks: tuple[Look, ...]) -> None:
    """Keep the looks, in one step: a reader sees the old file or the new one.

    Raises
    ------
    AnalysisError : the directory can't be written. Then the look must not be told.
    """
    document = {
        "schema": _SCHEMA,
        "plan": {**dataclasses.asdict(plan), "treatments": list(plan.treatments)},
        "looks": [look.document() for look in looks],
    }
    try:
        write_whole(path, json.dumps(document, indent=1, ensure_ascii=False).encode())
    except OSError as exc:
        raise AnalysisError(
            f"{path}: the look can't be kept ({exc}), so it is not shown; give another place with --looks-file"
        ) from exc


@dataclasses.dataclass(frozen=True, slots=True)
class FoundAgain:
    """The programs of a look among those of now.

    ``programs`` are what those that are there are called now, ``missing`` what the others were called then;
    ``unchanged`` says that all are there as they were measured.
    """

    programs: tuple[str, ...]
    missing: tuple[str, ...]
    unchanged: bool


def found_again(look: Look, results: Results, sample: Sample) -> FoundAgain:
    """Find the programs of a look again, which may have had other names: with one machine these do not tell it."""
    # The values themselves, for what older versions kept.
    told = (_measured(results, sample), [repr(value) for value in sample.y.tolist()])
    found = (_found(look, place, sample, told) for place in _places(results, sample))
    return min(found, key=lambda one: (not one.unchanged, len(one.missing)))


def _found(look: Look, place: Mapping[str, int], sample: Sample, told: Sequence[Sequence[str]]) -> FoundAgain:
    there = [place[name] for name in look.programs if name in place]
    missing = tuple(name for name in look.programs if name not in place)
    return FoundAgain(
        programs=tuple(sample.programs[number] for number in there),
        missing=missing,
        unchanged=not missing
        and look.digest in {_digest(look.programs, [of[number] for number in there]) for of in told},
    )


def _places(results: Results, sample: Sample) -> Iterator[dict[str, int]]:
    """Yield the places of programs by what they are called now, and by what they were if one machine was the only one.

    A program that was timed on another machine since has lost that of its name; it is found by those names, too.
    """
    machine = results.programs["machine"].to_numpy()[sample.rows].tolist()
    own = list(zip(sample.programs, machine, range(len(sample.programs)), strict=True))
    now = {name: number for name, _, number in own}
    for name, of, number in own:
        if of not in results.machines:
            now |= {f"{name} @ {one}": number for one in results.machines if f"{name} @ {one}" not in now}
    yield now
    if len(results.machines) > 1:
        for one in results.machines:
            yield now | {name.removesuffix(f" @ {one}"): number for name, of, number in own if of == one}


def digest(results: Results, sample: Sample) -> str:
    """Return a checksum of what was measured of each program: whatever else is measured later, it stays the same.

    Values do not where several machines timed programs: how these differ is taken out, as estimated from all programs.
    """
    return _digest(sample.programs, _measured(results, sample))


def _digest(names: Sequence[str], told: Sequence[str]) -> str:
    hash_of_all = hashlib.sha256()
    for name, of in zip(names, told, strict=True):
        hash_of_all.update(f"{name}\0{of}\n".encode())
    return hash_of_all.hexdigest()


def _measured(results: Results, sample: Sample) -> list[str]:
    """Return the times of each program's runs on all machines, in order of size."""
    columns = _MEASURED.get(sample.response, ["seconds"])
    runs: list[list[tuple[float, ...]]] = [[] for _ in sample.programs]
    times = results.runs[columns].itertuples(index=False, name=None)
    for number, of in zip(program_of_runs(results, sample).tolist(), times, strict=True):
        if number >= 0:
            runs[number].append(of)
    return [repr(sorted(of)) for of in runs]
