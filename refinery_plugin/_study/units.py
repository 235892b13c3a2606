"""The units that pytest parametrizes over: one program each, whether it exists already or not."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from refinery_plugin._study.levels import Budget, slug

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from refinery_plugin._study.study import Study, Treatment

_LONGEST_NAME = 200
_NUMBER = r"[1-9][0-9]{0,8}"
_PILOT_NAME = re.compile(rf"({_NUMBER})_({_NUMBER}|inf)_({_NUMBER}|inf)_({_NUMBER})")
_OPEN_NAME = re.compile(rf"(.+)-r({_NUMBER})", re.DOTALL)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One program of the design.

    Parameters
    ----------
    treatment : ``None`` for a file from elsewhere whose name says nothing of a treatment.
    replicate : number of the replicate, from 1; ``None`` like the treatment.
    path : the program's file.
    turn : the turn after which the program was taken; ``None`` for the one that its trajectory ends with.
    """

    treatment: Treatment | None
    replicate: int | None
    path: Path
    turn: int | None = None

    @property
    def id(self) -> str:
        """What stands in the brackets of the node id."""
        in_words = "-".join(filter(None, (self.treatment_id, f"r{self.replicate}")))
        base = slug(self.path.stem) if self.treatment is None else in_words
        return base if self.turn is None else f"{base}-turn{self.turn}"

    @property
    def name(self) -> str:
        """The file's name without its ending; names its cassette too."""
        return self.path.stem

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
    """Return one unit for each treatment and replicate, replicates side by side, in the study's order."""
    return [
        Unit(treatment=t, replicate=r, path=directory / f"{program_name(study, t, r)}.py")
        for t in study.treatments
        for r in study.replicate_numbers()
    ]


def directory_units(study: Study, directory: Path) -> list[Unit]:
    """Return one unit for each entry of a directory that ends in ``.py``, whatever it is, ordered by name.

    Left out is what lies in such folders and is no program: ``__init__.py`` and its like, ``conftest.py``, and hidden
    files. Names that say a treatment and a replicate give both; the treatment need not be one of the study's.
    """
    by_name = {_open_name(t): t for t in study.treatments}
    names = sorted(entry.name for entry in os.scandir(directory) if _may_be_program(entry.name))
    return [_unit_of(study, directory / name, by_name) for name in names]


def _may_be_program(name: str) -> bool:
    return name.endswith(".py") and name != "conftest.py" and not name.startswith((".", "__"))


def program_name(study: Study, treatment: Treatment, replicate: int) -> str:
    """Return a program's file name without its ending.

    ``{agents}_{iterations|inf}_{seconds|inf}_{replicate}`` where only the pilot's two factors vary, in turns and
    seconds, else the treatment's id with ``-r{replicate}``.
    """
    if study.is_like_the_pilot:
        settings = treatment.settings
        budget = settings.optimization
        return f"{settings.agents}_{budget.iterations or 'inf'}_{budget.seconds or 'inf'}_{replicate}"
    return f"{_open_name(treatment)}-r{replicate}"


def _open_name(treatment: Treatment) -> str:
    # Most file systems take names of 255 bytes.
    name = treatment.id
    return (
        name
        if len(name) <= _LONGEST_NAME
        else f"{name[:_LONGEST_NAME]}_{hashlib.sha256(name.encode()).hexdigest()[:12]}"
    )


def _unit_of(study: Study, path: Path, by_name: Mapping[str, Treatment]) -> Unit:
    if match := _PILOT_NAME.fullmatch(path.stem):
        agents, iterations, seconds, replicate = match.groups()
        budget = Budget(
            iterations=None if iterations == "inf" else int(iterations),
            seconds=None if seconds == "inf" else int(seconds),
        )
        levels = {"agents": int(agents), "optimization": budget}
        return Unit(treatment=study.treatment(levels), replicate=int(replicate), path=path)
    match = _OPEN_NAME.fullmatch(path.stem)
    if match and match[1] in by_name:
        return Unit(treatment=by_name[match[1]], replicate=int(match[2]), path=path)
    return Unit(treatment=None, replicate=None, path=path)
