"""Where in the results a trajectory's program is: by task, levels of the study's own factors, and replicate."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .frames import Results


class ProgramPlaces:
    """Rows of the results' programs."""

    def __init__(self, results: Results) -> None:
        programs = results.programs
        self._own = [name for name in results.factors if name not in results.derived]
        tasks = [task if isinstance(task, str) else "" for task in programs["task"]]
        keys = zip(tasks, *(programs[name] for name in self._own), programs["replicate"], strict=True)
        self._row = {key: row for row, key in enumerate(keys)}

    def row(self, task: str, treatment: Mapping[str, str], replicate: int | None) -> int | None:
        """Return the row of a program; one of results that name no task is of any task. None where there is none."""
        levels = tuple(treatment.get(name, "") for name in self._own)
        rows = (self._row.get((of, *levels, replicate or 0)) for of in (task, ""))
        return next((row for row in rows if row is not None), None)
