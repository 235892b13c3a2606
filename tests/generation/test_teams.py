"""Teams: who speaks, what each sees and is told, whose program is taken, where budgets of equal cost end."""

from __future__ import annotations

import asyncio
import dataclasses
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_engine import TASK, answer, program, told

from refinery_plugin._generation.chat import GenerationStopError
from refinery_plugin._generation.feedback import (
    OWN_FEEDBACK,
    FeedbackError,
    FeedbackKind,
    FeedbackView,
    JudgedProgram,
    rounded,
    tell_sham,
    tell_time,
)
from refinery_plugin._generation.known_kinds import MethodError, Methods
from refinery_plugin._generation.protocols import (
    OWN_PROTOCOLS,
    NextTurn,
    ProtocolError,
    Situation,
    TeamProtocol,
)
from refinery_plugin._generation.refine import refine
from refinery_plugin._study.agents import AgentTable
from refinery_plugin._study.levels import Budget
from refinery_plugin._study.settings import CHOICES, resolve
from refinery_plugin.testing import Judged, Reply, ScriptedChat, ScriptedJudge, reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from refinery_plugin._generation.trajectory import Trajectory
    from refinery_plugin._study.task import Task

CORRECT = Judged(verdict="correct", ratio=0.5, noise=0.01)
WRONG = Judged(verdict="wrong_answer", reason="for 3 it returned 5, expected 6")


def run(
    chat: ScriptedChat,
    judge: ScriptedJudge | None = None,
    *,
    methods: Methods | None = None,
    **settings: object,
) -> Trajectory:
    brief = (methods or Methods.of()).brief(TASK, resolve(settings), ("numpy",))
    return asyncio.run(refine(brief, chat, seed=lambda turn: turn, judge=judge))


def answers(count: int, **options: int) -> ScriptedChat:
    return ScriptedChat(answer(number, **options) for number in range(1, count + 1))


def by_program(found: Mapping[int, Judged]) -> ScriptedJudge:
    return ScriptedJudge({program(number): judged for number, judged in found.items()}.__getitem__)


def speakers(trajectory: Trajectory) -> list[int]:
    return [turn.agent for turn in trajectory.turns]


def test_the_tables_have_the_names_that_studies_know() -> None:
    """Each kind and protocol of ours can be named in a study, and nothing else."""
    assert {
        "feedback": tuple(row.name for row in OWN_FEEDBACK),
        "protocol": tuple(row.name for row in OWN_PROTOCOLS),
    } == CHOICES


def test_what_hooks_return_is_checked() -> None:
    """What is no kind, and two of one name, are refused with the hook's name."""
    with pytest.raises(MethodError, match="pytest_refinery_feedback must return FeedbackKinds, got 3"):
        Methods.of(feedback=[*OWN_FEEDBACK, 3])
    with pytest.raises(MethodError, match=r"pytest_refinery_feedback: FeedbackKind needs a name .*, got ' '"):
        Methods.of(feedback=[FeedbackKind(name=" ")])
    with pytest.raises(MethodError, match="pytest_refinery_protocols: two are called 'rotate'"):
        Methods.of(protocols=[*OWN_PROTOCOLS, TeamProtocol(name="rotate", next_turn=lambda _: None)])


# Protocols -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("iterations", "agents", "order"),
    [(6, 3, [1, 2, 3, 1, 2, 3]), (7, 3, [1, 2, 3, 1, 2, 3, 1]), (2, 3, [1, 2]), (3, 1, [1, 1, 1])],
)
def test_independent_agents_share_the_turns_evenly(iterations: int, agents: int, order: list[int]) -> None:
    """What does not divide evenly goes to the first ones."""
    judge = ScriptedJudge(lambda _: CORRECT)
    trajectory = run(
        answers(9), judge, agents=agents, protocol="independent", optimization=Budget(iterations=iterations)
    )
    assert speakers(trajectory) == order


def test_independent_agents_see_their_own_programs_alone_and_are_told_of_no_team() -> None:
    """Each refines what it wrote itself, as if it were alone."""
    chat = answers(4)
    run(
        chat,
        ScriptedJudge(lambda _: CORRECT),
        agents=2,
        protocol="independent",
        memory="transcript",
        optimization=Budget(iterations=4),
    )
    assert not re.search(r"\b(team|agent)", "".join(told(chat, turn) for turn in (1, 2, 3, 4)))
    assert [program(number) in told(chat, 3) for number in (1, 2)] == [True, False]
    assert [program(number) in told(chat, 4) for number in (1, 2)] == [False, True]
    assert len(chat.requests[3].messages) == 4


def test_independent_agents_share_the_time_and_a_cut_ends_one_of_them_only() -> None:
    """Each is told what is left of its own share."""
    chat = ScriptedChat(
        answer(number, latency_ms=ms) for number, ms in enumerate((4000, 1000, 9000, 3900, 9000), 1)
    )
    trajectory = run(
        chat,
        ScriptedJudge(lambda _: CORRECT),
        agents=2,
        protocol="independent",
        optimization=Budget(seconds=12),
    )
    assert speakers(trajectory) == [1, 2, 1, 2, 2]
    assert [turn.remaining_seconds for turn in trajectory.turns] == [6, 6, 2, 5, 2]
    assert [turn.outcome for turn in trajectory.turns] == ["program", "program", "cut", "program", "cut"]
    assert trajectory.clock_ms == 12_000


def test_the_best_of_independent_agents_is_taken_by_verification_and_ties_by_order() -> None:
    """A wrong program never wins, the fastest does, and of equals the first; only ends of agents are measured."""
    slow, fast = Judged(verdict="correct", ratio=0.9), Judged(verdict="correct", ratio=0.4)
    for found, best in (
        ({4: slow, 5: fast, 6: WRONG}, 5),
        ({4: WRONG, 5: WRONG, 6: slow}, 6),
        ({4: slow, 5: slow, 6: slow}, 4),
        ({4: WRONG, 5: WRONG, 6: WRONG}, 6),
    ):
        judge = by_program(found)
        trajectory = run(
            answers(6), judge, agents=3, protocol="independent", optimization=Budget(iterations=6)
        )
        assert trajectory.taken == best
        assert trajectory.program == program(best)
        assert judge.asked == [(program(number), True) for number in (4, 5, 6)]


@pytest.mark.parametrize(
    ("agents", "order"), [(2, [1, 2, 1, 2, 1]), (3, [1, 2, 1, 3, 1]), (1, [1, 1, 1, 1, 1])]
)
def test_in_a_review_the_others_criticise_in_words_what_the_first_wrote(
    agents: int, order: list[int]
) -> None:
    """A critic's turn has no program, whatever it says, and the writer reads the criticism."""
    chat = answers(5)
    trajectory = run(chat, agents=agents, protocol="review", optimization=Budget(iterations=5))
    assert speakers(trajectory) == order
    assert [turn.outcome for turn in trajectory.turns] == ["program", "words", "program", "words", "program"]
    assert [turn.program is None for turn in trajectory.turns] == [False, True, False, True, False]
    assert program(1) in told(chat, 2)
    assert "Criticise it" in told(chat, 2)
    assert "Answer with the complete program" not in told(chat, 2)
    who = "You criticised" if agents == 1 else "Agent 2 criticised"
    assert f"{who} it:\n\n```python\n{program(2)}```\n\nRefine it" in told(chat, 3)
    assert program(2) not in told(chat, 4)


def test_without_a_program_there_is_nothing_to_criticise() -> None:
    """The writer speaks again until it has written one."""
    chat = ScriptedChat([reply("I cannot."), answer(1), reply("Good."), answer(2)])
    trajectory = run(chat, agents=2, protocol="review", optimization=Budget(iterations=4))
    assert speakers(trajectory) == [1, 1, 2, 1]


def test_a_users_protocol_decides_who_speaks_what_is_seen_and_what_is_taken() -> None:
    """A small pure value from the turns so far; it may end before the budget does."""

    def relay(situation: Situation) -> NextTurn | None:
        number = len(situation.turns) + 1
        return (
            None if number == 4 else NextTurn(agent=1 if number < 3 else 2, sees=(1,), request="Try again.")
        )

    methods = Methods.of(
        protocols=[TeamProtocol(name="relay", next_turn=relay, takes=lambda _: (2,)), *OWN_PROTOCOLS]
    )
    chat = answers(9)
    trajectory = run(chat, methods=methods, agents=2, protocol="relay", optimization=Budget(iterations=9))
    assert speakers(trajectory) == [1, 1, 2]
    assert trajectory.program == program(2)
    assert program(1) in told(chat, 3)
    assert program(2) not in told(chat, 3)
    assert "Try again." in told(chat, 3)
    assert [turn.given for turn in trajectory.turns] == [None, 1, 1]


def broken(**parts: Any) -> Methods:  # noqa: ANN401 - of any type: that is what is tried
    row = TeamProtocol(name="mine", next_turn=lambda _: NextTurn(agent=1))
    return Methods.of(protocols=[dataclasses.replace(row, **parts), *OWN_PROTOCOLS])


@pytest.mark.parametrize(
    ("methods", "said"),
    [
        (broken(next_turn=lambda _: 1 / 0), "'mine': its next_turn failed with ZeroDivisionError"),
        (broken(next_turn=lambda _: 1), "'mine': next_turn must return a NextTurn or None, got 1"),
        (broken(next_turn=lambda _: NextTurn(agent=0)), "there is no agent 0 for turn 1; .* from 1 to 2"),
        (
            broken(alone=True),
            r"the budget of agent 1 is used up; choose one of situation.may_speak, here \(2,\)",
        ),
        (broken(takes=lambda _: 1), "'mine': its takes failed with TypeError"),
        (broken(introduces=lambda _turn, _agents: 1), "'mine': introduces must return a text, got 1"),
        (broken(introduces=lambda _turn: ""), "'mine': its introduces failed with TypeError"),
    ],
)
def test_a_users_protocol_that_fails_is_named_with_what_is_wrong(methods: Methods, said: str) -> None:
    """No traceback, no turn of an agent that there is not, none beyond an agent's share."""
    with pytest.raises(ProtocolError, match=said):
        run(answers(9), methods=methods, agents=2, protocol="mine", optimization=Budget(iterations=4))


# Memory --------------------------------------------------------------------------------------------------------------


def test_an_agent_with_a_memory_of_its_own_sees_its_own_turns_before_the_current_program() -> None:
    """The task is stated once to each agent; what others said is not seen."""
    chat = answers(4)
    run(chat, agents=2, memory="own", optimization=Budget(iterations=4))
    assert [len(request.messages) for request in chat.requests] == [2, 2, 4, 4]
    third = chat.requests[2].messages
    assert third[1:3] == (chat.requests[0].messages[1], third[2])
    assert (third[2].role, program(1) in third[2].content) == ("assistant", True)
    assert program(2) in third[3].content
    assert [message.content.count("Double a number.") for message in third] == [0, 1, 0, 0]
    assert program(1) in chat.requests[3].messages[1].content


def test_agents_that_differ_are_sent_as_what_they_are() -> None:
    """Model, temperature, limit and instructions are those of the agent that speaks."""
    team = (
        AgentTable(model="a", instructions="You look for a better algorithm."),
        AgentTable(temperature=0.2, max_tokens=9),
    )
    chat = answers(3)
    run(chat, agents=team, model="b", instructions="For all.", optimization=Budget(iterations=3))
    assert [(sent.model, sent.temperature, sent.max_tokens) for sent in chat.requests] == [
        ("a", 1.0, 2048),
        ("b", 0.2, 9),
        ("a", 1.0, 2048),
    ]
    assert (
        chat.requests[0]
        .messages[0]
        .content.endswith("In this turn you lead. You look for a better algorithm.")
    )
    assert "algorithm" not in told(chat, 2)
    assert all("For all." in told(chat, turn) for turn in (1, 2, 3))


# Budgets -------------------------------------------------------------------------------------------------------------


def priced(number: int, tokens: tuple[int, int], usd: str | None = None) -> Reply:
    base = answer(number)
    return Reply(
        text=base.text,
        finish_reason="stop",
        prompt_tokens=tokens[0],
        completion_tokens=tokens[1],
        cost_usd=None if usd is None else Decimal(usd),
        latency_ms=1000,
        replayed=True,
    )


@given(
    costs=st.lists(st.integers(1, 3000), min_size=60, max_size=60),
    budget=st.integers(1, 20_000),
    agents=st.integers(1, 3),
)
def test_no_turn_starts_after_a_budget_in_tokens_and_the_overshoot_is_told(
    costs: list[int], budget: int, agents: int
) -> None:
    """Prompt and answer count together; what the last turn takes beyond the budget is a figure of the trajectory."""
    chat = ScriptedChat(priced(number, (cost - 1, 1)) for number, cost in enumerate(costs))
    trajectory = run(chat, agents=agents, optimization=Budget(tokens=budget, iterations=60))
    taken = [turn.prompt_tokens + turn.completion_tokens for turn in trajectory.turns]
    assert sum(taken[:-1]) < budget
    assert sum(taken) >= budget or len(taken) == 60
    assert trajectory.overshoot == {"tokens": max(0, sum(taken) - budget)}


def test_a_budget_in_dollars_counts_what_turns_cost() -> None:
    """The decimal amounts are exact; a turn without a price stops everything."""
    chat = ScriptedChat(priced(number, (1, 1), "0.01") for number in range(9))
    trajectory = run(chat, optimization=Budget(usd=Decimal("0.03")))
    assert (len(trajectory.turns), trajectory.overshoot) == (3, {"usd": 0.0})
    with pytest.raises(GenerationStopError, match=r"the budget '\$0.03' needs the price of every turn"):
        run(ScriptedChat([priced(1, (1, 1))]), optimization=Budget(usd=Decimal("0.03")))


def test_independent_agents_share_a_budget_in_tokens() -> None:
    """Each stops at its own share, and their overshoots add up."""
    chat = ScriptedChat(priced(number, (400, 100)) for number in range(9))
    trajectory = run(
        chat,
        ScriptedJudge(lambda _: CORRECT),
        agents=2,
        protocol="independent",
        optimization=Budget(tokens=1601),
    )
    assert speakers(trajectory) == [1, 2, 1, 2]
    assert trajectory.overshoot == {"tokens": 199 + 200}


# Feedback ------------------------------------------------------------------------------------------------------------


def test_feedback_is_told_word_for_word_and_stands_with_the_turn_whose_program_was_judged() -> None:
    """It comes after the program that it is about; words that no request had are not said to be told."""
    chat = answers(3)
    judge = by_program({1: WRONG, 2: Judged(verdict="correct", ratio=0.523, noise=0.01), 3: CORRECT})
    trajectory = run(chat, judge, feedback="time", optimization=Budget(iterations=3))
    found = [turn.judged for turn in trajectory.turns]
    assert [one and one.told for one in found] == [
        "This program was tried: it is wrong: for 3 it returned 5, expected 6.",
        (
            "This program was tried: its results are right for every input that was tried. It takes 0.52 times as "
            "long as the reference implementation (below 1 is faster). It is the first correct program."
        ),
        None,
    ]
    for turn in (1, 2):
        judged = found[turn - 1]
        assert judged is not None
        assert f"```python\n{program(turn)}```\n\n{judged.told}\n\nRefine it" in told(chat, turn + 1)
    assert judge.asked == [(program(number), True) for number in (1, 2, 3)]


def test_without_feedback_nothing_is_judged_and_nothing_else_is_sent() -> None:
    """``none`` sends what a study without the key sends."""
    plain, none = answers(3), answers(3)
    judge = ScriptedJudge(lambda _: CORRECT)
    run(plain, optimization=Budget(iterations=3))
    trajectory = run(none, judge, feedback="none", optimization=Budget(iterations=3))
    assert plain.requests == none.requests
    assert judge.asked == []
    assert [turn.judged for turn in trajectory.turns] == [None] * 3


def test_verdicts_are_told_without_times() -> None:
    """Programs are not timed for them either."""
    chat = answers(2)
    judge = ScriptedJudge(lambda _: CORRECT)
    run(chat, judge, feedback="verdict", optimization=Budget(iterations=2))
    assert "tried: its results are right for every input that was tried.\n\nRefine" in told(chat, 2)
    assert judge.asked == [(program(1), False), (program(2), False)]


def test_the_clock_of_the_budget_stands_still_while_programs_are_judged() -> None:
    """However long that takes, as many turns are made and the same seconds are told as without feedback."""

    class Slow(ScriptedJudge):
        async def judge(self, task: Task, program: str, *, timed: bool) -> Judged:
            await asyncio.sleep(0.3)  # more than the budget has to spare
            return await super().judge(task, program, timed=timed)

    budget = Budget(seconds=3)
    without = run(answers(4, latency_ms=950), optimization=budget)
    slow = Slow(lambda _: CORRECT)
    fed = run(answers(4, latency_ms=950), slow, feedback="time", selection="best", optimization=budget)
    assert len(slow.asked) == 3
    for one in (without, fed):
        assert [turn.remaining_seconds for turn in one.turns] == [3, 3, 2, 1]
        assert [turn.clock_ms for turn in one.turns] == [950, 1900, 2850, 3000]


@pytest.mark.parametrize(
    ("current", "earlier", "said"),
    [
        (
            True,
            False,
            r"at most 0\.50 times as long as the reference .*, and at most 0\.56 times as long as the",
        ),
        (
            False,
            True,
            r" takes 0\.50 times as long as the reference .*, and at least 0\.56 times as long as the",
        ),
        (
            True,
            True,
            "at most .*, the shortest time that can be told, like the fastest correct program before it",
        ),
    ],
)
def test_a_time_that_is_only_a_bound_is_told_as_one_by_the_placebo_too(
    *, current: bool, earlier: bool, said: str
) -> None:
    """What cannot be told apart is not told as a difference, and the words of a placebo stay the same."""
    before, now, slower = (
        JudgedProgram(
            turn=turn,
            agent=1,
            program=program(turn),
            found=Judged(verdict="correct", ratio=ratio, noise=0.01, at_most=bound),
        )
        for turn, ratio, bound in ((1, 0.9, earlier), (3, 0.5, current), (2, 3.0, not earlier))
    )
    for seed in range(20):
        view = FeedbackView(current=now, earlier=(before, slower), seed=seed)
        assert re.search(said, tell_time(view))
        figures = re.compile(r"\d+(?:\.\d+)? times")
        assert figures.sub("N times", tell_sham(view)) == figures.sub("N times", tell_time(view))


def test_the_same_program_is_judged_once_and_told_the_same_figures() -> None:
    """A second measurement of it would say that it had become faster or slower."""
    chat = ScriptedChat([answer(1), answer(1), answer(1)])
    judge = ScriptedJudge(lambda _: CORRECT)
    trajectory = run(chat, judge, feedback="time", optimization=Budget(iterations=3))
    assert judge.asked == [(program(1), True)]
    assert [turn.judged and turn.judged.ratio for turn in trajectory.turns] == [0.5] * 3
    assert "and 1.0 times as long as the fastest correct program before it" in told(chat, 3)


@given(
    ratios=st.lists(st.none() | st.floats(0.01, 9.9), min_size=2, max_size=6), seed=st.integers(0, 2**31 - 1)
)
def test_the_placebo_differs_from_times_in_figures_only(ratios: list[float | None], seed: int) -> None:
    """The verdict is true, a wrong program's words are the same, and each program has one figure for good."""
    judged = [
        JudgedProgram(
            turn=number,
            agent=1,
            program=program(number),
            found=WRONG if ratio is None else Judged(verdict="correct", ratio=ratio, noise=0.01),
        )
        for number, ratio in enumerate(ratios)
    ]
    view = FeedbackView(current=judged[-1], earlier=tuple(judged[:-1]), seed=seed)
    true, sham = tell_time(view), tell_sham(view)
    figures = re.compile(r"\d+(?:\.\d+)? times")
    assert figures.sub("N times", true) == figures.sub("N times", sham)
    assert tell_sham(view) == sham
    if ratios[-1] is None:
        assert true == sham


@given(ratio=st.floats(1e-6, 1e6), noise=st.none() | st.floats(0, 1))
def test_a_told_ratio_is_near_the_measured_one_and_has_no_more_digits_than_it_earns(
    ratio: float, noise: float | None
) -> None:
    """Two digits, one where the noise is large; never in powers of ten."""
    text = rounded(ratio, noise)
    assert re.fullmatch(r"\d+(\.\d+)?", text)
    assert float(text) == pytest.approx(ratio, rel=0.051 if (noise or 0) <= 0.05 else 0.51)


def test_a_users_feedback_is_told_as_it_says() -> None:
    """It sees the program, what was found, and what was found before."""

    def hint(view: FeedbackView) -> str | None:
        return None if view.current.found.correct else f"Attempt {len(view.earlier) + 1} is wrong."

    methods = Methods.of(feedback=[FeedbackKind(name="hint", tell=hint), *OWN_FEEDBACK])
    chat = answers(3)
    judge = by_program({1: WRONG, 2: CORRECT, 3: WRONG})
    run(chat, judge, methods=methods, feedback="hint", optimization=Budget(iterations=3))
    assert "Attempt 1 is wrong.\n\nRefine it" in told(chat, 2)
    assert f"{program(2)}```\n\nRefine it" in told(chat, 3)


@pytest.mark.parametrize(
    ("tell", "said"),
    [
        (lambda _: 1 / 0, "feedback 'mine': its tell failed with ZeroDivisionError"),
        (lambda _: 1, "feedback 'mine': tell must return a text or None, got 1"),
    ],
)
def test_a_users_feedback_that_fails_is_named_with_what_is_wrong(
    tell: Callable[[FeedbackView], Any], said: str
) -> None:
    """No traceback, and nothing but text is ever sent."""
    methods = Methods.of(feedback=[FeedbackKind(name="mine", tell=tell), *OWN_FEEDBACK])
    with pytest.raises(FeedbackError, match=said):
        run(answers(2), ScriptedJudge(lambda _: CORRECT), methods=methods, feedback="mine")


# Selection -----------------------------------------------------------------------------------------------------------


@given(
    found=st.lists(st.none() | st.floats(0.1, 10), min_size=1, max_size=8),
    protocol=st.sampled_from(["rotate", "independent"]),
    agents=st.integers(1, 3),
)
def test_the_best_is_never_slower_or_less_correct_than_one_that_there_was(
    found: list[float | None], protocol: str, agents: int
) -> None:
    """With ``best`` the end is the fastest correct program of all turns, and the next turn gets the best so far."""
    judge = by_program(
        {
            number: WRONG if ratio is None else Judged(verdict="correct", ratio=ratio)
            for number, ratio in enumerate(found, 1)
        }
    )
    chat = answers(len(found))
    trajectory = run(
        chat,
        judge,
        selection="best",
        protocol=protocol,
        agents=agents,
        optimization=Budget(iterations=len(found)),
    )
    ratios = {number: ratio for number, ratio in enumerate(found, 1) if ratio is not None}
    assert trajectory.taken == (
        min(ratios, key=lambda number: (ratios[number], number)) if ratios else len(found)
    )
    if protocol == "rotate":
        for turn in range(2, len(found) + 1):
            past = {number: ratio for number, ratio in ratios.items() if number < turn}
            current = min(past, key=lambda number: (past[number], number)) if past else turn - 1
            assert program(current) in told(chat, turn)
