"""The refinement engine: agents speak, as their protocol says, until the budget ends.

Knows nothing of HTTP, files or real time: the budget clock is the sum of the latencies that its ``Chat`` reports, so a
replay makes the same turns, tells the same seconds and is cut at the same place as the recording. What is judged
between two turns takes none of it.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from refinery_plugin._generation.assessor import Assessor
from refinery_plugin._generation.budget_left import BudgetLeft
from refinery_plugin._generation.chat import Chat, ChatFailedError, ChatRequest, Cut, Reply
from refinery_plugin._generation.extract import extract_program
from refinery_plugin._generation.feedback import Blank, NoJudge
from refinery_plugin._generation.memory import Exchange, remembered
from refinery_plugin._generation.prompts import Brief, Criticism, Turn, turn_request
from refinery_plugin._generation.protocols import NextTurn, PastTurn, Situation, decide, fastest, takes
from refinery_plugin._generation.thinking import without_thinking
from refinery_plugin._generation.trajectory import Trajectory, TurnRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from refinery_plugin._generation.feedback import Judge, Notebook

_MOST_TOLD = 300


@dataclasses.dataclass(slots=True)
class _State:
    """What one turn leaves to the next."""

    purse: BudgetLeft
    turns: list[TurnRecord] = dataclasses.field(default_factory=list)
    past: list[PastTurn] = dataclasses.field(default_factory=list)
    exchanges: list[Exchange] = dataclasses.field(default_factory=list)
    told_of: set[int] = dataclasses.field(default_factory=set)
    """Turns whose feedback was a part of a request."""
    clock_ms: int = 0

    def situation(self, brief: Brief) -> Situation:
        settings = brief.settings
        return Situation(
            agents=settings.agents,
            turns=tuple(self.past),
            may_speak=self.purse.may_speak(),
            selection=settings.selection,
        )


async def refine(
    brief: Brief,
    chat: Chat,
    *,
    seed: Callable[[int], int],
    judge: Judge | None = None,
    notebook: Notebook | None = None,
    on_turn: Callable[[TurnRecord], None] = lambda _turn: None,
) -> Trajectory:
    """Run one trajectory to the end of its budget.

    Parameters
    ----------
    brief : the task and the treatment's settings.
    chat : the line to the model.
    seed : from turn number (1, 2, ...) to request seed.
    judge : judges programs, where feedback, selection or protocol want that.
    notebook : keeps what it found.
    on_turn : told of each finished turn.

    Returns
    -------
    The trajectory; one that a ``ChatFailedError`` ended says so in ``failure``, and keeps its last complete program.

    Raises
    ------
    GenerationStopError : no trajectory of this run can go on.
    RefineryError : what the judge raises, for a fault that is not a program's.
    """
    settings = brief.settings
    assessor = Assessor(brief, judge or NoJudge(), notebook or Blank(), seed=seed(1))
    state = _State(BudgetLeft(settings.optimization, agents=settings.agents, alone=brief.protocol.alone))
    failure: str | None = None
    while (situation := state.situation(brief)).may_speak:
        following = decide(brief.protocol, situation)
        if following is None:
            break
        number = len(state.turns) + 1
        try:
            record = await _one_turn(brief, chat, state, following, seed=seed(number))
        except ChatFailedError as exc:
            failure = f"turn {number} got no answer: {exc}"
            break
        state.purse.take(record)
        state.turns.append(record)
        on_turn(record)
        if record.program is not None and assessor.judges_each:
            await _judge(assessor, state, number, following.sees)
    taken = await _take_end(brief, assessor, state)
    return Trajectory(
        turns=tuple(_with_judgement(record, state) for record in state.turns),
        failure=failure,
        taken=taken,
        overshoot=state.purse.overshoot or None,
    )


async def _one_turn(brief: Brief, chat: Chat, state: _State, following: NextTurn, *, seed: int) -> TurnRecord:
    number = len(state.turns) + 1
    remaining_ms = state.purse.remaining_ms(following.agent)
    current = state.situation(brief).current(following.sees)
    turn = Turn(
        lead=following.agent,
        author=None if current is None else current.agent,
        program=None if current is None else current.program,
        # Rounded up: a budget that is not over never reads as 0 seconds.
        remaining_seconds=None if remaining_ms is None else -(-remaining_ms // 1000),
        writes=following.writes,
        asks=following.request,
        feedback=None if current is None or current.judged is None else current.judged.told,
        criticism=_criticism(state, current, following.sees),
    )
    memory = remembered(brief.settings.memory, state.exchanges, agent=turn.lead, sees=following.sees)
    request = turn_request(brief, turn, memory.messages, seed=seed, states_task=not memory.holds_task)
    answer = await chat.ask(request, remaining_ms=remaining_ms)
    if current is not None and turn.feedback is not None:
        state.told_of.add(current.number)
    given = None if following.sees is None or current is None else current.number
    state.clock_ms += answer.latency_ms
    if isinstance(answer, Cut):
        return dataclasses.replace(_cut_record(number, turn, seed, state.clock_ms, answer), given=given)
    # A lone surrogate is legal in JSON but in no UTF-8 file or request.
    text = answer.text.encode("utf-8", "replace").decode()
    record = _taken(
        brief,
        turn,
        number=number,
        seed=seed,
        clock_ms=state.clock_ms,
        request=request,
        reply=answer,
        text=text,
    )
    past = PastTurn(number=number, agent=turn.lead, writes=turn.writes, text=text, program=record.program)
    state.past.append(past)
    state.exchanges.append(
        Exchange(
            number=number,
            agent=turn.lead,
            asked=request.messages[-1],
            states_task=not memory.holds_task,
            text=text,
            about=None if current is None or turn.writes else current.number,
        )
    )
    return dataclasses.replace(record, given=given)


def _criticism(state: _State, current: PastTurn | None, sees: tuple[int, ...] | None) -> Criticism | None:
    """Return the last words about the current program, if there are any."""
    if current is None:
        return None
    about = [
        one for one in state.exchanges if one.about == current.number and (sees is None or one.number in sees)
    ]
    if not about:
        return None
    return Criticism(agent=about[-1].agent, text=without_thinking(about[-1].text).strip())


async def _judge(assessor: Assessor, state: _State, number: int, sees: tuple[int, ...] | None) -> None:
    """Judge the program of a turn, and keep what was found with it."""
    index = next(index for index, turn in enumerate(state.past) if turn.number == number)
    judged = await assessor.assess(state.past[index], state.past[:index], sees=sees)
    state.past[index] = dataclasses.replace(state.past[index], judged=judged)


async def _take_end(brief: Brief, assessor: Assessor, state: _State) -> int | None:
    """Return the turn whose program is the end; of several candidates, verification finds the best."""
    numbers = [turn.number for turn in takes(brief.protocol, state.situation(brief))]
    candidates = [turn for turn in state.past if turn.number in numbers]
    if len(candidates) > 1:
        for turn in candidates:
            if turn.judged is None:
                await _judge(assessor, state, turn.number, (turn.number,))
        candidates = [turn for turn in state.past if turn.number in numbers]
        best = fastest(candidates)
        candidates = candidates if best is None else [best]
    return candidates[-1].number if candidates else None


def _with_judgement(record: TurnRecord, state: _State) -> TurnRecord:
    judged = next((turn.judged for turn in state.past if turn.number == record.number), None)
    if judged is not None and record.number not in state.told_of:
        judged = dataclasses.replace(judged, told=None)
    return dataclasses.replace(record, judged=judged)


def _taken(
    brief: Brief,
    turn: Turn,
    *,
    number: int,
    seed: int,
    clock_ms: int,
    request: ChatRequest,
    reply: Reply,
    text: str,
) -> TurnRecord:
    taken = extract_program(text, brief.task.entry_point) if turn.writes else None
    program = None if taken is None else taken.program
    return TurnRecord(
        number=number,
        agent=turn.lead,
        seed=seed,
        remaining_seconds=turn.remaining_seconds,
        latency_ms=reply.latency_ms,
        clock_ms=clock_ms,
        prompt_tokens=reply.prompt_tokens,
        completion_tokens=reply.completion_tokens,
        cost_usd=reply.cost_usd,
        finish_reason=reply.finish_reason,
        outcome="words" if taken is None else "kept" if program is None else "program",
        reason=None if taken is None else _explain(taken.reason, reply, request),
        program=program,
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
