"""Variance components by REML: programs, lists, programs by lists, runs."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from .balanced_layout import Layout
from .reml import balanced_components, numerical_components
from .sample import machine_effects, program_of_runs, run_values

if TYPE_CHECKING:
    from .._arrays import Floats, Integers
    from .._reading.frames import Results
    from .sample import Sample

_MOST_CELLS = 5_000_000
_MOST_TREATMENTS = 600


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """Variances of response ~ treatment + (1|program) + (1|list) + (1|program:list), in squared units.

    None where the data can't tell a component from another (``notes``). ``method`` is ``"closed form"`` or
    ``"numerical"``; ``singular`` says that some component is at its bound of zero.
    """

    program: float | None
    list: float | None
    program_list: float | None
    run: float | None
    method: str
    singular: bool
    notes: tuple[str, ...]


def variance_components(results: Results, sample: Sample) -> Components:
    """Estimate the components from the runs of programs that passed, on the scale of the sample's response.

    Closed form where every program has the same number of runs on every list: the restricted likelihood then
    depends on four mean squares alone, also where components are at zero. Numerical otherwise.
    """
    if not sample.y.size:
        passed = bool(results.programs["passed"].any())
        return _none("no program that passed was timed" if passed else "no program passed")
    if len(results.tasks) > 1:
        return _none("several tasks: what differs between tasks, treatments and programs is under tasks")
    layout, notes = _gather(results, sample)
    if layout is None:
        return dataclasses.replace(_none(notes[0]), notes=tuple(notes))
    programs, lists = layout.count.shape
    usable = {
        "program": programs > layout.rank,
        "list": lists > 1,
        "program_list": lists > 1 and layout.cells > programs and layout.runs > layout.cells and programs > 1,
    }
    notes += _confounded(layout, usable)
    if layout.runs - layout.rank < 1:
        return dataclasses.replace(
            _none("too few runs"), notes=(*notes, "too few runs to tell where the spread comes from")
        )
    balanced = int(layout.count.min()) == int(layout.count.max())
    components = balanced_components(layout, usable) if balanced else numerical_components(layout, usable)
    notes += components.notes
    if layout.runs == layout.cells:
        notes.append(
            "each program ran once on each list: what its runs differ by can't be told from what the list does to it"
        )
    values = {name: components.values.get(name) for name in ("program", "list", "program_list", "run")}
    return Components(
        **values,
        method="closed form" if balanced else "numerical",
        singular=any(value == 0 for value in values.values()),
        notes=tuple(notes),
    )


def _none(note: str) -> Components:
    return Components(
        program=None, list=None, program_list=None, run=None, method="none", singular=False, notes=(note,)
    )


def _confounded(layout: Layout, usable: dict[str, bool]) -> list[str]:
    programs, lists = layout.count.shape
    notes = []
    if not usable["program"]:
        notes.append(
            "one program per treatment: what programs differ by can't be told from what treatments do"
        )
    if lists == 1:
        notes.append("one list: nothing tells what another would have done to each program")
    elif layout.cells == programs:
        notes.append(
            "each program ran on one list: what programs differ by can't be told from what the list does to each"
        )
    return notes


def _gather(results: Results, sample: Sample) -> tuple[Layout | None, list[str]]:
    runs = results.runs
    program = program_of_runs(results, sample)
    use = program >= 0
    values = run_values(results, sample.response)[use]
    program = program[use]
    notes = []
    if results.crossed:
        machine = runs["machine"].cat.codes.to_numpy()[use].astype(np.intp)
        values = _without_machines(values, program, machine)
        notes.append("differences between machines were taken out first")
    numbers, at = np.unique(runs["list"].to_numpy()[use], return_inverse=True)
    size = (len(sample.programs), len(numbers))
    if size[0] * size[1] > _MOST_CELLS or size[0] * size[1] ** 2 > 4 * _MOST_CELLS:
        return None, ["too many programs and lists to tell where the spread comes from"]
    if len(sample.treatments) > _MOST_TREATMENTS and len(np.unique(np.bincount(program))) > 1:
        return None, ["too many treatments of unequal size to tell where the spread comes from"]
    key = program * size[1] + at
    count = np.bincount(key, minlength=size[0] * size[1])
    # Treatments are fixed: taking their means out first changes nothing but the digits that sums of squares keep.
    centred = values - sample.means[sample.cell][program]
    mean = np.bincount(key, weights=centred, minlength=count.size) / np.maximum(count, 1)
    within = float(np.sum((centred - mean[key]) ** 2))
    layout = Layout(
        count=count.reshape(size).astype(np.intp),
        mean=mean.reshape(size),
        within=within,
        cell=sample.cell,
        block=sample.block,
        rank=sample.y.size - sample.sigma.df if sample.sigma.df > 0 else sample.y.size,
    )
    return layout, notes


def _without_machines(values: Floats, program: Integers, machine: Integers) -> Floats:
    """Take out machine effects by least squares of value ~ program + machine."""
    size = int(machine.max()) + 1
    key = program * size + machine
    pairs, inverse = np.unique(key, return_inverse=True)
    y = np.bincount(inverse, weights=values) / np.bincount(inverse)
    index = np.unique(pairs // size, return_inverse=True)[1]
    effects = machine_effects(index, (pairs % size).astype(np.intp), y, size)
    return np.asarray(values - effects[machine])
