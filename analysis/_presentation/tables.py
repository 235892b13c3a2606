"""Rows and cells of tables that page and terminal share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .findings import term_name
from .text import MISSING, number, p_value, percent, sentence

if TYPE_CHECKING:
    from .._analysis import Analysis
    from .._inference.result import Size
    from .._models.anova import AnovaTable


def chance(size: Size | None) -> str:
    """Return how often an approximate test rejects when nothing differs, with its Monte-Carlo error."""
    return (
        MISSING if size is None else f"{percent(size.rate, decimals=1)} ± {percent(size.error, decimals=1)}"
    )


def believed(*, trusted: bool | None) -> str:
    """Return whether a test may support a conclusion."""
    return MISSING if trusted is None else "yes" if trusted else "no"


def reason(analysis: Analysis) -> str:
    """Why there is no analysis of variance."""
    return sentence(analysis.notes[-1]) if analysis.notes else "Too few programs passed."


def anova_rows(table: AnovaTable, most: int | None = None) -> tuple[tuple[str, ...], ...]:
    """Return the first ``most`` terms, or all, and the residual: term, df, sum of squares, F, p, both effect sizes."""
    terms = [
        (
            term_name(term.term),
            f"{term.df}",
            number(term.sum_sq),
            number(term.f),
            p_value(term.p),
            number(term.partial_eta_sq, digits=2),
            number(term.omega_sq, digits=2),
        )
        for term in table.terms[:most]
    ]
    return (*terms, ("residual", f"{table.residual_df}", number(table.residual_sum_sq), "", "", "", ""))
