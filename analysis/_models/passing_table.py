"""Programs counted by task and treatment: how many were made, how many passed."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING

import numpy as np

from .combinations import combinations
from .formula import MACHINE, Model, columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .._arrays import Floats, Integers
    from .._reading.frames import Results


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PassingTable:
    """Counts of programs.

    Attributes
    ----------
    tasks, treatments : names; length t and k.
    factors : levels of each factor, derived ones last; ``own`` are the study's.
    level : of each treatment for each factor, indices into its levels, shape (k,).
    made, passed : programs, shape (t, k).
    """

    tasks: tuple[str, ...]
    treatments: tuple[str, ...]
    factors: Mapping[str, tuple[str, ...]]
    own: tuple[str, ...]
    level: Mapping[str, Integers]
    generated: Integers
    passed: Integers

    def varying(self) -> tuple[str, ...]:
        """Return the study's own factors that have several levels."""
        return tuple(name for name in self.own if len(self.factors[name]) > 1)

    def at(self, factor: str, level: int) -> Integers:
        """Return which treatments have a level."""
        return np.flatnonzero(self.level[factor] == level)

    def strata(self, factor: str) -> Iterator[tuple[Integers, Integers]]:
        """Yield (passed, made) by level of a factor, for each task and each combination of the other factors."""
        others = [name for name in self.own if name != factor]
        _, groups = combinations(
            [self.level[name] for name in others] or [np.zeros(len(self.treatments), np.intp)]
        )
        size = len(self.factors[factor])
        for task, group in itertools.product(range(len(self.tasks)), range(int(groups.max()) + 1)):
            inside = groups == group
            levels = self.level[factor][inside]
            passed, programs = (
                np.bincount(levels, weights=counts[task, inside], minlength=size).astype(np.intp)
                for counts in (self.passed, self.generated)
            )
            yield passed, programs

    def design(self, model: Model) -> list[Floats]:
        """Return the intercept and the columns of each term, one row per treatment."""
        codes = {name: (of, len(self.factors[name])) for name, of in self.level.items()}
        return columns(model, codes, len(self.treatments))


def task_numbers(results: Results) -> tuple[tuple[str, ...], Integers]:
    """Return the tasks, and each program's; there is one task where the files tell no several apart."""
    of_program = results.programs["task"]
    if len(results.tasks) < 2:  # noqa: PLR2004
        return (results.task,), np.zeros(len(of_program), dtype=np.intp)
    tasks = tuple(dict.fromkeys([*results.tasks, *of_program]))
    number = {name: i for i, name in enumerate(tasks)}
    return tasks, np.asarray([number[name] for name in of_program.tolist()], dtype=np.intp)


def passing_table(results: Results) -> PassingTable:
    """Count the programs of a study, those that failed too."""
    programs = results.programs
    own = tuple(name for name in results.factors if name not in results.derived)
    tasks, task = task_numbers(results)
    codes = {name: programs[name].cat.codes.to_numpy().astype(np.intp) for name in results.factors}
    first, cell = combinations([codes[name] for name in own])
    passed = programs["passed"].to_numpy(dtype=bool)
    place, size = task * len(first) + cell, (len(tasks), len(first))
    generated, good = (np.bincount(at, minlength=size[0] * size[1]) for at in (place, place[passed]))
    return PassingTable(
        tasks=tasks,
        treatments=tuple(map(str, programs["treatment"].iloc[first].tolist())),
        factors=results.factors,
        own=own,
        level={name: of[first] for name, of in codes.items()},
        generated=generated.reshape(size).astype(np.intp),
        passed=good.reshape(size).astype(np.intp),
    )


def without_machine(model: Model) -> Model:
    """Return the model without the machine: programs pass on all machines or on none."""
    return dataclasses.replace(model, terms=tuple(term for term in model.terms if MACHINE not in term))
