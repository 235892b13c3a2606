"""Has the programs of one trajectory judged: once each, whatever happens."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from refinery_plugin._generation.feedback import FeedbackView, JudgedProgram, tell
from refinery_plugin._generation.protocols import current_only

if TYPE_CHECKING:
    from collections.abc import Sequence

    from refinery_plugin._generation.feedback import Judge, Notebook
    from refinery_plugin._generation.prompts import Brief
    from refinery_plugin._generation.protocols import PastTurn
    from refinery_plugin._generation.turn_judgement import Judged


class Assessor:
    """Judges what the settings want judged.

    Parameters
    ----------
    seed : of the trajectory; what feedback draws follows from it.
    """

    def __init__(self, brief: Brief, judge: Judge, notebook: Notebook, *, seed: int) -> None:
        self._brief, self._judge, self._notebook, self._seed = brief, judge, notebook, seed

    @property
    def judges_each(self) -> bool:
        """Whether each program is judged as soon as it is there."""
        return self._brief.feedback.judges or self._brief.settings.selection == "best"

    @property
    def _times(self) -> bool:
        brief = self._brief
        # Several programs may be compared in the end.
        compares = brief.protocol.takes is not current_only and brief.settings.agents > 1
        wanted = brief.feedback.times or brief.settings.selection == "best" or compares
        return wanted or not self.judges_each

    async def assess(
        self, turn: PastTurn, before: Sequence[PastTurn], *, sees: tuple[int, ...] | None
    ) -> Judged:
        """Return what is found of a turn's program, from the notebook where it is there.

        The same program of an earlier turn is not judged again: it would be told another time.

        Parameters
        ----------
        before : the turns before it.
        sees : those that its agent sees; ``None`` for all.
        """
        if turn.program is None:
            raise ValueError(f"turn {turn.number} has no program to judge")
        known = self._notebook.recall(turn.number, timed=self._times and self._brief.task.is_timed)
        if known is not None:
            return known
        same = next(
            (one.judged for one in before if one.program == turn.program and one.judged is not None), None
        )
        verification = same or await self._judge.judge(self._brief.task, turn.program, timed=self._times)
        words = self._feedback(
            turn, verification, [one for one in before if sees is None or one.number in sees]
        )
        judged = dataclasses.replace(verification, told=words)
        await self._notebook.keep(turn.number, judged)
        return judged

    def _feedback(self, turn: PastTurn, judged: Judged, before: Sequence[PastTurn]) -> str | None:
        view = FeedbackView(
            current=_judged_program(turn, judged),
            earlier=tuple(_judged_program(one, one.judged) for one in before if one.judged is not None),
            seed=self._seed,
        )
        return tell(self._brief.feedback, view)


def _judged_program(turn: PastTurn, judged: Judged) -> JudgedProgram:
    return JudgedProgram(turn=turn.number, agent=turn.agent, program=turn.program or "", found=judged)
