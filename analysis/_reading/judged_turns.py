"""Trajectory files, whose turns may carry what was found of their programs."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import TYPE_CHECKING, Any

from .._errors import AnalysisError
from .entries import brief, decoded
from .levels import label

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .content import Content


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class JudgedTurn:
    """One turn.

    Attributes
    ----------
    number, agent : from 1.
    source : the program that its answer held, None without one.
    verdict, reason, error_type : what was found of that program; None where it was not judged.
    ratio : its time as a multiple of the reference's; None where it was not timed.
    """

    number: int
    agent: int
    source: str | None
    verdict: str | None
    reason: str | None
    error_type: str | None
    ratio: float | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class JudgedTrajectory:
    """One replicate: its treatment, its turns in order, and the turn whose program it ends with."""

    file: str
    study: str
    task: str
    treatment: Mapping[str, str]
    replicate: int
    settings: Mapping[str, Any]
    turns: tuple[JudgedTurn, ...]
    final_turn: int | None


def parse_trajectory(path: Path, data: Content) -> JudgedTrajectory | None:
    """Read one file; None where it is something else than a trajectory.

    Raises
    ------
    AnalysisError : it is one, and damaged.
    """
    try:
        document: Any = json.loads(decoded(path, data))
    except (ValueError, RecursionError) as error:
        raise AnalysisError(f"{path}: not valid JSON: {error}") from error
    if not isinstance(document, dict) or not {"turns", "treatment", "replicate"} <= set(document):
        return None
    treatment, turns = document["treatment"], document["turns"]
    if not isinstance(treatment, dict) or not isinstance(turns, list):
        raise AnalysisError(f"{path}: treatment must be an object and turns a list")
    if not isinstance(document["replicate"], int):
        raise AnalysisError(f"{path}: replicate: must be a whole number, got {brief(document['replicate'])}")
    settings = document.get("settings")
    final = document.get("final_turn")
    return JudgedTrajectory(
        file=str(path),
        study=str(document.get("study") or ""),
        task=str(document.get("task") or ""),
        treatment={str(name): label(level) or "" for name, level in treatment.items()},
        replicate=document["replicate"],
        settings=settings if isinstance(settings, dict) else {},
        turns=tuple(_turn(path, i, turn) for i, turn in enumerate(turns)),
        final_turn=final if isinstance(final, int) else None,
    )


def _turn(path: Path, position: int, turn: object) -> JudgedTurn:
    if not isinstance(turn, dict):
        raise AnalysisError(f"{path}: turns[{position}]: must be an object, got {brief(turn)}")
    feedback = turn.get("feedback")
    judged = feedback if isinstance(feedback, dict) else {}
    ratio: Any = judged.get("ratio")
    known = isinstance(ratio, (int, float)) and not isinstance(ratio, bool) and 0 < ratio < math.inf
    return JudgedTurn(
        number=_whole(turn.get("turn"), position + 1),
        agent=_whole(turn.get("agent"), 1),
        source=_text(turn.get("program")),
        verdict=_text(judged.get("verdict")),
        reason=_text(judged.get("reason")),
        error_type=_text(judged.get("error_type")),
        ratio=float(ratio) if known else None,
    )


def _whole(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
