"""The published reasoning of the 2025 pilot, repeated on these data, and what is wrong with it."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """f = effect / mean of the treatments' SDs, put into an F test whose ``nobs`` is the total.

    ``power`` is at today's number of programs, ``total_required`` the programs of all treatments together that the
    formula asks for (the pilot took it for a number per treatment). ``explanation`` has plain sentences.
    """

    f: float | None
    power: float | None
    total_required: int | None
    mean_sd: float | None
    explanation: tuple[str, ...]
