"""Judging programs between turns, in a session that generates: opened when the first one is to be judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from refinery_plugin._pytest.timing import require_linux, sandbox_opener

if TYPE_CHECKING:
    from collections.abc import Callable

    from refinery_plugin._generation.turn_judgement import Judged
    from refinery_plugin._pytest.session import Refinery
    from refinery_plugin._study.task import Task
    from refinery_plugin._timing.judge import SandboxJudge


class SessionJudge:
    """A judge that costs nothing in a session that only replays: no sandbox is opened, nothing measured."""

    def __init__(self, refinery: Refinery, *, say: Callable[[str], None]) -> None:
        self._refinery, self._say = refinery, say
        self._opened: SandboxJudge | None = None

    async def judge(self, task: Task, program: str, *, timed: bool) -> Judged:
        """Return what is found of a program.

        Raises
        ------
        RefineryError : for a fault that is not the program's.
        """
        if self._opened is None:
            require_linux()
            from refinery_plugin._timing.judge import SandboxJudge  # noqa: PLC0415 - heavy, and on Linux only

            self._opened = SandboxJudge(
                self._refinery.study,
                open_sandbox=sandbox_opener(self._refinery.config),
                sizes=self._refinery.sizes,
                say=self._say,
            )
        return await self._opened.judge(task, program, timed=timed)

    def close(self) -> None:
        """Close the sandboxes. Idempotent."""
        if self._opened is not None:
            self._opened.close()
