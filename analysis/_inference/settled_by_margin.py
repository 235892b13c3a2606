"""Questions that a margin settles: what was not shown to differ may be shown not to matter."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from .conclusions import TREATMENT
from .multiplicity import holm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .conclusions import Conclusion
    from .equivalence import Equivalence


def settled(
    conclusions: Sequence[Conclusion],
    rows: Sequence[Equivalence],
    *,
    pairs: Mapping[str, int],
    on_passing: bool,
    alpha: float,
) -> tuple[Conclusion, ...]:
    """Answer ``equivalent`` where every pair of a factor's levels is, by Holm's rule over the factors.

    Only questions that are undecided on the response that the margin is of; a difference that was found stays one.

    Parameters
    ----------
    pairs : how many pairs of levels each factor has; one of which some pair was not compared stays undecided.
    on_passing : whether the margin is one of pass rates.
    """
    largest: dict[str, float | None] = {}
    compared: dict[str, int] = {}
    for row in rows:
        before = largest.get(row.factor, 0.0)
        largest[row.factor] = None if row.p is None or before is None else max(before, row.p)
        compared[row.factor] = compared.get(row.factor, 0) + 1
    whole = {name: p for name, p in largest.items() if compared[name] >= pairs.get(name, 1)}
    adjusted = dict(zip(whole, holm(list(whole.values())), strict=True))
    if on_passing and len(pairs) == 1:
        # The question of all treatments is that of the one factor.
        adjusted = dict.fromkeys((*adjusted, TREATMENT), next(iter(adjusted.values()), None))
    kind = "passing" if on_passing else "times"
    return tuple(
        _settled(c, adjusted.get(c.question), rows, alpha) if c.kind == kind else c for c in conclusions
    )


def _settled(
    conclusion: Conclusion, p: float | None, rows: Sequence[Equivalence], alpha: float
) -> Conclusion:
    if conclusion.answer != "undecided" or p is None or p >= alpha:
        return conclusion
    return dataclasses.replace(
        conclusion,
        answer="equivalent",
        method=f"{conclusion.method}; within the margin of {rows[0].margin:g} by two one-sided tests (p = {p:.3g})",
        why=None,
    )
