"""Levels of factors as text: how they are written, their natural order, and the pilot's derived factors."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from .entries import writable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_BUDGET = re.compile(r"(?P<number>[0-9]+) (?P<unit>iterations?|s)")
_SQUEEZED = re.compile(r"(?P<number>[0-9]+)(?P<unit>iterations?|s)")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_ID_JOINT = re.compile(r"(?:-|[,;]\s*)(?=[A-Za-z_][A-Za-z0-9_]*=)")

TYPE, LEVEL, OPTIMIZATION = "type", "level", "optimization"
_DERIVED_LEVELS = 2


def show(value: object) -> str | None:
    """Return a scalar level as text (booleans as in TOML), or None if it is no scalar.

    Examples
    --------
    >>> show(3), show(True), show(" 60  s "), show([1])
    ('3', 'true', '60 s', None)
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004 - exact integers
        return str(int(value))
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, str):
        return writable(" ".join(value.split()))
    return None


LONGEST = 80
"""Characters of a level's text; longer ones are shortened in the middle."""

EMPTY = "(empty)"
"""How the empty text is shown, such as the level of ``instructions`` that gives none."""


def label(value: object) -> str | None:
    """Return a level as the text that stands for it everywhere, never empty and never long; None if it is no scalar.

    Two levels of one factor never have the same text: what is shortened keeps a few digits of its checksum.

    Examples
    --------
    >>> label(""), label(3), label([1])
    ('(empty)', '3', None)
    >>> label("Think step by step. " * 20)
    'Think step by step. Think step by step. Thi... step by step. [0cdb90]'
    """
    text = show(value)
    if text is None:
        return None
    if text in {"", EMPTY}:
        return f"{text!r}" if text else EMPTY
    if len(text) <= LONGEST:
        return text
    digits = hashlib.sha256(text.encode()).hexdigest()[:6]
    return f"{text[:43]}...{text[-14:]} [{digits}]"


def _number(value: float) -> str | None:
    try:
        return str(value)
    except ValueError:  # a whole number of thousands of digits
        return None


def budget(iterations: float | None, seconds: float | None) -> str:
    """Return the level of ``optimization`` for two limits, of which None or infinity is no limit.

    Examples
    --------
    >>> budget(3, None), budget(1, None), budget(float("inf"), 60)
    ('3 iterations', '1 iteration', '60 s')
    """
    parts = []
    if iterations is not None and iterations != float("inf"):
        parts.append("1 iteration" if iterations == 1 else f"{iterations:.15g} iterations")
    if seconds is not None and seconds != float("inf"):
        parts.append(f"{seconds:.15g} s")
    return " or ".join(parts) or "unlimited"


def parse_id(text: str) -> dict[str, str] | None:
    """Read a treatment's id such as ``"agents=2-optimization=60s"``; None if it is not of that form.

    Examples
    --------
    >>> parse_id("model=gpt-4o-optimization=60s")
    {'model': 'gpt-4o', 'optimization': '60 s'}
    """
    levels = {}
    for part in _ID_JOINT.split(text):
        name, equals, level = part.partition("=")
        if not equals or not name or name in levels:
            return None
        match = _SQUEEZED.fullmatch(level)
        levels[name] = f"{match['number']} {match['unit']}" if match else level
    return levels


def squeezed(level: str) -> str:
    """Return a level as it stands in ids: white space gone, odd characters made ``_``."""
    return re.sub(r"[^A-Za-z0-9.+-]", "_", re.sub(r"\s+", "", level))


def natural(levels: Iterable[str]) -> tuple[str, ...]:
    """Sort levels as people do: numbers by value, within the same wording.

    Examples
    --------
    >>> natural(["120 s", "8 iterations", "60 s", "3 iterations"])
    ('3 iterations', '8 iterations', '60 s', '120 s')
    >>> natural(["10", "9", "-1"])
    ('-1', '9', '10')
    """
    return tuple(sorted(levels, key=_natural_key))


def _natural_key(level: str) -> tuple[str, list[float], str]:
    number = as_number(level)
    if number is not None:
        return "", [number], level
    words = _NUMBER.sub("", level).replace("iterations", "iteration")
    return words, [float(n) for n in _NUMBER.findall(level)], level


def as_number(level: str) -> float | None:
    """Return the level as a finite number, or None."""
    try:
        number = float(level)
    except ValueError:
        return None
    return number if abs(number) != float("inf") and number == number else None  # noqa: PLR0124 - NaN


def ordered(seen: Iterable[str], declared: Sequence[str] = ()) -> tuple[str, ...]:
    """Order the levels that were seen: those that the study tells in its order, then the others naturally."""
    present = set(seen)
    first = [level for level in declared if level in present]
    return (*first, *natural(present.difference(first)))


def derive(levels: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    """Derive ``type`` (iterations or time) and ``level`` (tight or loose) from the levels of ``optimization``.

    Empty where they are not all plain budgets of both types; without ``level`` where a type has not two budgets.

    Examples
    --------
    >>> derive(["3 iterations", "8 iterations", "60 s", "120 s"])["level"]["60 s"]
    'tight'
    """
    matches = {level: _BUDGET.fullmatch(level) for level in levels}
    numbers: dict[str, dict[int, str]] = {"iterations": {}, "time": {}}
    for level, match in matches.items():
        if match is None:
            return {}
        numbers["time" if match["unit"] == "s" else "iterations"][int(match["number"])] = level
    if not all(numbers.values()):
        return {}
    derived = {TYPE: {level: kind for kind, by in numbers.items() for level in by.values()}}
    if all(len(by) == _DERIVED_LEVELS for by in numbers.values()):
        derived[LEVEL] = {
            by[n]: name
            for by in numbers.values()
            for n, name in zip(sorted(by), ("tight", "loose"), strict=True)
        }
    return derived
