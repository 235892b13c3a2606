"""One line of a plan: a question asked of a design, with what it takes and costs."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._sequential.schedule import Schedule


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """One question asked of one design.

    Attributes
    ----------
    design, kind : words for the design, and its kind (``full``, ``levels``, ``2 x 2``, ``alone``, ``nested``).
    question, test : the contrast's name or the omnibus pattern, and ``t`` or ``F``.
    treatments : labels of the treatments that are timed.
    replicates_per_treatment : programs to make of each treatment for the target power, those that will fail included;
        ``replicates_low`` and ``replicates_high`` at sigma's 95 % limits, ``replicates_recommended`` at its upper 80 %
        limit.
    programs : of all treatments together.
    calls, usd, hours : of all programs together; hours are of loading, verifying and timing.
    power : of so many programs, which is at least what was asked for.
    feasible : whether some program passed here in every treatment that the design rests on.
    recommended_programs, recommended_usd : the same for the recommended replicates.
    replicates_at_budget, power_at_budget : what the budget buys, if there is one. One replicate buys nothing.
    sequential : the group-sequential version, where it was asked for.
    """

    design: str
    kind: str
    question: str
    test: str
    treatments: tuple[str, ...]
    replicates_per_treatment: int | None
    replicates_low: int | None
    replicates_high: int | None
    replicates_recommended: int | None
    programs: int | None
    calls: float | None
    usd: float | None
    hours: float | None
    recommended_programs: int | None
    recommended_usd: float | None
    replicates_at_budget: int | None
    power_at_budget: float | None
    power: float | None = None
    feasible: bool = True
    sequential: Schedule | None = None
    note: str | None = None

    def document(self) -> dict[str, Any]:
        """Return plain JSON values."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {
            **fields,
            "cost_usd": self.usd,
            "treatments": list(self.treatments),
            "sequential": None if self.sequential is None else self.sequential.document(),
        }
