"""What became of a program from turn to turn, for a page to be read: pure."""

from __future__ import annotations

import dataclasses
import difflib
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .._reading.trajectories import TrajectoryFile, TrajectoryTurn

_CONTEXT = 3
_LONG, _MOST_LINES = 400, 1500
TRANSITIONS: Mapping[str, str] = {
    "first": "the first program",
    "mended": "mended: it was wrong and is correct",
    "broke": "broke: it was correct and is wrong",
    "faster": "faster",
    "slower": "slower",
    "unchanged": "unchanged",
    "changed": "changed",
    "no program": "no program",
    "words": "criticism in words",
    "cut": "cut at the deadline",
}
"""What a turn may have done to the program, and how the page says it."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ProgramOutcome:
    """What is known of one program: its verdict, why, its time in seconds, and as a multiple of the reference's."""

    verdict: str | None = None
    why: str = ""
    seconds: float | None = None
    ratio: float | None = None

    @property
    def correct(self) -> bool | None:
        """Whether it is correct; None where nobody knows."""
        return None if self.verdict is None else self.verdict == "correct"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DiffLine:
    """One line of a change; ``kind`` is ``same``, ``gone``, ``new`` or ``gap``."""

    kind: str
    text: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StoryTurn:
    """One turn to be read: ``feedback`` is what it was told of ``base``, the turn whose program it was given."""

    turn: TrajectoryTurn
    base: int | None
    feedback: str | None
    result: ProgramOutcome
    transition: str
    change: tuple[DiffLine, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One trajectory to be read: its turns, and what verification found of its program in the end."""

    file: TrajectoryFile
    result: ProgramOutcome
    turns: tuple[StoryTurn, ...]


def story(
    file: TrajectoryFile, end: ProgramOutcome, turns: Mapping[int, ProgramOutcome], *, noise: float
) -> Story:
    """Put together what is known of a trajectory.

    Parameters
    ----------
    turns : what was found of the programs of single ones in the end, by number.
    noise : log ratio up to which two times are the same.
    """
    results: dict[int, ProgramOutcome] = {}
    story_turns: list[StoryTurn] = []
    for turn in file.turns:
        results[turn.number] = _of_turn(
            turn, end if turn.number == file.final_turn else None, turns.get(turn.number)
        )
        base = _base(file, turn, [one.turn for one in story_turns], results)
        before = None if base is None else base.program
        story_turns.append(
            StoryTurn(
                turn=turn,
                base=None if base is None else base.number,
                feedback=None if base is None else base.feedback,
                result=results[turn.number],
                transition=_transition(
                    turn, before, results.get(base.number) if base else None, results[turn.number], noise
                ),
                change=() if turn.program is None else change(before or "", turn.program),
            )
        )
    return Story(file=file, result=end, turns=tuple(story_turns))


def _of_turn(
    turn: TrajectoryTurn, end: ProgramOutcome | None, measured: ProgramOutcome | None
) -> ProgramOutcome:
    own = ProgramOutcome(verdict=turn.verdict, why=turn.why, ratio=turn.ratio)
    known = measured or end
    if known is None:
        return own
    return dataclasses.replace(
        known, verdict=own.verdict or known.verdict, why=own.why or known.why, ratio=own.ratio
    )


def _base(
    file: TrajectoryFile,
    turn: TrajectoryTurn,
    before: Sequence[TrajectoryTurn],
    results: Mapping[int, ProgramOutcome],
) -> TrajectoryTurn | None:
    """Return the turn whose program this one was given, as it says itself, or by the settings of the trajectory."""
    said = [one for one in before if one.number == turn.given and one.program is not None]
    if said:
        return said[0]
    alone = file.settings.get("protocol") == "independent"
    given = [one for one in before if one.program is not None and (not alone or one.agent == turn.agent)]
    if file.settings.get("selection") == "best":
        correct = [one for one in given if results[one.number].correct]
        if correct:
            return min(
                correct, key=lambda one: (one.ratio if one.ratio is not None else float("inf"), one.number)
            )
    return given[-1] if given else None


def _transition(
    turn: TrajectoryTurn, before: str | None, was: ProgramOutcome | None, now: ProgramOutcome, noise: float
) -> str:
    if turn.outcome in ("words", "cut"):
        return turn.outcome
    if turn.program is None:
        return "no program"
    if before is None or was is None:
        return "first"
    if turn.program == before:
        return "unchanged"
    return _between(was, now, noise)


def _between(was: ProgramOutcome, now: ProgramOutcome, noise: float) -> str:
    if was.correct is not None and now.correct is not None and was.correct != now.correct:
        return "mended" if now.correct else "broke"
    # Times of the end are of one session, and on the inputs that count; those that were told may be bounds.
    pairs = ((was.seconds, now.seconds), (was.ratio, now.ratio))
    both = next(((before, after) for before, after in pairs if before and after), None)
    if both is None:
        return "changed"
    step = math.log(both[1] / both[0])
    return "faster" if step < -noise else "slower" if step > noise else "changed"


def change(before: str, after: str) -> tuple[DiffLine, ...]:
    """Return the lines that differ, with a few around them; long programs are cut."""
    old, new = (text.splitlines()[:_MOST_LINES] for text in (before, after))
    lines: list[DiffLine] = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=len(new) > _LONG)
    for index, group in enumerate(matcher.get_grouped_opcodes(_CONTEXT)):
        if index:
            lines.append(DiffLine(kind="gap", text="..."))
        for tag, a, b, c, d in group:
            if tag == "equal":
                lines += [DiffLine(kind="same", text=line) for line in old[a:b]]
            else:
                lines += [DiffLine(kind="gone", text=line) for line in old[a:b]]
                lines += [DiffLine(kind="new", text=line) for line in new[c:d]]
    return tuple(lines)
