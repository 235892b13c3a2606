"""Units for the programs between the first turn and the last, read from trajectories."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, cast

from refinery_plugin._study.trajectory_file import damaged, read_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from refinery_plugin._study.units import Unit


def turn_programs(path: Path) -> dict[int, str]:
    """Return the programs that the turns of a trajectory file gave, by turn.

    Raises
    ------
    TrajectoryFileError : with the file, and what to do.
    """
    document = read_document(path)
    if document is None:
        return {}
    try:
        turns = cast("Any", document["turns"])
        return {int(turn["turn"]): str(turn["program"]) for turn in turns if turn["program"] is not None}
    except (ValueError, KeyError, TypeError) as exc:
        raise damaged(path, repr(exc)) from exc


def final_turn(path: Path, turns: Iterable[int]) -> int | None:
    """Return the turn whose program a trajectory ends with: the last of ``turns``, where its file does not say."""
    given = (read_document(path) or {}).get("final_turn")
    return given if isinstance(given, int) else max(turns, default=None)


def with_turns(units: Sequence[Unit]) -> list[Unit]:
    """Return the units, each preceded by one for every other turn that gave a program."""
    out: list[Unit] = []
    for unit in units:
        turns = turn_programs(unit.trajectory_path)
        final = final_turn(unit.trajectory_path, turns)
        out += [dataclasses.replace(unit, turn=turn) for turn in sorted(turns) if turn != final]
        out.append(unit)
    return out
