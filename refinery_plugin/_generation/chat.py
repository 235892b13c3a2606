"""The port between the refinement engine and a language model."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from refinery_plugin._errors import RefineryError

if TYPE_CHECKING:
    from decimal import Decimal

Role: TypeAlias = Literal["system", "user", "assistant"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a conversation."""

    role: Role
    content: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """All that is sent for one turn; two equal requests have equal JSON bodies."""

    model: str
    messages: tuple[Message, ...]
    temperature: float
    max_tokens: int
    seed: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The model's answer to one request.

    ``latency_ms`` is the recorded time from the request to the end of its response in whole milliseconds, failed
    attempts and the pauses between them included, waiting that we imposed ourselves excluded: the budget clock is the
    sum of these. ``cost_usd`` is ``None`` for a model without a known price. ``text`` may be empty; ``refusal`` is
    what the model said where it would not answer.
    """

    text: str
    finish_reason: str | None
    prompt_tokens: int
    completion_tokens: int
    cost_usd: Decimal | None
    latency_ms: int
    replayed: bool
    refusal: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The deadline passed before the answer was complete; the request was cancelled.

    What the cut request cost is not reported by any server: ``cost_usd`` is the upper bound that was reserved for it.
    """

    latency_ms: int
    cost_usd: Decimal | None
    replayed: bool


class ChatFailedError(RefineryError):
    """This request got no answer, for good: it ends its trajectory, never the session."""


class GenerationStopError(RefineryError):
    """Going on makes no sense for any trajectory: a wrong key, a reached spending cap, a request that differs."""


class Chat(Protocol):
    """One trajectory's line to a model, live, recorded or replayed."""

    async def ask(self, request: ChatRequest, *, remaining_ms: int | None) -> Reply | Cut:
        """Send one request and wait for its answer.

        Parameters
        ----------
        request : what is asked.
        remaining_ms : milliseconds left on the trajectory's budget clock; ``None`` without a time budget. An answer
            that takes longer is cut.

        Raises
        ------
        ChatFailedError : no answer is to be had; the trajectory ends.
        GenerationStopError : no trajectory can go on.
        """
