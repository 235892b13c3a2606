"""The settings of a study: each has a default, may be set for all programs, or varied as a factor."""

from __future__ import annotations

import dataclasses
import math
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from refinery_plugin._study.levels import Budget, LevelError, Scalar, nearest
from refinery_plugin._study.wording import DEFAULT_WORDING, Wording, parse_wording

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Memory: TypeAlias = Literal["program", "transcript"]

DEFAULT_MAX_TOKENS = 2048
_MEMORIES = ("program", "transcript")
_MOST = 999_999_999  # what file names can tell, and more than anything here needs


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that decides how one trajectory goes.

    ``extra`` holds the task's own settings, which fill the places of its prompt.
    """

    agents: int
    optimization: Budget
    model: str
    temperature: float
    max_tokens: int
    memory: Memory
    instructions: str
    prompts: Wording
    extra: Mapping[str, Scalar]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How one setting is read: ``parse`` gives its value or raises ``LevelError``."""

    parse: Callable[[object], object]
    default: object


def _positive_int(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST:
        raise LevelError(
            f"{value!r} is not allowed; use a whole number of at least 1 (and at most {_MOST:,})"
        )
    return value


def _temperature(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 2:  # noqa: PLR2004
        raise LevelError(f"{value!r} is not allowed; use a number from 0 to 2")
    return float(value)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise LevelError(f"{value!r} is not allowed; use a text that is not empty")
    return value


def _any_text(value: object) -> str:
    if not isinstance(value, str):
        raise LevelError(f"{value!r} is not allowed; use a text (it may be empty)")
    return value


def _memory(value: object) -> object:
    if value not in _MEMORIES:
        hint = nearest(value, _MEMORIES) if isinstance(value, str) else ""
        raise LevelError(f'{value!r} is not allowed{hint}; use "program" or "transcript"')
    return value


SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        "agents": Setting(parse=_positive_int, default=1),
        "optimization": Setting(parse=Budget.parse, default=Budget(iterations=3)),
        "model": Setting(parse=_text, default="gpt-4o"),
        "temperature": Setting(parse=_temperature, default=1.0),
        "max_tokens": Setting(parse=_positive_int, default=DEFAULT_MAX_TOKENS),
        "memory": Setting(parse=_memory, default="program"),
        "instructions": Setting(parse=_any_text, default=""),
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
    return Settings(**own, extra=MappingProxyType(extra))  # type: ignore[arg-type]
