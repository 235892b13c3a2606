"""Trajectories and results of the same programs, put together."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .._models.sample import run_values
from .._reading.frames import TurnVerdict
from .._reading.program_places import ProgramPlaces
from .synergy import Ends

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from .._reading.frames import Results
    from .._reading.judged_turns import JudgedTrajectory, JudgedTurn

_CORRECT = "correct"


def ends(results: Results, trajectories: Sequence[JudgedTrajectory]) -> Ends:
    """Return what the results say of each trajectory's last program."""
    if not trajectories:
        return Ends(log_ratio={}, passed={})
    rows, ratios = _rows(results, trajectories), _log_ratios(results, results.runs, "program")
    programs = results.programs
    passed, names = programs["passed"].astype(bool).tolist(), programs["program"].tolist()
    return Ends(
        log_ratio={
            file: ratios[names[row]] for file, row in rows.items() if passed[row] and names[row] in ratios
        },
        passed={file: passed[row] for file, row in rows.items()},
    )


def with_verdicts(results: Results, trajectories: Sequence[JudgedTrajectory]) -> list[JudgedTrajectory]:
    """Fill in what was found of turns' programs in the end, where nobody was told it while they worked.

    Programs of turns are in the results of sessions with ``--refinery-turns``. All of a trajectory's are known then, or
    nothing is filled in: of the last one alone, all credit would go to whoever wrote it.
    """
    if not trajectories:
        return []
    rows, end = _rows(results, trajectories), _End(results)

    def known(one: JudgedTrajectory) -> JudgedTrajectory:
        if one.file not in rows:
            return one
        turns = [
            turn if turn.source is None else end.fill_in(turn, rows[one.file], one.final_turn)
            for turn in one.turns
        ]
        held = [turn for turn in turns if turn.source is not None]
        if any(turn.verdict is None for turn in held):
            return one
        if any(turn.verdict == _CORRECT and turn.ratio is None for turn in held):
            turns = [
                dataclasses.replace(new, ratio=old.ratio) for new, old in zip(turns, one.turns, strict=True)
            ]
        return dataclasses.replace(one, turns=tuple(turns))

    return [known(one) for one in trajectories]


class _End:
    """What the results say of programs, of turns and of those that trajectories end with."""

    def __init__(self, results: Results) -> None:
        programs = results.programs
        self._names = programs["program"].tolist()
        columns = (programs[name].tolist() for name in ("verdict", "reason", "error_type"))
        self._lasts = [TurnVerdict(*of) for of in zip(*columns, strict=True)]
        self._last_ratios = _log_ratios(results, results.runs, "program")
        self._turns = results.turn_verdicts
        self._turn_ratios = _log_ratios(results, results.turns, "program", "turn")

    def fill_in(self, turn: JudgedTurn, row: int, final: int | None) -> JudgedTurn:
        """Return the turn with what it lacks, as far as it is known; ``row`` is that of its trajectory's program."""
        key = (self._names[row], turn.number)
        if turn.number == final:
            verdict, log = self._lasts[row], self._last_ratios.get(key[0])
        elif key in self._turns:
            verdict, log = self._turns[key], self._turn_ratios.get(key)
        else:
            return turn
        if turn.verdict is None:
            turn = dataclasses.replace(turn, **dataclasses.asdict(verdict))
        if turn.ratio is None and log is not None and turn.verdict == _CORRECT:
            turn = dataclasses.replace(turn, ratio=math.exp(log))
        return turn


def _rows(results: Results, trajectories: Sequence[JudgedTrajectory]) -> Mapping[str, int]:
    """Return by each trajectory's file the row of its last program."""
    places = ProgramPlaces(results)
    rows = {one.file: places.row(one.task, one.treatment, one.replicate) for one in trajectories}
    return {file: row for file, row in rows.items() if row is not None}


def _log_ratios(results: Results, runs: pd.DataFrame, *by: str) -> dict[Any, float]:
    """Return the mean log ratio of runs, by some of their columns; those without a reference are left out."""
    values = run_values(dataclasses.replace(results, runs=runs), "ratio")
    known = runs.assign(log_ratio=values)[np.isfinite(values)]
    means: dict[Any, float] = known.groupby(list(by), observed=True)["log_ratio"].mean().to_dict()
    return means
