"""What a generation will take: calls, tokens, dollars and time, before the first request is sent."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

from refinery_plugin._study.levels import MAX_TURNS
from refinery_plugin._words import count, dollars

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from refinery_plugin._study.pricing import Price
    from refinery_plugin._study.settings import Settings

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

    ``speakers`` are the agents of its first turns, from 1, and ``prices`` what the models of all its agents cost.
    """

    settings: Settings
    prompt_bytes: int
    speakers: Sequence[int]
    prices: Sequence[Price | None]

    def cost(self, turns: float, prompt: float, answer: float) -> tuple[float, float]:
        """Return USD (what has no price costs nothing here) and tokens of so many turns, by who speaks in them."""
        usd = tokens = 0.0
        for agent in self.speakers:
            share = turns / len(self.speakers)
            one = min(answer, self.settings.team[agent - 1].max_tokens)
            tokens += share * (prompt + one)
            if (price := self.prices[agent - 1]) is not None:
                usd += share * (prompt * float(price.input) + one * float(price.output)) / _MILLION
        return usd, tokens


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
    """
    calls, tokens, usd, seconds = ([0.0] * 3 for _ in range(4))
    longest = [0.0] * 3
    for one in ahead:
        for i in range(3):
            prompt = one.prompt_bytes / _BYTES_PER_TOKEN
            usual = typical.completion_tokens[i]
            longer = prompt + min(usual, max(agent.max_tokens for agent in one.settings.team))
            per_turn = one.cost(1, longer, usual)
            turns, duration = _turns(
                one.settings, typical.latency_seconds[2 - i], typical.latency_seconds[i], per_turn
            )
            spent = one.cost(turns, longer if turns > 1 else prompt, usual)
            calls[i] += turns
            usd[i], tokens[i] = usd[i] + spent[0], tokens[i] + spent[1]
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


def _turns(
    settings: Settings, turn_latency: float, latency: float, per_turn: tuple[float, float]
) -> tuple[float, float]:
    """Return the expected number of turns, and how long they take in seconds; ``per_turn`` is USD and tokens."""
    budget = settings.optimization
    turns = float(MAX_TURNS) if budget.iterations is None else float(budget.iterations)
    usd, tokens = per_turn
    if budget.tokens is not None:
        turns = min(turns, math.ceil(budget.tokens / max(tokens, 1.0)))
    if budget.usd is not None and usd:
        turns = min(turns, math.ceil(float(budget.usd) / usd))
    if budget.seconds is not None:
        turns = min(turns, math.ceil(budget.seconds / turn_latency))
        return turns, min(float(budget.seconds), turns * latency)
    return turns, turns * latency


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
