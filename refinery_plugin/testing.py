"""Fakes for the plugin's ports, for tests of code that is built on it."""

from __future__ import annotations

import importlib
from collections import deque
from typing import TYPE_CHECKING, Any

from refinery_plugin._generation.chat import ChatRequest, Cut, Message, Reply
from refinery_plugin._generation.turn_judgement import Judged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from refinery_plugin._sandbox.records import Outcome, Usage
    from refinery_plugin._study.task import Task
    from refinery_plugin._verification.scripted import ScriptedProcess, ScriptedSandbox

__all__ = [
    "ChatRequest",
    "Cut",
    "Judged",
    "Message",
    "Outcome",
    "Reply",
    "ScriptedChat",
    "ScriptedJudge",
    "ScriptedProcess",
    "ScriptedSandbox",
    "Usage",
    "reply",
]

_HOMES = {
    "Outcome": "refinery_plugin._sandbox.records",
    "ScriptedProcess": "refinery_plugin._verification.scripted",
    "ScriptedSandbox": "refinery_plugin._verification.scripted",
    "Usage": "refinery_plugin._sandbox.records",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever is exported
    """Import on first use what needs the sandbox, which only Linux has."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def reply(text: str, *, latency_ms: int = 1000, finish_reason: str = "stop") -> Reply:
    """Return an answer of a model with plausible figures."""
    return Reply(
        text=text,
        finish_reason=finish_reason,
        prompt_tokens=100,
        completion_tokens=10,
        cost_usd=None,
        latency_ms=latency_ms,
        replayed=True,
    )


class ScriptedChat:
    """A model whose answers are written beforehand; keeps what it was asked in ``requests``.

    An answer that takes longer than the time that remains is cut, as on the wire. An exception in the script is
    raised in its turn.
    """

    def __init__(self, answers: Iterable[Reply | Exception]) -> None:
        self._answers = deque(answers)
        self.requests: list[ChatRequest] = []

    async def ask(self, request: ChatRequest, *, remaining_ms: int | None) -> Reply | Cut:
        """Give the next answer of the script."""
        self.requests.append(request)
        answer = self._answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        if remaining_ms is not None and answer.latency_ms > remaining_ms:
            return Cut(latency_ms=remaining_ms, cost_usd=None, replayed=True)
        return answer


class ScriptedJudge:
    """A judge that finds of a program what ``find`` says; keeps in ``asked`` each program with whether it was timed."""

    def __init__(self, find: Callable[[str], Judged]) -> None:
        self._find = find
        self.asked: list[tuple[str, bool]] = []

    async def judge(self, task: Task, program: str, *, timed: bool) -> Judged:  # noqa: ARG002 - the port's
        """Return what is found."""
        self.asked.append((program, timed))
        return self._find(program)
