"""Questions that a margin settles: what was not shown to differ may be shown not to matter."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from .multiplicity import holm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .conclusions import Conclusion
    from .equivalence import Equivalence


def settled(
    conclusions: Sequence[Conclusion], rows: Sequence[Equivalence], *, alpha: float
) -> tuple[Conclusion, ...]:
    """Answer ``equivalent`` where every planned comparison of a question is, by Holm's rule over the questions.

    Only questions that are undecided on times; a difference that was found stays one.
    """
    largest: dict[str, float | None] = {}
    for row in rows:
        before = largest.get(row.factor, 0.0)
        largest[row.factor] = None if row.p is None or before is None else max(before, row.p)
    adjusted = dict(zip(largest, holm(list(largest.values())), strict=True))
    return tuple(
        _settled(conclusion, adjusted.get(conclusion.question), rows, alpha) for conclusion in conclusions
    )


def _settled(
    conclusion: Conclusion, p: float | None, rows: Sequence[Equivalence], alpha: float
) -> Conclusion:
    if conclusion.answer != "undecided" or conclusion.response == "passed" or p is None or p >= alpha:
        return conclusion
    return dataclasses.replace(
        conclusion,
        answer="equivalent",
        method=f"{conclusion.method}; within the margin of {rows[0].margin:g} by two one-sided tests (p = {p:.3g})",
        why=None,
    )
