"""Programs of a file of JSON lines, as a study of their own: laid down as files."""

from __future__ import annotations

import dataclasses
import hashlib
from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING

from refinery_plugin._study.levels import slug
from refinery_plugin._study.settings import SETTINGS
from refinery_plugin._study.study import ProgramLimits, Study
from refinery_plugin._study.task_names import task_folder
from refinery_plugin._study.units import Unit, open_name
from refinery_plugin._tasks.json_lines import read_rows
from refinery_plugin._tasks.samples import Samples, parse_samples

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from refinery_plugin._study.study import Treatment
    from refinery_plugin._study.task import Task


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class JudgedFile:
    """A file of programs as a session takes it: its study, and its programs as units below ``folder``."""

    path: Path
    samples: Samples
    study: Study
    folder: Path
    units: tuple[Unit, ...]

    @classmethod
    def read(
        cls,
        path: Path,
        *,
        where: str,
        tasks: Mapping[str, Task],
        unusable: Mapping[str, str],
        declared: Study | None,
        folder: Path,
    ) -> JudgedFile:
        """Read the file, and write each program to a file of its own.

        Parameters
        ----------
        where : names the file in errors.
        declared : the study whose limits, packages, lists and runs hold; ``None`` for the defaults.
        folder : where such files may be.

        Raises
        ------
        TaskFileError : with file, line, key and remedy.
        """
        samples = parse_samples(read_rows(path), where=where, tasks=tasks, unusable=unusable)
        study = _study(samples, name=slug(path.name.partition(".")[0]) or "programs", declared=declared)
        digest = hashlib.sha256("\0".join(sample.source for sample in samples.programs).encode()).hexdigest()
        place = folder / f"{study.name}-{digest[:12]}"
        treatments = [study.treatment(sample.levels) for sample in samples.programs]
        task_marks = _marks({task: task_folder(task) for task in samples.tasks})
        marks = _marks({_written(treatment): open_name(treatment) for treatment in treatments})
        units = []
        for sample, treatment in zip(samples.programs, treatments, strict=True):
            mark = task_marks[sample.task] + marks[_written(treatment)]
            stem = "-".join(filter(None, (open_name(treatment), mark, f"r{sample.replicate}")))
            unit = Unit(
                treatment=treatment,
                replicate=sample.replicate,
                path=place / task_folder(sample.task) / f"{stem}.py",
                task=sample.task,
                mark=mark,
            )
            _write(unit.path, sample.source)
            units.append(unit)
        return cls(path=path, samples=samples, study=study, folder=place, units=tuple(units))


def _study(samples: Samples, *, name: str, declared: Study | None) -> Study:
    constants = {key: setting.default for key, setting in SETTINGS.items() if key not in samples.factors}
    base = declared or Study(
        name=name,
        tasks=samples.tasks,
        factors={},
        constants={},
        replicates=1,
        seed=0,
        lists=2,
        runs=2,
        prices={},
        packages=("numpy",),
        limits=ProgramLimits(),
        names_model="model" in samples.factors,
    )
    return dataclasses.replace(
        base,
        tasks=samples.tasks,
        by_task=True,
        factors=MappingProxyType(dict(samples.factors)),
        constants=MappingProxyType(constants),
        replicates=samples.replicates,
    )


def _written(treatment: Treatment) -> str:
    """Return the levels as they are: texts apart from numbers, and with the characters that names do not have."""
    return repr(tuple(treatment.levels.items()))


def _marks(names: Mapping[str, str]) -> dict[str, str]:
    """Return a checksum for each of those that share a name, also where case does not count, and else nothing.

    A study's levels and tasks are refused where they share file names. Who has a file of programs cannot always
    rename what is in it.
    """
    sharing = Counter(name.casefold() for name in names.values())
    return {
        one: hashlib.sha256(one.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        if sharing[name.casefold()] > 1
        else ""
        for one, name in names.items()
    }


def _write(file: Path, source: str) -> None:
    data = source.encode("utf-8", "surrogatepass")
    if not (file.is_file() and file.read_bytes() == data):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
