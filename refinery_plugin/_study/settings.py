"""The settings of a study: each has a default, may be set for all programs, or varied as a factor."""

from __future__ import annotations

import dataclasses
import math
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from refinery_plugin._study.agents import Agent, AgentTable, parse_agents
from refinery_plugin._study.levels import Budget, LevelError, Scalar, UnknownNameError, nearest
from refinery_plugin._study.scalars import parse_any_text, parse_count, parse_temperature, parse_text
from refinery_plugin._study.wording import DEFAULT_WORDING, Wording, parse_wording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Memory: TypeAlias = Literal["program", "own", "transcript"]
Selection: TypeAlias = Literal["last", "best"]

DEFAULT_MAX_TOKENS = 2048
CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"feedback": ("none", "verdict", "time", "sham"), "protocol": ("rotate", "independent", "review")}
)
"""The names that come with the plugin of what a ``conftest.py`` may add to."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that decides how one trajectory goes.

    ``team`` has one entry for each of the ``agents``; ``differ`` says whether the study lists them one by one.
    ``extra`` holds the task's own settings, which fill the places of its prompt.
    """

    agents: int
    team: tuple[Agent, ...]
    differ: bool
    optimization: Budget
    model: str
    temperature: float
    max_tokens: int
    memory: Memory
    feedback: str
    selection: Selection
    protocol: str
    instructions: str
    prompts: Wording
    extra: Mapping[str, Scalar]

    @property
    def models(self) -> tuple[str, ...]:
        """The models that speak, each once, in the order of the agents."""
        return tuple(dict.fromkeys(agent.model for agent in self.team))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How one setting is read: ``parse`` gives its value or raises ``LevelError``."""

    parse: Callable[[object], object]
    default: object


def one_of(names: Iterable[str]) -> Callable[[object], object]:
    """Return the reader of a setting that has names for values."""
    known = tuple(names)

    def parse(value: object) -> object:
        if value not in known:
            hint = nearest(value, known) if isinstance(value, str) else ""
            allowed = ", ".join(f'"{name}"' for name in known[:-1]) + f' or "{known[-1]}"'
            raise UnknownNameError(f"{value!r} is not allowed{hint}; use {allowed}")
        return value

    return parse


SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        "agents": Setting(parse=parse_agents, default=1),
        "optimization": Setting(parse=Budget.parse, default=Budget(iterations=3)),
        "model": Setting(parse=parse_text, default="gpt-4o"),
        "temperature": Setting(parse=parse_temperature, default=1.0),
        "max_tokens": Setting(parse=parse_count, default=DEFAULT_MAX_TOKENS),
        "memory": Setting(parse=one_of(("program", "own", "transcript")), default="program"),
        "feedback": Setting(parse=one_of(CHOICES["feedback"]), default="none"),
        "selection": Setting(parse=one_of(("last", "best")), default="last"),
        "protocol": Setting(parse=one_of(CHOICES["protocol"]), default="rotate"),
        "instructions": Setting(parse=parse_any_text, default=""),
        "prompts": Setting(parse=parse_wording, default=DEFAULT_WORDING),
    }
)
"""The plugin's own settings by name; a task adds its own (``Task.settings``)."""


def own_setting(default: object) -> Setting:
    """Return the setting that a task declares by a default: levels are scalars of the same type."""

    def parse(value: object) -> Scalar:
        if isinstance(value, float) and not math.isfinite(value):
            raise LevelError(f"{value!r} is not allowed; use a finite number")
        same = type(value) is type(default) or (isinstance(default, float) and type(value) is int)
        if not same or not isinstance(value, (bool, int, float, str)):
            raise LevelError(
                f"{value!r} is not allowed; use a {type(default).__name__} like the default {default!r}"
            )
        return value

    return Setting(parse=parse, default=default)


def resolve(values: Mapping[str, object]) -> Settings:
    """Make one trajectory's settings from parsed values; what is not given takes its default."""
    own = {name: values.get(name, setting.default) for name, setting in SETTINGS.items()}
    extra = {name: cast("Scalar", value) for name, value in values.items() if name not in SETTINGS}
    return Settings(**{**own, **_team(own)}, extra=MappingProxyType(extra))  # type: ignore[arg-type]


def _team(own: Mapping[str, object]) -> dict[str, object]:
    given = cast("int | tuple[AgentTable, ...]", own["agents"])
    tables = (AgentTable(),) * given if isinstance(given, int) else given
    model, temperature = cast("str", own["model"]), cast("float", own["temperature"])
    team = tuple(
        table.agent(model=model, temperature=temperature, max_tokens=cast("int", own["max_tokens"]))
        for table in tables
    )
    return {"agents": len(team), "team": team, "differ": not isinstance(given, int)}
