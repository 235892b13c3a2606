"""Levels of factors: how they are written, read strictly, and shown."""

from __future__ import annotations

import dataclasses
import difflib
import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Scalar: TypeAlias = bool | int | float | str
"""What a level is in a study file."""

COLUMNS = frozenset(
    [
        "block",
        "calls",
        "completion_tokens",
        "contaminated",
        "cost_usd",
        "cpu_seconds",
        "cut_short",
        "error_type",
        "file",
        "limit_seconds",
        "list",
        "llm",
        "load_seconds",
        "machine",
        "passed",
        "program",
        "prompt_tokens",
        "queue_seconds",
        "reason",
        "reference_seconds",
        "replicate",
        "revealed_seconds",
        "run",
        "seconds",
        "session",
        "sha256",
        "treatment",
        "turn",
        "turns",
        "verdict",
        "verify_seconds",
    ]
)
"""Names that no factor may have: the analysis has columns of these names."""

MAX_TURNS = 1000
"""Most turns that one trajectory may take; the request seeds leave room for no more."""

_ITERATIONS = re.compile(r"([1-9][0-9]{0,8}) iterations|1 iteration")
_SECONDS = re.compile(r"([1-9][0-9]{0,8}) (s|min)")
_UNITS = {"s": 1, "min": 60}
_EXAMPLES = ("3 iterations", "1 iteration", "60 s", "2 min")


class LevelError(ValueError):
    """A level is not written as its setting demands; the message says what is allowed."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How long a trajectory may refine: a number of turns, a number of seconds, or whichever ends first.

    Both are ``None`` only for programs from elsewhere whose budget is unknown.
    """

    iterations: int | None = None
    seconds: int | None = None

    @classmethod
    def parse(cls, text: object) -> Budget:
        """Read ``"3 iterations"``, ``"60 s"``, ``"2 min"`` or two of these joined by ``" or "``, strictly.

        Examples
        --------
        >>> Budget.parse("2 min")
        Budget(iterations=None, seconds=120)
        >>> str(Budget.parse("2 min"))
        '120 s'
        """
        if not isinstance(text, str):
            raise LevelError(f"{text!r} is no budget; write it like {_quoted(_EXAMPLES)}")
        iterations: int | None = None
        seconds: int | None = None
        for part in text.split(" or "):
            if (match := _ITERATIONS.fullmatch(part)) and iterations is None:
                iterations = int(match[1] or 1)
            elif (match := _SECONDS.fullmatch(part)) and seconds is None:
                seconds = int(match[1]) * _UNITS[match[2]]
            else:
                raise LevelError(f"{text!r} is no budget; {_nearest_budget(text)}")
        if iterations is not None and iterations > MAX_TURNS:
            raise LevelError(f"{text!r} is more than the {MAX_TURNS} iterations that a trajectory may take")
        return cls(iterations=iterations, seconds=seconds)

    def __str__(self) -> str:
        parts = []
        if self.iterations is not None:
            parts.append("1 iteration" if self.iterations == 1 else f"{self.iterations} iterations")
        if self.seconds is not None:
            parts.append(f"{self.seconds} s")
        return " or ".join(parts) or "unlimited"


def _nearest_budget(text: str) -> str:
    number = re.search(r"\b[1-9][0-9]{0,8}(?![0-9])", text)
    near = difflib.get_close_matches(re.sub(r"[0-9]+", "", text).strip().lower(), _WORDS, n=1, cutoff=0.1)
    if number and near and "." not in text and "-" not in text:
        return f"did you mean {number[0] + ' ' + _WORDS[near[0]]!r}?"
    return f"write it like {_quoted(_EXAMPLES)}, in whole numbers above 0"


_WORDS = {
    "iterations": "iterations",
    "iters": "iterations",
    "turns": "iterations",
    "s": "s",
    "sec": "s",
    "secs": "s",
    "seconds": "s",
    "m": "min",
    "min": "min",
    "mins": "min",
    "minutes": "min",
}


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f'"{word}"' for word in words)


def slug(value: object) -> str:
    """Return the value as it stands in node ids and file names: white space gone, odd characters made ``_``.

    Examples
    --------
    >>> slug("60 s"), slug("openai/gpt-4o"), slug(0.7)
    ('60s', 'openai_gpt-4o', '0.7')
    """
    return re.sub(r"[^A-Za-z0-9.+-]", "_", re.sub(r"\s+", "", show(value)))


def show(value: object) -> str:
    """Return a level as text: strings and budgets as they are written, booleans as in TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ``" (did you mean 'x'?)"`` for the nearest of the known words, or nothing."""
    match = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f" (did you mean {match[0]!r}?)" if match else ""
