"""What a turn is told of the current program: kinds of feedback, each a row of a table, and the port to a judge."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import random
import re
from typing import TYPE_CHECKING, Protocol

from refinery_plugin._errors import RefineryError
from refinery_plugin._generation.chat import GenerationStopError

if TYPE_CHECKING:
    from collections.abc import Callable

    from refinery_plugin._generation.turn_judgement import Judged
    from refinery_plugin._study.task import Task

_LEAST_NOISE = 0.02
"""Standard error of the logarithm of a ratio that no measurement is taken to be below."""
_LONGEST_REASON = 2000
_SHAM_SPAN = math.log(4.0)
"""A drawn figure is from a quarter to four times the reference's time, evenly in its logarithm."""


class Judge(Protocol):
    """Verifies programs of any task, and times them one at a time."""

    async def judge(self, task: Task, program: str, *, timed: bool) -> Judged:
        """Return what is found; ``told`` is left open.

        Raises
        ------
        RefineryError : for a fault that is not the program's.
        """


class NoJudge:
    """Stands where nothing is to be judged."""

    async def judge(self, task: Task, program: str, *, timed: bool) -> Judged:  # noqa: ARG002 - the port's
        """Say that there is no judge."""
        raise GenerationStopError(f"task {task.name!r}: there is nothing here that judges programs")


class Notebook(Protocol):
    """Where the judgements of one trajectory are kept, by turn: its cassette."""

    def recall(self, turn: int, *, timed: bool) -> Judged | None:
        """Return what was found of a turn's program; ``None`` where it has yet to be judged.

        Parameters
        ----------
        timed : whether the time of a correct program is needed too.

        Raises
        ------
        GenerationStopError : when it is not recorded, and nothing may be; or when it was recorded without the time.
        """

    async def keep(self, turn: int, judged: Judged) -> None:
        """Keep it; it is on disk when this returns."""


class Blank:
    """A notebook that keeps nothing."""

    def recall(self, turn: int, *, timed: bool) -> None:
        """Know nothing."""

    async def keep(self, turn: int, judged: Judged) -> None:
        """Keep nothing."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class JudgedProgram:
    """A program of the trajectory, the turn that gave it, and what was found."""

    turn: int
    agent: int
    program: str
    found: Judged


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackView:
    """What feedback is made of.

    Parameters
    ----------
    current : the program that is told of.
    earlier : those before it that the same agents saw, in order.
    seed : of this trajectory; whatever is drawn follows from it.
    """

    current: JudgedProgram
    earlier: tuple[JudgedProgram, ...]
    seed: int

    @property
    def best(self) -> Judged | None:
        """The fastest correct one of the earlier programs."""
        correct = [one.found for one in self.earlier if one.found.correct]
        return min(correct, key=lambda judged: judged.ratio_or_infinity, default=None)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackKind:
    """One kind of feedback.

    Parameters
    ----------
    name : what a study calls it.
    tell : the words for the turn that gets the program; ``None`` where nothing is told, and nothing is judged for it.
    times : whether the words need times.
    note : what is said of it where results are told, such as that its figures were drawn.
    """

    name: str
    tell: Callable[[FeedbackView], str | None] | None = None
    times: bool = False
    note: str = ""

    @property
    def judges(self) -> bool:
        """Whether programs are judged for it."""
        return self.tell is not None


class FeedbackError(RefineryError):
    """A kind of feedback fails, or tells no text; the message names it."""


def tell(kind: FeedbackKind, view: FeedbackView) -> str | None:
    """Return the words of a kind of feedback; ``None`` where nothing is told.

    Raises
    ------
    FeedbackError : when it fails, or returns no text.
    """
    if kind.tell is None:
        return None
    try:
        words = kind.tell(view)
    except Exception as exc:
        raise FeedbackError(
            f"feedback {kind.name!r}: its tell failed with {type(exc).__name__}: {exc}; mend it and run again: "
            "what was recorded is kept"
        ) from exc
    if words is not None and not isinstance(words, str):
        raise FeedbackError(f"feedback {kind.name!r}: tell must return a text or None, got {words!r}")
    return words or None


def tell_verdict(view: FeedbackView) -> str:
    """Say whether the program is correct, and if not, why."""
    judged = view.current.found
    if judged.correct:
        return "This program was tried: its results are right for every input that was tried."
    said = _SAID.get(judged.verdict, "it fails")
    reason = _LIST.sub("on a full-size input", judged.reason or judged.verdict)[:_LONGEST_REASON]
    return f"This program was tried: {said}: {reason.rstrip('.')}."


def tell_time(view: FeedbackView) -> str:
    """Say that, and how long the program takes, as multiples; a time that is only a bound is told as one."""
    return _with_times(view, view.current.found, view.best)


def _with_times(view: FeedbackView, judged: Judged, best: Judged | None) -> str:
    """Tell the verdict of the current program, the figures of ``judged``, and how they compare with ``best``."""
    verdict = tell_verdict(view)
    if not judged.correct or judged.ratio is None:
        return verdict
    verdict += (
        f" It takes {'at most ' if judged.at_most else ''}{rounded(judged.ratio, judged.noise)} times as long as the "
        "reference implementation (below 1 is faster)"
    )
    if best is None or best.ratio is None:
        return f"{verdict}. It is the first correct program."
    if judged.at_most and best.at_most:
        return f"{verdict}, the shortest time that can be told, like the fastest correct program before it."
    bound = "at most " if judged.at_most else "at least " if best.at_most else ""
    noise = math.hypot(judged.noise or 0.0, best.noise or 0.0)
    multiple = rounded(judged.ratio / best.ratio, noise)
    return f"{verdict}, and {bound}{multiple} times as long as the fastest correct program before it."


def tell_sham(view: FeedbackView) -> str:
    """Say the same in the same words, with figures that are drawn: the verdict is the program's own.

    So is, where a figure says "at most", that it says so: else the words would differ.
    """
    earlier = tuple(_with_drawn_figures(one, view.seed) for one in view.earlier)
    drawn = dataclasses.replace(view, current=_with_drawn_figures(view.current, view.seed), earlier=earlier)
    best = drawn.best
    if best is not None and view.best is not None:
        best = dataclasses.replace(best, at_most=view.best.at_most)
    return _with_times(view, drawn.current.found, best)


def _with_drawn_figures(one: JudgedProgram, seed: int) -> JudgedProgram:
    """Replace the ratio, by the program alone: the same program is told the same figure again."""
    if one.found.ratio is None:
        return one
    # Not what verification drew: a placebo knows the program's text and the trajectory, nothing of its time.
    rng = random.Random(f"{seed}:{hashlib.sha256(one.program.encode()).hexdigest()}")  # noqa: S311 - no secret
    ratio = math.exp(rng.uniform(-_SHAM_SPAN, _SHAM_SPAN))
    return dataclasses.replace(one, found=dataclasses.replace(one.found, ratio=ratio, cpu_ratio=None))


def rounded(ratio: float, noise: float | None) -> str:
    """Return a ratio with the digits that its noise leaves: two, or one where its standard error is above 5 %.

    Examples
    --------
    >>> rounded(0.5234, 0.01), rounded(0.5234, 0.2), rounded(123.4, None), rounded(1.0, 0.01)
    ('0.52', '0.5', '120', '1.0')
    """
    digits = 1 if max(noise or 0.0, _LEAST_NOISE) > 0.05 else 2  # noqa: PLR2004 - the one above
    exponent = math.floor(math.log10(ratio))
    places = digits - 1 - exponent
    value = round(ratio, places)
    return f"{value:.{max(places, 0)}f}"


_LIST = re.compile(r"^on (?:verification )?list \d+")
_SAID = {
    "wrong_answer": "it is wrong",
    "error": "it fails",
    "timeout": "it takes too long",
    "memory": "it takes too much memory",
    "tampering": "it does what programs must not do",
    "no_program": "it defines no such function",
}

NONE = FeedbackKind(name="none")
VERDICT = FeedbackKind(name="verdict", tell=tell_verdict)
TIME = FeedbackKind(name="time", tell=tell_time, times=True)
SHAM = FeedbackKind(
    name="sham",
    tell=tell_sham,
    times=True,
    note="a placebo: its verdicts were true, and the times that were told were drawn, from a quarter to four times the "
    "reference's, whatever the program took",
)

OWN_FEEDBACK: tuple[FeedbackKind, ...] = (NONE, VERDICT, TIME, SHAM)
"""The kinds that come with the plugin."""
