"""What one file says, before several are joined: plain columns, checked entry by entry."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

from .._errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .content import Content
    from .frames import Source, TurnVerdict
    from .programs import Column, Programs

SHORTEST, LONGEST = 1e-15, 1e15
"""Seconds. Beyond, something else was written down, and the squares are no numbers that a float can hold."""

NO_TIME = f"a time in seconds must be between {SHORTEST:g} and {LONGEST:g}"
LARGEST = 2**53
"""The largest whole number up to which a float holds each."""
_LONGEST = 60


@dataclasses.dataclass(frozen=True, slots=True)
class TaskTold:
    """What a file says of one of its tasks; None where it says nothing.

    Attributes
    ----------
    python : ``3.11``: a checksum holds the bytecode of lambdas, which differs between versions of Python.
    """

    version: str | None
    checksum: str | None
    size: int | None
    python: str | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RawFile:
    """One file.

    Attributes
    ----------
    runs : columns of equal length, one row per run. ``program`` (an index into ``programs``), ``list`` and ``run``
        are whole numbers, ``session`` and ``block`` texts or None, all others floats, NaN where the file does not
        tell; ``passed`` and ``contaminated`` are 0 or 1 then.
    tasks : what the file says of its tasks, by name.
    turn_verdicts : of programs that are no trajectory's last, by an index into ``programs`` and the turn.
    reference : columns of equal length, one row per run of the reference.
    """

    source: Source
    study: str
    task: str
    factors: dict[str, tuple[str, ...]]
    programs: Programs
    runs: dict[str, Column]
    reference: dict[str, list[Any]]
    notes: list[str]
    tasks: dict[str, TaskTold] = dataclasses.field(default_factory=dict)
    turn_verdicts: dict[tuple[int, int], TurnVerdict] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Where in a file something stands; makes every message name file, entry and field."""

    file: str
    entry: str

    def error(self, field: str, problem: str) -> AnalysisError:
        """Return (not raise) an error about one field of this entry."""
        where = f"{self.file}: {self.entry}" if self.entry else self.file
        return AnalysisError(f"{where}: {field}: {problem}" if field else f"{where}: {problem}")

    def seconds(self, value: object, field: str) -> float:
        """Return a time: a finite number above zero."""
        number = self._number(value, field, "a time in seconds must be a number")
        if not 0 < number < math.inf:
            raise self.error(field, f"a time must be finite and above 0, got {brief(value)}")
        if not SHORTEST <= number <= LONGEST:
            raise self.error(field, f"{NO_TIME}, got {brief(value)}")
        return number

    def whole(self, value: object, field: str) -> int:
        """Return a whole number that a float can hold exactly."""
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LARGEST:
            raise self.error(field, f"must be a whole number, got {brief(value)}")
        return value

    def amount(self, value: object, field: str) -> float:
        """Return a finite number of at least zero, NaN for None."""
        if value is None:
            return math.nan
        number = self._number(value, field, "must be a number or null")
        if not 0 <= number <= LONGEST:
            raise self.error(
                field, f"must be finite (at most {LONGEST:g}) and not negative, got {brief(value)}"
            )
        return number

    def text(self, value: object, field: str) -> str:
        """Return a text that is not empty."""
        if not isinstance(value, str) or not value:
            raise self.error(field, f"must be a text, got {brief(value)}")
        return writable(value)

    def _number(self, value: object, field: str, demand: str) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.error(field, f"{demand}, got {brief(value)}")
        try:
            return float(value)
        except OverflowError:
            return math.inf


def decoded(path: Path, data: Content) -> str:
    """Return the text of a file.

    Raises
    ------
    AnalysisError : it is not in UTF-8.
    """
    try:
        return str(data, "utf-8")
    except UnicodeDecodeError as exc:
        raise AnalysisError(f"{path}: not a text file in UTF-8 (byte {exc.start})") from exc


def brief(value: object) -> str:
    """Return a value as it may stand in a message: never long, never impossible to write."""
    try:
        shown = repr(value)
    except ValueError:  # a whole number of thousands of digits
        return "a number too long to show"
    return writable(shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}...")


def writable(text: str) -> str:
    """Return a text that can be written in UTF-8: half a character (a lone surrogate) is shown by its code."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def machine_name(info: Mapping[str, Any]) -> str:
    """Name a machine by node and processor; empty where neither is told."""
    cpu = info.get("cpu")
    brand = cpu.get("brand_raw") if isinstance(cpu, dict) else None
    return " / ".join(str(part) for part in (info.get("node"), brand) if part)
