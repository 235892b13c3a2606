"""What many questions at once do to p values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statsmodels.stats.multitest import multipletests

if TYPE_CHECKING:
    from collections.abc import Sequence


def holm(p: Sequence[float | None]) -> list[float | None]:
    """Adjust p values by Holm's step-down rule (Holm 1979); None stays None and is not counted.

    Examples
    --------
    >>> holm([0.01, None, 0.04])
    [0.02, None, 0.04]
    """
    known = [value for value in p if value is not None]
    adjusted = iter(multipletests(known, method="holm")[1].tolist() if known else ())
    return [None if value is None else next(adjusted) for value in p]
