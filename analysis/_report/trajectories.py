"""``trajectories.html``: the turns of every program, to be read; one file that asks nothing of anyone."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from typing import TYPE_CHECKING, Any, Final, cast

from markupsafe import Markup, escape

from .._presentation.text import clean, dollars, sentence
from .._reading.feedback import told_feedback
from .._reading.program_places import ProgramPlaces
from .._reading.trajectories import read_trajectories
from .page import asset, environment, policy
from .story import TRANSITIONS, DiffLine, ProgramOutcome, Story, StoryTurn, story

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .._reading.frames import Results
    from .._reading.trajectories import TrajectoryFile

_OLD_PLACEBO: Final[Mapping[str, str]] = {
    "sham": "a placebo: the verdicts are true, and the times in the words were drawn, from a quarter to four times the "
    "reference's, whatever the program took"
}
"""What is to be known of kinds of feedback where the results do not say it themselves."""
_LONGEST_ID = 120


def trajectories_html(results: Results, directory: Path, *, noise: float, version: str) -> str:
    """Read the trajectories of a folder, and write the page; verdicts and times come from the results.

    Parameters
    ----------
    noise : log ratio up to which two times are the same.

    Raises
    ------
    AnalysisError : the folder has none, or one cannot be read.
    """
    measured = _ResultsIndex(results)
    stories = [
        story(file, measured.end(file), measured.turns(file), noise=noise)
        for file in read_trajectories(directory)
    ]
    told = [kind for source in results.sources for kind in told_feedback(source.refinery)]
    notes = {**_OLD_PLACEBO, **{kind.kind: kind.note for kind in told if kind.note}}
    css = asset("report.css") + "\n" + asset("trajectories.css")
    script = asset("trajectories.js")
    return (
        environment()
        .get_template("trajectories.html.j2")
        .render(
            title=f"Trajectories of {results.study}" if results.study else "Trajectories",
            groups=_groups(stories, notes),
            choices=_choices(stories),
            programs=len(stories),
            turns=sum(len(one.turns) for one in stories),
            version=version,
            css=Markup(css),  # noqa: S704 - files of ours
            script=Markup(script),  # noqa: S704 - a file of ours
            policy=policy(css, script),
        )
    )


class _ResultsIndex:
    """What the results know of the programs of trajectories."""

    def __init__(self, results: Results) -> None:
        self._places = ProgramPlaces(results)
        self._programs = results.programs.to_dict("records")
        runs = results.runs
        self._seconds = (
            runs.groupby("program", observed=True)["seconds"].median().to_dict() if len(runs) else {}
        )
        self._turns = {
            key: ProgramOutcome(verdict=one.verdict, why=one.reason or "")
            for key, one in results.turn_verdicts.items()
        }
        if len(results.turns):
            for key, group in results.turns.groupby(["program", "turn"], observed=True):
                program, turn = cast("tuple[str, int]", key)
                known = self._turns.get((program, int(turn)), ProgramOutcome())
                self._turns[program, int(turn)] = dataclasses.replace(
                    known, seconds=float(group["seconds"].median())
                )

    def end(self, file: TrajectoryFile) -> ProgramOutcome:
        """Return what verification found of the program in the end."""
        row = self._row(file)
        if row is None:
            return ProgramOutcome(verdict="no_program" if file.final_turn is None else None, why=file.reason)
        seconds = self._seconds.get(row["program"])
        return ProgramOutcome(
            verdict=row["verdict"] if isinstance(row["verdict"], str) else None,
            why=row["reason"] if isinstance(row["reason"], str) else "",
            seconds=None if seconds is None or seconds != seconds else float(seconds),  # noqa: PLR0124 - NaN
        )

    def turns(self, file: TrajectoryFile) -> Mapping[int, ProgramOutcome]:
        """Return what was measured of single turns."""
        row = self._row(file)
        if row is None:
            return {}
        return {
            turn: measured for (program, turn), measured in self._turns.items() if program == row["program"]
        }

    def _row(self, file: TrajectoryFile) -> Mapping[Any, Any] | None:
        place = self._places.row(file.task, file.treatment, file.replicate)
        row = None if place is None else self._programs[place]
        if row is None or (file.sha256 and isinstance(row["sha256"], str) and row["sha256"] != file.sha256):
            return None
        return row


def _groups(stories: Sequence[Story], notes: Mapping[str, str]) -> list[dict[str, Any]]:
    """Group programs by task and treatment, in the order of their names; ``notes`` are on kinds of feedback."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    idents: set[str] = set()
    for one in stories:
        groups.setdefault((one.file.task, _treatment(one)), []).append(_program(one, idents, notes))
    return [
        {"task": task, "treatment": treatment, "programs": programs}
        for (task, treatment), programs in groups.items()
    ]


def _treatment(one: Story) -> str:
    return ", ".join(f"{name} {level}" for name, level in one.file.treatment.items()) or "the only treatment"


def _choices(stories: Sequence[Story]) -> list[dict[str, Any]]:
    """Return what the reader may filter by."""
    tasks = dict.fromkeys(one.file.task for one in stories)
    seen = {turn.transition for one in stories for turn in one.turns}
    choices = [
        {"key": "task", "label": "task", "values": [(task, task) for task in tasks]},
        {
            "key": "treatment",
            "label": "treatment",
            "values": [(text, text) for text in dict.fromkeys(map(_treatment, stories))],
        },
        {
            "key": "verdict",
            "label": "verdict",
            "values": [(text, text) for text in dict.fromkeys(map(_verdict, stories))],
        },
        {
            "key": "transition",
            "label": "a turn that",
            "values": [(key, label) for key, label in TRANSITIONS.items() if key in seen],
        },
    ]
    return [choice for choice in choices if len(choice["values"]) > 1]


def _verdict(one: Story) -> str:
    return one.result.verdict or "not verified"


def _program(one: Story, idents: set[str], notes: Mapping[str, str]) -> dict[str, Any]:
    ident = _ident(one.file.name, idents)
    kind = one.file.settings.get("feedback")
    kind = kind if isinstance(kind, str) and kind != "none" else ""
    return {
        "ident": ident,
        "name": one.file.name,
        "task": one.file.task,
        "treatment": _treatment(one),
        "replicate": one.file.replicate,
        "verdict": _verdict(one),
        "why": one.result.why,
        "seconds": _seconds(one.result.seconds),
        "cost": _usd(one.file.cost_usd),
        "feedback": kind,
        "note": sentence(f"Feedback {kind} is {notes[kind]}") if kind in notes else "",
        "final": one.file.final_turn,
        "turns": [_turn(turn, ident) for turn in one.turns],
        "transitions": " ".join(f"[{turn.transition}]" for turn in one.turns),
        "path": [turn.transition for turn in one.turns],
    }


def _ident(name: str, idents: set[str]) -> str:
    """Return an anchor that can be typed: of letters, digits and a few signs, none twice."""
    ident = re.sub(r"[^A-Za-z0-9._=+-]", "_", name)[:_LONGEST_ID]
    if ident in idents or not ident:
        ident = f"{ident}-{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:8]}"
    idents.add(ident)
    return ident


def _turn(one: StoryTurn, program: str) -> dict[str, Any]:
    turn = one.turn
    return {
        "ident": f"{program}.turn-{turn.number}",
        "number": turn.number,
        "agent": turn.agent,
        "model": turn.model,
        "base": one.base,
        "feedback": one.feedback,
        "left": turn.remaining_seconds,
        "transition": one.transition,
        "said": TRANSITIONS[one.transition],
        "verdict": one.result.verdict,
        "why": one.result.why,
        "reason": turn.reason,
        "ratio": None if one.result.ratio is None else f"{one.result.ratio:.3g} x reference",
        "seconds": _seconds(one.result.seconds),
        "tokens": None if turn.tokens is None else f"{turn.tokens:,} tokens",
        "cost": _usd(turn.cost_usd),
        "latency": None if turn.latency_ms is None else f"{turn.latency_ms / 1000:.1f} s",
        "change": _change(one.change),
    }


def _change(lines: Sequence[DiffLine]) -> Markup:
    """Return a change as markup; a line of a program is text, whatever it holds."""
    signs = {"same": " ", "gone": "-", "new": "+", "gap": " "}
    return Markup("").join(
        Markup('<span class="{}">{} {}\n</span>').format(
            line.kind, signs[line.kind], escape(clean(line.text, limit=2000))
        )
        for line in lines
    )


def _seconds(value: float | None) -> str | None:
    return None if value is None else f"{value:.3g} s"


def _usd(value: float | None) -> str | None:
    return None if value is None else dollars(value)
