"""The refinement engine: agents take turns until the budget ends.

Knows nothing of HTTP, files or real time: the budget clock is the sum of the latencies that its ``Chat`` reports, so a
replay makes the same turns, tells the same seconds and is cut at the same place as the recording.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from refinery_plugin._generation.chat import Chat, ChatFailedError, ChatRequest, Cut, Message, Reply
from refinery_plugin._generation.extract import extract_program
from refinery_plugin._generation.prompts import Brief, Turn, turn_request
from refinery_plugin._generation.trajectory import Trajectory, TurnRecord
from refinery_plugin._study.levels import MAX_TURNS

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_TOLD = 300


@dataclasses.dataclass(slots=True)
class _State:
    """What one turn leaves to the next."""

    turns: list[TurnRecord] = dataclasses.field(default_factory=list)
    transcript: list[Message] = dataclasses.field(default_factory=list)
    program: str | None = None
    author: int | None = None
    clock_ms: int = 0


async def refine(
    brief: Brief,
    chat: Chat,
    *,
    seed: Callable[[int], int],
    on_turn: Callable[[TurnRecord], None] = lambda _turn: None,
) -> Trajectory:
    """Run one trajectory to the end of its budget.

    Parameters
    ----------
    brief : the task and the treatment's settings.
    chat : the line to the model.
    seed : from turn number (1, 2, ...) to request seed.
    on_turn : told of each finished turn.

    Returns
    -------
    The trajectory; one that a ``ChatFailedError`` ended says so in ``failure``, and keeps its last complete program.

    Raises
    ------
    GenerationStopError : no trajectory of this run can go on.
    """
    state = _State()
    while (number := len(state.turns) + 1) and not _spent(brief, state, number):
        try:
            record = await _one_turn(brief, chat, state, number, seed(number))
        except ChatFailedError as exc:
            return Trajectory(turns=tuple(state.turns), failure=f"turn {number} got no answer: {exc}")
        state.turns.append(record)
        on_turn(record)
        if record.outcome == "cut":
            break
    return Trajectory(turns=tuple(state.turns))


def _remaining_ms(brief: Brief, state: _State) -> int | None:
    seconds = brief.settings.optimization.seconds
    return None if seconds is None else seconds * 1000 - state.clock_ms


def _spent(brief: Brief, state: _State, number: int) -> bool:
    iterations = brief.settings.optimization.iterations
    remaining = _remaining_ms(brief, state)
    if iterations is not None and number > iterations:
        return True
    return number > MAX_TURNS or (remaining is not None and remaining <= 0)


async def _one_turn(brief: Brief, chat: Chat, state: _State, number: int, seed: int) -> TurnRecord:
    remaining_ms = _remaining_ms(brief, state)
    turn = Turn(
        lead=(number - 1) % brief.settings.agents + 1,
        author=state.author,
        program=state.program,
        # Rounded up: a budget that is not over never reads as 0 seconds.
        remaining_seconds=None if remaining_ms is None else -(-remaining_ms // 1000),
    )
    request = turn_request(brief, turn, state.transcript, seed=seed)
    answer = await chat.ask(request, remaining_ms=remaining_ms)
    state.clock_ms += answer.latency_ms
    if isinstance(answer, Cut):
        return _cut_record(number, turn, seed, state.clock_ms, answer)
    return _take(brief, state, number=number, turn=turn, seed=seed, request=request, reply=answer)


def _take(
    brief: Brief,
    state: _State,
    *,
    number: int,
    turn: Turn,
    seed: int,
    request: ChatRequest,
    reply: Reply,
) -> TurnRecord:
    # A lone surrogate is legal in JSON but in no UTF-8 file or request.
    text = reply.text.encode("utf-8", "replace").decode()
    taken = extract_program(text, brief.task.entry_point)
    if taken.program is not None:
        state.program, state.author = taken.program, turn.lead
    if brief.settings.memory == "transcript":
        said = [message for message in request.messages if message.role != "system"]
        state.transcript = [*said, Message(role="assistant", content=text)]
    return TurnRecord(
        number=number,
        agent=turn.lead,
        seed=seed,
        remaining_seconds=turn.remaining_seconds,
        latency_ms=reply.latency_ms,
        clock_ms=state.clock_ms,
        prompt_tokens=reply.prompt_tokens,
        completion_tokens=reply.completion_tokens,
        cost_usd=reply.cost_usd,
        finish_reason=reply.finish_reason,
        outcome="kept" if taken.program is None else "program",
        reason=_explain(taken.reason, reply, request),
        program=taken.program,
        replayed=reply.replayed,
    )


def _explain(reason: str | None, reply: Reply, request: ChatRequest) -> str | None:
    if reason is None:
        return None
    if reply.finish_reason == "length":
        return f"{reason}; the answer was cut off at max_tokens = {request.max_tokens}"
    if reply.refusal is not None:
        return f"{reason}; the model refused: {' '.join(reply.refusal.split())[:_MOST_TOLD]}"
    if reply.finish_reason == "content_filter":
        return f"{reason}; a content filter of the server stopped the answer"
    return reason


def _cut_record(number: int, turn: Turn, seed: int, clock_ms: int, cut: Cut) -> TurnRecord:
    return TurnRecord(
        number=number,
        agent=turn.lead,
        seed=seed,
        remaining_seconds=turn.remaining_seconds,
        latency_ms=cut.latency_ms,
        clock_ms=clock_ms,
        prompt_tokens=0,
        completion_tokens=0,
        cost_usd=cut.cost_usd,
        finish_reason=None,
        outcome="cut",
        reason="the time budget ended during this request",
        program=None,
        replayed=cut.replayed,
    )
