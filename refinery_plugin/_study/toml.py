"""Reading a study from TOML: a file of its own, or ``[tool.refinery]`` of a ``pyproject.toml``."""

from __future__ import annotations

import dataclasses
import itertools
import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn, cast

from refinery_plugin._study.levels import COLUMNS, LevelError, UnknownNameError, nearest, show, slug
from refinery_plugin._study.named_levels import NamedLevel, parse_named_levels
from refinery_plugin._study.pricing import Price
from refinery_plugin._study.request_settings import FIELDS, RequestTable, parse_request
from refinery_plugin._study.settings import CHOICES, SETTINGS, Setting, one_of, own_setting
from refinery_plugin._study.study import ProgramLimits, Study, StudyError, crossing_size
from refinery_plugin._study.task_names import is_pattern, matching, task_folder, united

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from refinery_plugin._study.request_settings import RequestRules
    from refinery_plugin._study.settings import Settings
    from refinery_plugin._study.study import Treatment
    from refinery_plugin._study.task import Task


class UndeclaredError(StudyError):
    """The study names something that nobody has declared, so far: a ``conftest.py`` further down may do it."""


class UnknownTaskError(UndeclaredError):
    """It is a task."""


_PILOT: Mapping[str, object] = MappingProxyType(
    {
        "name": "pilot",
        "task": "digit-sum-difference",
        "model": "gpt-4o",
        "replicates": 2,
        "seed": 20250302,
        "lists": 2,
        "runs": 2,
        "factors": {"agents": [1, 2, 3], "optimization": ["3 iterations", "8 iterations", "60 s", "120 s"]},
    }
)
MAX_PROGRAMS = 1_000_000
_MOST_NAMES = 40
_KEYS = (
    "name",
    "task",
    "tasks",
    "replicates",
    "seed",
    "lists",
    "runs",
    "price",
    "packages",
    "limits",
    "factors",
    "request",
    "tasks_from",
    "primary",
    "size",
)
_PRIMARY = ("time", "passed")
_OF_AGENTS = ("temperature", "max_tokens")
"""What may be set and varied, and is a field of a request that may be left out."""


def load_study(
    path: Path,
    tasks: Mapping[str, Task],
    *,
    model: str | None = None,
    choices: Mapping[str, Sequence[str]] = CHOICES,
) -> Study:
    """Read the study that a TOML file holds, at top level or, in ``pyproject.toml``, under ``[tool.refinery]``.

    ``model`` replaces the study's own; ``choices`` are the names that ``feedback`` and ``protocol`` may have.

    Raises
    ------
    StudyError : with the file, the key, the value seen and what is allowed.
    """
    return _StudyReader(str(path), _table(path), tasks, model, choices).study()


def files_of_tasks(path: Path) -> list[Path]:
    """Return the files of tasks that a study names, by ``tasks_from``: they lie relative to the study.

    Raises
    ------
    StudyError : it is no list of texts, or the study cannot be read.
    """
    names = _table(path).get("tasks_from", [])
    if not (isinstance(names, list) and all(isinstance(name, str) and name for name in names)):
        raise StudyError(
            f'{path}: tasks_from: must be a list of files such as ["tasks.jsonl"], got {names!r:.80}'
        )
    return [path.parent / name for name in names]


def pilot_study(tasks: Mapping[str, Task], *, model: str | None = None) -> Study:
    """Return the built-in pilot."""
    return _StudyReader("the built-in pilot", _PILOT, tasks, model).study()


def _parse(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        raise StudyError(f"{path}: there is no such study file; --refinery-study names a TOML file") from None
    except IsADirectoryError:
        raise StudyError(f"{path} is a directory; --refinery-study names a TOML file") from None
    except OSError as exc:
        raise StudyError(f"{path}: cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise StudyError(f"{path}: byte {exc.start} is not UTF-8, which TOML demands") from exc
    except tomllib.TOMLDecodeError as exc:
        raise StudyError(f"{path}: not valid TOML: {exc}") from exc
    except RecursionError as exc:
        raise StudyError(f"{path}: not a study: brackets are nested too deeply to be read") from exc


def _tool_table(document: Mapping[str, object], path: Path) -> Mapping[str, object] | None:
    tool = document.get("tool")
    table = tool.get("refinery") if isinstance(tool, Mapping) else None
    if table is not None and not isinstance(table, Mapping):
        raise StudyError(f"{path}: tool.refinery must be a table, got {table!r}")
    return table


def _table(path: Path) -> Mapping[str, object]:
    document = _parse(path)
    if path.name == "pyproject.toml":
        table = _tool_table(document, path)
        if table is None:
            raise StudyError(f"{path}: there is no table [tool.refinery] in it")
        return table
    if set(document) == {"tool"}:
        return _tool_table(document, path) or document
    return document


def _sent(settings: Settings, rules: Mapping[str, RequestRules]) -> Settings:
    """Return settings without what no agent is sent: its own come before the study's, and rules leave fields out."""
    team = []
    for agent in settings.team:
        unsent: dict[str, Any] = {name: 0 for name in _OF_AGENTS if not rules[agent.model].sends(name)}
        team.append(dataclasses.replace(agent, **unsent))
    return dataclasses.replace(settings, team=tuple(team), temperature=0.0, max_tokens=0)


def _all(name: str, settings: Settings) -> list[object]:
    return [getattr(one, name) for one in (settings, *settings.team)]


class _StudyReader:
    """Turns one table into a study, or says what is wrong with which key."""

    def __init__(
        self,
        where: str,
        table: Mapping[str, object],
        tasks: Mapping[str, Task],
        model: str | None,
        choices: Mapping[str, Sequence[str]] = CHOICES,
    ) -> None:
        self.where, self.table, self.tasks, self.model = where, table, tasks, model
        self._chosen = {
            name: dataclasses.replace(SETTINGS[name], parse=one_of(names)) for name, names in choices.items()
        }

    def study(self) -> Study:
        name = self._name()
        tasks = self._tasks()
        settings = {**SETTINGS, **self._chosen, **self._own_settings(tasks)}
        self._refuse_unknown({*_KEYS, *settings})
        factors = self._factors(settings)
        replicates = self._whole("replicates", 1, least=1)
        self._refuse_partial_factors(factors, tasks)
        if (programs := crossing_size(factors) * replicates * len(tasks)) > MAX_PROGRAMS:
            self._fail("factors", f"{programs:,} programs are more than {MAX_PROGRAMS:,}")
        study = Study(
            name=name,
            tasks=tuple(task.name for task in tasks),
            by_task="tasks" in self.table,
            factors=MappingProxyType(factors),
            constants=MappingProxyType(self._constants(settings, factors)),
            replicates=replicates,
            seed=self._whole("seed", 0, least=0),
            lists=self._whole("lists", 2, least=1),
            runs=self._whole("runs", 2, least=1),
            prices=MappingProxyType(self._prices()),
            packages=self._packages(),
            limits=self._limits(),
            request=self._request(),
            names_model=self.model is not None or "model" in {*self.table, *factors},
            primary=self._primary(),
            size=self._size(tasks),
        )
        if not study.names_model:
            study = dataclasses.replace(study, names_model=self._names_all_models(study))
        self._refuse_model_beside_others(study)
        self._refuse_unsent_factors(study)
        self._refuse_equal_ids(study)
        return study

    def _fail(self, key: str, what: str) -> NoReturn:
        raise StudyError(f"{self.where}: {key}: {what}")

    def _name(self) -> str:
        name = self.table.get("name")
        if name is None:
            self._fail("name", 'is missing; a study has a name, which also names folders: name = "my-study"')
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name):
            self._fail(
                "name", f"{name!r} is not allowed; it names a folder: use letters, digits, '.', '_' and '-'"
            )
        return name

    def _tasks(self) -> list[Task]:
        if "tasks" not in self.table:
            return [self._task()]
        if "task" in self.table:
            self._fail("tasks", f"is there beside task ({self.table['task']!r}); keep one of the two")
        given = self.table["tasks"]
        if not isinstance(given, list) or not given or not all(isinstance(one, str) and one for one in given):
            self._fail(
                "tasks",
                f'must be a list of names or patterns such as ["longest-run", "core-*"], got {given!r}',
            )
        for number, one in enumerate(given):
            if one in given[:number]:
                self._fail(f"tasks[{number}]", f"{one!r} is there twice; leave one out")
        chosen = united([self._matching(number, one) for number, one in enumerate(given)])
        self._refuse_equal_folders(chosen)
        return [self.tasks[name] for name in chosen]

    def _primary(self) -> str:
        given = self.table.get("primary", _PRIMARY[0])
        if given not in _PRIMARY:
            self._fail("primary", f"must be one of {', '.join(_PRIMARY)}, got {given!r}")
        return str(given)

    def _size(self, tasks: Sequence[Task]) -> int | Mapping[str, int] | None:
        given, open_ones = self.table.get("size"), [task.name for task in tasks if task.takes_size]
        settings = [task.name for task in tasks if "size" in task.settings]
        if settings and open_ones:
            self._fail(
                "size",
                f"is a setting of task {settings[0]!r}, and what sample of task {open_ones[0]!r} takes; rename the "
                "setting",
            )
        if settings or given is None:
            return None
        if not open_ones:
            self._fail("size", "no task of the study has a sample that takes one; leave it out")
        if not isinstance(given, dict):
            return self._whole("size", 1, least=1)
        for name, one in given.items():
            if name not in open_ones:
                self._fail(
                    f"size.{name}",
                    f"the study has no task {name!r} whose sample takes a size{nearest(name, open_ones)}",
                )
            if isinstance(one, bool) or not isinstance(one, int) or one < 1:
                self._fail(f"size.{name}", f"must be a whole number of at least 1, got {one!r}")
        return MappingProxyType(dict(given))

    def _matching(self, number: int, pattern: str) -> list[str]:
        names = matching(pattern, self.tasks)
        if not names:
            nothing = (
                f"the pattern {pattern!r} matches no task"
                if is_pattern(pattern)
                else f"there is no task {pattern!r}{nearest(pattern, self.tasks)}"
            )
            raise UnknownTaskError(f"{self.where}: tasks[{number}]: {nothing}; {self._known_tasks()}")
        return names

    def _known_tasks(self) -> str:
        names = sorted(self.tasks)
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        return (
            f"known are {', '.join(names[:_MOST_NAMES])}{more}. A conftest.py adds others with the hook "
            "pytest_refinery_tasks"
        )

    def _refuse_equal_folders(self, names: tuple[str, ...]) -> None:
        folders: dict[str, str] = {}
        for name in names:
            first = folders.setdefault(task_folder(name).casefold(), name)
            if first is not name:
                self._fail("tasks", f"{first!r} and {name!r} would share file names; leave one out")

    def _own_settings(self, tasks: list[Task]) -> dict[str, Setting]:
        """Return the settings that tasks declare; two that declare one differently need the study's word."""
        owners: dict[str, Task] = {}
        factors = self._factor_table()
        for task in tasks:
            for key, default in task.settings.items():
                first = owners.setdefault(key, task)
                other = first.settings[key]
                is_given = key in self.table or key in factors
                if type(other) is not type(default) or (other != default and not is_given):
                    self._fail(
                        key,
                        f"is a setting of task {first.name!r} (default {other!r}) and of task {task.name!r} (default "
                        f"{default!r}); say in the study which it is, or leave one of the tasks out",
                    )
        return {key: own_setting(task.settings[key]) for key, task in owners.items()}

    def _refuse_partial_factors(self, factors: Mapping[str, tuple[object, ...]], tasks: list[Task]) -> None:
        for name, levels in factors.items():
            keys = {key for level in levels if isinstance(level, NamedLevel) for key in level.settings} or {
                name
            }
            for key in keys - SETTINGS.keys():
                without = next((task.name for task in tasks if key not in task.settings), None)
                if without is not None:
                    self._fail(
                        f"factors.{name}",
                        f"task {without!r} has no setting {key!r}, so nothing would vary in it",
                    )

    def _task(self) -> Task:
        name = self.table.get("task", _PILOT["task"])
        if not isinstance(name, str):
            self._fail(
                "task", f"{name!r} is not allowed; use the name of a task: {', '.join(sorted(self.tasks))}"
            )
        if name not in self.tasks:
            raise UnknownTaskError(
                f"{self.where}: task: there is no task {name!r}{nearest(name, self.tasks)}; {self._known_tasks()}"
            )
        return self.tasks[name]

    def _refuse_unknown(self, known: set[str]) -> None:
        for key in self.table:
            if key not in known:
                self._fail(
                    key, f"there is no such key{nearest(key, known)}; known are {', '.join(sorted(known))}"
                )

    def _factors(self, settings: Mapping[str, Setting]) -> dict[str, tuple[object, ...]]:
        table = self._factor_table()
        taken = {name for name, levels in table.items() if not isinstance(levels, Mapping)}
        factors: dict[str, tuple[object, ...]] = {}
        for name, levels in table.items():
            if isinstance(levels, Mapping):
                named = self._named_levels(name, levels, settings, taken)
                taken |= {key for level in named for key in level.settings}
                factors[name] = named
            else:
                factors[name] = self._levels(name, levels, settings)
        return factors

    def _factor_table(self) -> Mapping[str, object]:
        table = self.table.get("factors", {})
        if not isinstance(table, Mapping):
            self._fail("factors", f"must be a table of names and lists of levels, got {table!r}")
        return table

    def _named_levels(
        self, name: str, table: Mapping[str, object], settings: Mapping[str, Setting], taken: set[str]
    ) -> tuple[NamedLevel, ...]:
        if name in _KEYS:
            self._fail(f"factors.{name}", "is a key of the study; give the factor another name")
        try:
            return parse_named_levels(name, table, settings, taken=taken)
        except UnknownNameError as exc:
            raise UndeclaredError(f"{self.where}: factors.{name}{exc}") from exc
        except LevelError as exc:
            what = str(exc)
            place, below, fault = what.partition(": ")
            if what.startswith(".") and below:
                self._fail(f"factors.{name}{place}", fault)
            self._fail(f"factors.{name}", what)

    def _levels(self, name: str, levels: object, settings: Mapping[str, Setting]) -> tuple[object, ...]:
        key = f"factors.{name}"
        if name not in settings:
            hint = (
                " (it is the same for all programs and cannot be varied)"
                if name in _KEYS
                else nearest(name, settings)
            )
            self._fail(
                key,
                f"there is no such setting{hint}; a factor is one of {', '.join(sorted(settings))}, or has levels "
                f"that are tables of settings: [factors.{name}.NAME]",
            )
        if name in COLUMNS:
            self._fail(
                key, "cannot be a factor: the analysis has a column of that name; rename the task's setting"
            )
        if name in self.table:
            self._fail(
                name, f"is both set ({self.table[name]!r}) and varied under [factors]; keep one of the two"
            )
        if name == "model" and self.model is not None:
            self._fail(key, "the model is a factor of this study, so --refinery-model cannot replace it")
        if not isinstance(levels, list) or not levels:
            self._fail(key, f"must be a list of at least one level, got {levels!r}")
        for i, level in enumerate(levels):
            if name == "agents" and isinstance(level, list):
                self._fail(
                    f"{key}[{i}]",
                    "a list of agents is a level with a name: write it as [factors.team.NAME] agents = [...]",
                )
        parsed = tuple(self._parsed(f"{key}[{i}]", level, settings[name]) for i, level in enumerate(levels))
        for i, level in enumerate(parsed):
            if level in parsed[:i]:
                self._fail(
                    f"{key}[{i}]", f"{levels[i]!r} is the same level as {levels[parsed.index(level)]!r}"
                )
        return parsed

    def _parsed(self, key: str, value: object, setting: Setting) -> object:
        try:
            return setting.parse(value)
        except UnknownNameError as exc:
            raise UndeclaredError(f"{self.where}: {key}: {exc}") from exc
        except LevelError as exc:
            self._fail(key, str(exc))

    def _constants(self, settings: Mapping[str, Setting], factors: Mapping[str, object]) -> dict[str, object]:
        given = dict(self.table)
        if self.model is not None:
            given["model"] = self.model
        return {
            name: self._parsed(name, given[name], setting) if name in given else setting.default
            for name, setting in settings.items()
            if name not in factors
        }

    def _whole(self, key: str, default: int, *, least: int) -> int:
        value = self.table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            self._fail(key, f"{value!r} is not allowed; use a whole number of at least {least}")
        return value

    def _prices(self) -> dict[str, Price]:
        value = self.table.get("price", {})
        if not isinstance(value, Mapping):
            self._fail("price", f"must be like {{ input = 2.5, output = 10.0 }}, got {value!r}")
        if not value:
            return {}
        if any(isinstance(entry, Mapping) for entry in value.values()):
            return {model: self._price(f"price.{model}", entry) for model, entry in value.items()}
        return {"*": self._price("price", value)}

    def _price(self, key: str, value: object) -> Price:
        if not isinstance(value, Mapping) or not {"input", "output"} <= set(value) <= {
            "input",
            "output",
            "source",
        }:
            self._fail(
                key,
                f"must have input and output in USD per million tokens (and may have source), got {value!r}",
            )
        for part in ("input", "output"):
            number = value[part]
            if (
                isinstance(number, bool)
                or not isinstance(number, (int, float))
                or not 0 <= number < float("inf")
            ):
                self._fail(
                    f"{key}.{part}", f"{number!r} is not allowed; use USD per million tokens, 0 or more"
                )
        return Price(
            input=Decimal(str(value["input"])),
            output=Decimal(str(value["output"])),
            source=str(value.get("source", "the study")),
        )

    def _packages(self) -> tuple[str, ...]:
        value = self.table.get("packages", ["numpy"])
        if not isinstance(value, list) or not all(isinstance(p, str) and p.isidentifier() for p in value):
            self._fail(
                "packages", f'must be a list of top-level import names such as ["numpy"], got {value!r}'
            )
        return tuple(value)

    def _request(self) -> RequestTable:
        try:
            return parse_request(self.table.get("request", {}))
        except LevelError as exc:
            self._fail("request", str(exc))

    def _names_all_models(self, study: Study) -> bool:
        """Whether no agent of any treatment falls back on the default."""
        unnamed = dataclasses.replace(study, constants={**study.constants, "model": ""})
        return "" not in {model for treatment in unnamed.treatments for model in treatment.settings.models}

    def _refuse_model_beside_others(self, study: Study) -> None:
        if self.model is None:
            return
        others = {model for treatment in study.treatments for model in treatment.settings.models} - {
            self.model
        }
        if others:
            self._fail(
                "model",
                f"this study's levels or agents name {', '.join(sorted(others))}, so --refinery-model cannot replace "
                "it",
            )

    def _refuse_unsent_factors(self, study: Study) -> None:
        rules = {
            model: study.request.of(model)
            for treatment in study.treatments
            for model in treatment.settings.models
        }
        for model, rule in sorted(rules.items()):
            for field in FIELDS:
                if len(study.factors.get(field, ())) > 1 and not rule.sends(field):
                    why = "which takes none" if field in rule.drop else "since request.extra has its place"
                    self._fail(
                        f"factors.{field}", f"it is varied, but never sent to {model}, {why}; leave one out"
                    )
        for name, levels in study.factors.items():
            if isinstance(levels[0], NamedLevel):
                self._refuse_levels_sent_alike(name, study.treatments, rules)

    def _refuse_levels_sent_alike(
        self, factor: str, treatments: Sequence[Treatment], rules: Mapping[str, RequestRules]
    ) -> None:
        """Refuse named levels that differ, but in nothing that any agent is sent."""
        beside: dict[object, list[Treatment]] = {}
        for treatment in treatments:
            others = tuple(level for name, level in treatment.levels.items() if name != factor)
            beside.setdefault(others, []).append(treatment)
        for one, other in (pair for group in beside.values() for pair in itertools.combinations(group, 2)):
            if one.settings != other.settings and _sent(one.settings, rules) == _sent(other.settings, rules):
                names = " and ".join(repr(show(treatment.levels[factor])) for treatment in (one, other))
                fields = [
                    name for name in _OF_AGENTS if _all(name, one.settings) != _all(name, other.settings)
                ]
                self._fail(
                    f"factors.{factor}",
                    f"{names} differ only in {' and '.join(fields)}, and what they say of it is sent to no agent "
                    f"({', '.join(one.settings.models)}); leave one out",
                )

    def _limits(self) -> ProgramLimits:
        value = self.table.get("limits", {})
        if not isinstance(value, Mapping):
            self._fail("limits", f"must be a table, got {value!r}")
        known = [field.name for field in dataclasses.fields(ProgramLimits)]
        for key, number in value.items():
            if key not in known:
                self._fail(
                    f"limits.{key}",
                    f"there is no such limit{nearest(key, known)}; known are {', '.join(known)}",
                )
            if isinstance(number, bool) or not isinstance(number, int) or number < 1:
                self._fail(f"limits.{key}", f"{number!r} is not allowed; use a whole number of at least 1")
        return ProgramLimits(**cast("dict[str, int]", dict(value)))

    def _refuse_equal_ids(self, study: Study) -> None:
        for name, levels in study.factors.items():
            slugs: dict[str, object] = {}
            for level in levels:
                first = slugs.setdefault(slug(level).casefold(), level)
                if first is not level:
                    self._fail(
                        f"factors.{name}",
                        f"{show(first)!r} and {show(level)!r} would share file names; rename one",
                    )
