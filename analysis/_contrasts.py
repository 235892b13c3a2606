"""Planned contrasts between means of treatments, with Holm's adjustment."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis._design import Floats


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """A difference of two means of treatments.

    ``weights`` has one weight per treatment of the Sample, in its order; they sum to 0 and the positive ones to 1,
    so the contrast is in the unit of the response. ``name`` reads like ``"agents: 1 - 3"``; ``a`` and ``b`` are the
    levels compared (``weights > 0`` has a).
    """

    name: str
    factor: str
    a: str
    b: str
    weights: Floats


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ContrastTest:
    """Student's t with the variance pooled over all treatments, and Welch-Satterthwaite beside it (``robust_p``)."""

    contrast: Contrast
    estimate: float | None
    se: float | None
    df: int
    t: float | None
    p: float | None
    p_holm: float | None
    ci_low: float | None
    ci_high: float | None
    robust_df: float | None
    robust_p: float | None
    note: str | None = None
