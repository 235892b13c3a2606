"""Levels that set several settings together, and have a name: ``[factors.team.solo]``."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from refinery_plugin._study.levels import COLUMNS, LevelError, nearest

if TYPE_CHECKING:
    from collections.abc import Collection

    from refinery_plugin._study.settings import Setting

_DERIVED = ("iterations", "time_limit", "type", "level")
"""Columns that the analysis makes of a budget."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NamedLevel:
    """One level: a name, and the settings that it sets, parsed. What it does not set is as in the whole study."""

    name: str
    settings: Mapping[str, object]

    def __str__(self) -> str:
        return self.name


def parse_named_levels(
    factor: str, table: Mapping[str, object], settings: Mapping[str, Setting], *, taken: Collection[str]
) -> tuple[NamedLevel, ...]:
    """Read the levels of a factor that are tables.

    Parameters
    ----------
    factor : its name, which the study has chosen.
    settings : what levels may set.
    taken : settings that are factors themselves, or that another factor's levels set.

    Raises
    ------
    LevelError : with the place below the factor, and what is allowed.
    """
    _check_factor(factor, settings)
    if not table:
        raise LevelError(f"has no levels; write one as [factors.{factor}.NAME]")
    return tuple(_level(name, level, settings, taken) for name, level in table.items())


def _check_factor(factor: str, settings: Mapping[str, Setting]) -> None:
    if factor in settings:
        raise LevelError(
            f"is a setting, so its levels are a list; levels that are tables need a factor with a name of its own, "
            f"such as [factors.{'team' if factor == 'agents' else 'kind'}.NAME]"
        )
    if factor in COLUMNS or factor in _DERIVED:
        raise LevelError("cannot be a factor: the analysis has a column of that name; choose another one")
    if not factor.isidentifier():
        raise LevelError(
            f"{factor!r} is not allowed as the name of a factor; use letters, digits and '_', and begin with a letter"
        )


def _level(name: str, value: object, settings: Mapping[str, Setting], taken: Collection[str]) -> NamedLevel:
    if not isinstance(value, Mapping):
        raise LevelError(f".{name}: must be a table of settings, got {value!r}")
    if not name.strip():
        raise LevelError(f".{name!r}: a level needs a name that is not empty")
    values: dict[str, object] = {}
    for key, entry in value.items():
        if key not in settings:
            raise LevelError(
                f".{name}.{key}: there is no such setting{nearest(key, settings)}; a level sets "
                f"{', '.join(sorted(settings))}"
            )
        if key in taken:
            raise LevelError(f".{name}.{key}: another factor sets it, too; let one factor alone decide it")
        try:
            values[key] = settings[key].parse(entry)
        except LevelError as exc:
            raise type(exc)(f".{name}.{key}: {exc}") from exc
    return NamedLevel(name=name, settings=MappingProxyType(values))
