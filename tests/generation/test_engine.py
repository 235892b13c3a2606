"""Trajectories: who leads, what is told, where the budget ends."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refinery_plugin._generation.chat import ChatFailedError, GenerationStopError, Reply
from refinery_plugin._generation.prompts import Brief
from refinery_plugin._generation.refine import refine
from refinery_plugin._study.levels import Budget
from refinery_plugin._study.settings import resolve
from refinery_plugin._study.task import Task
from refinery_plugin.testing import ScriptedChat, reply

if TYPE_CHECKING:
    from refinery_plugin._generation.trajectory import Trajectory

TASK = Task(
    name="double",
    prompt="Double a number.",
    signature="def double(x: int) -> int",
    result_type=int,
    reference="def double(x):\n    return 2 * x\n",
    sample=lambda seed: (seed,),
    strategy=lambda: st.tuples(st.integers()),
)


def program(number: int) -> str:
    return f"def double(x):\n    return 2 * x  # {number}\n"


def answer(number: int, *, latency_ms: int = 1000) -> Reply:
    return reply(f"```python\n{program(number)}```", latency_ms=latency_ms)


def run(chat: ScriptedChat, **settings: object) -> Trajectory:
    brief = Brief(task=TASK, settings=resolve(settings), packages=("numpy",))
    return asyncio.run(refine(brief, chat, seed=lambda turn: turn))


def told(chat: ScriptedChat, turn: int) -> str:
    return "\n".join(message.content for message in chat.requests[turn - 1].messages)


def test_three_iterations_are_three_turns_the_first_answer_included() -> None:
    """A budget of three iterations makes three requests, and the last answer's program is the result."""
    chat = ScriptedChat(answer(i) for i in range(9))
    trajectory = run(chat, optimization=Budget(iterations=3))
    assert [turn.number for turn in trajectory.turns] == [1, 2, 3]
    assert trajectory.program == program(2)
    assert [request.seed for request in chat.requests] == [1, 2, 3]


@given(agents=st.integers(1, 5), turns=st.integers(1, 12))
def test_turn_i_is_led_by_agent_i_minus_1_mod_n(agents: int, turns: int) -> None:
    """Agents take turns in order, and begin again with the first."""
    chat = ScriptedChat(answer(i) for i in range(turns))
    trajectory = run(chat, agents=agents, optimization=Budget(iterations=turns))
    assert [turn.agent for turn in trajectory.turns] == [(i - 1) % agents + 1 for i in range(1, turns + 1)]


def test_a_team_is_told_who_leads_how_many_it_is_and_whose_program_it_gets() -> None:
    """Each prompt of a team names its agent, the team's size, and the author of the program shown."""
    chat = ScriptedChat(answer(i) for i in range(3))
    run(chat, agents=2, optimization=Budget(iterations=3))
    assert "agent 1 of a team of 2" in told(chat, 1)
    assert "agent 2 of a team of 2" in told(chat, 2)
    assert "which agent 1 wrote" in told(chat, 2)
    assert "which agent 2 wrote" in told(chat, 3)


def test_a_single_agent_is_told_of_no_team() -> None:
    """The prompts of one agent speak neither of agents nor of a team."""
    chat = ScriptedChat(answer(i) for i in range(3))
    run(chat, agents=1, optimization=Budget(iterations=3))
    for turn in (1, 2, 3):
        assert "team" not in told(chat, turn)
        assert re.search(r"agent\b", told(chat, turn)) is None


def test_each_refinement_shows_the_current_program_and_the_task() -> None:
    """Every prompt holds the task, and a refinement the most recent program and no older one."""
    chat = ScriptedChat(answer(i) for i in range(3))
    run(chat, optimization=Budget(iterations=3))
    assert program(0) in told(chat, 2)
    assert program(1) in told(chat, 3)
    assert program(0) not in told(chat, 3)
    assert all(TASK.prompt in told(chat, turn) and TASK.signature in told(chat, turn) for turn in (1, 2, 3))


def test_the_transcript_holds_the_whole_conversation() -> None:
    """With ``memory = "transcript"`` a request holds all earlier prompts and answers in order."""
    chat = ScriptedChat(answer(i) for i in range(3))
    run(chat, memory="transcript", optimization=Budget(iterations=3))
    roles = [message.role for message in chat.requests[2].messages]
    assert roles == ["system", "user", "assistant", "user", "assistant", "user"]
    assert program(0) in told(chat, 3)


def test_a_time_budget_tells_the_seconds_that_remain_and_cuts_at_the_deadline() -> None:
    """The clock is the sum of latencies: prompts tell what is left, and an answer that comes too late is cut."""
    chat = ScriptedChat(
        [answer(0, latency_ms=20_000), answer(1, latency_ms=15_500), answer(2, latency_ms=30_000)]
    )
    trajectory = run(chat, optimization=Budget(seconds=60))
    assert [turn.remaining_seconds for turn in trajectory.turns] == [60, 40, 25]
    assert "40 seconds" in told(chat, 2)
    assert "25 seconds" in told(chat, 3)
    assert [turn.outcome for turn in trajectory.turns] == ["program", "program", "cut"]
    assert trajectory.clock_ms == 60_000
    assert trajectory.program == program(1)


def test_iterations_are_told_no_seconds() -> None:
    """Prompts of a budget of iterations do not speak of seconds."""
    chat = ScriptedChat(answer(i) for i in range(2))
    run(chat, optimization=Budget(iterations=2))
    assert "second" not in told(chat, 1) + told(chat, 2)


def test_without_a_program_at_the_deadline_there_is_none() -> None:
    """A first answer after the deadline leaves no program, and the reason says so."""
    trajectory = run(ScriptedChat([answer(0, latency_ms=61_000)]), optimization=Budget(seconds=60))
    assert trajectory.program is None
    assert trajectory.no_program_reason == "the time budget ended before any answer held a usable program"


def test_the_budget_that_ends_first_ends_the_trajectory() -> None:
    """Of iterations and seconds together, whichever is used up first ends the turns."""
    fast = run(ScriptedChat(answer(i) for i in range(9)), optimization=Budget(iterations=3, seconds=60))
    assert len(fast.turns) == 3
    slow = run(
        ScriptedChat(answer(i, latency_ms=25_000) for i in range(9)),
        optimization=Budget(iterations=9, seconds=60),
    )
    assert [turn.outcome for turn in slow.turns] == ["program", "program", "cut"]


def test_a_turn_without_usable_code_keeps_the_previous_program_and_says_so() -> None:
    """An answer without code leaves the program and its author as they were, with the reason kept."""
    chat = ScriptedChat([answer(0), reply("It is fast already."), answer(2)])
    trajectory = run(chat, agents=3, optimization=Budget(iterations=3))
    kept = trajectory.turns[1]
    assert (kept.outcome, kept.program) == ("kept", None)
    assert kept.reason == "the answer holds no code"
    assert program(0) in told(chat, 3)
    assert "which agent 1 wrote" in told(chat, 3)


def test_an_answer_cut_off_at_max_tokens_says_so() -> None:
    """Where the answer ended at the token limit the reason names the limit."""
    chat = ScriptedChat([reply("```python\ndef double(x):\n    return (", finish_reason="length")])
    trajectory = run(chat, max_tokens=50, optimization=Budget(iterations=1))
    assert "max_tokens = 50" in (trajectory.no_program_reason or "")


def test_a_failed_request_cuts_its_trajectory_short() -> None:
    """A turn without any answer ends the trajectory; the last complete program counts, marked with the reason."""
    trajectory = run(
        ScriptedChat([answer(0), ChatFailedError("500 five times")]), optimization=Budget(iterations=3)
    )
    assert trajectory.program == trajectory.turns[0].program
    assert trajectory.no_program_reason is None
    assert trajectory.cut_short == "turn 2 got no answer: 500 five times"


def test_a_request_that_fails_before_any_program_gives_none() -> None:
    """Without a program the failure is the reason, and nothing is cut short."""
    trajectory = run(ScriptedChat([ChatFailedError("500 five times")]), optimization=Budget(iterations=3))
    assert trajectory.program is None
    assert trajectory.no_program_reason == "turn 1 got no answer: 500 five times"
    assert trajectory.cut_short is None


def test_a_stop_goes_through() -> None:
    """An error that stops all generation is not swallowed by one trajectory."""
    with pytest.raises(GenerationStopError, match="wrong key"):
        run(ScriptedChat([GenerationStopError("wrong key")]))


def test_a_lone_surrogate_in_an_answer_reaches_no_later_request() -> None:
    """What an answer says is made encodable before it is sent again."""
    chat = ScriptedChat([reply("\ud800 hm"), answer(1)])
    run(chat, memory="transcript", optimization=Budget(iterations=2))
    assert told(chat, 2).encode()


@given(latencies=st.lists(st.integers(0, 40_000), min_size=1, max_size=40))
def test_the_clock_never_passes_the_budget(latencies: list[int]) -> None:
    """Whatever the latencies, the clock ends at the budget and the last turn is the one cut."""
    answers = [answer(i, latency_ms=ms) for i, ms in enumerate(latencies)] + [answer(99, latency_ms=99_000)]
    trajectory = run(ScriptedChat(answers), optimization=Budget(seconds=60))
    assert trajectory.clock_ms == 60_000
    assert trajectory.turns[-1].outcome == "cut"
