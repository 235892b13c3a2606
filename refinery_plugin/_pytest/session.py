"""What one pytest session knows of its study: found, read and checked once, when first needed.

Light to import, since every pytest run with the plugin installed loads it: what reads studies comes when one is read.
"""

from __future__ import annotations

import functools
import hashlib
import os
import shlex
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from refinery_plugin._errors import RefineryError
from refinery_plugin._study.study_file import nearest_study

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from refinery_plugin._generation.known_kinds import Methods
    from refinery_plugin._pytest.judged_programs import JudgedFile
    from refinery_plugin._study.study import Study
    from refinery_plugin._study.task import Task
    from refinery_plugin._study.units import Unit
    from refinery_plugin._tasks.task_file import TaskFile
    from refinery_plugin._timing.sizes import Sizes

FIXTURE = "refinery_program"
"""Tests that ask for this fixture are parametrized over the programs of the study."""

MISSING = pytest.StashKey[int]()
"""How many programs the session asked for that are not there."""

FOREIGN = pytest.StashKey[int]()
"""How many programs were refused, since they are another study's."""

UNCHECKED = pytest.StashKey[int]()
"""How many tests asked for a program and never had it checked."""

STOPPED = pytest.StashKey[str]()
"""Why no more programs are generated in this session."""

DEFAULT_PROGRAMS = Path("tests/test_generated/programs")
"""Where the programs of studies are: a folder for each study."""

JOURNALS = Path(".refinery/timing")
"""Where journals are, beside the study."""

BUILT_IN = "pilot"
"""What ``--refinery-study`` calls the study that comes with the plugin."""


class Refinery:
    """The study of a session and where its files are.

    Everything is found when first asked for: a session that only has the plugin installed pays for nothing.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self._settled: Path | None = None
        self.read_files: dict[Path, TaskFile] = {}
        """Files of tasks that were read so far."""
        self._refusals: dict[tuple[Path, int | None], str | None] = {}
        self._known_tasks: frozenset[str] = frozenset()

    @property
    def generates(self) -> bool:
        """Whether programs are generated (or replayed) in this session."""
        return bool(self.config.getoption("refinery_generate"))

    @property
    def times(self) -> bool:
        """Whether programs are timed: always, except where they are only generated."""
        return not self.generates or bool(self.config.getoption("benchmark_only", default=False))

    def known_tasks(self) -> Mapping[str, Task]:
        """Return all tasks that a study of this session could name."""
        return self._tasks()

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
        for file, read in self.task_files.items():
            for task in read:
                if tasks.setdefault(task.name, task) is not task:
                    raise TaskError(
                        f"{self.relative(file)}: there is a task {task.name!r} already; rename one of the two"
                    )
        return tasks

    @property
    def methods(self) -> Methods:
        """The kinds of feedback and the protocols that a study may name: ours, and those of hooks.

        Asked anew each time, as tasks are.
        """
        from refinery_plugin._generation.known_kinds import Methods  # noqa: PLC0415 - see the module's docstring

        hook = self.config.hook
        return Methods.of(
            feedback=[
                row for rows in reversed(hook.pytest_refinery_feedback(config=self.config)) for row in rows
            ],
            protocols=[
                row for rows in reversed(hook.pytest_refinery_protocols(config=self.config)) for row in rows
            ],
        )

    @property
    def task_files(self) -> Mapping[Path, TaskFile]:
        """The files of tasks that the command line and the study name, read once each.

        Raises
        ------
        RefineryError : one cannot be read, or a row of it is not what it should be.
        """
        from refinery_plugin._study.toml import files_of_tasks  # noqa: PLC0415 - see the module's docstring
        from refinery_plugin._tasks.task_file import read_tasks  # noqa: PLC0415

        here = self.config.invocation_params.dir
        paths = [Path(os.path.normpath(here / name)) for name in self.config.getoption("refinery_tasks")]
        if self.file is not None:
            paths += files_of_tasks(self.file)
        for path in paths:
            if path not in self.read_files:
                self.read_files[path] = read_tasks(path)
        return {path: self.read_files[path] for path in dict.fromkeys(paths)}

    @functools.cached_property
    def _asked_file(self) -> Path | None:
        """The file that ``--refinery-study`` names; ``None`` where it names none, or the built-in pilot."""
        chosen = self._path("refinery_study")
        built_in = chosen is not None and self.config.getoption("refinery_study") == BUILT_IN
        return None if built_in and not chosen.exists() else chosen  # type: ignore[union-attr]

    @functools.cached_property
    def _file_of_arguments(self) -> Path | None:
        """The one study that is nearest to what the command line names; ``None`` where there is none, or several."""
        studies = {nearest_study(folder, self.config.rootpath) for folder in self._folders_of_arguments()}
        return studies.pop() if len(studies) == 1 else None

    def _folders_of_arguments(self) -> Iterator[Path]:
        here = self.config.invocation_params.dir
        for argument in self.config.args or [os.fspath(here)]:
            path = Path(os.path.normpath(here / argument.partition("::")[0]))
            if path.exists():
                yield path if path.is_dir() else path.parent

    @property
    def file(self) -> Path | None:
        """The TOML file that declares the study, as far as it is known before tests are collected."""
        return self._asked_file or self._settled or self._file_of_arguments

    @property
    def is_declared(self) -> bool:
        """Whether the session says by itself which study it is about: by an option, or beside its tests."""
        asked = self.config.getoption("refinery_study") is not None or self._judged_path is not None
        return asked or self.file is not None

    @property
    def _judged_path(self) -> Path | None:
        """The file of JSON lines that ``--refinery-programs`` names; ``None`` where it names a folder, or nothing."""
        given = self._path("refinery_programs")
        return given if given is not None and given.name.endswith((".jsonl", ".jsonl.gz")) else None

    @functools.cached_property
    def judged(self) -> JudgedFile | None:
        """The programs of a file of JSON lines, where the session is about such a file.

        Raises
        ------
        RefineryError : with file, line, key and remedy.
        """
        from refinery_plugin._pytest.judged_programs import JudgedFile  # noqa: PLC0415 - see the module's docstring

        path = self._judged_path
        if path is None:
            return None
        if self.generates:
            raise RefineryError(
                "--refinery-programs names a file of programs, and --refinery-generate makes some: leave one out"
            )
        unusable = {each.name: each.reason for file in self.task_files.values() for each in file.left_out}
        return JudgedFile.read(
            path,
            where=self.relative(path),
            tasks=self._tasks(),
            unusable=unusable,
            declared=self._declared_study() if self.file is not None else None,
            folder=self.journal_dir.parent / "judged",
        )

    def settle(self, test: Path) -> None:
        """Let a test that asks for a program decide: the study nearest to it is the session's.

        Raises
        ------
        StudyError : when there is none, or another test has another one.
        """
        if "study" in self.__dict__ and self.study.by_task and self._known_tasks != self._tasks().keys():
            self._forget()  # a conftest.py has brought tasks that patterns of the study may mean
        if self.config.getoption("refinery_study") is not None or self._judged_path is not None:
            return
        from refinery_plugin._study.study import StudyError  # noqa: PLC0415 - see the module's docstring

        nearest = nearest_study(test.parent, self.config.rootpath)
        if nearest is None:
            raise StudyError(
                f"there is no study for {self.relative(test)}: no pyproject.toml from {self.relative(test.parent)} up "
                f"to {self.config.rootpath} has a table [tool.refinery]. Write one there, name a TOML file with "
                f"--refinery-study=FILE, or ask for the built-in pilot with --refinery-study={BUILT_IN}"
            )
        if self._settled not in {None, nearest}:
            raise StudyError(
                f"{self.relative(test)} belongs to the study of {self.relative(nearest)}, and other tests of this "
                f"session to that of {self.relative(self._settled or nearest)}: run them one after the other (name "
                "their folders), or choose one with --refinery-study=FILE"
            )
        if self._settled is None and nearest != self.file:
            self._forget()  # it was read for a first look at another study
        self._settled = nearest

    def _forget(self) -> None:
        for name in ("study", "tasks", "programs_dir", "cassettes_dir", "units"):
            self.__dict__.pop(name, None)

    @functools.cached_property
    def study(self) -> Study:
        """The study: that of ``--refinery-study``, else the ``[tool.refinery]`` that is nearest to the tests.

        A file of programs is a study of its own, under the limits of that one.
        """
        return self._declared_study() if self.judged is None else self.judged.study

    def _declared_study(self) -> Study:
        from refinery_plugin._study.study import StudyError  # noqa: PLC0415 - see the module's docstring
        from refinery_plugin._study.toml import load_study, pilot_study  # noqa: PLC0415

        model = self.config.getoption("refinery_model")
        tasks = self._tasks()
        self._known_tasks = frozenset(tasks)
        if self.file is not None:
            return load_study(self.file, tasks, model=model, choices=self.methods.choices())
        if self.config.getoption("refinery_study") == BUILT_IN:
            return pilot_study(tasks, model=model)
        raise StudyError(
            "there is no study: no pyproject.toml here has a table [tool.refinery]. Write one, name a TOML file with "
            f"--refinery-study=FILE, or ask for the built-in pilot with --refinery-study={BUILT_IN}"
        )

    @property
    def base(self) -> Path:
        """The folder that a study's files are in: that of its ``pyproject.toml``, else pytest's root."""
        root, file = self.config.rootpath, self.file
        if file is not None and file.name == "pyproject.toml" and file.is_relative_to(root):
            return file.parent
        return root

    @functools.cached_property
    def tasks(self) -> Mapping[str, Task]:
        """The study's tasks by name, in its order."""
        known, study = self._tasks(), self.study
        sizes = {name: study.size_of(name) for name in study.tasks}
        return {
            name: known[name] if size is None else known[name].sized(size) for name, size in sizes.items()
        }

    def task_of(self, unit: Unit) -> Task:
        """Return the task of a program."""
        return self.tasks[unit.task_in(self.study)]

    @functools.cached_property
    def journal_dir(self) -> Path:
        """Where timing sessions keep their journals: beside the study, or in the user's cache if that is read-only."""
        own = self.base / JOURNALS
        if is_writable(own):
            return own
        name = hashlib.sha256(os.fsencode(self.base)).hexdigest()[:16]
        caches = [os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", tempfile.gettempdir()]
        kept = [Path(cache) / "pytest-refinery" / name for cache in caches]
        return next(filter(is_writable, kept), own)

    @functools.cached_property
    def sizes(self) -> Sizes:
        """The sizes that were found for tasks which leave them open, beside the journals."""
        from refinery_plugin._timing.sizes import Sizes  # noqa: PLC0415 - see the module's docstring

        shared_out = self.config.getoption("refinery_shard") is not None
        return Sizes(self.journal_dir.parent / "sizes.json", shared_out=shared_out)

    @property
    def environment_dir(self) -> Path:
        """Where a ``.env`` file is looked for: beside the study, else in pytest's root."""
        return self.base if (self.base / ".env").is_file() else self.config.rootpath

    @functools.cached_property
    def programs_dir(self) -> Path:
        """Where programs and their trajectories are: each study has a folder of its own.

        There was one folder for all once: where a study's own is not there and programs of its design
        are in that one, they are taken from there, unless they are another study's.
        """
        if self.judged is not None:
            return self.judged.folder
        given = self._path("refinery_programs")
        if given is not None:
            return given
        own = self.base / DEFAULT_PROGRAMS / self.study.name
        return own if own.is_dir() or not self._is_in_old_place else own.parent

    @functools.cached_property
    def _given_programs(self) -> Path | None:
        given = self._path("refinery_programs")
        # Who keeps tests and programs in one folder wants the tests to be found.
        return None if given is None or self.config.rootpath.is_relative_to(given) else given

    def holds_programs(self, path: Path) -> bool:
        """Whether a path is in a folder of programs: all that ends in ``.py`` there is for the sandbox alone."""
        if self._given_programs is not None and path.is_relative_to(self._given_programs):
            return True
        if f"/{DEFAULT_PROGRAMS.as_posix()}/" not in f"{path.as_posix()}/":
            return False
        asked = self.config.getoption("refinery_study") is not None
        return asked or nearest_study(path, self.config.rootpath) is not None

    @functools.cached_property
    def _is_in_old_place(self) -> bool:
        from refinery_plugin._generation.provenance import Provenance  # noqa: PLC0415 - see the module's docstring
        from refinery_plugin._study.units import study_units  # noqa: PLC0415 - see the module's docstring

        folder = self.base / DEFAULT_PROGRAMS
        if self.study.by_task:  # those have been in folders of their own from the first
            return False
        return folder.is_dir() and any(
            (os.path.lexists(unit.path) or unit.trajectory_path.exists())
            and not Provenance.of(unit).is_of_another(self.study.name)
            for unit in study_units(self.study, folder)
        )

    @property
    def old_place(self) -> str | None:
        """What to say of programs that are where all studies had theirs; ``None`` where they are in the right place."""
        if self.programs_dir != self.base / DEFAULT_PROGRAMS or self._path("refinery_programs") is not None:
            return None
        own = self.relative(self.programs_dir / self.study.name)
        return (
            f"programs are taken from {self.relative(self.programs_dir)}, where all studies had theirs; move them to "
            f"{own}, where this study's are looked for first"
        )

    @functools.cached_property
    def cassettes_dir(self) -> Path:
        """Where the study's cassettes are."""
        return self._path("refinery_cassettes") or self.base / "cassettes" / self.study.name

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

        if self.judged is not None:
            units = list(self.judged.units)
        elif self.generates or self.config.getoption("refinery_programs") is None:
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

    def refusal(self, unit: Unit) -> str | None:
        """Say why a program may not be judged as this study's, and what to do; ``None`` where it may."""
        from refinery_plugin._generation.provenance import Provenance  # noqa: PLC0415 - see the module's docstring

        key = (unit.path, unit.turn)
        if key not in self._refusals:
            mismatch = Provenance.of(unit).mismatch(
                unit, study=self.study, task=self.task_of(unit), methods=self.methods
            )
            self._refusals[key] = mismatch and (
                f"{self.relative(unit.path)} is not this study's: {mismatch} (so says "
                f"{unit.trajectory_path.name} beside it). Make it with: {self.generate_command()}; or give the changed "
                "study another name, and the old programs stay as they are; or remove that file, to have the program "
                "judged as one from elsewhere"
            )
        return self._refusals[key]

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
        return self._command("--benchmark-only", ("study", "programs", "model"))

    def generate_command(self) -> str:
        """Return the command that makes the programs of this session."""
        return self._command("--refinery-generate", ("study", "programs", "cassettes", "model"))

    def _command(self, action: str, options: tuple[str, ...]) -> str:
        given = [(option, self.config.getoption(f"refinery_{option}")) for option in options]
        given += [("tasks", name) for name in self.config.getoption("refinery_tasks")]
        words = [f"--refinery-{option}={value}" for option, value in given if value is not None]
        return shlex.join(["pytest", action, *words, *self._typed_arguments()])

    def _typed_arguments(self) -> list[str]:
        """Return the paths that were typed, where the study is not found without them."""
        if self._asked_file is not None or self.config.getoption("refinery_study") is not None:
            return []
        if self.config.args_source is not pytest.Config.ArgsSource.ARGS:
            return []
        here = nearest_study(self.config.invocation_params.dir, self.config.rootpath)
        return [] if here == self.file else list(self.config.args)


def is_writable(folder: Path) -> bool:
    """Whether files can be made in a folder, which need not be there yet."""
    there = next(place for place in (folder, *folder.parents) if place.exists())
    # What is no folder is in the way, which whoever wants to write there says best.
    return not there.is_dir() or os.access(there, os.W_OK | os.X_OK)


_REFINERY = pytest.StashKey[Refinery]()


def refinery_of(config: pytest.Config) -> Refinery:
    """Return the study of the session, still unread when first asked for."""
    return config.stash.setdefault(_REFINERY, Refinery(config))


def is_distributed(config: pytest.Config) -> bool:
    """Whether pytest-xdist runs the tests: it does where workers are asked for, not where ``--dist`` alone is."""
    return hasattr(config, "workerinput") or (has_dist(config) and bool(config.getoption("tx", default=None)))


def has_dist(config: pytest.Config) -> bool:
    """Whether pytest-xdist is told how to share out tests, by ``-n`` or ``--dist``."""
    return bool(config.getoption("dist", default="no") != "no")


def worker_number(config: pytest.Config) -> tuple[int, int] | None:
    """Return which of pytest-xdist's workers this process is, from 0, and how many there are; ``None`` for none."""
    worker = getattr(config, "workerinput", None)
    if worker is None or not (number := str(worker["workerid"]).removeprefix("gw")).isdecimal():
        return None
    return int(number), int(worker["workercount"])


def unit_of(item: pytest.Item) -> Unit | None:
    """Return the program that a test is about, if it is about one."""
    callspec = getattr(item, "callspec", None)
    unit = None if callspec is None else callspec.params.get(FIXTURE)
    if unit is None:
        return None
    from refinery_plugin._study.units import Unit  # noqa: PLC0415 - see the module's docstring

    return unit if isinstance(unit, Unit) else None
