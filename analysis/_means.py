"""Equal-weight marginal means with intervals."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MarginalMean:
    """Mean of one level over the levels of all other factors, each with equal weight, under the fitted model.

    ``factor`` is ``"treatment"`` and ``level`` the treatment's label for the treatments' own means. The interval is
    1 - alpha, from Student's t with the residual's df. None where not estimable (``note``).
    """

    factor: str
    level: str
    programs: int
    estimate: float | None
    se: float | None
    df: int
    ci_low: float | None
    ci_high: float | None
    note: str | None = None
