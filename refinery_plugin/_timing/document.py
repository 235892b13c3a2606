"""The plugin's part of the benchmark file (pure)."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from refinery_plugin._study.study import Study, Treatment
    from refinery_plugin._study.units import Unit
    from refinery_plugin._timing.records import BlockRecord, BlockRun
    from refinery_plugin._verification.inputs import Case
    from refinery_plugin._verification.run_usage import Waiting
    from refinery_plugin._verification.verdict import Judgement

SCHEMA = 1

_COUNTS = ("calls", "prompt_tokens", "completion_tokens", "cost_usd", "cut_short")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a session found of one program; ``runs`` are its timed runs by list, where it is correct and was timed.

    ``machine`` is where it ran, in a session of several.
    """

    unit: Unit
    sha256: str | None
    judgement: Judgement
    waiting: Waiting
    trajectory: Mapping[str, object]
    runs: Mapping[int, Sequence[BlockRun]] = dataclasses.field(default_factory=dict)
    machine: str | None = None

    @property
    def seconds(self) -> list[float]:
        """Seconds of all timed runs."""
        return [placed.run.figures.seconds for runs in self.runs.values() for placed in runs]

    @property
    def is_bound(self) -> bool:
        """Whether half of its runs, or more, took no longer than can be told: their time is an upper bound."""
        bound = [placed.run.figures.is_bound for runs in self.runs.values() for placed in runs]
        return 2 * sum(bound) >= len(bound) > 0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TimedList:
    """What pytest-benchmark is told of one program on one list, numbered from 1."""

    number: int
    params: Mapping[str, object]
    seconds: Sequence[float]
    extra_info: Mapping[str, object]


def describe_study(study: Study) -> dict[str, object]:
    """Return what the report repeats of a study."""
    factors: dict[str, list[object]] = {name: [] for name in study.factors}
    for treatment in study.treatments:
        for name, level in treatment.levels.items():
            if level not in factors[name]:
                factors[name].append(level)
    models = sorted({model for treatment in study.treatments for model in treatment.settings.models})
    return {
        "name": study.name,
        "task": study.task,
        "tasks": list(study.tasks),
        "model": None if not study.names_model else models[0] if len(models) == 1 else models,
        "seed": study.seed,
        "factors": factors,
        "replicates": study.replicates,
        "primary": study.primary,
        "size": study.size if study.size is None or isinstance(study.size, int) else dict(study.size),
        "lists": study.lists,
        "runs": study.runs,
        "packages": list(study.packages),
        "limits": dataclasses.asdict(study.limits),
    }


def describe_feedback(study: Study, notes: Mapping[str, str]) -> list[dict[str, object]]:
    """Return which kinds of feedback programs were told, and by which levels of which factor.

    Parameters
    ----------
    notes : what is said of a kind where results are told, by its name.

    Returns
    -------
    One entry a kind; ``factor`` is ``None``, and ``levels`` are empty, where the whole study has it.
    """
    treatments: dict[str, list[Treatment]] = {}
    for treatment in study.treatments:
        if treatment.settings.feedback != "none":
            treatments.setdefault(treatment.settings.feedback, []).append(treatment)
    return [
        {"kind": kind, **_set_by(study, having), "note": notes.get(kind, "")}
        for kind, having in treatments.items()
    ]


def _set_by(study: Study, having: Sequence[Treatment]) -> dict[str, object]:
    """Return the factor that decides which treatments these are: two factors never set one setting."""
    if len(having) < len(study.treatments):
        for factor in study.factors:
            levels = list(dict.fromkeys(treatment.levels[factor] for treatment in having))
            if sum(treatment.levels[factor] in levels for treatment in study.treatments) == len(having):
                return {"factor": factor, "levels": levels}
    return {"factor": None, "levels": []}


def describe_unit(unit: Unit) -> dict[str, object]:
    """Return which program this is."""
    budget = unit.budget
    return {
        "treatment": dict(unit.levels) if unit.treatment is not None else None,
        "agents": unit.agents,
        "optimization": None if budget is None else str(budget),
        "iterations": None if budget is None else budget.iterations,
        "time_limit": None if budget is None else budget.seconds,
        "replicate": unit.replicate,
        **({} if unit.turn is None else {"turn": unit.turn}),
    }


def describe_program(finding: Finding, *, study: Study) -> dict[str, object]:
    """Return the entry of one program in ``refinery.programs``."""
    judgement, trajectory = finding.judgement, _belonging(finding)
    turns, settings = trajectory.get("turns"), trajectory.get("settings")
    return {
        "file": finding.unit.file,
        "id": finding.unit.id,
        "task": finding.unit.task_in(study),
        **describe_unit(finding.unit),
        "verdict": str(judgement.verdict),
        "reason": judgement.reason or None,
        "error_type": judgement.error_type,
        "sha256": finding.sha256,
        "turns": len(turns) if isinstance(turns, list) else None,
        **{name: trajectory.get(name) for name in _COUNTS},
        "model": settings.get("model") if isinstance(settings, dict) else None,
        "load_seconds": finding.waiting.load,
        "verify_seconds": finding.waiting.verify,
        **_machine(finding.machine),
    }


def _machine(name: str | None) -> dict[str, object]:
    return {} if name is None else {"machine": name}


def describe_blocks(blocks: Sequence[BlockRecord]) -> dict[str, object]:
    """Return what is told of blocks that workers did, and of their machines; nothing where there are none."""
    if not blocks:
        return {}
    machines = {str(block.machine["name"]): dict(block.machine) for block in blocks}
    entries = [
        {
            "stretch": block.number,
            "session": block.session,
            "task": block.task,
            "machine": block.machine["name"],
            "worker": block.worker,
            "programs": len(block.programs),
            "seconds": block.seconds,
        }
        for block in blocks
    ]
    return {"machines": list(machines.values()), "blocks": entries}


def _belonging(finding: Finding) -> Mapping[str, object]:
    """Return the trajectory if it is this program's: files may have been exchanged since."""
    trajectory = finding.trajectory
    if trajectory.get("sha256") is None:
        return trajectory if str(finding.judgement.verdict) == "no_program" else {}
    return trajectory if trajectory["sha256"] == finding.sha256 else {}


def describe_reference(
    reference: Mapping[tuple[str, int, int], Sequence[BlockRun]],
) -> list[dict[str, object]]:
    """Return the references' runs, by task, block and list: one entry for each of these and session."""
    entries: list[dict[str, object]] = []
    place: dict[str, object]
    for (task, block, number), runs in sorted(reference.items()):
        for session in dict.fromkeys(placed.session for placed in runs):
            group = [placed for placed in runs if placed.session == session]
            place = {"task": task, "block": block, "list": number, "session": session}
            place |= _machine(group[0].machine)
            entries.append({**place, **run_figures(group)})
    return entries


def run_figures(runs: Iterable[BlockRun]) -> dict[str, list[object]]:
    """Return the figures of some runs, one list a figure."""
    figures = [dataclasses.asdict(placed.run.figures) for placed in runs]
    names = (
        "seconds",
        "cpu_seconds",
        "queue_seconds",
        "revealed_seconds",
        "resolution_seconds",
        "contaminated",
    )
    return {name: [each[name] for each in figures] for name in names}


def describe_lists(cases: Sequence[Case], *, task: str) -> list[dict[str, object]]:
    """Return seed and checksum of a task's timed lists."""
    return [
        {"task": task, "list": number, "list_seed": case.list_seed, "sha256": case.sha256}
        for number, case in enumerate(cases, start=1)
    ]


def timed_lists(finding: Finding, *, study: Study, sandbox: str) -> list[TimedList]:
    """Return what pytest-benchmark is told of a program: one entry a list."""
    unit = finding.unit
    factors: dict[str, object] = dict.fromkeys(study.factors)
    which = {} if unit.task is None else {"task": unit.task}
    params = {**which, **factors, **unit.levels, "replicate": unit.replicate, "turn": unit.turn}
    return [
        TimedList(
            number=number,
            params={**params, "list": number},
            seconds=[placed.run.figures.seconds for placed in runs],
            extra_info=_extra_info(finding, runs, study=study, number=number, sandbox=sandbox),
        )
        for number, runs in sorted(finding.runs.items())
    ]


def _extra_info(
    finding: Finding, runs: Sequence[BlockRun], *, study: Study, number: int, sandbox: str
) -> dict[str, object]:
    figures = run_figures(runs)
    del figures["seconds"]
    sessions = list(dict.fromkeys(placed.session for placed in runs))
    return {
        "study": study.name,
        "task": finding.unit.task_in(study),
        **describe_unit(finding.unit),
        "list": number,
        "list_seed": study.list_seed(number),
        "block": runs[-1].block,
        "session": sessions[-1],
        **({"sessions": sessions} if len(sessions) > 1 else {}),
        **_machine(runs[-1].machine),
        "sha256": finding.sha256,
        "limit_seconds": max(placed.run.limit for placed in runs),
        "verdict": str(finding.judgement.verdict),
        "sandbox": sandbox,
        **figures,
    }
