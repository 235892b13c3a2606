"""Words of messages that several places need."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal


def count(number: float, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun, in the plural where it is not one (``noun`` with an s, unless given).

    Examples
    --------
    >>> count(1, "program"), count(10_000, "program")
    ('1 program', '10,000 programs')
    """
    return f"{number:,.0f} {noun if round(number) == 1 else plural or noun + 's'}"


def dollars(amount: float | Decimal) -> str:
    """Return an amount in dollars: to the cent from a dollar on, else to two digits that mean something.

    Examples
    --------
    >>> dollars(12.345), dollars(0.0000451), dollars(0)
    ('$12.35', '$0.000045', '$0.00')
    """
    if not 0 < amount < 1:
        return f"${amount:.2f}"
    return f"${amount:.{1 - math.floor(math.log10(amount))}f}"


def printable(text: str) -> str:
    """Return words of strangers for a terminal or a file: no control characters but line ends, no lone surrogates."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)


def own_version() -> str:
    """Return the version of this package; ``unknown`` where it is used without being installed."""
    import importlib.metadata  # noqa: PLC0415 - what every pytest run loads has no use for it

    try:
        return importlib.metadata.version("pytest-refinery")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
