"""Who the agents of a team are: so many of one kind, or a list of different ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

from refinery_plugin._study.levels import LevelError, nearest
from refinery_plugin._study.scalars import parse_any_text, parse_count, parse_temperature, parse_text

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_DIFFERENT = 100


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One agent: the model that speaks for it, how that is sampled, and what this agent alone is told."""

    model: str
    temperature: float
    max_tokens: int
    instructions: str = ""

    def document(self) -> dict[str, object]:
        """Return it as it stands in JSON."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AgentTable:
    """One agent as a study writes it; what is ``None`` is as in the whole study."""

    model: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    instructions: str = ""

    def agent(self, *, model: str, temperature: float, max_tokens: int) -> Agent:
        """Return the agent, given what the study says of all."""
        return Agent(
            model=model if self.model is None else self.model,
            temperature=temperature if self.temperature is None else self.temperature,
            max_tokens=max_tokens if self.max_tokens is None else self.max_tokens,
            instructions=self.instructions,
        )


_PARSERS: Mapping[str, Callable[[object], object]] = {
    "model": parse_text,
    "temperature": parse_temperature,
    "max_tokens": parse_count,
    "instructions": parse_any_text,
}


def parse_agents(value: object) -> int | tuple[AgentTable, ...]:
    """Read ``agents``: how many there are, or a list with a table for each.

    Raises
    ------
    LevelError : with what is not allowed and what is.
    """
    if not isinstance(value, list):
        try:
            return parse_count(value)
        except LevelError as exc:
            raise LevelError(
                f'{exc}, or a list of agents such as [{{ model = "a" }}, {{ model = "b" }}]'
            ) from exc
    if not 1 <= len(value) <= MOST_DIFFERENT:
        raise LevelError(f"a list of agents has 1 to {MOST_DIFFERENT} tables, got {len(value)}")
    return tuple(_table(index, entry) for index, entry in enumerate(value))


def _table(index: int, value: object) -> AgentTable:
    if not isinstance(value, Mapping):
        raise LevelError(
            f"agents[{index}]: {value!r} is no agent; use a table with {', '.join(_PARSERS)} (each may be left out)"
        )
    settings: dict[str, object] = {}
    for key, entry in value.items():
        if key not in _PARSERS:
            raise LevelError(
                f"agents[{index}].{key}: there is no such key{nearest(key, _PARSERS)}; known are {', '.join(_PARSERS)}"
            )
        try:
            settings[key] = _PARSERS[key](entry)
        except LevelError as exc:
            raise LevelError(f"agents[{index}].{key}: {exc}") from exc
    return AgentTable(**settings)  # type: ignore[arg-type]
