"""Trajectories and results of the same programs, put together."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np

from .._models.sample import run_values
from .synergy import Ends

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .._reading.frames import Results
    from .._reading.judged_turns import JudgedTrajectory, JudgedTurn

_CORRECT = "correct"


def ends(results: Results, trajectories: Sequence[JudgedTrajectory]) -> Ends:
    """Return what the results say of each trajectory's last program."""
    rows, ratios = _rows(results, trajectories), _log_ratios(results)
    passed = results.programs["passed"].astype(bool).tolist()
    return Ends(
        log_ratio={file: ratios[row] for file, row in rows.items() if passed[row] and row in ratios},
        passed={file: passed[row] for file, row in rows.items()},
    )


def with_verdicts(results: Results, trajectories: Sequence[JudgedTrajectory]) -> list[JudgedTrajectory]:
    """Fill in what was found of turns' programs in the end, where nobody was told it while they worked.

    Programs of turns are in the results of sessions with ``--refinery-turns``; the last ones always.
    """
    rows, lasts = _rows(results, trajectories), _log_ratios(results)
    times = _log_ratios_of_turns(results)
    names, verdicts = results.programs["program"].tolist(), results.programs["verdict"].tolist()
    reasons, types = results.programs["reason"].tolist(), results.programs["error_type"].tolist()

    def filled(turn: JudgedTurn, row: int, final: int | None) -> JudgedTurn:
        if turn.source is None:
            return turn
        if turn.number == final:
            found, log = (verdicts[row], reasons[row], types[row]), lasts.get(row)
        else:
            key = (names[row], turn.number)
            one = results.turn_verdicts.get(key)
            if one is None:
                return turn
            found, log = (one.verdict, one.reason, one.error_type), times.get(key)
        known = turn
        if turn.verdict is None:
            known = dataclasses.replace(turn, verdict=found[0], reason=found[1], error_type=found[2])
        if known.ratio is None and log is not None and known.verdict == _CORRECT:
            known = dataclasses.replace(known, ratio=math.exp(log))
        return known

    return [
        one
        if one.file not in rows
        else dataclasses.replace(
            one, turns=tuple(filled(turn, rows[one.file], one.final_turn) for turn in one.turns)
        )
        for one in trajectories
    ]


def _rows(results: Results, trajectories: Sequence[JudgedTrajectory]) -> Mapping[str, int]:
    """Return by each trajectory's file the row of its last program."""
    if not trajectories:
        return {}
    own = [name for name in results.factors if name not in results.derived]
    programs = results.programs
    keys = zip(programs["task"], *(programs[name] for name in own), programs["replicate"], strict=True)
    row = {key: i for i, key in enumerate(keys)}
    found = {}
    for one in trajectories:
        levels = tuple(one.treatment.get(name) for name in own)
        key = next((key for task in (one.task, "") if (key := (task, *levels, one.replicate)) in row), None)
        if key is not None:
            found[one.file] = row[key]
    return found


def _log_ratios(results: Results) -> dict[int, float]:
    """Return each program's mean log ratio, by its row; those that were not timed are left out."""
    if not len(results.reference):
        return {}
    values = run_values(results, "ratio")
    number = results.runs["program"].cat.codes.to_numpy().astype(np.intp)
    known = np.isfinite(values)
    size = len(results.programs)
    sums = np.bincount(number[known], weights=values[known], minlength=size)
    runs = np.bincount(number[known], minlength=size)
    return {i: float(sums[i] / runs[i]) for i in range(size) if runs[i]}


def _log_ratios_of_turns(results: Results) -> dict[tuple[str, int], float]:
    turns = results.turns
    if not len(turns) or "reference_seconds" not in turns:
        return {}
    logs = np.log(
        turns["seconds"].to_numpy(dtype=np.float64) / turns["reference_seconds"].to_numpy(dtype=np.float64)
    )
    means = (
        turns.assign(log=logs)[np.isfinite(logs)].groupby(["program", "turn"], observed=True)["log"].mean()
    )
    return {(str(program), int(turn)): float(log) for (program, turn), log in means.items()}
