"""Words of messages that several places need."""

from __future__ import annotations


def count(number: float, noun: str) -> str:
    """Return a number with its noun, in the plural where it is not one.

    Examples
    --------
    >>> count(1, "program"), count(10_000, "program")
    ('1 program', '10,000 programs')
    """
    return f"{number:,.0f} {noun}" + ("" if round(number) == 1 else "s")
