"""What many questions at once do to p values."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def holm(p: Sequence[float | None]) -> list[float | None]:
    """Adjust p values by Holm's step-down rule (Holm 1979); None stays None and is not counted.

    Examples
    --------
    >>> holm([0.01, None, 0.04])
    [0.02, None, 0.04]
    """
    # Not statsmodels' multipletests: it collects garbage at every call, a tenth of a second in a large process.
    order = sorted((i for i, value in enumerate(p) if value is not None), key=lambda i: p[i] or 0.0)
    adjusted: list[float | None] = [None] * len(p)
    so_far = 0.0
    for rank, i in enumerate(order):
        so_far = max(so_far, min(1.0, (len(order) - rank) * (p[i] or 0.0)))
        adjusted[i] = so_far
    return adjusted
