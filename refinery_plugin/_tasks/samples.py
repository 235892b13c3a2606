"""Programs from elsewhere in JSON lines: which task each is for, and by which factors they differ (pure)."""

from __future__ import annotations

import ast
import dataclasses
import textwrap
from typing import TYPE_CHECKING, Any

from refinery_plugin._study.levels import COLUMNS, LevelError, nearest
from refinery_plugin._study.settings import SETTINGS
from refinery_plugin._syntax import UNUSABLE, parse
from refinery_plugin._tasks.json_lines import TaskFileError
from refinery_plugin._tasks.task_file import FENCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from refinery_plugin._study.task import Task

_OWN = ("task_id", "solution", "completion")
_DERIVED = ("iterations", "time_limit", "type", "level")
"""Columns that the analysis makes of a budget."""
_MOST_TREATMENTS = 10_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SampleProgram:
    """One program from elsewhere; ``levels`` has the level of each factor, as the row has it."""

    task: str
    source: str
    levels: Mapping[str, object]
    replicate: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """The programs of a file.

    Parameters
    ----------
    tasks : names of their tasks, in order of appearance.
    factors : parsed levels of each factor, in order of appearance.
    left_out : what of the file is not judged, and why.
    """

    programs: tuple[SampleProgram, ...]
    tasks: tuple[str, ...]
    factors: Mapping[str, tuple[object, ...]]
    left_out: tuple[str, ...]

    @property
    def replicates(self) -> int:
        """The most programs of one task and treatment."""
        return max(sample.replicate for sample in self.programs)


def parse_samples(
    rows: Iterable[tuple[int, dict[str, Any]]],
    *,
    where: str,
    tasks: Mapping[str, Task],
    unusable: Mapping[str, str],
) -> Samples:
    """Read rows ``{"task_id", "solution" | "completion", ...}``; other keys are factors.

    Parameters
    ----------
    rows : with the numbers of their lines.
    where : names the file in errors.
    tasks : all known ones.
    unusable : tasks that are known and cannot be used, with the reason.

    Raises
    ------
    TaskFileError : with file, line, key and remedy.
    """
    programs: list[SampleProgram] = []
    left_out: dict[str, int] = {}
    factors: dict[str, dict[object, None]] | None = None
    counts: dict[tuple[str, tuple[object, ...]], int] = {}
    for number, row in rows:
        place = f"{where}, line {number}"
        name, source = _program(row, place, tasks, unusable)
        levels = {key: _level(key, value, place) for key, value in row.items() if key not in _OWN}
        if factors is None:
            factors = {key: {} for key in levels}
        if levels.keys() != factors.keys():
            odd = min(levels.keys() ^ factors.keys())
            raise TaskFileError(
                f"{place}: {odd}: some rows have this key and others have not; every key beside {', '.join(_OWN)} is a "
                "factor, and each row needs a level of each: add it, or remove it everywhere"
            )
        if source is None:
            left_out[name] = left_out.get(name, 0) + 1
            continue
        levels = {key: levels[key] for key in factors}
        for key, level in levels.items():
            factors[key][level] = None
        which = (name, tuple(levels.values()))
        counts[which] = counts.get(which, 0) + 1
        programs.append(SampleProgram(task=name, source=source, levels=levels, replicate=counts[which]))
    without = tuple(
        f"{name}: {times} program{'' if times == 1 else 's'} not judged: {unusable[name]}"
        for name, times in left_out.items()
    )
    if not programs:
        raise TaskFileError(
            f"{where}: there is no program in it that can be judged"
            f"{': ' + '; '.join(without[:3]) if without else ''}; each "
            'line is like {"task_id": "HumanEval/0", "solution": "def ..."}'
        )
    levels_of = {key: tuple(levels) for key, levels in (factors or {}).items()}
    _refuse_too_many(levels_of, where)
    return Samples(
        programs=tuple(programs),
        tasks=tuple(dict.fromkeys(sample.task for sample in programs)),
        factors=levels_of,
        left_out=without,
    )


def _program(
    row: Mapping[str, Any], place: str, tasks: Mapping[str, Task], unusable: Mapping[str, str]
) -> tuple[str, str | None]:
    """Return the task's name and the program; no program where the task cannot be used."""
    name = row.get("task_id")
    if not isinstance(name, str):
        raise TaskFileError(f"{place}: task_id must be the name of a task, got {name!r:.60}")
    given = [key for key in ("solution", "completion") if key in row]
    if len(given) != 1 or not isinstance(row[given[0]], str):
        raise TaskFileError(
            f"{place}: it needs solution (a whole program) or completion (what follows the task's prompt), one of the "
            f"two and as text; it has {', '.join(row) or 'nothing'}"
        )
    if name not in tasks:
        if name in unusable:
            return name, None
        raise TaskFileError(
            f"{place}: task_id: there is no task {name!r}{nearest(name, tasks)}; name its file with "
            "--refinery-tasks=FILE, or declare it in a conftest.py"
        )
    text = row[given[0]]
    return name, text if given == ["solution"] else completed(tasks[name], text)


def completed(task: Task, completion: str) -> str:
    """Return the program that a completion stands for: the text after the task's prompt, or a whole program."""
    if _defines(completion, task.entry_point):
        return completion
    before, fence, rest = task.prompt.partition(FENCE)
    if fence and not before.strip().startswith("```"):
        head = rest.rpartition("\n```")[0]
        return f"{head}\n{completion}"
    return f"{task.signature.rstrip().rstrip(':')}:\n{textwrap.indent(textwrap.dedent(completion), '    ')}"


def _defines(source: str, name: str) -> bool:
    try:
        body = parse(source).body
    except UNUSABLE:
        return False
    return any(isinstance(node, ast.FunctionDef) and node.name == name for node in body)


def _level(key: str, value: object, place: str) -> object:
    if key in COLUMNS or key in _DERIVED:
        raise TaskFileError(
            f"{place}: {key}: it would be a factor, and the analysis has a column of that name; rename the key or "
            "remove it"
        )
    if isinstance(value, float) and value != value:  # noqa: PLR0124 - not a number
        value = None
    if not isinstance(value, (bool, int, float, str)) or value == "":
        raise TaskFileError(
            f"{place}: {key}: a level is a text, a number or true or false, got {value!r:.60}"
        )
    if key not in SETTINGS:
        return value
    try:
        return SETTINGS[key].parse(value)
    except LevelError as exc:
        raise TaskFileError(f"{place}: {key}: {exc}") from exc


def _refuse_too_many(factors: Mapping[str, tuple[object, ...]], where: str) -> None:
    crossed = 1
    for levels in factors.values():
        crossed *= len(levels)
    if crossed > _MOST_TREATMENTS:
        most = max(factors, key=lambda key: len(factors[key]))
        raise TaskFileError(
            f"{where}: its keys cross to {crossed:,} treatments, more than {_MOST_TREATMENTS:,}; {most} has "
            f"{len(factors[most]):,} levels: remove keys that only number the rows"
        )
