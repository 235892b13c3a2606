"""Fakes for the plugin's ports, for tests of code that is built on it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from refinery_plugin._generation.chat import ChatRequest, Cut, Message, Reply

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ChatRequest", "Cut", "Message", "Reply", "ScriptedChat", "reply"]


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
