"""What one pytest session knows of its study: found, read and checked once, when first needed.

Light to import, since every pytest run with the plugin installed loads it: what reads studies comes when one is read.
"""

from __future__ import annotations

import functools
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from refinery_plugin._errors import RefineryError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from refinery_plugin._study.study import Study
    from refinery_plugin._study.task import Task
    from refinery_plugin._study.units import Unit

FIXTURE = "refinery_program"
"""Tests that ask for this fixture are parametrized over the programs of the study."""

MISSING = pytest.StashKey[int]()
"""How many programs the session asked for that are not there."""

DEFAULT_PROGRAMS = Path("tests/test_generated/programs")


class Refinery:
    """The study of a session and where its files are.

    Everything is found when first asked for: a session that only has the plugin installed pays for nothing.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    @property
    def generates(self) -> bool:
        """Whether programs are generated (or replayed) in this session."""
        return bool(self.config.getoption("refinery_generate"))

    @property
    def times(self) -> bool:
        """Whether programs are timed: always, except where they are only generated."""
        return not self.generates or bool(self.config.getoption("benchmark_only", default=False))

    def _tasks(self) -> Mapping[str, Task]:
        """Return all tasks by name: the shipped one and those of the hook ``pytest_refinery_tasks``.

        Asked anew each time: a ``conftest.py`` further down adds its tasks when pytest gets there.
        """
        from refinery_plugin._study.task import Task, TaskError  # noqa: PLC0415 - see the module's docstring

        tasks: dict[str, Task] = {}
        for group in reversed(self.config.hook.pytest_refinery_tasks(config=self.config)):
            for task in group:
                if not isinstance(task, Task):
                    raise TaskError(f"pytest_refinery_tasks must return tasks, got {task!r}")
                if tasks.setdefault(task.name, task) is not task:
                    raise TaskError(f"two tasks are called {task.name!r}; rename one")
        return tasks

    @functools.cached_property
    def study(self) -> Study:
        """The study: ``--refinery-study``, else ``[tool.refinery]``, else the pilot."""
        from refinery_plugin._study.toml import find_study, load_study  # noqa: PLC0415 - see the module's docstring

        model = self.config.getoption("refinery_model")
        chosen = self._path("refinery_study")
        if chosen is not None:
            return load_study(chosen, self._tasks(), model=model)
        return find_study(self.config.rootpath, self._tasks(), model=model)

    @functools.cached_property
    def task(self) -> Task:
        """The study's task."""
        return self._tasks()[self.study.task]

    @functools.cached_property
    def programs_dir(self) -> Path:
        """Where programs and their trajectories are."""
        return self._path("refinery_programs") or self.config.rootpath / DEFAULT_PROGRAMS

    @functools.cached_property
    def cassettes_dir(self) -> Path:
        """Where the study's cassettes are."""
        return self._path("refinery_cassettes") or self.config.rootpath / "cassettes" / self.study.name

    def _path(self, option: str) -> Path | None:
        value = self.config.getoption(option)
        # What is typed is meant from where it is typed, not from the root of the project.
        return None if value is None else Path(os.path.normpath(self.config.invocation_params.dir / value))

    def relative(self, path: Path) -> str:
        """Return a path as one would type it here."""
        try:
            return str(path.relative_to(self.config.invocation_params.dir))
        except ValueError:
            return str(path)

    @functools.cached_property
    def units(self) -> list[Unit]:
        """The programs of the design: the study's, or the files of a given directory."""
        from refinery_plugin._study.units import study_units  # noqa: PLC0415 - see the module's docstring

        if self.generates or self.config.getoption("refinery_programs") is None:
            units = study_units(self.study, self.programs_dir)
        else:
            units = self._units_of_directory()
        return units

    def _units_of_directory(self) -> list[Unit]:
        from refinery_plugin._study.units import directory_units  # noqa: PLC0415 - see the module's docstring

        try:
            return directory_units(self.study, self.programs_dir)
        except OSError as exc:
            raise RefineryError(
                f"--refinery-programs {self.relative(self.programs_dir)}: cannot be read: {exc.strerror}; "
                "name a directory with programs, or add --refinery-generate to make them there"
            ) from exc

    @property
    def record_mode(self) -> str:
        """``none``, ``once`` or ``all``; where nothing is asked for, ``none`` under CI and ``once`` elsewhere."""
        chosen: str | None = self.config.getoption("refinery_record")
        return chosen or ("none" if os.environ.get("CI") else "once")

    @property
    def guarded(self) -> bool:
        """Whether the process that started this one (pytest-xdist's) holds the cassettes already."""
        return hasattr(self.config, "workerinput")

    @property
    def concurrency(self) -> int:
        """How many trajectories run at once."""
        concurrency: int = self.config.getoption("refinery_concurrency")
        return concurrency

    def time_command(self) -> str:
        """Return the command that verifies and times the programs of this session."""
        return self._command("--benchmark-only", ("study", "programs"))

    def generate_command(self) -> str:
        """Return the command that makes the programs of this session."""
        return self._command("--refinery-generate", ("study", "programs", "cassettes", "model"))

    def _command(self, action: str, options: tuple[str, ...]) -> str:
        given = [(option, self.config.getoption(f"refinery_{option}")) for option in options]
        words = [f"--refinery-{option}={value}" for option, value in given if value is not None]
        return shlex.join(["pytest", action, *words])


_REFINERY = pytest.StashKey[Refinery]()


def refinery_of(config: pytest.Config) -> Refinery:
    """Return the study of the session, still unread when first asked for."""
    return config.stash.setdefault(_REFINERY, Refinery(config))


def is_distributed(config: pytest.Config) -> bool:
    """Whether pytest-xdist runs the tests."""
    return hasattr(config, "workerinput") or config.getoption("dist", default="no") != "no"


def unit_of(item: pytest.Item) -> Unit | None:
    """Return the program that a test is about, if it is about one."""
    callspec = getattr(item, "callspec", None)
    unit = None if callspec is None else callspec.params.get(FIXTURE)
    if unit is None:
        return None
    from refinery_plugin._study.units import Unit  # noqa: PLC0415 - see the module's docstring

    return unit if isinstance(unit, Unit) else None
