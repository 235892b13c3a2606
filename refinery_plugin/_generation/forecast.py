"""What a generation will take: calls, tokens, dollars and time, before the first request is sent."""

from __future__ import annotations

import dataclasses
import math
from decimal import Decimal
from typing import TYPE_CHECKING

from refinery_plugin._generation.budget_left import BudgetLeft
from refinery_plugin._generation.protocols import NextTurn, PastTurn, ProtocolError, Situation, decide
from refinery_plugin._generation.turn_judgement import Judged
from refinery_plugin._words import count, dollars

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from refinery_plugin._generation.prompts import Brief
    from refinery_plugin._study.pricing import Price
    from refinery_plugin._study.settings import Memory

_BYTES_PER_TOKEN = (
    4.0  # English and code, byte-pair encodings; the spending cap itself uses an upper bound instead
)
_MILLION = 1_000_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Typical:
    """A typical turn, as ``(low, expected, high)``; from recorded turns where there are some, else from experience."""

    latency_seconds: tuple[float, float, float] = (3.0, 10.0, 30.0)
    completion_tokens: tuple[float, float, float] = (150.0, 450.0, 1200.0)
    turns_seen: int = 0

    @classmethod
    def of(cls, turns: Sequence[tuple[float, int]]) -> Typical:
        """Make it from ``(latency in seconds, completion tokens)`` of recorded turns: 10 %, mean, 90 %."""
        if not turns:
            return cls()
        return cls(
            latency_seconds=_spread([latency for latency, _ in turns]),
            completion_tokens=_spread([float(tokens) for _, tokens in turns]),
            turns_seen=len(turns),
        )


def _spread(values: Iterable[float]) -> tuple[float, float, float]:
    ordered = sorted(values)
    last = len(ordered) - 1
    return ordered[last // 10], sum(ordered) / len(ordered), ordered[math.ceil(last * 0.9)]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """One trajectory that has to be generated live, with the bytes of its first prompt.

    ``prices`` are what the models of its agents cost, in their order.
    """

    brief: Brief
    prompt_bytes: int
    prices: Sequence[Price | None]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Expected totals with an interval, each as ``(low, expected, high)``; ``usd`` is ``None`` without a price."""

    trajectories: int
    calls: tuple[float, float, float]
    tokens: tuple[float, float, float]
    usd: tuple[float, float, float] | None
    seconds: tuple[float, float, float]
    turns_seen: int


def forecast(ahead: Sequence[Ahead], typical: Typical, *, concurrency: int) -> Forecast:
    """Add up what the given trajectories will take.

    The low and high ends are those of a typical turn applied to all turns alike, a generous interval. Time assumes
    ``concurrency`` requests in flight and no trajectory shorter than its own turns.

    Raises
    ------
    ProtocolError : when a protocol decides on a first turn that cannot be.
    """
    calls, tokens, usd, seconds = ([0.0] * 3 for _ in range(4))
    longest = [0.0] * 3
    walked: dict[tuple[object, ...], _Course] = {}
    for one in ahead:
        for i in range(3):
            # A server that is slow makes fewer turns of a time budget.
            key = (id(one.brief.task), id(one.brief.settings), one.prompt_bytes, i)
            if key not in walked:
                walked[key] = _walk(one, typical.completion_tokens[i], typical.latency_seconds[2 - i])
            course = walked[key]
            calls[i] += course.turns
            usd[i], tokens[i] = usd[i] + course.usd, tokens[i] + course.tokens
            limit = one.brief.settings.optimization.seconds
            duration = min(course.turns * typical.latency_seconds[i], math.inf if limit is None else limit)
            seconds[i] += duration
            longest[i] = max(longest[i], duration)
    # A slow server makes fewer turns of a time budget but longer ones of a number of turns: sort, as it may cross.
    return Forecast(
        trajectories=len(ahead),
        calls=_ordered(calls),
        tokens=_ordered(tokens),
        usd=_ordered(usd) if all(None not in one.prices for one in ahead) else None,
        seconds=_ordered(
            [max(total / concurrency, most) for total, most in zip(seconds, longest, strict=True)]
        ),
        turns_seen=typical.turns_seen,
    )


@dataclasses.dataclass(slots=True)
class _Course:
    """What one trajectory takes."""

    turns: int = 0
    tokens: float = 0.0
    usd: float = 0.0


def _walk(one: Ahead, answer: float, latency: float) -> _Course:
    """Let the protocol lead through made-up turns, each with so many tokens of answer and seconds, to the budget's end.

    What has no price costs nothing here.
    """
    brief, settings = one.brief, one.brief.settings
    course, past = _Course(), list[PastTurn]()
    purse = BudgetLeft(settings.optimization, agents=settings.agents, alone=brief.protocol.alone)
    said: list[tuple[int, float]] = []
    while may_speak := purse.may_speak():
        situation = Situation(
            agents=settings.agents, turns=tuple(past), may_speak=may_speak, selection=settings.selection
        )
        following = _who(brief, situation)
        if following is None:
            break
        own = min(answer, settings.team[following.agent - 1].max_tokens)
        prompt = one.prompt_bytes / _BYTES_PER_TOKEN + _seen(settings.memory, said, following)
        prompt += 0.0 if situation.current(following.sees) is None else answer
        price = one.prices[following.agent - 1]
        cost = 0.0 if price is None else (prompt * float(price.input) + own * float(price.output)) / _MILLION
        course.turns += 1
        course.tokens += prompt + own
        course.usd += cost
        said.append((following.agent, own))
        past.append(_made_up(brief, following, len(past) + 1))
        purse.spend(
            following.agent,
            ms=round(latency * 1000),
            tokens=math.ceil(prompt + own),
            usd=Decimal(str(cost)),
        )
    return course


def _who(brief: Brief, situation: Situation) -> NextTurn | None:
    try:
        return decide(brief.protocol, situation)
    except ProtocolError:
        if not situation.turns:
            raise
        # It may count on what answers say, and these are made up; what it does with real ones is seen then.
        return NextTurn(agent=situation.may_speak[len(situation.turns) % len(situation.may_speak)])


def _seen(memory: Memory, said: Sequence[tuple[int, float]], following: NextTurn) -> float:
    """Return the tokens of the earlier answers that stand before a turn's own message."""
    if memory == "program":
        return 0.0
    return sum(
        tokens
        for number, (agent, tokens) in enumerate(said, 1)
        if (following.sees is None or number in following.sees)
        and (memory == "transcript" or agent == following.agent)
    )


def _made_up(brief: Brief, following: NextTurn, number: int) -> PastTurn:
    judges = brief.feedback.judges or brief.settings.selection == "best"
    return PastTurn(
        number=number,
        agent=following.agent,
        writes=following.writes,
        text="",
        program=f"# {number}" if following.writes else None,
        judged=Judged(verdict="correct", ratio=1.0) if following.writes and judges else None,
    )


def _ordered(values: Sequence[float]) -> tuple[float, float, float]:
    low, middle, high = sorted(values)
    return low, middle, high


def describe(plan: Forecast, *, concurrency: int) -> list[str]:
    """Say it in short lines of text, for the terminal."""
    money = "cost unknown (no price)" if plan.usd is None else _interval(plan.usd, dollars)
    basis = count(plan.turns_seen, "recorded turn") if plan.turns_seen else "typical turns"
    calls = _interval(plan.calls, lambda number: f"{number:.0f}")
    return [
        f"plan for {count(plan.trajectories, 'program')}, judged by {basis}: {calls} calls,",
        f"  {_interval(plan.tokens, _thousands)} tokens, {money},",
        f"  {_interval(plan.seconds, _duration)} at a concurrency of {concurrency}",
    ]


def _interval(values: tuple[float, float, float], text: Callable[[float], str]) -> str:
    low, expected, high = map(text, values)
    return expected if low == high else f"{expected} ({low} to {high})"


def _thousands(value: float) -> str:
    return f"{value / 1000:.0f}k" if value >= 10_000 else f"{value:.0f}"  # noqa: PLR2004


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
