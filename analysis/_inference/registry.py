"""Every statistical test of treatments, one row each: what is reported, simulated and tried on random labels.

The page, the JSON document, the simulated sizes and the negative control are made from this table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from .brown_forsythe import BROWN_FORSYTHE
from .games_howell import GAMES_HOWELL
from .kruskal_wallis import KRUSKAL_WALLIS
from .oneway_f import ONEWAY_F
from .result import sized, with_note
from .rowwise import DataSets
from .shapiro_wilk import SHAPIRO_WILK
from .simulated_size import no_simulation, size
from .welch import WELCH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .._models.anova import Fitted
    from .._models.sample import Sample
    from .result import TestResult
    from .statistical_test import StatisticalTest

TESTS: Final[tuple[StatisticalTest, ...]] = (
    ONEWAY_F,
    BROWN_FORSYTHE,
    SHAPIRO_WILK,
    WELCH,
    KRUSKAL_WALLIS,
    GAMES_HOWELL,
)
"""In the order in which readers meet them."""

REPORTED: Final = tuple(test for test in TESTS if test.key is not None)
COMPARING: Final = tuple(test for test in TESTS if test.role == "robust" and test.has_figures)
"""Tests of the hypothesis that treatments do not differ: what the negative control tries."""

_MACHINES = "differences between machines are not taken out"


def reported_tests(sample: Sample, fitted: Fitted | None, *, alpha: float) -> Mapping[str, TestResult]:
    """Do the tests of the report, each with its simulated size, by name."""
    order = np.argsort(sample.cell, kind="stable")
    counts = sample.counts[sample.counts > 0]
    left = np.zeros(0) if fitted is None else fitted.residuals[order]
    largest = float(np.abs(sample.y).max(initial=0.0))
    values = DataSets(counts=counts, y=sample.y[order][None]), (64 * np.finfo(float).eps * largest) ** 2
    residuals = (
        DataSets(counts=counts, y=left[None]),
        0.0 if fitted is None else fitted.fit.cells.negligible,
    )
    results = {}
    for test in REPORTED:
        data, rounding = residuals if test.of_residuals else values
        result = test.result(data, rounding=rounding)
        if test.ignores_machines and len(sample.blocks) > 1:
            result = with_note(result, _MACHINES)
        problem = no_simulation(test, counts)
        if problem is None:
            result = sized(result, lambda test=test: size(test, counts.tolist(), alpha=alpha), alpha)  # type: ignore[misc]
        elif result.p is not None:
            result = with_note(result, f"how often it errs at this design is not known: {problem}")
        results[test.name] = result
    return results
