"""Analysis of variance over programs: types I, II and III, with effect sizes."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One line of the table; ``note`` says why figures are None (nothing that can't be estimated has a number)."""

    term: str
    df: int
    sum_sq: float | None
    f: float | None
    p: float | None
    partial_eta_sq: float | None
    omega_sq: float | None
    note: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AnovaTable:
    """``terms`` in the order of the model (the machine first where it is a block), then the residual."""

    type: int
    model: str
    terms: tuple[Term, ...]
    residual_df: int
    residual_sum_sq: float
    total_sum_sq: float
    notes: tuple[str, ...]
