"""Generating the selected programs: many trajectories at once, the files of each written as it ends."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING, Protocol

from refinery_plugin._errors import RefineryError
from refinery_plugin._files import write_atomically, write_json
from refinery_plugin._generation.known_kinds import Methods
from refinery_plugin._generation.prompts import prompt_sha256
from refinery_plugin._generation.refine import refine
from refinery_plugin._generation.trajectory import Trajectory, TurnRecord, document, no_program_source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from refinery_plugin._generation.chat import Chat
    from refinery_plugin._generation.feedback import Judge, Notebook
    from refinery_plugin._generation.prompts import Brief
    from refinery_plugin._study.pricing import Price
    from refinery_plugin._study.study import Study
    from refinery_plugin._study.task import Task
    from refinery_plugin._study.units import Unit


class Line(Protocol):
    """One trajectory's cassette: a chat that says at the end whether the trajectory is complete."""

    def chat(self, name: str) -> Chat:
        """Open the cassette of that name."""

    def notebook(self, name: str) -> Notebook:
        """Return where the judgements of an open trajectory are kept."""

    async def finish(self, name: str) -> None:
        """Say that the trajectory is complete, so that nothing will ever be recorded after its last turn."""

    def price(self, name: str, model: str) -> Price | None:
        """Return what a model of the trajectory cost when it was recorded."""


class Observer(Protocol):
    """Whoever shows how far a generation is."""

    def turn(self, unit: Unit, record: TurnRecord) -> None:
        """One turn has ended."""

    def trajectory(self, unit: Unit, trajectory: Trajectory) -> None:
        """One trajectory has ended and its files are written."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """One program, or the reason why there is none."""

    unit: Unit
    trajectory: Trajectory


async def generate(
    units: Sequence[Unit],
    *,
    study: Study,
    tasks: Mapping[str, Task],
    line: Line,
    concurrency: int,
    observer: Observer,
    methods: Methods | None = None,
    judge: Judge | None = None,
) -> list[Generated]:
    """Run the trajectories of the given units, at most ``concurrency`` at a time, and write their files.

    Parameters
    ----------
    tasks : the study's tasks by name.
    methods : kinds of feedback and protocols; ours unless given.
    judge : judges programs between turns, where the study wants that.

    Returns
    -------
    One entry a unit, in the order given.

    Raises
    ------
    RefineryError : no trajectory can go on; those that had ended are written.
    """
    slots = asyncio.Semaphore(concurrency)
    known = methods or Methods.of()

    async def one(unit: Unit) -> Generated:
        task = tasks[unit.task_in(study)]
        async with slots:
            brief = _brief(unit, study=study, task=task, methods=known)
            trajectory = await _refine(unit, brief, study=study, line=line, observer=observer, judge=judge)
        generated = Generated(unit=unit, trajectory=trajectory)
        models = () if unit.treatment is None else unit.treatment.settings.models
        prices = {model: line.price(unit.name, model) for model in models}
        # In a thread: waiting for the disk must not hold up the clocks of the other trajectories.
        await asyncio.to_thread(write_files, generated, brief, study=study, prices=prices)
        observer.trajectory(unit, trajectory)
        return generated

    try:
        async with asyncio.TaskGroup() as group:
            begun = [group.create_task(one(unit)) for unit in units]
    except* RefineryError as stops:
        raise stops.exceptions[0] from None
    return [done.result() for done in begun]


def _brief(unit: Unit, *, study: Study, task: Task, methods: Methods) -> Brief:
    if unit.treatment is None:
        raise ValueError(f"{unit.path} belongs to no treatment, so it cannot be generated")
    return methods.brief(task, unit.treatment.settings, study.packages)


async def _refine(
    unit: Unit, brief: Brief, *, study: Study, line: Line, observer: Observer, judge: Judge | None
) -> Trajectory:
    treatment, replicate = unit.treatment, unit.replicate
    if treatment is None or replicate is None:
        raise ValueError(f"{unit.path} belongs to no treatment, so it cannot be generated")
    trajectory = await refine(
        brief,
        line.chat(unit.name),
        seed=lambda turn: study.request_seed(treatment, replicate, turn, task=unit.task),
        judge=judge,
        notebook=line.notebook(unit.name),
        on_turn=lambda record: observer.turn(unit, record),
    )
    if trajectory.failure is None:
        await line.finish(unit.name)
    return trajectory


def write_files(
    generated: Generated, brief: Brief, *, study: Study, prices: Mapping[str, Price | None]
) -> None:
    """Write the program, or the comment that stands for it, and the trajectory beside it."""
    unit, trajectory = generated.unit, generated.trajectory
    if unit.treatment is None or unit.replicate is None:
        raise ValueError(f"{unit.path} belongs to no treatment")
    source = trajectory.program
    if source is None:
        source = no_program_source(trajectory, unit.treatment, unit.replicate)
    trajectory_document = document(
        trajectory,
        study=study.name,
        task=brief.task.name,
        prompt_sha256=prompt_sha256(brief),
        request=study.request.document(unit.treatment.settings.models),
        treatment=unit.treatment,
        replicate=unit.replicate,
        prices=prices,
    )
    # The trajectory first: a program without its trajectory could not say what it cost.
    write_json(unit.trajectory_path, trajectory_document)
    write_atomically(unit.path, source.encode())
