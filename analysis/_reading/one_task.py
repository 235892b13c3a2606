"""Whether the files that are joined mean the same by a task's name (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._errors import AnalysisError
from .entries import TaskTold

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .entries import RawFile

_SHOWN = 12


def tasks_told(refinery: Mapping[str, Any], machine: Mapping[str, Any]) -> dict[str, TaskTold]:
    """Return a file's tasks by name."""
    listed = refinery.get("tasks")
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    python = machine.get("python_version")
    minor = ".".join(python.split(".")[:2]) if isinstance(python, str) else None
    return {
        row["name"]: TaskTold(
            _of(row, "version", str), _of(row, "checksum", str), _of(row, "size", int), minor
        )
        for row in rows
        if isinstance(row.get("name"), str)
    }


def same_tasks(files: Sequence[RawFile]) -> Iterator[str]:
    """Yield notes on what may be another task under the same name.

    Raises
    ------
    AnalysisError : a task has another version, size or checksum in another file, so that times do not compare.
    """
    first: dict[str, tuple[str, TaskTold]] = {}
    for file in files:
        for name, described in file.tasks.items():
            source, known = first.setdefault(name, (file.source.file, described))
            for field in ("version", "size", "checksum"):
                ours, theirs = getattr(known, field), getattr(described, field)
                if ours == theirs or None in {ours, theirs}:
                    continue
                differs = f"{_brief(theirs)}, but {source} has {_brief(ours)}"
                if field == "checksum" and described.python != known.python:
                    yield (
                        f"{file.source.file}: task {name!r} has the checksum {differs}: under another version of "
                        "Python it can't be told whether the task is the same"
                    )
                    continue
                raise AnalysisError(
                    f"{file.source.file}: refinery.tasks: {field} of {name!r}: mixed tasks: {differs}; "
                    "verdicts and times of different tasks are not joined: analyse the files one by one, or measure "
                    "again with one and the same task"
                )


def _of(row: Mapping[str, Any], name: str, kind: type) -> Any:  # noqa: ANN401 - of that kind, or None
    value = row.get(name)
    return value if type(value) is kind else None


def _brief(value: object) -> str:
    return repr(value[:_SHOWN] if isinstance(value, str) else value)
