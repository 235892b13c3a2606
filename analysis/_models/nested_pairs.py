"""Budgets that are nested: the program after a few turns is an earlier one of the same trajectory."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

import numpy as np

from .._errors import AnalysisError
from .sample import run_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .._arrays import Floats, Integers
    from .._reading.frames import Results
    from .sample import Response

_ITERATIONS = re.compile(r"(?P<number>[0-9]+) iterations?")
TURN = "turn"
"""What is compared where no factor of the study is a number of turns."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NestedPairs:
    """An earlier and a later program of the same trajectories.

    Attributes
    ----------
    factor, early, late : what is compared, such as ``optimization``, ``3 iterations`` and ``8 iterations``.
    turn : of the earlier program; the later one is what the trajectory ends with.
    y : the earlier program's value minus the later one's, where both passed, shape (n,).
    cell : its treatment, an index into ``treatments``, shape (n,).
    task : its task, an index into ``Results.tasks``, shape (n,).
    treatments : labels of the treatments whose trajectories they are, shape (k,).
    generated : trajectories of each, shape (k,).

    Notes
    -----
    A trajectory that ends with the program of that very turn, since no later answer held one, has no entry of that turn
    in the files, and is not counted.
    """

    factor: str
    early: str
    late: str
    turn: int
    y: Floats
    cell: Integers
    task: Integers
    treatments: tuple[str, ...]
    generated: Integers


def nested_pairs(results: Results, response: Response, asked: Sequence[int]) -> tuple[NestedPairs, ...]:
    """Return what nested budgets there are to compare: those of the study, and the turns that are asked for.

    A budget of the study is one where a factor has levels like ``3 iterations`` and ``8 iterations``, and trajectories
    of the largest were timed after so many turns (``--refinery-turns``).

    Raises
    ------
    AnalysisError : a turn that is asked for was not timed.
    """
    there = set(results.turns["turn"].unique().tolist())
    for turn in asked:
        if turn not in there:
            known = ", ".join(map(str, sorted(there))) or "none"
            raise AnalysisError(
                f"--nested {turn}: no program was timed after turn {turn} (turns with times: {known}); time them with "
                "pytest --benchmark-only --refinery-turns"
            )
    candidates = (_pairs(results, response, one) for one in _comparisons(results, asked) if one.turn in there)
    return tuple(pairs for pairs in candidates if pairs is not None)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _AskedTurn:
    """Levels to compare; without a ``level`` of the study trajectories of all treatments count."""

    factor: str
    early: str
    late: str
    turn: int
    level: str | None = None


def _comparisons(results: Results, asked: Sequence[int]) -> Iterator[_AskedTurn]:
    compared_turns = set()
    for factor, levels in results.factors.items():
        if factor in results.derived:
            continue
        budgets = {
            level: int(match["number"])
            for level in levels
            if (match := _ITERATIONS.fullmatch(level)) is not None
        }
        if not budgets:
            continue
        large = max(budgets, key=budgets.__getitem__)
        turns = {turn: level for level, turn in budgets.items()} | {
            turn: f"{turn} iteration{'' if turn == 1 else 's'}"
            for turn in asked
            if turn not in budgets.values()
        }
        for turn, early in sorted(turns.items()):
            if turn < budgets[large]:
                compared_turns.add(turn)
                yield _AskedTurn(factor=factor, early=early, late=large, turn=turn, level=large)
    for turn in asked:
        if turn not in compared_turns:
            yield _AskedTurn(factor=TURN, early=str(turn), late="last", turn=turn)


def _pairs(results: Results, response: Response, asked: _AskedTurn) -> NestedPairs | None:
    """Return the differences within trajectories; None where the files lack the response for such turns."""
    programs, turns = results.programs, results.turns
    counted = np.ones(len(programs), dtype=bool)
    if asked.level is not None:
        counted = programs[asked.factor].astype(object).to_numpy() == asked.level
    at = (turns["turn"] == asked.turn).to_numpy()
    early, early_passed = _by_program(dataclasses.replace(results, runs=turns.loc[at]), response)
    late, _ = _by_program(results, response)
    passed = programs["passed"].to_numpy(dtype=bool)
    both = counted & passed & early_passed & np.isfinite(early) & np.isfinite(late)
    labels = programs["treatment"].astype(object).to_numpy()
    there = set(labels[counted])
    treatments = tuple(label for label in programs["treatment"].cat.categories if label in there)
    place = {label: i for i, label in enumerate(treatments)}
    tasks = {task: i for i, task in enumerate(results.tasks)}
    if not (counted & early_passed).any():
        return None
    return NestedPairs(
        factor=asked.factor,
        early=asked.early,
        late=asked.late,
        turn=asked.turn,
        y=early[both] - late[both],
        cell=np.asarray([place[label] for label in labels[both]], dtype=np.intp),
        task=np.asarray([tasks.get(task, 0) for task in programs["task"].to_numpy()[both]], dtype=np.intp),
        treatments=treatments,
        generated=np.asarray([int((labels[counted] == label).sum()) for label in treatments], dtype=np.intp),
    )


def _by_program(
    results: Results, response: Response
) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Return each program's mean over these runs, NaN without any, and whether all of them passed."""
    size = len(results.programs)
    number = results.runs["program"].cat.codes.to_numpy().astype(np.intp)
    values = run_values(results, response)
    runs = np.bincount(number, minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(number, weights=values, minlength=size) / runs
    failed = np.bincount(number, weights=~results.runs["passed"].to_numpy(dtype=bool), minlength=size)
    return mean, (runs > 0) & (failed == 0)
