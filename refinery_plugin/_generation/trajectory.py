"""The turns of one replicate: values, and the document that lies beside the program."""

from __future__ import annotations

import dataclasses
import hashlib
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias

from refinery_plugin._study.levels import show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from refinery_plugin._generation.turn_judgement import Judged
    from refinery_plugin._study.pricing import Price
    from refinery_plugin._study.settings import Settings
    from refinery_plugin._study.study import Treatment
    from refinery_plugin._study.wording import Wording

SCHEMA = 1

Outcome: TypeAlias = Literal["program", "kept", "words", "cut"]
"""What became of a turn: it gave a program, it gave none and the previous one was kept, it was asked for words only, or
the deadline cut it."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TurnRecord:
    """One request and what came of it.

    ``remaining_seconds`` is what the prompt told of the time budget, ``clock_ms`` the budget clock at the end of the
    turn. ``program`` is the code taken from this answer, ``reason`` says why there is none, ``judged`` what was
    found of it, if it was judged; its words are those of a later request. ``given`` is the turn whose program this one
    got, where its protocol chose what it sees: else the settings say which it was.
    ``replayed`` tells an answer from a cassette from one just paid for; it is no part of the document.
    """

    number: int
    agent: int
    seed: int
    remaining_seconds: int | None
    latency_ms: int
    clock_ms: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: Decimal | None
    finish_reason: str | None
    outcome: Outcome
    reason: str | None
    program: str | None
    replayed: bool
    judged: Judged | None = None
    given: int | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Trajectory:
    """All turns of one replicate, in order.

    ``failure`` says why it ended early: its last request got no answer. ``taken`` is the turn whose program it ends
    with. ``overshoot`` is what it took beyond a budget in tokens or dollars, by that name; ``None`` without one.
    """

    turns: tuple[TurnRecord, ...]
    failure: str | None = None
    taken: int | None = None
    overshoot: Mapping[str, int | float] | None = None

    @property
    def program(self) -> str | None:
        """The program that it ends with."""
        return next((turn.program for turn in self.turns if turn.number == self.taken), None)

    @property
    def cut_short(self) -> str | None:
        """Why a trajectory with a program ended before its budget; ``None`` for one that went on to its end."""
        return None if self.program is None else self.failure

    @property
    def no_program_reason(self) -> str | None:
        """Why there is no program; ``None`` where there is one."""
        if self.program is not None:
            return None
        if self.failure is not None:
            return self.failure
        if self.turns and self.turns[-1].outcome == "cut":
            return "the time budget ended before any answer held a usable program"
        reasons = [turn.reason for turn in self.turns if turn.reason]
        return f"no answer held a usable program: {reasons[-1]}" if reasons else "no turn was made"

    @property
    def prompt_tokens(self) -> int:
        """Tokens sent, over all turns."""
        return sum(turn.prompt_tokens for turn in self.turns)

    @property
    def completion_tokens(self) -> int:
        """Tokens received, over all turns."""
        return sum(turn.completion_tokens for turn in self.turns)

    @property
    def cost_usd(self) -> Decimal | None:
        """USD over all turns; ``None`` if some turn has no price."""
        costs = [turn.cost_usd for turn in self.turns]
        return None if any(cost is None for cost in costs) else sum(filter(None, costs), Decimal(0))

    @property
    def clock_ms(self) -> int:
        """The budget clock at the end."""
        return self.turns[-1].clock_ms if self.turns else 0


def sha256(program: str) -> str:
    """Return the SHA-256 of a program as it stands in its file."""
    return hashlib.sha256(program.encode()).hexdigest()


def document(
    trajectory: Trajectory,
    *,
    study: str,
    task: str,
    prompt_sha256: str,
    request: Mapping[str, object],
    treatment: Treatment,
    replicate: int,
    prices: Mapping[str, Price | None],
) -> dict[str, object]:
    """Return the trajectory as a JSON document: the schema is described in the reference pages.

    ``prices`` are those of the models that spoke.
    """
    settings = treatment.settings
    program = trajectory.program
    return {
        "schema": SCHEMA,
        "study": study,
        "task": task,
        "treatment": dict(treatment.levels),
        "replicate": replicate,
        "settings": described_settings(settings),
        **({"request": dict(request)} if request else {}),
        "prompt_sha256": prompt_sha256,
        **_prices(prices),
        "verdict": None if program is not None else "no_program",
        "reason": trajectory.no_program_reason,
        "cut_short": trajectory.cut_short,
        "sha256": None if program is None else sha256(program),
        "calls": len(trajectory.turns),
        "prompt_tokens": trajectory.prompt_tokens,
        "completion_tokens": trajectory.completion_tokens,
        "cost_usd": _number(trajectory.cost_usd),
        "clock_ms": trajectory.clock_ms,
        "final_turn": trajectory.taken,
        "overshoot": None if trajectory.overshoot is None else dict(trajectory.overshoot),
        "turns": [_turn(turn, treatment) for turn in trajectory.turns],
    }


def described_settings(settings: Settings) -> dict[str, object]:
    """Return the settings of a trajectory as they stand in JSON."""
    return {
        "agents": [agent.document() for agent in settings.team] if settings.differ else settings.agents,
        "optimization": str(settings.optimization),
        "model": settings.model,
        "temperature": settings.temperature,
        "max_tokens": settings.max_tokens,
        "memory": settings.memory,
        "feedback": settings.feedback,
        "selection": settings.selection,
        "protocol": settings.protocol,
        "instructions": settings.instructions,
        **_wording(settings.prompts),
        **settings.extra,
    }


def _wording(wording: Wording) -> Mapping[str, object]:
    texts = wording.document()
    return {"prompts": texts} if texts else {}


def _prices(prices: Mapping[str, Price | None]) -> Mapping[str, object]:
    known = {model: None if price is None else _price(price) for model, price in prices.items()}
    if len(known) == 1:
        return {"price": next(iter(known.values()))}
    return {"price": None, "prices": known}


def _price(price: Price) -> Mapping[str, object]:
    return {
        "input": float(price.input),
        "output": float(price.output),
        "unit": "USD per million tokens",
        "source": price.source,
    }


def _turn(turn: TurnRecord, treatment: Treatment) -> Mapping[str, object]:
    agent = treatment.settings.team[turn.agent - 1]
    return {
        "turn": turn.number,
        "agent": turn.agent,
        "model": agent.model,
        "temperature": agent.temperature,
        "max_tokens": agent.max_tokens,
        "seed": turn.seed,
        "remaining_seconds": turn.remaining_seconds,
        "latency_ms": turn.latency_ms,
        "clock_ms": turn.clock_ms,
        "prompt_tokens": turn.prompt_tokens,
        "completion_tokens": turn.completion_tokens,
        "cost_usd": _number(turn.cost_usd),
        "finish_reason": turn.finish_reason,
        "outcome": turn.outcome,
        "reason": turn.reason,
        "program": turn.program,
        **({} if turn.given is None else {"given": turn.given}),
        "feedback": None if turn.judged is None else turn.judged.document(),
    }


def _number(cost: Decimal | None) -> float | None:
    return None if cost is None else float(cost)


def no_program_source(trajectory: Trajectory, treatment: Treatment, replicate: int) -> str:
    """Return the comment that stands in for a program where there is none."""
    levels = ", ".join(f"{name} {show(level)}" for name, level in treatment.levels.items())
    reason = " ".join((trajectory.no_program_reason or "").split())
    printable = "".join(c if c.isprintable() else "?" for c in reason)
    return f"# no program: {printable}\n# treatment: {levels}; replicate {replicate}; {len(trajectory.turns)} turns\n"
