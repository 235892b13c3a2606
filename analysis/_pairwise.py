"""All pairs of levels: Tukey (equal variances) and Games-Howell (unequal ones)."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """``difference`` is level a minus level b of the equal-weight marginal means; the interval is simultaneous.

    ``method`` is ``"tukey"`` or ``"games-howell"``.
    """

    method: str
    factor: str
    a: str
    b: str
    difference: float | None
    se: float | None
    df: float | None
    ci_low: float | None
    ci_high: float | None
    p_adjusted: float | None
    note: str | None = None
