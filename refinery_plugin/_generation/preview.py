"""What a trajectory would send, turn by turn, found by running the engine itself on answers that are made up."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from refinery_plugin._generation.chat import ChatFailedError, Reply
from refinery_plugin._generation.refine import refine
from refinery_plugin._generation.turn_judgement import Judged

if TYPE_CHECKING:
    from collections.abc import Callable

    from refinery_plugin._generation.chat import ChatRequest
    from refinery_plugin._generation.prompts import Brief
    from refinery_plugin._study.task import Task

TURN_MS = 10_000
"""How long each made-up answer takes on the budget clock."""


class _Placeholder:
    """Answers every request with a program that stands for the real one, so often."""

    def __init__(self, program: str, turns: int) -> None:
        self._program, self._turns = program, turns
        self.requests: list[ChatRequest] = []

    async def ask(self, request: ChatRequest, *, remaining_ms: int | None) -> Reply:  # noqa: ARG002 - the port's
        if len(self.requests) == self._turns:
            raise ChatFailedError("enough seen")
        self.requests.append(request)
        return Reply(
            text=f"```python\n{self._program}\n```",
            finish_reason="stop",
            prompt_tokens=0,
            completion_tokens=0,
            cost_usd=None,
            latency_ms=TURN_MS,
            replayed=True,
        )


class _Tried:
    """Finds every program correct, and a tenth faster than the one before."""

    def __init__(self) -> None:
        self._ratio = 1.0

    async def judge(self, task: Task, program: str, *, timed: bool) -> Judged:  # noqa: ARG002 - the port's
        self._ratio *= 0.9
        return Judged(verdict="correct", ratio=self._ratio if timed else None)


def preview(brief: Brief, *, seed: Callable[[int], int], turns: int) -> list[ChatRequest]:
    """Return the requests of the first turns; a placeholder stands for each program."""
    signature = brief.task.signature.rstrip().rstrip(":")
    chat = _Placeholder(f"{signature}:\n    ...  # the program of the turn before", turns)
    with contextlib.suppress(StopIteration):  # nothing in it ever waits, so it ends at the first step
        refine(brief, chat, seed=seed, judge=_Tried()).send(None)
    return chat.requests
