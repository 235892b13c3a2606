"""What a turn sees of the conversation before it (pure)."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from refinery_plugin._generation.chat import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from refinery_plugin._study.settings import Memory


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """The words of one turn: what its agent was asked at last, and its answer.

    ``states_task`` says whether it was asked with the whole task, ``about`` names the turn whose program the answer
    criticises.
    """

    number: int
    agent: int
    asked: Message
    states_task: bool
    text: str
    about: int | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """The messages that come before a turn's own, and whether the task stands in them."""

    messages: tuple[Message, ...]
    holds_task: bool


def remembered(
    memory: Memory, exchanges: Sequence[Exchange], *, agent: int, sees: Sequence[int] | None
) -> Remembered:
    """Return what an agent sees: nothing, its own turns, or everybody's; ``sees`` are the turns that count for it."""
    shown = [
        one
        for one in exchanges
        if (sees is None or one.number in sees)
        and (memory == "transcript" or (memory == "own" and one.agent == agent))
    ]
    messages = tuple(
        message for one in shown for message in (one.asked, Message(role="assistant", content=one.text))
    )
    return Remembered(messages=messages, holds_task=any(one.states_task for one in shown))
