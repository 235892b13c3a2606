"""The units that pytest parametrizes over: one program each, whether it exists already or not."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from refinery_plugin._errors import RefineryError
from refinery_plugin._study.levels import Budget, slug
from refinery_plugin._study.task_names import task_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from refinery_plugin._study.study import Study, Treatment

_LONGEST_NAME = 200
_NUMBER = r"[1-9][0-9]{0,8}"
_PILOT_NAME = re.compile(rf"({_NUMBER})_({_NUMBER}|inf)_({_NUMBER}|inf)_({_NUMBER})")
_OPEN_NAME = re.compile(rf"(?:(.+)-)?r({_NUMBER})", re.DOTALL)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One program of the design.

    Parameters
    ----------
    treatment : ``None`` for a file from elsewhere whose name says nothing of a treatment.
    replicate : number of the replicate, from 1; ``None`` like the treatment.
    path : the program's file.
    turn : the turn after which the program was taken; ``None`` for the one that its trajectory ends with.
    task : name of its task in a study of several; ``None`` in a study of one.
    mark : tells it from programs of other levels or tasks that are written alike in ids; empty where none are.
    """

    treatment: Treatment | None
    replicate: int | None
    path: Path
    turn: int | None = None
    task: str | None = None
    mark: str = ""

    @property
    def id(self) -> str:
        """What stands in the brackets of the node id."""
        in_words = "-".join(filter(None, (self.treatment_id, self.mark, f"r{self.replicate}")))
        base = self._beside_task(slug(self.path.stem) if self.treatment is None else in_words)
        return base if self.turn is None else f"{base}-turn{self.turn}"

    @property
    def name(self) -> str:
        """The file's name without its ending, below the task's folder if it has one; names its cassette too."""
        return self._beside_task(self.path.stem)

    @property
    def file(self) -> str:
        """The file's name, below the task's folder if it has one."""
        return self._beside_task(self.path.name)

    def _beside_task(self, name: str) -> str:
        return name if self.task is None else f"{task_folder(self.task)}/{name}"

    def task_in(self, study: Study) -> str:
        """Return the name of its task."""
        return self.task or study.tasks[0]

    @property
    def treatment_id(self) -> str:
        """Id of the treatment, such as ``agents=2-optimization=60s``; empty where there is none."""
        return "" if self.treatment is None else self.treatment.id

    @property
    def levels(self) -> Mapping[str, bool | int | float | str]:
        """The treatment's levels by factor; empty where there is none."""
        return MappingProxyType({}) if self.treatment is None else self.treatment.levels

    @property
    def agents(self) -> int | None:
        """How many agents take turns."""
        return None if self.treatment is None else self.treatment.settings.agents

    @property
    def budget(self) -> Budget | None:
        """How long the trajectory may refine."""
        return None if self.treatment is None else self.treatment.settings.optimization

    @property
    def trajectory_path(self) -> Path:
        """Where the trajectory lies, if the program came from one."""
        return self.path.with_suffix(".json")


def study_units(study: Study, directory: Path) -> list[Unit]:
    """Return one unit for each task, treatment and replicate, replicates side by side, in the study's order."""
    names = [
        (t, r, f"{program_name(study, t, r)}.py") for t in study.treatments for r in study.replicate_numbers()
    ]
    return [
        Unit(treatment=t, replicate=r, path=place / name, task=task)
        for task, place in _places(study, directory).items()
        for t, r, name in names
    ]


def _places(study: Study, directory: Path) -> dict[str | None, Path]:
    """Return where the programs of each task are; the key is ``None`` in a study of one task."""
    if not study.by_task:
        return {None: directory}
    return {task: directory / task_folder(task) for task in study.tasks}


def directory_units(study: Study, directory: Path) -> list[Unit]:
    """Return one unit for each entry of a directory that ends in ``.py``, whatever it is, ordered by name.

    Left out is what lies in such folders and is no program: ``__init__.py`` and its like, ``conftest.py``, and hidden
    files. Names that say a treatment and a replicate give both; the treatment need not be one of the study's.
    In a study of several tasks each task has a folder there, as ``study_units`` has it.

    Raises
    ------
    LooseProgramError : in a study of several tasks, for a program of which nothing says what it is for.
    OSError : where the directory cannot be read.
    """
    by_name = {open_name(t): t for t in study.treatments}
    if study.by_task:
        _refuse_loose_programs(study, directory)
    return [
        _unit_of(study, place / name, by_name, task)
        for task, place in _places(study, directory).items()
        if task is None or place.is_dir()
        for name in sorted(entry.name for entry in os.scandir(place) if _may_be_program(entry.name))
    ]


class LooseProgramError(RefineryError):
    """In a study of several tasks a program lies in no task's folder."""


def _refuse_loose_programs(study: Study, directory: Path) -> None:
    loose = sorted(entry.name for entry in os.scandir(directory) if _may_be_program(entry.name))
    wanted = f"{directory / task_folder(study.tasks[0])}"
    if loose:
        raise LooseProgramError(
            f"{directory / loose[0]}: study {study.name} has {len(study.tasks)} tasks, and nothing says for which of "
            f"them this program is; put it into its task's folder, such as {wanted}"
        )
    if not any((directory / task_folder(task)).is_dir() for task in study.tasks):
        raise LooseProgramError(
            f"{directory}: there is no folder of any task of study {study.name}; programs are looked for in {wanted} "
            "and its like"
        )


def _may_be_program(name: str) -> bool:
    return name.endswith(".py") and name != "conftest.py" and not name.startswith((".", "__"))


def program_name(study: Study, treatment: Treatment, replicate: int) -> str:
    """Return a program's file name without its ending.

    ``{agents}_{iterations|inf}_{seconds|inf}_{replicate}`` where only the pilot's two factors vary, in turns and
    seconds, else the treatment's id with ``-r{replicate}``, as always in a study of several tasks.
    """
    if study.is_like_the_pilot and not study.by_task:
        settings = treatment.settings
        budget = settings.optimization
        return f"{settings.agents}_{budget.iterations or 'inf'}_{budget.seconds or 'inf'}_{replicate}"
    return "-".join(filter(None, (open_name(treatment), f"r{replicate}")))


def open_name(treatment: Treatment) -> str:
    """Return what names of a treatment's files begin with: its id, or the beginning of a long one and a checksum."""
    # Most file systems take names of 255 bytes.
    name = treatment.id
    return (
        name
        if len(name) <= _LONGEST_NAME
        else f"{name[:_LONGEST_NAME]}_{hashlib.sha256(name.encode()).hexdigest()[:12]}"
    )


def _unit_of(study: Study, path: Path, by_name: Mapping[str, Treatment], task: str | None) -> Unit:
    if match := _PILOT_NAME.fullmatch(path.stem):
        agents, iterations, seconds, replicate = match.groups()
        budget = Budget(
            iterations=None if iterations == "inf" else int(iterations),
            seconds=None if seconds == "inf" else int(seconds),
        )
        levels = {"agents": int(agents), "optimization": budget}
        return Unit(treatment=study.treatment(levels), replicate=int(replicate), path=path, task=task)
    match = _OPEN_NAME.fullmatch(path.stem)
    if match and (match[1] or study.by_task) and (match[1] or "") in by_name:
        return Unit(treatment=by_name[match[1] or ""], replicate=int(match[2]), path=path, task=task)
    return Unit(treatment=None, replicate=None, path=path, task=task)
