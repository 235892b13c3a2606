"""Trajectory files: what each program came from, turn by turn, to be read by people."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

from .._errors import AnalysisError
from .levels import label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_LARGEST = 64 * 2**20


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TrajectoryTurn:
    """One turn as its file tells it; what the file does not tell is None, or empty.

    ``given`` is the turn whose program this one got, where the file says so.
    ``verdict``, ``why`` and ``ratio`` are of the feedback on its program, ``feedback`` are its words, as the next turn
    read them.
    """

    number: int
    agent: int | None
    model: str
    outcome: str
    reason: str
    program: str | None
    given: int | None
    verdict: str | None
    why: str
    ratio: float | None
    feedback: str | None
    remaining_seconds: int | None
    latency_ms: int | None
    tokens: int | None
    cost_usd: float | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TrajectoryFile:
    """One trajectory file.

    ``name`` is its path below the folder without the ending, with ``/`` between folders; levels of the
    treatment are labels as in the frames, ``settings`` as they stand there.
    """

    name: str
    task: str
    treatment: Mapping[str, str]
    replicate: int | None
    settings: Mapping[str, Any]
    sha256: str | None
    reason: str
    cost_usd: float | None
    final_turn: int | None
    turns: tuple[TrajectoryTurn, ...]


def read_trajectories(directory: Path) -> tuple[TrajectoryFile, ...]:
    """Read all trajectory files below a folder, ordered by name; other JSON files are left out.

    Raises
    ------
    AnalysisError : there is no such folder, no trajectory in it, or a file in it cannot be read.
    """
    if not directory.is_dir():
        raise AnalysisError(
            f"--trajectories {directory}: there is no such folder; name the one with the programs, such as "
            "tests/test_generated/programs/STUDY"
        )
    files = [one for path in sorted(directory.rglob("*.json")) if (one := _read(path, directory)) is not None]
    if not files:
        raise AnalysisError(
            f"--trajectories {directory}: there is no trajectory in it; it lies beside its program and has the "
            "program's name, with .json"
        )
    return tuple(files)


def _read(path: Path, directory: Path) -> TrajectoryFile | None:
    try:
        if path.stat().st_size > _LARGEST:
            raise AnalysisError(f"{path}: more than {_LARGEST:,} bytes, which no trajectory has")
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as exc:
        raise AnalysisError(
            f"{path}: cannot be read: {exc}; make it again with pytest --refinery-generate"
        ) from exc
    if (
        not isinstance(document, dict)
        or not isinstance(document.get("turns"), list)
        or "replicate" not in document
    ):
        return None
    name = path.relative_to(directory).with_suffix("").as_posix()
    return _trajectory(name, document)


def _trajectory(name: str, document: Mapping[str, Any]) -> TrajectoryFile:
    treatment = document.get("treatment")
    settings = document.get("settings")
    turns = tuple(_turns(document["turns"]))
    given = [turn.number for turn in turns if turn.program is not None]
    return TrajectoryFile(
        name=name,
        task=_text(document.get("task")),
        treatment={str(key): label(level) or "" for key, level in treatment.items()}
        if isinstance(treatment, dict)
        else {},
        replicate=_whole(document.get("replicate")),
        settings=settings if isinstance(settings, dict) else {},
        sha256=_text(document.get("sha256")) or None,
        reason=_text(document.get("reason")),
        cost_usd=_number(document.get("cost_usd")),
        final_turn=_whole(document.get("final_turn", given[-1] if given else None)),
        turns=turns,
    )


def _turns(turns: Sequence[Any]) -> Iterator[TrajectoryTurn]:
    for place, turn in enumerate(turns, 1):
        if not isinstance(turn, dict):
            continue
        feedback = turn.get("feedback")
        judged = feedback if isinstance(feedback, dict) else {}
        counts = [_whole(turn.get("prompt_tokens")), _whole(turn.get("completion_tokens"))]
        yield TrajectoryTurn(
            number=_whole(turn.get("turn")) or place,
            agent=_whole(turn.get("agent")),
            model=_text(turn.get("model")),
            outcome=_text(turn.get("outcome")),
            reason=_text(turn.get("reason")),
            program=turn["program"] if isinstance(turn.get("program"), str) else None,
            given=_whole(turn.get("given")),
            verdict=_text(judged.get("verdict")) or None,
            why=_text(judged.get("reason")),
            ratio=_number(judged.get("ratio")),
            feedback=_text(judged.get("told")) or None,
            remaining_seconds=_whole(turn.get("remaining_seconds")),
            latency_ms=_whole(turn.get("latency_ms")),
            tokens=None if None in counts else sum(filter(None, counts)),
            cost_usd=_number(turn.get("cost_usd")),
        )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < float("inf"):
        return None
    return float(value)
