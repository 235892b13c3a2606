"""Levels of factors: how they are written, read strictly, and shown."""

from __future__ import annotations

import dataclasses
import difflib
import re
from decimal import Decimal
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
        "resolution_seconds",
        "revealed_seconds",
        "run",
        "seconds",
        "session",
        "sha256",
        "task",
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
_TOKENS = re.compile(r"([1-9][0-9]{0,8}) tokens|1 token")
_USD = re.compile(r"\$([0-9]{1,9}(?:\.[0-9]{1,9})?)")
_UNITS = {"s": 1, "min": 60}
_EXAMPLES = ("3 iterations", "60 s", "2 min", "4000 tokens", "$0.02")


class LevelError(ValueError):
    """A level is not written as its setting demands; the message says what is allowed."""


class UnknownNameError(LevelError):
    """A level names something that nobody has declared, so far."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How long a trajectory may refine: turns, seconds, tokens (prompts and answers together), US dollars.

    Whichever ends first; all are ``None`` only for programs from elsewhere whose budget is unknown.
    """

    iterations: int | None = None
    seconds: int | None = None
    tokens: int | None = None
    usd: Decimal | None = None

    @classmethod
    def parse(cls, text: object) -> Budget:
        """Read ``"3 iterations"``, ``"60 s"``, ``"2 min"``, ``"4000 tokens"``, ``"$0.02"`` or some of these joined.

        They are joined by ``" or "``, each unit once.

        Examples
        --------
        >>> Budget.parse("2 min").seconds
        120
        >>> str(Budget.parse("2 min or $0.020"))
        '120 s or $0.02'
        """
        if not isinstance(text, str):
            raise LevelError(f"{text!r} is no budget; write it like {_quoted(_EXAMPLES)}")
        amounts: dict[str, int | Decimal] = {}
        for part in text.split(" or "):
            unit, amount = _amount(part) or ("", 0)
            if not amount:
                raise LevelError(f"{text!r} is no budget; {_nearest_budget(text)}")
            if unit in amounts:
                raise LevelError(f"{text!r} is no budget: name each unit once, as in '3 iterations or 60 s'")
            amounts[unit] = amount
        budget = cls(**amounts)  # type: ignore[arg-type]
        if budget.iterations is not None and budget.iterations > MAX_TURNS:
            raise LevelError(f"{text!r} is more than the {MAX_TURNS} iterations that a trajectory may take")
        return budget

    @property
    def is_of_turns_and_seconds(self) -> bool:
        """Whether nothing else ends it."""
        return self.tokens is None and self.usd is None

    @property
    def is_of_dollars_alone(self) -> bool:
        """Whether nothing but money ends it."""
        return (
            self.usd is not None and self.iterations is None and self.seconds is None and self.tokens is None
        )

    def __str__(self) -> str:
        parts = []
        if self.iterations is not None:
            parts.append("1 iteration" if self.iterations == 1 else f"{self.iterations} iterations")
        if self.seconds is not None:
            parts.append(f"{self.seconds} s")
        if self.tokens is not None:
            parts.append("1 token" if self.tokens == 1 else f"{self.tokens} tokens")
        if self.usd is not None:
            parts.append(f"${self.usd.normalize():f}")
        return " or ".join(parts) or "unlimited"


def _amount(part: str) -> tuple[str, int | Decimal] | None:
    if match := _ITERATIONS.fullmatch(part):
        return "iterations", int(match[1] or 1)
    if match := _SECONDS.fullmatch(part):
        return "seconds", int(match[1]) * _UNITS[match[2]]
    if match := _TOKENS.fullmatch(part):
        return "tokens", int(match[1] or 1)
    if match := _USD.fullmatch(part):
        return "usd", Decimal(match[1])
    return None


def _nearest_budget(text: str) -> str:
    parts = re.split(r" and |, ?| ?\+ ?", text)
    if len(parts) > 1 and all(map(_amount, parts)):
        return f"did you mean {' or '.join(parts)!r}? Whichever is used up first ends it"
    if money := _MONEY.fullmatch(text):
        return f"did you mean '${money[1] or money[2]}'?"
    number = re.search(r"\b[1-9][0-9]{0,8}(?![0-9])", text)
    near = difflib.get_close_matches(re.sub(r"[0-9]+", "", text).strip().lower(), _WORDS, n=1, cutoff=0.1)
    if number and near and "." not in text and "-" not in text:
        return f"did you mean {number[0] + ' ' + _WORDS[near[0]]!r}?"
    return f"write it like {_quoted(_EXAMPLES)}, in whole numbers above 0"


_MONEY = re.compile(
    r"(?:\$ |usd ?)([0-9]+(?:\.[0-9]+)?)|([0-9]+(?:\.[0-9]+)?) ?(?:\$|usd|dollars?)", re.IGNORECASE
)
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
    "tokens": "tokens",
    "token": "tokens",
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
