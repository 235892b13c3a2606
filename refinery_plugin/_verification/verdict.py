"""What became of a program, and why (pure)."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias

from refinery_plugin._verification.equality import difference, same
from refinery_plugin._words import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

Rule: TypeAlias = Callable[[object, object], "bool | str"]
"""Tells whether a value that a program returned is right, given the expected one; a text says why it is not."""

_LONGEST = 300
"""Characters of an argument or a result that a reason repeats."""


class Verdict(enum.StrEnum):
    """What became of a program."""

    CORRECT = "correct"
    WRONG_ANSWER = "wrong_answer"
    ERROR = "error"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    NO_PROGRAM = "no_program"
    TAMPERING = "tampering"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict with its reason; ``error_type`` names the exception, where there was one.

    ``counterexample`` are the arguments of the short input that shows it, as a reason repeats them.
    """

    verdict: Verdict
    reason: str = ""
    error_type: str | None = None
    counterexample: str | None = dataclasses.field(default=None, compare=False)

    @property
    def correct(self) -> bool:
        """Whether nothing was found against the program."""
        return self.verdict is Verdict.CORRECT

    def __str__(self) -> str:
        return f"{self.verdict}: {self.reason}" if self.reason else str(self.verdict)


CORRECT = Judgement(verdict=Verdict.CORRECT)


class Result(Protocol):
    """What a sandbox tells of one step of a program."""

    @property
    def ok(self) -> bool: ...
    @property
    def value(self) -> object: ...
    @property
    def kind(self) -> str | None: ...
    @property
    def reason(self) -> str: ...
    @property
    def error_type(self) -> str | None: ...


def judge(result: Result, *, expected: object, where: str, rule: Rule = same) -> Judgement:
    """Judge one call; ``where`` says of which input, such as ``"for [3999]"``."""
    if not result.ok:
        return failed(result, where=where)
    ruling = rule(result.value, expected)
    if ruling is True:
        return CORRECT
    shown, wanted = shorten(result.value), shorten(expected)
    if ruling:
        return Judgement(
            verdict=Verdict.WRONG_ANSWER, reason=printable(f"{where} it returned {shown}: {ruling}")
        )
    place = difference(result.value, expected) if shown == wanted else None
    reason = f"{where} it returned {shown}, expected {wanted}" + (
        f": they differ at {place}" if place else ""
    )
    return Judgement(verdict=Verdict.WRONG_ANSWER, reason=reason)


def failed(result: Result, *, where: str) -> Judgement:
    """Return the verdict of a step that ended without a value."""
    # The sandbox tells a value of a wrong type apart: it never reaches this process.
    verdict = Verdict.WRONG_ANSWER if result.kind == "wrong_type" else Verdict(result.kind or "error")
    reason = f"{where}: {result.reason}" if where else result.reason
    return Judgement(verdict=verdict, reason=printable(reason), error_type=result.error_type)


def show_arguments(arguments: Sequence[object]) -> str:
    """Return the arguments as a reason repeats them: one alone without brackets, long ones clipped.

    Examples
    --------
    >>> show_arguments(([3999, 3999, 12345],)), show_arguments((1, "a"))
    ('[3999, 3999, 12345]', "(1, 'a')")
    """
    return shorten(arguments[0] if len(arguments) == 1 else tuple(arguments))


def shorten(value: object) -> str:
    """Return the value's ``repr``; of long ones the beginning, and how long they are."""
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > _LONGEST:
        return f"an integer of {value.bit_length()} bits"
    if isinstance(value, (list, tuple, str, bytes)) and len(value) > _LONGEST:
        return _abridged(value)
    text = repr(value)
    return text if len(text) <= _LONGEST else _abridged(value)


def _abridged(value: object) -> str:
    if isinstance(value, (list, tuple)):
        left, right = "[]" if isinstance(value, list) else "()"
        shown = ", ".join(repr(item)[: _LONGEST // 6] for item in value[:6])
        return f"{left}{shown}, ...{right} ({len(value):,} items)"
    if isinstance(value, (str, bytes)):
        return f"{value[:80]!r}... ({len(value):,} long)"
    return f"{repr(value)[:_LONGEST]}..."
