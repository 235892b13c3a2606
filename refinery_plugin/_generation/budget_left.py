"""What is left of a trajectory's budget: for the whole team, or for each agent alone (pure)."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from refinery_plugin._generation.chat import GenerationStopError
from refinery_plugin._study.levels import MAX_TURNS, Budget

if TYPE_CHECKING:
    from collections.abc import Mapping

    from refinery_plugin._generation.trajectory import TurnRecord


@dataclasses.dataclass(slots=True)
class _Spent:
    turns: int = 0
    ms: int = 0
    tokens: int = 0
    usd: Decimal = Decimal(0)
    cut: bool = False


class BudgetLeft:
    """Counts what turns have taken.

    Parameters
    ----------
    budget : of the whole trajectory.
    agents : how many there are.
    alone : whether each has an even share of its own; what does not divide evenly goes to the first ones.
    """

    def __init__(self, budget: Budget, *, agents: int, alone: bool) -> None:
        self._budget, self._agents, self._alone = budget, agents, alone
        self._spent: Mapping[int, _Spent] = defaultdict(_Spent)
        self._turns = 0

    def may_speak(self) -> tuple[int, ...]:
        """Return the agents for whom a turn may start, from 1."""
        if self._turns >= MAX_TURNS:
            return ()
        return tuple(agent for agent in range(1, self._agents + 1) if not self._is_used_up(agent))

    def remaining_ms(self, agent: int) -> int | None:
        """Return the milliseconds that are left for an agent; ``None`` without a time budget."""
        seconds = self._budget.seconds
        return None if seconds is None else self._share(seconds * 1000, agent) - self._of(agent).ms

    def take(self, turn: TurnRecord) -> None:
        """Count a finished turn.

        Raises
        ------
        GenerationStopError : when a budget in dollars meets a turn of which nobody knows what it cost.
        """
        if turn.cost_usd is None and self._budget.usd is not None:
            raise GenerationStopError(
                f"the budget {str(self._budget)!r} needs the price of every turn, and turn {turn.number} was recorded "
                "without one; add the model's price to the study and record it again with --refinery-record=all"
            )
        self.spend(
            turn.agent,
            ms=turn.latency_ms,
            tokens=turn.prompt_tokens + turn.completion_tokens,
            usd=turn.cost_usd or Decimal(0),
        )
        self._of(turn.agent).cut |= turn.outcome == "cut"

    def spend(self, agent: int, *, ms: int, tokens: int, usd: Decimal) -> None:
        """Count a turn that took so much."""
        spent = self._of(agent)
        self._turns += 1
        spent.turns += 1
        spent.ms += ms
        spent.tokens += tokens
        spent.usd += usd

    @property
    def overshoot(self) -> dict[str, int | float]:
        """What was taken beyond the budget, in tokens and US dollars, as far as it has such."""
        excess: dict[str, int | float] = {}
        agents = range(1, self._agents + 1) if self._alone else (1,)
        if (tokens := self._budget.tokens) is not None:
            excess["tokens"] = sum(max(0, self._of(a).tokens - self._share(tokens, a)) for a in agents)
        if (usd := self._budget.usd) is not None:
            beyond = sum((max(Decimal(0), self._of(a).usd - self._part(usd)) for a in agents), Decimal(0))
            excess["usd"] = float(beyond)
        return excess

    def _is_used_up(self, agent: int) -> bool:
        budget, spent = self._budget, self._of(agent)
        remaining_ms = self.remaining_ms(agent)
        return (
            spent.cut
            or (budget.iterations is not None and spent.turns >= self._share(budget.iterations, agent))
            or (remaining_ms is not None and remaining_ms <= 0)
            or (budget.tokens is not None and spent.tokens >= self._share(budget.tokens, agent))
            or (budget.usd is not None and spent.usd >= self._part(budget.usd))
        )

    def _of(self, agent: int) -> _Spent:
        return self._spent[agent if self._alone else 0]

    def _share(self, whole: int, agent: int) -> int:
        if not self._alone:
            return whole
        even, rest = divmod(whole, self._agents)
        return even + (agent <= rest)

    def _part(self, whole: Decimal) -> Decimal:
        return whole / self._agents if self._alone else whole
