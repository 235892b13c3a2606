"""Readers of single values, which say what is allowed where a value is not."""

from __future__ import annotations

from refinery_plugin._study.levels import LevelError

_MOST = 999_999_999  # what file names can tell, and more than anything here needs


def parse_count(value: object) -> int:
    """Read a whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST:
        raise LevelError(
            f"{value!r} is not allowed; use a whole number of at least 1 (and at most {_MOST:,})"
        )
    return value


def parse_temperature(value: object) -> float:
    """Read a number from 0 to 2."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 2:  # noqa: PLR2004
        raise LevelError(f"{value!r} is not allowed; use a number from 0 to 2")
    return float(value)


def parse_text(value: object) -> str:
    """Read a text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise LevelError(f"{value!r} is not allowed; use a text that is not empty")
    return value


def parse_any_text(value: object) -> str:
    """Read a text."""
    if not isinstance(value, str):
        raise LevelError(f"{value!r} is not allowed; use a text (it may be empty)")
    return value
