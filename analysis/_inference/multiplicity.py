"""What many questions at once do to p values."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def holm(p: Sequence[float | None]) -> list[float | None]:
    """Adjust p values by Holm's step-down rule (Holm 1979); None stays None and is not counted.

    Written out, as that of statsmodels collects garbage, which takes seconds beside a million runs.

    Examples
    --------
    >>> holm([0.01, None, 0.04])
    [0.02, None, 0.04]
    """
    known = sorted((value, i) for i, value in enumerate(p) if value is not None)
    adjusted: list[float | None] = [None] * len(p)
    least = 0.0
    for left, (value, i) in zip(range(len(known), 0, -1), known, strict=True):
        least = max(least, min(1.0, left * value))
        adjusted[i] = least
    return adjusted


def holm_levels(p: Sequence[float | None], alpha: float) -> list[float]:
    """Return the level at which Holm's rule tests each p value: intervals of that level agree with its answers.

    The smallest of m is tested at alpha / m, the next at alpha / (m - 1), and so on until one is not rejected; those
    after it have that level too. What is None gets the strictest level, alpha / m.

    Examples
    --------
    >>> holm_levels([0.01, None, 0.04], 0.05)
    [0.025, 0.025, 0.05]
    >>> holm_levels([0.03, 0.04], 0.05)
    [0.025, 0.025]
    """
    known = sorted((value, i) for i, value in enumerate(p) if value is not None)
    levels = [alpha / max(len(known), 1)] * len(p)
    level = alpha / max(len(known), 1)
    for left, (value, i) in zip(range(len(known), 0, -1), known, strict=True):
        level = alpha / left
        levels[i] = level
        if value >= level:
            for _, later in known[-left:]:
                levels[later] = level
            break
    return levels
