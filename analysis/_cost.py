"""What was paid: per treatment, per program, in money, calls and time."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TreatmentCost:
    """Sums over the programs of a treatment, failed ones included; None where the files do not tell."""

    treatment: str
    programs: int
    usd: float | None
    calls: float | None
    prompt_tokens: float | None
    completion_tokens: float | None
    timing_seconds: float
    machine_seconds: float | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """``usd_per_replicate`` is the mean price of one program (a replicate is one program of one treatment)."""

    usd: float | None
    usd_per_replicate: float | None
    by_treatment: tuple[TreatmentCost, ...]
    note: str | None = None
