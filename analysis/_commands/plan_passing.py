"""Plans for pass rates: pairs of levels, by enumeration of everything that their programs can come to."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

from .._inference import two_proportions
from .plan_rows import PlanRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .._analysis import Analysis
    from .._inference.passing import PairPower
    from .._power.unit_cost import Rates


def passing_rows(analysis: Analysis, rates: Rates, budget: float | None) -> Iterator[PlanRow]:
    """Yield a row for each pair of levels: with all treatments, and with those of the two levels only."""
    planned, sample = analysis.further.passing.power, analysis.sample
    if planned is None:
        return
    everything = tuple(range(len(sample.treatments)))
    for pair in planned.contrasts:
        levels = [
            [i for i in everything if sample.treatments[i].levels[pair.factor] == level]
            for level in (pair.a, pair.b)
        ]
        asked = _Asked(
            pair=pair,
            rates=rates,
            tasks=planned.tasks,
            of_level=min(map(len, levels)),
            alpha=planned.alpha,
            budget=budget,
        )
        both = sorted(levels[0] + levels[1])
        labels = [treatment.label for treatment in sample.treatments]
        yield asked.row("full", f"all {len(everything)} treatments", everything, labels)
        if len(both) < len(everything):
            yield asked.row("levels", f"{pair.factor} {pair.a} and {pair.b} only", both, labels)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A pair of levels; ``of_level`` treatments have each of them."""

    pair: PairPower
    rates: Rates
    tasks: int
    of_level: int
    alpha: float
    budget: float | None

    def row(self, kind: str, design: str, treatments: Sequence[int], labels: Sequence[str]) -> PlanRow:
        """Answer the question with a design."""
        needed = self.pair.replicates_required
        generated = None if needed is None else needed * self.tasks
        price = self.rates.total(self.rates.usd, treatments, self.tasks)
        affordable = (
            None
            if self.budget is None or price is None or price <= 0
            else math.floor(self.budget / price + 1e-9)
        )
        before, after = self.pair.rates
        return PlanRow(
            design=design,
            kind=kind,
            question=self.pair.name,
            test="Boschloo",
            treatments=tuple(labels[i] for i in treatments),
            replicates_per_treatment=needed,
            replicates_low=None,
            replicates_high=None,
            replicates_recommended=None,
            programs=None if generated is None else generated * len(treatments),
            calls=None if generated is None else self.rates.total(self.rates.calls, treatments, generated),
            usd=None if generated is None else self.rates.total(self.rates.usd, treatments, generated),
            hours=None if generated is None else self.rates.total(self.rates.hours, treatments, generated),
            recommended_programs=None,
            recommended_usd=None,
            replicates_at_budget=affordable,
            power_at_budget=self._power(affordable) if affordable else None,
            power=None if needed is None else self._power(needed),
            note=f"from a pass rate of {before:.3g} to {after:.3g}",
        )

    def _power(self, replicates: int) -> float:
        return two_proportions.power(replicates * self.of_level * self.tasks, self.pair.rates, self.alpha)
